//! Jobs: what `dagc exec` runs against a service.
//!
//! Everything here is written into the plan file and read on the worker; a field that is added needs a
//! default, a field that changes its meaning needs a new [`super::PLAN_FILE_VERSION`].

use crate::lang::step::RowCount;
use crate::template::Template;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

pub use crate::lang::step::{CopyMode, IfRunning};

/// What a service runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Job {
    /// Waits until objects are there.
    WaitForObjects(WaitForObjects),
    /// Runs a crawler.
    Crawl(Crawl),
    /// Runs a Glue job.
    RunGlueJob(RunGlueJob),
    /// Runs SQL through the Redshift Data API.
    RunSql(Box<RunSql>),
}

/// Waits until objects are there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitForObjects {
    /// A prefix `s3://bucket/prefix`, or a pattern.
    pub path: Template,
    /// How many objects at least.
    pub at_least: u64,
    /// How many bytes in all at least.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bytes: Option<u64>,
    /// The name of an object under the prefix that must be there; it is not counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub marker: Option<String>,
    /// Patterns of keys that are no data: those that end in `/` are folders.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub except: Vec<String>,
    /// Seconds for which nothing may have changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub settled: Option<u64>,
    /// Seconds between two looks.
    pub every: u64,
    /// Seconds after which the wait fails for good.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub timeout: Option<u64>,
}

/// Runs a crawler that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crawl {
    /// Its name.
    pub crawler: String,
    /// What happens when it is running already.
    pub if_running: IfRunning,
    /// Seconds for which a crawl that was started may not be listed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub listing_lag: Option<u64>,
}

/// Runs a Glue job that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunGlueJob {
    /// Its name.
    pub job: String,
    /// Arguments of this run, with their `--`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub arguments: BTreeMap<String, Template>,
    /// Overrides the job's worker type.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub worker_type: Option<String>,
    /// Overrides the job's number of workers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workers: Option<u32>,
    /// Overrides the job's execution class: `STANDARD` or `FLEX`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub execution_class: Option<String>,
    /// Overrides the security configuration.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub security_configuration: Option<String>,
    /// Minutes after which Glue ends the run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub timeout_minutes: Option<u32>,
    /// The hash of the job's definition, its script and libraries included, where publishing makes the job.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub definition: Option<String>,
    /// Seconds for which a run that was started may not be listed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub listing_lag: Option<u64>,
}

/// Runs SQL through the Redshift Data API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSql {
    /// Where.
    pub connection: RedshiftConnection,
    /// What.
    pub body: SqlBody,
}

/// How a Redshift database is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedshiftConnection {
    /// A serverless workgroup.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workgroup: Option<String>,
    /// A provisioned cluster.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cluster: Option<String>,
    /// The database.
    pub database: String,
    /// A database user of the cluster.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub db_user: Option<String>,
    /// A secret with the user and the password.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub secret: Option<String>,
}

/// What SQL is run.
#[expect(clippy::large_enum_variant, reason = "there is one a task, behind the box of its job")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SqlBody {
    /// Statements of the user's.
    Script {
        /// The statements, in order.
        statements: Vec<Statement>,
        /// All or none take effect.
        transaction: bool,
        /// Values for `:name`.
        #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
        params: BTreeMap<String, Template>,
    },
    /// Loads files into a table.
    Load(Load),
    /// Assertions; each gives the rows that offend, or a number of rows.
    Check {
        /// The assertions, in order.
        checks: Vec<Check>,
    },
}

/// One SQL statement without its final semicolon. A `{{ ... }}` inside a quoted literal is completed with
/// its quotes doubled; outside of one it becomes a literal itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Statement(pub Template);

