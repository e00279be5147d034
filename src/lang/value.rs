//! The scalar values of the language: what they accept, how they are written in the schema.
//!
//! Here are strings, truth values, numbers and paths of files; [`time`] has durations and days, [`clock`] when a
//! pipeline runs, [`s3`] places, [`names`] tables, versions and classes, [`template`] texts with `{{ ... }}`.

mod clock;
mod names;
mod s3;
mod template;
mod time;

pub use template::template_error;

use super::decode::{Leaf, LeafError, Written, template_not_allowed};
use super::held::Held;
use crate::diagnostic::Code;
use crate::template::opening;
use crate::text::Spanned;
use crate::yaml::Scalar;
pub use clock::Clock;
pub use names::{AirflowVersion, ImportPath, LONGEST_NAME, Name, TableName, check_name};
pub use s3::{S3Path, S3Uri, check_pattern};
use serde_json::{Value, json};
pub use time::{Day, Seconds, TimeZoneName, parse_duration};

/// A string without holes. Numbers and truth values must be quoted.
impl Leaf for String {
    const EXPECTED: &'static str = "a string";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        if scalar.as_bool().is_some() || (scalar.is_number() && !scalar.expanded) {
            return Err(LeafError::new(
                Code::WrongType,
                format!("expected a string, found {}", scalar_kind(scalar)),
            )
            .help(format!("write \"{}\" in quotes", scalar.text)));
        }
        no_template(scalar)?;
        Ok(scalar.text.clone())
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }
}

impl Written for String {
    fn written(&self) -> Value {
        json!(self)
    }
}

impl Written for bool {
    fn written(&self) -> Value {
        json!(self)
    }
}

/// The path of a file of the user's, relative to the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePath(pub String);

impl std::ops::Deref for FilePath {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Leaf for FilePath {
    const EXPECTED: &'static str = String::EXPECTED;

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        String::leaf(scalar).map(Self)
    }

    fn leaf_schema() -> Value {
        String::leaf_schema()
    }

    fn leaf_held(path: &Spanned<Self>) -> Option<Held<'_>> {
        Some(Held::File(&path.value.0, path.span))
    }
}

impl Leaf for bool {
    const EXPECTED: &'static str = "`true` or `false`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        scalar.as_bool().ok_or_else(|| {
            let message = format!("expected `true` or `false`, found {}", scalar_kind(scalar));
            let error = LeafError::new(Code::WrongType, message);
            match scalar.text.to_lowercase().as_str() {
                "yes" | "y" | "on" | "true" | "1" => error.help("write `true`, without quotes"),
                "no" | "n" | "off" | "false" | "0" => error.help("write `false`, without quotes"),
                _ => error,
            }
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "boolean" })
    }
}

impl Leaf for u32 {
    const EXPECTED: &'static str = "a whole number";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        scalar.text.parse().map_err(|_| {
            let code = if scalar.is_number() { Code::InvalidNumber } else { Code::WrongType };
            LeafError::new(code, format!("`{}` is no whole number from 0 to {}", scalar.text, Self::MAX))
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "integer", "minimum": 0 })
    }
}

impl Leaf for u64 {
    const EXPECTED: &'static str = "a whole number";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        scalar.text.parse().map_err(|_| {
            let code = if scalar.is_number() { Code::InvalidNumber } else { Code::WrongType };
            LeafError::new(code, format!("`{}` is no whole number from 0 on", scalar.text))
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "integer", "minimum": 0 })
    }
}

fn scalar_kind(scalar: &Scalar) -> &'static str {
    if scalar.as_bool().is_some() {
        "a truth value"
    } else if scalar.is_number() {
        "a number"
    } else {
        "a string"
    }
}

fn no_template(scalar: &Scalar) -> Result<(), LeafError> {
    match opening(&scalar.text) {
        None => Ok(()),
        Some(at) => Err(template_not_allowed(at)),
    }
}
