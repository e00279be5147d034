//! SQL in Athena, as the plan keeps it, its calls, and what they need.

mod rights;

use crate::service::assertion::{CHECK_OUTPUTS, Check};
use crate::service::console::base;
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Members, Output, SECONDS, URL, perhaps};
use crate::service::role::Lends;
use crate::sql::Deed;
use crate::template::Template;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub use rights::*;

/// Runs SQL in Athena, one statement after the other: statements of the user's, or the queries of a check.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunAthena {
    /// The workgroup.
    pub workgroup: String,
    /// The data catalog; the account's own when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub catalog: Option<String>,
    /// The database of names without one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub database: Option<String>,
    /// The folder of the results; the workgroup's when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output: Option<Template>,
    /// The statements, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub statements: Vec<Template>,
    /// What is asked whether it holds; then there are no statements.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub check: Option<Check>,
    /// A result that is no older than so many minutes is given again, and nothing is run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reuse_minutes: Option<u32>,
    /// A statement that has scanned more bytes is stopped.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub most_bytes: Option<u64>,
    /// The tables that it reads, as far as they are known: `database.table`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reads: Vec<String>,
    /// The tables that it makes, changes or takes away.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub writes: Vec<String>,
    /// What its statements do to these and to other things, by their names: `adds_rows` to `database.table`,
    /// `makes_database` of `database`. Where it is empty anything may be done to the tables that are written.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub does: BTreeMap<Deed, BTreeSet<String>>,
    /// The files that it reads beside those of tables.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub files_read: Vec<Template>,
    /// The files that it writes, as far as it is said where they are.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub files_written: Vec<Template>,
    /// The catalogs of others that its statements name.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub foreign: Vec<String>,
}

/// The workgroup that every account has.
pub const PRIMARY: &str = "primary";

/// How many bytes a statement may have (`QueryString` in the service's model).
pub const LONGEST_STATEMENT: usize = 262_144;

/// For how many minutes a result can be given again at most (`Age` in the service's model): a week.
pub const LONGEST_REUSE: u32 = 10_080;

/// What it gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    perhaps("bytes_scanned", Form::Count, "how many bytes all its statements have scanned"),
    perhaps("rows", Form::Count, "how many rows were written, where Athena tells"),
    perhaps("output", Form::Text, "where the result of the last statement is in S3"),
    perhaps("value", Form::Text, "the first column of the first row that the last statement gives"),
];

impl RunAthena {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        if self.check.is_some() { CHECK_OUTPUTS } else { OUTPUTS }
    }

    /// Returns what it is billed in: 10 MB a query at least, and nothing for DDL and what has failed (Amazon Athena
    /// pricing).
    pub fn billed(&self) -> &'static [Billed] {
        &[Billed { unit: Unit::BytesScanned, measured: Measured::Output("bytes_scanned"), least: 10_000_000 }]
    }
}

/// Athena reads and writes as whoever asks it to.
impl Lends for RunAthena {}

impl Members for RunAthena {}

/// Links to a query in the console.
pub fn link(region: &str, query: &str) -> String {
    format!("{}/athena/home?region={region}#/query-editor/history/{query}", base(region))
}

/// Links to the queries of a region in the console.
pub fn place(region: &str) -> String {
    format!("{}/athena/home?region={region}#/query-editor/history", base(region))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_console() {
        let link = link("cn-north-1", "q-1");
        assert_eq!(
            link,
            "https://cn-north-1.console.amazonaws.cn/athena/home?region=cn-north-1#/query-editor/history/q-1"
        );
    }
}
