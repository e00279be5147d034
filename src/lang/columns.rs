//! Columns that a source declares: the type of each, and whether it may be empty.
//!
//! Types are read by the names of SQL, as Redshift and Athena know them, and by those of Spark and the Data
//! Catalog (Redshift Database Developer Guide, "Data types"; Athena User Guide, "Data types in Amazon Athena").

use super::decode::{Leaf, LeafError};
use crate::columns::Type;
use crate::diagnostic::Code;
use crate::yaml::Scalar;
use serde_json::{Value, json};

/// A declared column: `bigint not null`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its type.
    pub kind: Type,
    /// It may have no value.
    pub is_nullable: bool,
}

/// Reads a type as it is written.
pub fn read_type(text: &str) -> Result<Type, LeafError> {
    Type::parse(text).map_err(|error| {
        let told = LeafError::new(Code::InvalidType, error.message);
        error.help.into_iter().fold(told, LeafError::help)
    })
}

impl Leaf for Column {
    const EXPECTED: &'static str = "a type such as `bigint`, or `bigint not null`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = scalar.text.trim();
        let words: Vec<&str> = text.split_whitespace().collect();
        let ends = |end: &[&str]| {
            let at = words.len().checked_sub(end.len())?;
            let is_end = words[at..].iter().zip(end).all(|(word, end)| word.eq_ignore_ascii_case(end));
            is_end.then(|| words[..at].join(" "))
        };
        let (kind, is_nullable) = match (ends(&["not", "null"]), ends(&["null"])) {
            (Some(kind), _) => (kind, false),
            (None, Some(kind)) => (kind, true),
            (None, None) => (text.to_owned(), true),
        };
        let kind = read_type(&kind)?;
        Ok(Self { kind, is_nullable })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "examples": ["bigint", "decimal(12, 2) not null", "varchar(64)", "timestamp"] })
    }
}

#[cfg(test)]
mod tests;
