//! A state machine by its name or its ARN, of a version or an alias or of neither, and the ARNs that are made of it.

use crate::service::arn::{Part, Resource};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A state machine as the user names it: `orders`, `orders:live`, `orders:3`, or the ARN of any of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Machine {
    /// What its ARN begins with, up to the name: `arn:aws:states:eu-west-1:111122223333:stateMachine:`.
    pub(super) arn: Option<String>,
    /// Its name.
    pub name: String,
    /// The version or the alias.
    pub qualifier: Option<String>,
}

/// How long the name of a state machine, and of an execution, may be (`Name` in the service's model).
const LONGEST_NAME: usize = 80;

/// How long an alias may be (`CharacterRestrictedName` in the service's model).
const LONGEST_ALIAS: usize = 80;

impl Machine {
    /// A state machine of this account by its name.
    pub fn named(name: &str) -> Self {
        Self { arn: None, name: name.to_owned(), qualifier: None }
    }

    /// Reads it; says why a text names none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (arn, rest) = if text.starts_with("arn:") {
            let parts: Vec<&str> = text.splitn(7, ':').collect();
            let ["arn", _, "states", region, account, "stateMachine", rest] = parts.as_slice() else {
                return Err("it is no ARN of a state machine".to_owned());
            };
            let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            if region.is_empty() || !is_account {
                return Err("its ARN lacks the region or the account of 12 digits".to_owned());
            }
            (Some(text[..text.len() - rest.len()].to_owned()), *rest)
        } else {
            (None, text)
        };
        let (name, qualifier) = match rest.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier)),
            None => (rest, None),
        };
        if !is_name(name) {
            return Err(format!("a name has 1 to {LONGEST_NAME} letters, digits and `-_.+!@()=`"));
        }
        if qualifier.is_some_and(|qualifier| !is_qualifier(qualifier)) {
            return Err("behind the name stands a version, which is a number, or an alias".to_owned());
        }
        Ok(Self { arn, name: name.to_owned(), qualifier: qualifier.map(str::to_owned) })
    }

    /// The region that its ARN says.
    pub fn region(&self) -> Option<&str> {
        self.arn.as_ref()?.split(':').nth(3)
    }

    /// What is allowed on it, by this very name.
    pub fn resource(&self) -> Resource {
        let named = |name: String| match &self.arn {
            Some(arn) => Resource::Whole(format!("{arn}{name}")),
            None => Resource::regional("states", [Part::Fixed("stateMachine:"), Part::Name(name)]),
        };
        named(match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", self.name),
            None => self.name.clone(),
        })
    }

    /// It, and none of its versions.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self { qualifier: None, ..self.clone() }
    }

    /// Its executions.
    pub fn executions(&self) -> Resource {
        if let Some(arn) = &self.arn {
            let place = arn.trim_end_matches("stateMachine:");
            return Resource::Whole(format!("{place}execution:{}:*", self.name));
        }
        let name = Part::Name(self.name.clone());
        Resource::regional("states", [Part::Fixed("execution:"), name, Part::Fixed(":"), Part::Any])
    }

    /// Its ARN, where the user says one.
    pub fn arn(&self) -> Option<String> {
        Some(format!("{}{}", self.arn.as_ref()?, self.name))
    }
}

/// The ARN of an execution of the state machine with this ARN.
pub fn execution(machine: &str, name: &str) -> String {
    format!("{}:{name}", machine.replacen(":stateMachine:", ":execution:", 1))
}

/// What a name may be, less what AWS's documents advise against and ARNs cannot hold.
fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+!@()='".contains(&byte))
}

fn is_qualifier(text: &str) -> bool {
    let is_version = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let is_alias = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (1..=LONGEST_ALIAS).contains(&text.len())
        && (is_version || is_alias && !text.bytes().all(|b| b.is_ascii_digit()))
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.arn.as_deref().unwrap_or_default(), self.name)?;
        match &self.qualifier {
            Some(qualifier) => write!(f, ":{qualifier}"),
            None => Ok(()),
        }
    }
}

impl From<Machine> for String {
    fn from(machine: Machine) -> Self {
        machine.to_string()
    }
}

impl TryFrom<String> for Machine {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::arn::Account;

    const HERE: &str = "arn:aws:states:eu-west-1:111122223333";

    #[test]
    fn a_machine_is_named_in_six_ways() {
        let account = Account { partition: "aws", region: "eu-west-1", account: "111122223333" };
        for (text, resource) in [
            ("orders".to_owned(), "stateMachine:orders"),
            ("orders:3".to_owned(), "stateMachine:orders:3"),
            ("orders:live".to_owned(), "stateMachine:orders:live"),
            (format!("{HERE}:stateMachine:orders"), "stateMachine:orders"),
            (format!("{HERE}:stateMachine:orders:3"), "stateMachine:orders:3"),
            (format!("{HERE}:stateMachine:orders:live"), "stateMachine:orders:live"),
        ] {
            let machine = Machine::parse(&text).unwrap();
            assert_eq!(machine.to_string(), text);
            assert_eq!(machine.resource().policy(account), format!("{HERE}:{resource}"));
            assert_eq!(machine.executions().policy(account), format!("{HERE}:execution:orders:*"));
            assert_eq!(machine.whole().resource().policy(account), format!("{HERE}:stateMachine:orders"));
        }
        assert_eq!(
            execution(&format!("{HERE}:stateMachine:orders"), "a"),
            format!("{HERE}:execution:orders:a")
        );
    }

    #[test]
    fn what_is_no_machine_is_told() {
        for text in [
            "",
            "a b",
            "a:",
            ":live",
            "a:b:c",
            "a:0",
            "arn:aws:states:eu-west-1:111122223333:execution:orders:a",
            "arn:aws:states:eu-west-1:1:stateMachine:orders",
            "arn:aws:states::111122223333:stateMachine:orders",
            "arn:aws:lambda:eu-west-1:111122223333:function:orders",
            &"x".repeat(81),
        ] {
            assert!(Machine::parse(text).is_err(), "{text}");
        }
    }
}
