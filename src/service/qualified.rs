//! What may have versions and aliases in AWS, by its name or its ARN: functions, state machines, tasks of DataSync.

use crate::service::arn::{Part, Resource};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// What is named so.
pub trait Thing: Clone + fmt::Debug + Default + Eq {
    /// What it is: `a function`.
    const WHAT: &'static str;
    /// Its service in an ARN.
    const SERVICE: &'static str;
    /// What stands before its name in an ARN: `function:`.
    const TYPE: &'static str;
    /// What is wrong with what stands behind a name and a colon.
    const NO_QUALIFIER: &'static str = "behind the name stands a version, which is a number, or an alias";

    /// Says why a text is none of its names.
    fn name(text: &str) -> Result<(), String>;

    /// Says whether a text is a version or an alias.
    fn is_qualifier(text: &str) -> bool;
}

/// A thing as the user names it: `clean`, `clean:live`, `clean:3`, or the ARN of any of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String", bound = "T: Thing")]
pub struct Qualified<T> {
    /// What its ARN begins with, up to the name: `arn:aws:lambda:eu-west-1:111122223333:function:`.
    arn: Option<String>,
    /// Its name.
    pub name: String,
    /// The version or the alias.
    pub qualifier: Option<String>,
    of: PhantomData<T>,
}

impl<T: Thing> Qualified<T> {
    /// One of this account by its name, and its version or alias.
    pub fn named(name: &str, qualifier: Option<&str>) -> Self {
        let qualifier = qualifier.map(str::to_owned);
        Self { arn: None, name: name.to_owned(), qualifier, of: PhantomData }
    }

    /// Reads it; says why a text names none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (arn, rest) = if text.starts_with("arn:") {
            let parts: Vec<&str> = text.splitn(6, ':').collect();
            let (region, account, rest) = match parts.as_slice() {
                ["arn", _, service, region, account, resource] if *service == T::SERVICE => {
                    (region, account, resource.strip_prefix(T::TYPE))
                }
                _ => (&"", &"", None),
            };
            let Some(rest) = rest else { return Err(format!("it is no ARN of {}", T::WHAT)) };
            let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            if region.is_empty() || !is_account {
                return Err("its ARN lacks the region or the account of 12 digits".to_owned());
            }
            (Some(text[..text.len() - rest.len()].to_owned()), rest)
        } else {
            (None, text)
        };
        let (name, qualifier) = match rest.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier)),
            None => (rest, None),
        };
        T::name(name)?;
        if qualifier.is_some_and(|qualifier| !T::is_qualifier(qualifier)) {
            return Err(T::NO_QUALIFIER.to_owned());
        }
        Ok(Self { arn, ..Self::named(name, qualifier) })
    }

    /// The region that its ARN says.
    pub fn region(&self) -> Option<&str> {
        self.arn.as_ref()?.split(':').nth(3)
    }

    /// What its ARN begins with, up to the name, where the user says one.
    pub fn before_name(&self) -> Option<&str> {
        self.arn.as_deref()
    }

    /// It as the user names it, without a version.
    pub fn target(&self) -> String {
        format!("{}{}", self.arn.as_deref().unwrap_or_default(), self.name)
    }

    /// It, and none of its versions.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self { qualifier: None, ..self.clone() }
    }

    /// What is allowed on it, by this very name.
    pub fn resource(&self) -> Resource {
        match &self.arn {
            Some(_) => Resource::Whole(self.to_string()),
            None => Resource::regional(T::SERVICE, [Part::Fixed(T::TYPE), Part::Name(self.to_string())]),
        }
    }
}

impl<T: Thing> fmt::Display for Qualified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.target())?;
        match &self.qualifier {
            Some(qualifier) => write!(f, ":{qualifier}"),
            None => Ok(()),
        }
    }
}

impl<T: Thing> From<Qualified<T>> for String {
    fn from(thing: Qualified<T>) -> Self {
        thing.to_string()
    }
}

impl<T: Thing> TryFrom<String> for Qualified<T> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}
