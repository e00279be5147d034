//! A materialized view as the plan keeps it.

use crate::lang::value::TableName;
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Output, SECONDS, URL, known, perhaps};
use crate::service::statement::Statement;
use serde::{Deserialize, Serialize};

/// Makes a materialized view, makes it anew when its definition has changed, and refreshes it otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaterializedView {
    /// The view.
    pub name: TableName,
    /// Its query; the same in every run.
    pub query: Statement,
    /// Snapshots have it.
    pub backup: bool,
    /// Where its rows are; Redshift's own choice when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub distribution: Option<Distribution>,
    /// The columns by which its rows are sorted.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sort_key: Vec<String>,
    /// Redshift refreshes it by itself as well.
    pub auto_refresh: bool,
    /// The views on it that may be dropped with it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub drop_with: Vec<TableName>,
}

/// Where the rows of a view are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// One after the other on each slice.
    Even,
    /// All on each node.
    All,
    /// By the values of a column.
    Key(String),
}

/// What a materialized view gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    known("done", Form::Text, "`created`, `recreated` or `refreshed`"),
    perhaps("refresh", Form::Text, "what Redshift says of the refresh; none where there was none"),
];
