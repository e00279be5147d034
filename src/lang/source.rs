//! `sources`: the data that a pipeline begins with.

mod format;
mod jdbc;
mod stored;

use super::airflow::{Count, Limit};
use super::columns::Column;
use super::decode::{Decode, Decoder, Definitions, Field, Map, record};
use super::held::Show;
use super::value::{S3Path, Seconds, TableName};
use super::waiting::Waiting;
use crate::template::Template;
use crate::text::{Span, Spanned};
use crate::yaml::Node;
pub use format::{CsvSettings, Format, FormatSpec, Header, JsonPath, JsonSettings};
pub use jdbc::{DatabaseType, JdbcPartition, JdbcSpec};
use serde_json::{Value, json};
pub use stored::{ICEBERG, StoredSpec};

record! {
    "a source"
    /// Data that lies there, or will. One of `path`, `table` and `jdbc`.
    pub struct SourceSpec {
        /// A prefix in S3, or a pattern with `*`, `?` and `[...]`.
        pub path: Option<Spanned<S3Path>>,
        /// A table: of the Glue Data Catalog, or of Redshift when `in` is given.
        pub table: Option<Spanned<TableName>>,
        /// The Redshift connection that holds the table.
        pub r#in: Option<Spanned<String>>,
        /// A table of another database, which a `glue_job` reads.
        pub jdbc: Option<JdbcSpec>,
        /// The format of the files; `iceberg` where the table is one of Iceberg.
        pub format: Option<StoredSpec>,
        /// The columns and their types, such as `bigint not null`.
        pub columns: Option<Map<Spanned<Column>>>,
        /// Waits until the files are there.
        pub wait: Option<WaitSpec>,
        /// As whom it is waited for, and in whose catalog the table is: a name under `connections` of the environment.
        pub connection: Option<Spanned<String>>,
    }
    exactly one of [path, table, jdbc]
}

/// `wait: true`, or its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitSpec {
    /// Where it is asked for.
    pub span: Span,
    /// The settings.
    pub settings: Option<WaitSettings>,
    /// `false` was written.
    pub off: bool,
}

record! {
    "`wait`"
    /// What counts as being there.
    pub struct WaitSettings {
        /// How long to wait before the task fails; the step's timeout when absent.
        pub timeout: Option<Spanned<Limit>>,
        /// How often to look; 60s when absent.
        pub every: Option<Spanned<Limit>>,
        /// How many objects of data there must be at least; 1 when absent.
        pub at_least: Option<Spanned<Count<1>>>,
        /// How many bytes they must have together at least.
        pub bytes: Option<Spanned<u64>>,
        /// The name of an object that says that all are there, such as `_SUCCESS` or `done_{{ ds }}.flag`.
        pub marker: Option<Spanned<Template>>,
        /// How long none of them may have changed.
        pub settled: Option<Spanned<Seconds>>,
        /// Where it waits: `worker` (in its slot; when absent), or `reschedule`, which is started again for
        /// each look.
        pub waiting: Option<Spanned<Waiting>>,
    }
}

/// Seconds between two looks, when nobody says them.
const EVERY: u64 = 60;

impl WaitSpec {
    /// Returns the seconds between two looks.
    pub fn every(&self) -> u64 {
        let every = self.settings.as_ref().and_then(|settings| settings.every.as_ref());
        every.map_or(EVERY, |every| every.value.0)
    }
}

impl Decode for WaitSpec {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        if let Some(on) = node.as_scalar().and_then(crate::yaml::Scalar::as_bool) {
            return Some(Self { span: node.span, settings: None, off: !on });
        }
        let settings = WaitSettings::decode(node, decoder)?;
        Some(Self { span: node.span, settings: Some(settings), off: false })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [{ "type": "boolean" }, WaitSettings::schema(definitions)] })
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        self.settings.field_held(show);
    }

    fn place(&self) -> Option<Span> {
        Some(self.span)
    }
}
