//! Assertions: what must hold of a table, as data. Who runs them asks in the words of the service that holds it.

use super::output::{ADOPTED, Form, HANDLE, KEY, Output, SECONDS, URL, known, perhaps};
use super::statement::Statement;
use crate::lang::step::RowCount;
use crate::lang::value::TableName;
use serde::{Deserialize, Serialize};

/// What checks give, whoever is asked.
pub const CHECK_OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    known("checks", Form::Count, "how many were made"),
    perhaps(
        "bytes_scanned",
        Form::Count,
        "how many bytes Athena has scanned for all of them; Redshift does not tell",
    ),
];

/// What is asserted together: all of it is asked, whatever the answers are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The table; none where nothing but queries of the user's ask.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub table: Option<TableName>,
    /// The assertions, in order.
    pub assertions: Vec<Assertion>,
}

/// Something that must hold of a table, or of what a query gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Assertion {
    /// The number of rows of the table compares so.
    Rows(RowCount),
    /// No two rows have the same values in these columns.
    Unique {
        /// The columns.
        columns: Vec<String>,
    },
    /// A column has a value in every row.
    NotNull {
        /// The column.
        column: String,
    },
    /// A column holds these values only; no value at all is none of them that offends.
    Accepted {
        /// The column.
        column: String,
        /// The values, as texts.
        values: Vec<String>,
    },
    /// The newest time of a column is not older than this. A table without rows is not fresh.
    Fresh {
        /// The column.
        column: String,
        /// Seconds.
        within: u64,
        /// The time zone in which times are meant that say none.
        time_zone: String,
    },
    /// A query of the user's gives what is expected.
    Query {
        /// What it asks, in a few words.
        name: String,
        /// The query.
        query: Statement,
        /// What is expected of its result.
        expect: Expected,
    },
}

/// What is expected of the result of a query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// It gives the rows that offend: none.
    NoRows,
    /// It gives one number of rows, which compares so.
    Count(RowCount),
}
