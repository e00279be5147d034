//! UNLOAD as the plan keeps it.

use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Output, SECONDS, URL, perhaps};
use crate::service::statement::Statement;
use crate::template::Template;
use serde::{Deserialize, Serialize};

/// Writes what a query gives to files.
#[expect(
    clippy::struct_excessive_bools,
    reason = "words of the statement, of which each stands there or not"
)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unload {
    /// The query.
    pub query: Statement,
    /// The folder that gets the files; ends in `/`.
    pub to: Template,
    /// Their format.
    pub format: UnloadFormat,
    /// The columns that make folders.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub partition_by: Vec<String>,
    /// The files keep these columns.
    #[serde(default)]
    pub include: bool,
    /// How they are compressed: `GZIP`, `BZIP2`, `ZSTD`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub compression: Option<String>,
    /// What lies there is removed first; where it is not, files that are there make it fail.
    pub replace: bool,
    /// Each slice writes files of its own.
    pub parallel: bool,
    /// The most megabytes of a file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_megabytes: Option<u32>,
    /// A list of the files is written beside them.
    #[serde(default)]
    pub manifest: bool,
    /// `default`, or the ARN of a role.
    pub role: String,
    /// The ARN of the key with which the files are encrypted; as their bucket says when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kms_key: Option<String>,
    /// The region of the bucket, when it is not the cluster's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<String>,
}

/// The format of the files of an UNLOAD.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum UnloadFormat {
    /// CSV.
    Csv {
        /// The first line names the columns.
        header: bool,
        /// The character between values.
        delimiter: String,
        /// The text that means no value.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        null: Option<String>,
    },
    /// One JSON object a line.
    Json,
    /// Parquet.
    Parquet,
}

/// What an UNLOAD gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    perhaps("rows", Form::Count, "how many rows were written"),
    perhaps("files", Form::Count, "to how many files"),
    perhaps("bytes", Form::Count, "their bytes"),
];
