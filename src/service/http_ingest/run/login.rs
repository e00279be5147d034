//! Who asks: values of secrets, a token for a client's credentials, and where in a request they stand.

use super::secrets::Secrets;
use crate::exec::mask::Mask;
use crate::exec::outcome::Failure;
use crate::service::http_ingest::address::Address;
use crate::service::http_ingest::auth::{Auth, Oauth2, Stored};
use aws_smithy_types::base64;
use std::cell::{Cell, RefCell};

/// What says who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Proof {
    /// A header.
    Header(String, String),
    /// A parameter of the query.
    Query(String, String),
}

/// Who asks.
pub(super) struct Login<'a> {
    oauth: Option<&'a Oauth2>,
    proof: RefCell<Option<Proof>>,
    /// The token is to be asked for.
    is_stale: Cell<bool>,
    secrets: Secrets,
    mask: RefCell<Mask>,
}

impl<'a> Login<'a> {
    /// Nobody.
    pub(super) fn nobody() -> Self {
        Self::of(None, None, Secrets::default(), Mask::default())
    }

    /// Who an API knows by these secrets.
    pub(super) fn new(auth: &'a Auth, secrets: Secrets) -> Result<Self, Failure> {
        let mut values = Vec::new();
        for stored in auth.stored() {
            values.push(secrets.value(stored)?);
        }
        let value = |n: usize| values.get(n).cloned().unwrap_or_default();
        let (oauth, proof) = match auth {
            Auth::Basic { .. } => (None, Some(basic(&value(0), &value(1)))),
            Auth::Bearer { .. } => (None, Some(bearer(&value(0)))),
            Auth::Header { name, prefix, .. } => {
                (None, Some(Proof::Header(name.to_ascii_lowercase(), format!("{prefix}{}", value(0)))))
            }
            Auth::Query { name, .. } => (None, Some(Proof::Query(name.clone(), value(0)))),
            Auth::Oauth2(oauth) => (Some(oauth), None),
        };
        let mut mask = Mask::default().with(values.iter().map(String::as_str));
        if let Some(Proof::Header(_, value)) = &proof {
            mask = mask.with([value.as_str(), value.rsplit(' ').next().unwrap_or_default()]);
        }
        Ok(Self::of(oauth, proof, secrets, mask))
    }

    fn of(oauth: Option<&'a Oauth2>, proof: Option<Proof>, secrets: Secrets, mask: Mask) -> Self {
        let is_stale = Cell::new(oauth.is_some());
        Self { oauth, proof: RefCell::new(proof), is_stale, secrets, mask: RefCell::new(mask) }
    }

    /// Puts what says who asks into a request.
    pub(super) fn puts_in(&self, address: &mut Address, headers: &mut Vec<(String, String)>) {
        match &*self.proof.borrow() {
            Some(Proof::Header(name, value)) => {
                headers.retain(|(own, _)| own != name);
                headers.push((name.clone(), value.clone()));
            }
            Some(Proof::Query(name, value)) => address.set(name, value),
            None => {}
        }
    }

    /// Masks secrets in a text.
    pub(super) fn masked(&self, text: String) -> String {
        self.mask.borrow().text(text)
    }

    /// Forgets the token; says whether there is one that can be asked for again.
    pub(super) fn forgets_token(&self) -> bool {
        if self.oauth.is_some() {
            self.is_stale.set(true);
        }
        self.oauth.is_some()
    }

    /// Whom a token is asked for, where one is needed.
    pub(super) fn needs_token(&self) -> Option<&'a Oauth2> {
        self.oauth.filter(|_| self.is_stale.get())
    }

    /// Finds a value in the secrets.
    pub(super) fn value(&self, stored: &Stored) -> Result<String, Failure> {
        self.secrets.value(stored)
    }

    /// Asks from now on with this token.
    pub(super) fn takes_token(&self, token: &str) {
        let mask = self.mask.borrow().clone().with([token]);
        self.mask.replace(mask);
        self.proof.replace(Some(bearer(token)));
        self.is_stale.set(false);
    }

    /// Nobody, who knows the same secrets.
    pub(super) fn unknown(&self) -> Self {
        Self::of(None, None, Secrets::default(), self.mask.borrow().clone())
    }
}

/// A header with a user and a password.
pub(super) fn basic_header(user: &str, password: &str) -> (String, String) {
    let login = base64::encode(format!("{user}:{password}"));
    ("authorization".to_owned(), format!("Basic {login}"))
}

fn basic(user: &str, password: &str) -> Proof {
    let (name, value) = basic_header(user, password);
    Proof::Header(name, value)
}

fn bearer(token: &str) -> Proof {
    Proof::Header("authorization".to_owned(), format!("Bearer {token}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_who_asks_stands_where_the_api_looks() {
        let put = |proof: Proof| {
            let login = Login::of(None, Some(proof), Secrets::default(), Mask::default());
            let mut address = Address::parse("https://a/?key=old").unwrap();
            let mut headers = vec![("authorization".to_owned(), "x".to_owned())];
            login.puts_in(&mut address, &mut headers);
            (address.to_string(), headers.last().unwrap().1.clone())
        };
        let text = |address: &str, header: &str| (address.to_owned(), header.to_owned());
        assert_eq!(put(basic("me", "pw")), text("https://a/?key=old", "Basic bWU6cHc="));
        assert_eq!(put(bearer("t")), text("https://a/?key=old", "Bearer t"));
        assert_eq!(put(Proof::Query("key".to_owned(), "a b".to_owned())), text("https://a/?key=a%20b", "x"));
    }
}
