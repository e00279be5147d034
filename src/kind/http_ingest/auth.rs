//! `auth`: how an API knows who asks.

use super::values::SecretName;
use crate::lang::decode::{record, words};
use crate::service::http_ingest::auth::{Auth, Oauth2, Stored};
use crate::template::Template;
use crate::text::Spanned;

record! {
    "`auth`"
    /// How an API knows who asks: one of these.
    pub struct AuthSpec {
        /// A user with a password.
        pub basic: Option<BasicSpec>,
        /// A token in the header `Authorization: Bearer`.
        pub bearer: Option<BearerSpec>,
        /// A key in a header of its own.
        pub header: Option<HeaderSpec>,
        /// A key in a parameter of the query.
        pub query: Option<QuerySpec>,
        /// A token for a client's credentials (OAuth 2.0).
        pub oauth2: Option<Oauth2Spec>,
    }
    exactly one of [basic, bearer, header, query, oauth2]
}

record! {
    "`basic`"
    /// A user with a password.
    pub struct BasicSpec {
        /// The secret of AWS Secrets Manager, by its name or its ARN.
        pub secret: Spanned<SecretName>,
        /// The member of its JSON that holds the user.
        pub user_key: Option<Spanned<String>> = "username".to_owned(),
        /// The member of its JSON that holds the password.
        pub password_key: Option<Spanned<String>> = "password".to_owned(),
    }
}

record! {
    "`bearer`"
    /// A token in the header `Authorization: Bearer`.
    pub struct BearerSpec {
        /// The secret of AWS Secrets Manager, by its name or its ARN.
        pub secret: Spanned<SecretName>,
        /// The member of its JSON that holds the token; the whole secret when absent.
        pub key: Option<Spanned<String>>,
    }
}

record! {
    "`header`"
    /// A key in a header of its own.
    pub struct HeaderSpec {
        /// The header, such as `X-Api-Key`.
        pub name: Spanned<String>,
        /// The secret of AWS Secrets Manager, by its name or its ARN.
        pub secret: Spanned<SecretName>,
        /// The member of its JSON that holds the key; the whole secret when absent.
        pub key: Option<Spanned<String>>,
        /// What stands before the key, such as `"Token "`; nothing when absent.
        pub prefix: Option<Spanned<String>>,
    }
}

record! {
    "`query`"
    /// A key in a parameter of the query.
    pub struct QuerySpec {
        /// The parameter, such as `api_key`.
        pub name: Spanned<String>,
        /// The secret of AWS Secrets Manager, by its name or its ARN.
        pub secret: Spanned<SecretName>,
        /// The member of its JSON that holds the key; the whole secret when absent.
        pub key: Option<Spanned<String>>,
    }
}

record! {
    "`oauth2`"
    /// A token for a client's credentials (OAuth 2.0, RFC 6749, 4.4).
    pub struct Oauth2Spec {
        /// Where tokens are given.
        pub token_url: Spanned<Template>,
        /// The secret of AWS Secrets Manager, by its name or its ARN.
        pub secret: Spanned<SecretName>,
        /// The member of its JSON that holds the client's id.
        pub client_id_key: Option<Spanned<String>> = "client_id".to_owned(),
        /// The member of its JSON that holds the client's secret.
        pub client_secret_key: Option<Spanned<String>> = "client_secret".to_owned(),
        /// What the token is to be good for.
        pub scope: Option<Spanned<String>>,
        /// Whom the token is for, where the server asks that.
        pub audience: Option<Spanned<String>>,
        /// Where the client's id and secret are sent.
        pub credentials: Option<Spanned<CredentialsIn>> = CredentialsIn::Header,
    }
}

words! {
    "a place of a client's credentials"
    /// Where the client's id and secret are sent.
    pub enum CredentialsIn {
        /// In the header `Authorization`.
        Header = "header",
        /// In the body, beside what is asked for.
        Body = "body",
    }
}

impl AuthSpec {
    /// Makes the plan's; none where no key of it is given.
    pub(super) fn planned(&self) -> Option<Auth> {
        if let Some(basic) = &self.basic {
            return Some(Auth::Basic {
                user: member(&basic.secret, basic.user_key()),
                password: member(&basic.secret, basic.password_key()),
            });
        }
        if let Some(bearer) = &self.bearer {
            return Some(Auth::Bearer { value: stored(&bearer.secret, bearer.key.as_ref()) });
        }
        if let Some(header) = &self.header {
            return Some(Auth::Header {
                name: header.name.value.clone(),
                value: stored(&header.secret, header.key.as_ref()),
                prefix: header.prefix.as_ref().map(|prefix| prefix.value.clone()).unwrap_or_default(),
            });
        }
        if let Some(query) = &self.query {
            let value = stored(&query.secret, query.key.as_ref());
            return Some(Auth::Query { name: query.name.value.clone(), value });
        }
        let oauth = self.oauth2.as_ref()?;
        let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.value.clone());
        Some(Auth::Oauth2(Oauth2 {
            url: oauth.token_url.value.to_string(),
            client: member(&oauth.secret, oauth.client_id_key()),
            client_secret: member(&oauth.secret, oauth.client_secret_key()),
            scope: text(&oauth.scope),
            audience: text(&oauth.audience),
            in_body: oauth.credentials() == CredentialsIn::Body,
        }))
    }
}

fn member(secret: &Spanned<SecretName>, member: String) -> Stored {
    Stored { from: secret.value.0.clone(), member: Some(member) }
}

fn stored(secret: &Spanned<SecretName>, member: Option<&Spanned<String>>) -> Stored {
    Stored { from: secret.value.0.clone(), member: member.map(|member| member.value.clone()) }
}
