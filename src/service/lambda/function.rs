//! A function by its name or its ARN, of a version or an alias or of neither.

use crate::service::arn::{Part, Resource};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A function as the user names it: `clean`, `clean:live`, `clean:3`, or the ARN of any of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Function {
    /// What its ARN begins with, up to the name: `arn:aws:lambda:eu-west-1:111122223333:function:`.
    pub(super) arn: Option<String>,
    /// Its name.
    pub name: String,
    /// The version or the alias.
    pub qualifier: Option<String>,
}

/// How long a name may be (Lambda API, `Invoke`).
const LONGEST_NAME: usize = 64;

/// How long a version or an alias may be (`Qualifier` in the service's model).
const LONGEST_QUALIFIER: usize = 128;

impl Function {
    /// A function of this account by its name.
    pub fn named(name: &str) -> Self {
        Self { arn: None, name: name.to_owned(), qualifier: None }
    }

    /// Reads it; says why a text names none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (arn, rest) = if text.starts_with("arn:") {
            let parts: Vec<&str> = text.splitn(7, ':').collect();
            let ["arn", _, "lambda", region, account, "function", rest] = parts.as_slice() else {
                return Err("it is no ARN of a function".to_owned());
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
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=LONGEST_NAME).contains(&name.len()) || !name.bytes().all(is_word) {
            return Err(format!("a name has 1 to {LONGEST_NAME} letters, digits, `-` and `_`"));
        }
        let is_qualifier = |text: &str| {
            let is_latest = text == "$LATEST";
            is_latest || ((1..=LONGEST_QUALIFIER).contains(&text.len()) && text.bytes().all(is_word))
        };
        if qualifier.is_some_and(|qualifier| !is_qualifier(qualifier)) {
            return Err("behind the name stands a version, which is a number, or an alias".to_owned());
        }
        Ok(Self { arn, name: name.to_owned(), qualifier: qualifier.map(str::to_owned) })
    }

    /// The region that its ARN says.
    pub fn region(&self) -> Option<&str> {
        self.arn.as_ref()?.split(':').nth(3)
    }

    /// It as a request names it, without a version.
    pub fn target(&self) -> String {
        format!("{}{}", self.arn.as_deref().unwrap_or_default(), self.name)
    }

    /// What is allowed on it, by this very name.
    pub fn resource(&self) -> Resource {
        let name = match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", self.name),
            None => self.name.clone(),
        };
        match &self.arn {
            Some(arn) => Resource::Whole(format!("{arn}{name}")),
            None => Resource::regional("lambda", [Part::Fixed("function:"), Part::Name(name)]),
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.target())?;
        match &self.qualifier {
            Some(qualifier) => write!(f, ":{qualifier}"),
            None => Ok(()),
        }
    }
}

impl From<Function> for String {
    fn from(function: Function) -> Self {
        function.to_string()
    }
}

impl TryFrom<String> for Function {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::arn::Account;

    #[test]
    fn a_function_is_named_by_name_or_arn() {
        let account = Account { partition: "aws", region: "eu-west-1", account: "111122223333" };
        let here = "arn:aws:lambda:eu-west-1:111122223333:function:";
        for (text, target, resource) in [
            ("clean".to_owned(), "clean".to_owned(), "clean"),
            ("clean:live".to_owned(), "clean".to_owned(), "clean:live"),
            ("clean:$LATEST".to_owned(), "clean".to_owned(), "clean:$LATEST"),
            (format!("{here}clean:3"), format!("{here}clean"), "clean:3"),
        ] {
            let function = Function::parse(&text).unwrap();
            assert_eq!((function.to_string(), function.target()), (text, target));
            assert_eq!(function.resource().policy(account).replace("${$}", "$"), format!("{here}{resource}"));
        }
        for text in [
            "",
            "a b",
            "a:",
            "a:b:c",
            "a:b.c",
            "arn:aws:lambda:eu-west-1:1:function:a",
            "arn:aws:lambda:eu-west-1:111122223333:layer:a",
            "arn:aws:states:eu-west-1:111122223333:stateMachine:a",
            &"x".repeat(65),
        ] {
            assert!(Function::parse(text).is_err(), "{text}");
        }
    }
}
