//! Fetching what an HTTP API gives, as the plan keeps it.

mod rights;

pub(in crate::service) use rights::sections;
pub use rights::{GET_SECRET_VALUE, OPERATIONS, RIGHTS};

use super::auth::Auth;
use super::pages::Pages;
use super::path::JsonPath;
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::output::{Form, HANDLE, Members, Output, SECONDS, URL, known};
use crate::service::role::Lends;
use crate::service::shown::Shown;
use crate::template::{Json, Template};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Fetches what an HTTP API gives, and writes it to S3.
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the step by itself")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IngestHttp {
    /// The address of the first page.
    pub url: Template,
    /// It is asked for with POST, and not with GET.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub posts: bool,
    /// A POST may be sent again when it is not known what came of it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub idempotent: bool,
    /// Parameters that are added to the address.
    #[serde(skip_serializing_if = "IndexMap::is_empty", default)]
    pub query: IndexMap<String, Template>,
    /// Headers.
    #[serde(skip_serializing_if = "IndexMap::is_empty", default)]
    pub headers: IndexMap<String, Template>,
    /// What is sent with POST.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<Json>,
    /// How the API knows who asks; it asks for nobody when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auth: Option<Auth>,
    /// How the next page is asked for; there is one page when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pages: Option<Pages>,
    /// Where in an answer the records are; needed unless answers are written as they are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub records: Option<JsonPath>,
    /// What is written.
    pub format: WrittenAs,
    /// Where in a record the columns of CSV are; what the first record has when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub columns: Vec<JsonPath>,
    /// The folder that gets the files, with its slash.
    pub to: Template,
    /// What the step has put there in other runs stays.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub appends: bool,
    /// Milliseconds that lie between two requests at least.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub pause: u64,
    /// With more pages the task fails.
    pub max_pages: u32,
    /// Seconds that an answer, and each piece of it, may take.
    pub timeout: u64,
    /// Addresses without TLS may be asked.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub allow_http: bool,
    /// It is a failure that there is no record.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub must_have: bool,
    /// What it means that the address is not known (404).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub missing: Option<Missing>,
    /// Bytes from which on an object is closed, and the next one begun.
    pub object_bytes: u64,
    /// The ARN of the key with which the objects are encrypted; as their bucket says when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kms_key: Option<String>,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrittenAs {
    /// One record of JSON a line.
    JsonLines,
    /// CSV, the first line of each object with the names of the columns.
    Csv,
    /// Answers as they are, one object each.
    Raw,
}

/// What it means that the address is not known (404), where it is no failure for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// It is not there yet: the task fails, and is tried again.
    Retry,
    /// There is nothing.
    Skip,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How many pages there may be where nobody says it.
pub const MOST_PAGES: u32 = 10_000;

/// How many bytes an answer may have that is read as JSON: it is held in memory.
pub const LONGEST_PAGE: usize = 32 << 20;

/// Bytes from which on an object is closed: what is fetched again after a lost worker is less than this.
pub const OBJECT_BYTES: u64 = 128 << 20;

/// Where in the bucket the states are.
pub const STATES: &str = "_dagc/ingest/";

/// What it gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    SECONDS,
    known("path", Form::Text, "the folder that has got the files"),
    known("pages", Form::Count, "how many answers there were"),
    known("records", Form::Count, "how many records they had; 0 where they are not read"),
    known("bytes", Form::Count, "how many bytes were written"),
    known("objects", Form::Count, "how many objects"),
    known("removed", Form::Count, "how many objects of before were removed"),
    known("writes", Form::Count, "how many requests have written to S3"),
];

impl Shown for IngestHttp {}

impl Lends for IngestHttp {}

impl Members for IngestHttp {}

impl IngestHttp {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in.
    pub fn billed(&self) -> &'static [Billed] {
        &[Billed { unit: Unit::WriteRequests, measured: Measured::Output("writes"), least: 0 }]
    }

    /// Says whether answers are read, and not only handed on.
    pub fn reads_answers(&self) -> bool {
        self.format != WrittenAs::Raw || self.pages.as_ref().is_some_and(|pages| *pages != Pages::Link)
    }

    /// Says whether a request may be sent again when it is not known what came of it.
    pub fn is_repeatable(&self) -> bool {
        !self.posts || self.idempotent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_said_is_not_kept() {
        let least = json!({
            "url": "https://a/", "format": "raw", "to": "s3://b/c/", "max_pages": 1, "timeout": 60, "object_bytes": 5,
        });
        let job: IngestHttp = serde_json::from_value(least.clone()).unwrap();
        assert_eq!(serde_json::to_value(&job).unwrap(), least);
        assert!(!job.reads_answers() && job.is_repeatable());
        let reads = IngestHttp { pages: Some(Pages::Next { path: JsonPath::default() }), ..job };
        assert!(reads.reads_answers());
    }
}
