//! Values that Airflow keeps: as long and as large as its database takes them.
//!
//! The limits are those of Airflow 2.9 to 3.3: `validate_key` and `validate_group_key` of its helpers, and the
//! columns of its models `TaskInstance`, `DagTag`, `Pool` and `DagOwnerAttributes`.

use super::decode::{Leaf, LeafError, Written};
use super::value::{Seconds, check_name};
use crate::diagnostic::Code;
use crate::yaml::Scalar;
use serde_json::{Value, json};

/// The longest id of a DAG or a task.
pub const LONGEST_ID: usize = 250;

/// The longest id of a task group.
const LONGEST_GROUP: usize = 200;

/// The largest number that a column of Airflow's holds.
const LARGEST: u32 = 2_147_483_647;

/// Declares a text of limited length: what it is, with and without its article, and its characters at most.
macro_rules! texts {
    ($($(#[doc = $doc:literal])* $name:ident = $expected:literal, $what:literal, $longest:expr;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub String);

        impl Leaf for $name {
            const EXPECTED: &'static str = $expected;

            fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
                let text = String::leaf(scalar)?;
                check_length(&text, $what, $longest)?;
                Ok(Self(text))
            }

            fn leaf_schema() -> Value {
                json!({ "type": "string", "minLength": 1, "maxLength": $longest })
            }
        }
    )*};
}

texts! {
    /// A word to find a DAG by.
    Tag = "a tag", "a tag", 100;
    /// Who answers for something.
    Owner = "an owner", "an owner", 500;
}

fn check_length(text: &str, what: &str, longest: usize) -> Result<(), LeafError> {
    if text.trim().is_empty() {
        return Err(LeafError::new(Code::InvalidName, format!("{what} cannot be empty")));
    }
    let length = text.chars().count();
    if length > longest {
        return Err(LeafError::new(
            Code::InvalidName,
            format!("{what} has at most {longest} characters in Airflow; this one has {length}"),
        )
        .help("shorten it"));
    }
    Ok(())
}

/// The name of a pool, which Airflow 2 holds to the rules for ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolName(pub String);

impl Leaf for PoolName {
    const EXPECTED: &'static str = "the name of a pool";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = String::leaf(scalar)?;
        check_length(&text, "a pool's name", LONGEST_ID)?;
        let wrong = text.char_indices().find(|(_, c)| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-')));
        match wrong {
            None => Ok(Self(text)),
            Some((at, c)) => {
                let message = format!("`{c}` cannot stand in a pool's name");
                Err(LeafError::new(Code::InvalidName, message)
                    .help("it has letters, digits, `_`, `.` and `-`")
                    .at(at..at + c.len_utf8()))
            }
        }
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^[\\w.-]+$", "minLength": 1, "maxLength": LONGEST_ID })
    }
}

/// The name of a task group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupName(pub String);

impl Leaf for GroupName {
    const EXPECTED: &'static str = "the name of a group";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        check_name(&scalar.text)?;
        check_length(&scalar.text, "a group's name", LONGEST_GROUP)?;
        Ok(Self(scalar.text.clone()))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]*$", "maxLength": LONGEST_GROUP })
    }
}

/// A whole number from `FEWEST` on that Airflow's database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count<const FEWEST: u32>(pub u32);

impl<const FEWEST: u32> Leaf for Count<FEWEST> {
    const EXPECTED: &'static str = "a whole number";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        match scalar.text.parse() {
            Ok(number) if (FEWEST..=LARGEST).contains(&number) => Ok(Self(number)),
            _ => {
                let code = if scalar.is_number() { Code::InvalidNumber } else { Code::WrongType };
                let text = &scalar.text;
                Err(LeafError::new(code, format!("`{text}` is no whole number from {FEWEST} to {LARGEST}")))
            }
        }
    }

    fn leaf_schema() -> Value {
        json!({ "type": "integer", "minimum": FEWEST, "maximum": LARGEST })
    }
}

impl<const FEWEST: u32> Written for Count<FEWEST> {
    fn written(&self) -> Value {
        json!(self.0)
    }
}

impl Written for Limit {
    fn written(&self) -> Value {
        if self.0.is_multiple_of(60) {
            json!(format!("{}m", self.0 / 60))
        } else {
            json!(format!("{}s", self.0))
        }
    }
}

/// How long something may take: a duration of at least a second. Airflow takes zero for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub u64);

impl Leaf for Limit {
    const EXPECTED: &'static str = Seconds::EXPECTED;

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        match Seconds::leaf(scalar)?.0 {
            0 => {
                Err(LeafError::new(Code::InvalidDuration, format!("`{}` leaves no time at all", scalar.text))
                    .help("write a longer one, or take the key away: then there is no limit"))
            }
            seconds => Ok(Self(seconds)),
        }
    }

    fn leaf_schema() -> Value {
        Seconds::leaf_schema()
    }
}
