//! SQL through the Redshift Data API, as the plan keeps it: scripts, loads, checks.

use crate::lang::step::RowCount;
use crate::lang::value::LONGEST_NAME;
use crate::service::arn::{Part, Resource};
use crate::service::call::{Call, Caller, On, Right, Touched, When, call, operations, right, touched};
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::failure::{Codes, Kind};
use crate::service::objects::{LIST_OBJECTS, PUT_OBJECT, bucket_of, split_uri};
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Output, SECONDS, URL, known, perhaps};
use crate::service::section::{Section, Who};
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

/// What logs in to the database, by what the connection has.
const WORKGROUP: Right = right("redshift-serverless:GetCredentials", On::Workgroup)
    .when(When::Planned("when the connection has a `workgroup` and no `secret`"));
const DATABASE: Right = right("redshift:GetClusterCredentialsWithIAM", On::Database)
    .when(When::Planned("when it has a `cluster`, and neither `db_user` nor `secret`"));
const DATABASE_USER: Right = right("redshift:GetClusterCredentials", On::DatabaseUser)
    .when(When::Planned("when it has a `cluster` and a `db_user`"));
const SECRET: Right =
    right("secretsmanager:GetSecretValue", On::Secret).when(When::Planned("when it has a `secret`"));

/// Codes that only this service has.
const CODES: Codes = &[
    ("ActiveSessionsExceededException", Kind::Throttled),
    ("ActiveStatementsExceededException", Kind::Throttled),
    ("ActiveWaitingRequestsExceededException", Kind::Throttled),
    ("BatchExecuteStatementException", Kind::Unavailable),
    ("DatabaseConnectionException", Kind::Unavailable),
    ("ExecuteStatementException", Kind::Unavailable),
    ("QueryTimeoutException", Kind::Unavailable),
];

operations! {
    codes CODES;

    /// Runs several statements.
    BATCH_EXECUTE_STATEMENT = "redshift-data:BatchExecuteStatement" Starts Never [
        right("redshift-data:BatchExecuteStatement", On::Itself), WORKGROUP, DATABASE, DATABASE_USER, SECRET
    ];
    /// Ends a statement; the runner repeats it within the little time that it has.
    CANCEL_STATEMENT = "redshift-data:CancelStatement" Repeatable Never [
        right("redshift-data:CancelStatement", On::Anything)
    ];
    /// Describes a statement.
    DESCRIBE_STATEMENT = "redshift-data:DescribeStatement" Repeatable Usual [
        right("redshift-data:DescribeStatement", On::Anything)
    ];
    /// Runs a statement.
    EXECUTE_STATEMENT = "redshift-data:ExecuteStatement" Starts Never [
        right("redshift-data:ExecuteStatement", On::Itself), WORKGROUP, DATABASE, DATABASE_USER, SECRET
    ];
    /// Reads what a statement gives.
    GET_STATEMENT_RESULT = "redshift-data:GetStatementResult" Repeatable Usual [
        right("redshift-data:GetStatementResult", On::Anything)
    ];
    /// Lists statements.
    LIST_STATEMENTS = "redshift-data:ListStatements" Repeatable Usual [
        right("redshift-data:ListStatements", On::Anything)
    ];
}

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

impl Caller for RunSql {
    fn calls(&self) -> &'static [Call] {
        const SQL: [Call; 6] = [
            call(EXECUTE_STATEMENT),
            call(BATCH_EXECUTE_STATEMENT),
            call(DESCRIBE_STATEMENT),
            call(GET_STATEMENT_RESULT),
            call(LIST_STATEMENTS),
            call(CANCEL_STATEMENT),
        ];
        const LOAD: [Call; 8] =
            [SQL[0], SQL[1], SQL[2], SQL[3], SQL[4], SQL[5], call(LIST_OBJECTS), call(PUT_OBJECT)];
        match &self.body {
            SqlBody::Script { .. } | SqlBody::Check { .. } => &SQL,
            SqlBody::Load(_) => &LOAD,
        }
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match (&self.body, on) {
            (SqlBody::Load(load), On::Bucket | On::Written | On::Key) => load.touches(on),
            _ => self.connection.touches(on),
        }
    }
}

