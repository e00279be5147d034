//! An external schema as the plan keeps it.

use crate::service::output::{ADOPTED, Form, KEY, Output, SECONDS, URL, known, perhaps};
use serde::{Deserialize, Serialize};

/// Makes a schema whose tables are those of a database of the Data Catalog, where there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpectrumSchema {
    /// The schema, in small letters.
    pub schema: String,
    /// The database of the Data Catalog, in small letters.
    pub database: String,
    /// `default`, or the ARN of a role; several, joined by commas, are chained.
    pub role: String,
    /// The region of the catalog, when it is not the cluster's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<String>,
    /// The database is made, too, where there is none.
    #[serde(default)]
    pub create_database: bool,
}

/// What it gives.
pub const OUTPUTS: &[Output] = &[
    perhaps("handle", Form::Text, "the service's id of the statement; none when the schema was there"),
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    known("done", Form::Text, "`created` or `kept`"),
];
