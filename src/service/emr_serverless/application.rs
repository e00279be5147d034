//! An application of EMR Serverless by its name or its id, and the ARNs that are made of it.

use crate::service::arn::{Part, Resource};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An application as the user names it: `etl`, or its id, `00fkm6vigfuq6215`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Application(String);

/// How long a name may be (`ApplicationName` in the service's model).
const LONGEST_NAME: usize = 64;

/// What ids look like. The model says `[0-9a-z]+`, as names may be, too; AWS's guides show no others.
const ID_BEGINS: &str = "00";
const ID_LENGTH: usize = 16;

impl Application {
    /// Reads it; says why a text names none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_one = |byte: u8| byte.is_ascii_alphanumeric() || b"._/#-".contains(&byte);
        if (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(is_one) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("a name has 1 to {LONGEST_NAME} letters, digits and `._/#-`"))
    }

    /// Its id, where the user says one.
    pub fn id(&self) -> Option<&str> {
        let is_low = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_id = self.0.len() == ID_LENGTH && self.0.starts_with(ID_BEGINS) && self.0.bytes().all(is_low);
        is_id.then_some(self.0.as_str())
    }

    /// Says whether this id or this name is the application's.
    pub fn is(&self, id: &str, name: Option<&str>) -> bool {
        self.0 == id || name == Some(self.0.as_str())
    }

    /// What is allowed on the application.
    pub fn itself(&self) -> Resource {
        Resource::regional(SERVICE, [BEFORE, self.part()])
    }

    /// What is allowed on its runs.
    pub fn runs(&self) -> Resource {
        Resource::regional(SERVICE, [BEFORE, self.part(), Part::Fixed("/jobruns/"), Part::Any])
    }

    /// ARNs have the id, which a name does not tell.
    fn part(&self) -> Part {
        self.id().map_or(Part::Unknown("APPLICATION"), |id| Part::Name(id.to_owned()))
    }
}

/// The service in ARNs, and what stands before an application's id.
const SERVICE: &str = "emr-serverless";
const BEFORE: Part = Part::Fixed("/applications/");

impl fmt::Display for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_is_named_in_two_ways() {
        let here = "arn:aws:emr-serverless:REGION:ACCOUNT:/applications/";
        for (text, id, resource) in [
            ("00fkm6vigfuq6215", Some("00fkm6vigfuq6215"), "00fkm6vigfuq6215"),
            ("etl", None, "APPLICATION"),
            ("00fkm6vigfuq621", None, "APPLICATION"),
            ("etl.of#shop-2", None, "APPLICATION"),
        ] {
            let application = Application::parse(text).unwrap();
            assert_eq!((application.id(), application.to_string().as_str()), (id, text));
            assert_eq!(application.itself().to_string(), format!("{here}{resource}"));
            assert_eq!(application.runs().to_string(), format!("{here}{resource}/jobruns/*"));
            assert!(application.is(text, None) && application.is("00f", Some(text)));
            assert!(!application.is("00f", None));
        }
        for text in ["", "a b", "é", &"x".repeat(65)] {
            assert!(Application::parse(text).is_err(), "{text}");
        }
    }
}
