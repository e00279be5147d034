//! What the user names, and names of tables, of Airflow's versions and of Python's classes.

use crate::diagnostic::Code;
use crate::lang::decode::{Leaf, LeafError};
use crate::lang::python::{KEYWORDS, is_identifier};
use crate::yaml::Scalar;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A name of the user's: letters, digits, `_` and `-`, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub String);

impl std::ops::Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Leaf for Name {
    const EXPECTED: &'static str = "a name";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        check_name(&scalar.text)?;
        Ok(Self(scalar.text.clone()))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]*$" })
    }
}

/// Says why a text cannot be the name of a pipeline, a step or a source.
pub fn check_name(text: &str) -> Result<(), LeafError> {
    let wrong = text.char_indices().find(|(n, c)| {
        !(c.is_ascii_alphabetic() || (*n > 0 && (c.is_ascii_digit() || matches!(c, '_' | '-'))))
    });
    match wrong {
        None if !text.is_empty() => Ok(()),
        None => Err(LeafError::new(Code::InvalidName, "a name cannot be empty")),
        Some((at, c)) => Err(LeafError::new(Code::InvalidName, format!("`{c}` cannot stand here in a name"))
            .help("names have letters, digits, `_` and `-`, and begin with a letter")
            .at(at..at + c.len_utf8())),
    }
}

/// How many bytes a name may have in Redshift (Database Developer Guide, "Names and identifiers").
pub const LONGEST_NAME: usize = 127;

/// A table by name: `schema.table` in Redshift, `database.table` in the Data Catalog.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableName {
    /// The schema, or the catalog's database.
    pub schema: String,
    /// The table.
    pub table: String,
}

impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.table)
    }
}

impl Leaf for TableName {
    const EXPECTED: &'static str = "a table such as `mart.flights`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let part = |text: &str| {
            !text.is_empty()
                && text.len() <= LONGEST_NAME
                && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '-'))
        };
        match scalar.text.split_once('.') {
            Some((schema, table)) if part(schema) && part(table) => {
                Ok(Self { schema: schema.to_ascii_lowercase(), table: table.to_ascii_lowercase() })
            }
            _ => Err(LeafError::new(Code::InvalidTableName, format!("`{}` names no table", scalar.text))
                .help(
                    "write `schema.table`, such as `mart.flights`; letters, digits, `_`, at most 127 each",
                )),
        }
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_$-]*\\.[A-Za-z_][A-Za-z0-9_$-]*$" })
    }
}

/// A version of Airflow: `2.11`, `3.0.6`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AirflowVersion {
    /// `2` or `3`.
    pub major: u32,
    /// The second number.
    pub minor: u32,
}

impl std::fmt::Display for AirflowVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Leaf for AirflowVersion {
    const EXPECTED: &'static str = "a version of Airflow such as \"2.11\"";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let numbers: Option<Vec<u32>> = scalar.text.split('.').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some([major @ (2 | 3), minor] | [major @ (2 | 3), minor, _]) if (*major, *minor) >= (2, 9) => {
                Ok(Self { major: *major, minor: *minor })
            }
            _ => Err(LeafError::new(
                Code::UnknownWord,
                format!("dagc writes no DAG files for Airflow `{}`", scalar.text),
            )
            .help("versions 2.9 to 2.11 and 3.0 to 3.3 are supported; write it as \"2.11\"")),
        }
    }

    fn leaf_schema() -> Value {
        json!({ "type": ["string", "number"], "examples": ["2.11", "3.3"] })
    }
}

/// A Python class by its import path: `package.module.Class`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImportPath(pub String);

impl Leaf for ImportPath {
    const EXPECTED: &'static str = "an import path such as `package.module.Class`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = &scalar.text;
        let wrong = text.split('.').find(|part| !is_identifier(part));
        let why = match wrong {
            None if text.contains('.') => return Ok(Self(text.clone())),
            None => "it names no module".to_owned(),
            Some("") => "there is nothing beside a dot".to_owned(),
            Some(part) if KEYWORDS.contains(&part) => format!("`{part}` is a word of Python's"),
            Some(part) => format!("`{part}` is no name in Python"),
        };
        Err(LeafError::new(Code::InvalidImportPath, format!("`{text}` is no import path: {why}"))
            .help("write the class with its module, such as `airflow.providers.amazon.aws.operators.emr.EmrServerlessStartJobOperator`"))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)+$" })
    }
}