/// A load of files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// The files: a prefix, or a pattern.
    pub path: Template,
    /// Patterns of keys that are no data: those that end in `/` are folders.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub except: Vec<String>,
    /// Where the manifest of the files is written: `s3://bucket/prefix/`.
    pub staging: String,
    /// The schema, as in the catalog of the database.
    pub schema: String,
    /// The table.
    pub table: String,
    /// How it repeats.
    pub mode: CopyMode,
    /// The columns of the key, for `merge`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub key: Vec<String>,
    /// The columns in the order of the files; the table's own when empty.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub columns: Vec<String>,
    /// The format.
    pub format: CopyFormat,
    /// `default`, or the ARN of a role.
    pub role: String,
    /// The region of the files' bucket, when it is not the cluster's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<String>,
    /// COPY's options as SQL, checked when compiling: `MAXERROR 5`, `DATEFORMAT 'auto'`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub options: Vec<String>,
}

/// How many bytes a name may have in Redshift.
const LONGEST_NAME: usize = 127;

/// Makes the name of the table, beside a table that is loaded, that remembers which files' rows it holds.
pub fn ledger_name(table: &str) -> String {
    let mut name = format!("dagc_loads_{table}");
    if name.len() > LONGEST_NAME {
        let digest = Sha256::digest(table.as_bytes());
        let hash = digest[..4].iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        name.truncate(name.floor_char_boundary(LONGEST_NAME - 1 - hash.len()));
        name.push_str(&format!("_{hash}"));
    }
    name
}

/// The format of the files of a load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CopyFormat {
    /// CSV.
    Csv {
        /// How many lines stand before the values; `true` is one.
        #[serde(deserialize_with = "lines")]
        header: u32,
        /// The character between values.
        delimiter: String,
        /// The character around values.
        quote: String,
        /// The text that means no value.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        null: Option<String>,
    },
    /// Values between delimiters: what COPY reads without `CSV`.
    Delimited {
        /// How many lines stand before the values; `true` is one.
        #[serde(deserialize_with = "lines")]
        header: u32,
        /// The character between values.
        delimiter: String,
        /// A `\` stands before characters that mean themselves.
        #[serde(default = "yes")]
        escape: bool,
        /// Values may stand in quotes.
        quoted: bool,
        /// The text that means no value.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        null: Option<String>,
    },
    /// Values in columns of so many characters: `id:5,name:20`.
    FixedWidth {
        /// The columns with their widths.
        columns: String,
        /// How many lines stand before the values; `true` is one.
        #[serde(deserialize_with = "lines")]
        header: u32,
        /// The text that means no value.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        null: Option<String>,
    },
    /// JSON.
    Json {
        /// A JSONPaths file, `auto ignorecase` or `noshred`; `auto` without.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        path: Option<String>,
    },
    /// Parquet.
    Parquet,
    /// ORC.
    Orc,
    /// Avro.
    Avro,
}

fn lines<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Lines {
        Any(bool),
        Many(u32),
    }
    Ok(match Lines::deserialize(deserializer)? {
        Lines::Any(any) => any.into(),
        Lines::Many(lines) => lines,
    })
}

fn yes() -> bool {
    true
}

/// An assertion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What is asserted, in a few words: `mart.flights: rows >= 1`.
    pub name: String,
    /// The query.
    pub sql: Statement,
    /// How its result is read.
    pub kind: CheckKind,
}

/// How the result of a check is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// The query gives one number of rows.
    Count(RowCount),
    /// The query gives the offending rows; none are expected.
    NoRows,
    /// The query gives so many of the offending rows at most; none are expected.
    NoRowsUpTo(u64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_has_its_ledger() {
        assert_eq!(ledger_name("flights"), "dagc_loads_flights");
        let (one, other) = ("ä".repeat(63), format!("{}b", "ä".repeat(62)));
        for long in [&one, &other] {
            let name = ledger_name(long);
            assert!(name.len() <= LONGEST_NAME && name.starts_with("dagc_loads_ä"), "{name}");
        }
        assert_ne!(ledger_name(&one), ledger_name(&other));
    }
}