impl RedshiftConnection {
    fn touches(&self, on: On) -> Vec<Touched> {
        let cluster = self.cluster.as_ref().filter(|_| self.workgroup.is_none());
        let part = |kind, name: &str| {
            let named = [Part::Name(name.to_owned()), Part::Fixed("/")];
            let cluster = cluster.map_or("", String::as_str).to_owned();
            let [name, slash] = named;
            Resource::regional("redshift", [Part::Fixed(kind), Part::Name(cluster), slash, name])
        };
        let database = || part("dbname:", &self.database);
        match (on, &self.workgroup, cluster, &self.db_user, &self.secret) {
            (On::Itself, Some(name), ..) => touched("the workgroup or cluster", workgroup(name)),
            (On::Itself, None, Some(name), ..) => touched(
                "the workgroup or cluster",
                Resource::regional("redshift", [Part::Fixed("cluster:"), Part::Name(name.clone())]),
            ),
            (On::Anything, ..) => touched("all statements", Resource::Anything),
            (On::Workgroup, Some(name), _, _, None) => touched("the workgroup", workgroup(name)),
            (On::Database, _, Some(_), None, None) => touched("the cluster's database", database()),
            (On::DatabaseUser, _, Some(_), Some(user), None) => {
                let what = "the cluster's database user and database";
                [touched(what, part("dbuser:", user)), touched(what, database())].concat()
            }
            (On::Secret, .., Some(secret)) => touched("the secret", Resource::Whole(secret.clone())),
            _ => Vec::new(),
        }
    }
}

/// The last part of a workgroup's ARN is not its name.
fn workgroup(name: &str) -> Resource {
    let some = || Resource::regional("redshift-serverless", [Part::Fixed("workgroup/"), Part::Unknown("ID")]);
    Resource::whole(name).unwrap_or_else(some)
}

impl Load {
    fn touches(&self, on: On) -> Vec<Touched> {
        let files = bucket_of(&self.path);
        let staging = split_uri(&self.staging);
        match on {
            On::Bucket => touched("the bucket of the files", Resource::bucket(files)),
            On::Written => {
                let (bucket, key) = staging.unzip();
                let mut places = touched("the manifests: `staging`", Resource::objects(bucket, key));
                if files.is_none() || files != bucket {
                    places.push(Touched {
                        what: "the manifests, beside the files",
                        resource: Resource::objects(files, Some(BESIDE)),
                        when: When::Perhaps("when the files are in another region than the cluster"),
                    });
                }
                places
            }
            On::Key => touched("the key", Resource::key(None)),
            _ => Vec::new(),
        }
    }
}

/// Returns what the page of permissions says of SQL and of loads.
pub(in crate::service) fn sections() -> Vec<Section> {
    let text = |text: &str| Some(text.to_owned());
    let connection = |workgroup, cluster, db_user, secret| RedshiftConnection {
        workgroup,
        cluster,
        database: "DATABASE".to_owned(),
        db_user,
        secret,
    };
    let secret = "arn:aws:secretsmanager:REGION:ACCOUNT:secret:SECRET";
    let connections = [
        connection(text("WORKGROUP"), None, None, None),
        connection(None, text("CLUSTER"), None, None),
        connection(None, text("CLUSTER"), text("USER"), None),
        connection(text("WORKGROUP"), None, None, text(secret)),
    ];
    let load = Load {
        path: Template::text(""),
        except: Vec::new(),
        staging: "s3://BUCKET/STAGING".to_owned(),
        schema: String::new(),
        table: String::new(),
        mode: CopyMode::Append,
        key: Vec::new(),
        columns: Vec::new(),
        format: CopyFormat::Parquet,
        role: String::new(),
        region: None,
        options: Vec::new(),
    };
    let section = |heading, body: &SqlBody| {
        let with =
            |connection: &RedshiftConnection| RunSql { connection: connection.clone(), body: body.clone() };
        let jobs = connections.each_ref().map(with);
        Section::new(Who::Worker, heading).of(&jobs.each_ref().map(|job| job as &dyn Caller))
    };
    let sql = section("`redshift_sql` and `sql_check`", &SqlBody::Check { checks: Vec::new() });
    let load = section("`redshift_copy`", &SqlBody::Load(load));
    let load = load.beside(&sql, "Those of `redshift_sql`, and:");
    vec![sql, load]
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
