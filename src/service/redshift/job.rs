//! SQL through the Redshift Data API, as the plan keeps it: scripts, loads, checks.

mod rights;
pub mod unload;

pub(in crate::service) use rights::sections;
pub use rights::{
    BATCH_EXECUTE_STATEMENT, CANCEL_STATEMENT, DESCRIBE_STATEMENT, EXECUTE_STATEMENT, GET_STATEMENT_RESULT,
    LIST_STATEMENTS, OPERATIONS, RIGHTS,
};
pub use unload::{Unload, UnloadFormat};

use crate::lang::step::RowCount;
use crate::lang::value::LONGEST_NAME;
use crate::service::console::{base, encode};
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Output, SECONDS, URL, known, perhaps};
use crate::template::Template;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

pub use crate::lang::step::CopyMode;

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
    /// Writes what a query gives to files.
    Unload(Unload),
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

/// How many statements one call takes (`SqlList` in the service's model). Each is sent by itself where they are no
/// transaction.
pub const MOST_STATEMENTS: usize = 40;

/// How many bytes a statement may have. The Redshift Management Guide says 100 KB, and the service refuses what is
/// "larger than 100kB": the smaller of what that may mean.
pub const LONGEST_STATEMENT: usize = 100_000;

/// Where manifests are put in the bucket of the files, when nobody says another place, or when that is in another
/// region.
pub const BESIDE: &str = "_dagc/manifests/";

/// What a script gives.
pub const SCRIPT_OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    known("rows", Form::Count, "how many rows the statements have changed that give no result"),
];

/// What a load gives.
pub const LOAD_OUTPUTS: &[Output] = &[
    perhaps(
        "handle",
        Form::Text,
        "the service's id of the statement; none when all files were loaded before",
    ),
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    perhaps("rows", Form::Count, "how many rows were loaded"),
    perhaps("files", Form::Count, "from how many files"),
    perhaps("bytes", Form::Count, "their bytes"),
];

/// What checks give.
pub const CHECK_OUTPUTS: &[Output] =
    &[HANDLE, URL, KEY, SECONDS, ADOPTED, known("checks", Form::Count, "how many were made")];

impl RunSql {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        match &self.body {
            SqlBody::Script { .. } => SCRIPT_OUTPUTS,
            SqlBody::Load(_) => LOAD_OUTPUTS,
            SqlBody::Unload(_) => unload::OUTPUTS,
            SqlBody::Check { .. } => CHECK_OUTPUTS,
        }
    }

    /// Returns what it is billed in: a workgroup's time, a minute at least (Amazon Redshift pricing). A cluster is paid
    /// for whatever it does.
    pub fn billed(&self) -> &'static [Billed] {
        match self.connection.workgroup {
            Some(_) => &[Billed { unit: Unit::RpuHours, measured: Measured::Time, least: 60 }],
            None => &[],
        }
    }
}

/// Links to the queries of a workgroup or a cluster in the console.
pub fn link(region: &str, workgroup: Option<&str>, cluster: Option<&str>) -> String {
    let base = base(region);
    match (workgroup, cluster) {
        (None, Some(cluster)) => {
            let cluster = encode(cluster);
            format!(
                "{base}/redshiftv2/home?region={region}#cluster-details?cluster={cluster}&tab=query-monitoring"
            )
        }
        _ => format!("{base}/redshiftv2/home?region={region}#serverless-query-and-database-monitoring"),
    }
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

    #[test]
    fn links_lead_to_the_console() {
        let link = link("us-east-1", None, Some("c"));
        assert!(link.ends_with("#cluster-details?cluster=c&tab=query-monitoring"), "{link}");
    }
}
