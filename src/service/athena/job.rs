//! SQL in Athena, as the plan keeps it, its calls, and what they need.

use crate::service::arn::{Part, Resource};
use crate::service::call::{
    Call, Caller, On, Right, Touched, When, call, operations, right, touched, wanted,
};
use crate::service::console::base;
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::failure::Codes;
use crate::service::objects::{bucket_of, split_uri};
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Output, SECONDS, URL, perhaps};
use crate::service::role::Lends;
use crate::service::section::{Heading, Section, Who};
use crate::template::Template;
use serde::{Deserialize, Serialize};

/// Runs SQL in Athena, one statement after the other.
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
    pub statements: Vec<Template>,
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
}

/// The workgroup that every account has.
pub const PRIMARY: &str = "primary";

/// How many bytes a statement may have (`QueryString` in the service's model).
pub const LONGEST_STATEMENT: usize = 262_144;

/// For how many minutes a result can be given again at most (`Age` in the service's model): a week.
pub const LONGEST_REUSE: u32 = 10_080;

const READS: When = When::Planned("when it reads tables");
const WRITES: When = When::Planned("when it makes, changes or drops tables");
const RESULTS: When = When::Perhaps("unless the workgroup keeps results itself");
const DATA: When = When::Perhaps("when Lake Formation does not give the data");
const KMS: When = When::Perhaps("when objects are encrypted with a KMS key");

const fn reads(action: &'static str) -> Right {
    right(action, On::Table).when(READS)
}

const fn writes(action: &'static str) -> Right {
    right(action, On::MadeTable).when(WRITES)
}

/// Codes that only this service has; that the token was used, or that there is no such query, only its words tell.
const CODES: Codes = &[];

operations! {
    codes CODES;

    /// Looks at many queries.
    BATCH_GET_QUERY_EXECUTION = "athena:BatchGetQueryExecution" Repeatable Usual [
        right("athena:BatchGetQueryExecution", On::Itself)
    ];
    /// Looks at a query.
    GET_QUERY_EXECUTION = "athena:GetQueryExecution" Repeatable Usual [
        right("athena:GetQueryExecution", On::Itself)
    ];
    /// Reads what a query gives.
    GET_QUERY_RESULTS = "athena:GetQueryResults" Repeatable Usual [
        right("athena:GetQueryResults", On::Itself)
    ];
    /// Lists the queries of a workgroup.
    LIST_QUERY_EXECUTIONS = "athena:ListQueryExecutions" Repeatable Usual [
        right("athena:ListQueryExecutions", On::Itself)
    ];
    /// Starts a query; does nothing when its token was used. Athena reads and writes as whoever starts it.
    START_QUERY_EXECUTION = "athena:StartQueryExecution" Starts Never [
        right("athena:StartQueryExecution", On::Itself),
        reads("glue:GetDatabase"), reads("glue:GetTable"), reads("glue:GetPartition"), reads("glue:GetPartitions"),
        reads("glue:BatchGetPartition"),
        writes("glue:GetDatabase"), writes("glue:GetTable"), writes("glue:CreateTable"), writes("glue:UpdateTable"),
        writes("glue:DeleteTable"), writes("glue:GetPartition"), writes("glue:GetPartitions"),
        writes("glue:BatchCreatePartition"), writes("glue:CreatePartition"), writes("glue:BatchDeletePartition"),
        writes("glue:DeletePartition"), writes("glue:UpdatePartition"),
        right("s3:GetBucketLocation", On::Bucket).when(RESULTS),
        right("s3:ListBucket", On::Bucket).when(RESULTS),
        right("s3:PutObject", On::Written).when(RESULTS),
        right("s3:GetObject", On::Written).when(RESULTS),
        right("s3:AbortMultipartUpload", On::Written).when(RESULTS),
        right("s3:GetObject", On::Read).when(DATA),
        right("s3:PutObject", On::MadeData).when(WRITES),
        right("s3:DeleteObject", On::MadeData).when(WRITES),
        right("kms:Decrypt", On::Key).when(KMS),
        right("kms:GenerateDataKey", On::Key).when(KMS),
        right("lakeformation:GetDataAccess", On::Anything).when(When::Perhaps("when Lake Formation gives the data"))
    ];
    /// Stops a query; the runner repeats it within the little time that it has.
    STOP_QUERY_EXECUTION = "athena:StopQueryExecution" Repeatable Never [
        right("athena:StopQueryExecution", On::Itself)
    ];
}

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
        OUTPUTS
    }

    /// Returns what it is billed in: 10 MB a query at least, and nothing for DDL and what has failed (Amazon Athena
    /// pricing).
    pub fn billed(&self) -> &'static [Billed] {
        &[Billed { unit: Unit::BytesScanned, measured: Measured::Output("bytes_scanned"), least: 10_000_000 }]
    }
}

impl Caller for RunAthena {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[
            call(START_QUERY_EXECUTION),
            call(GET_QUERY_EXECUTION),
            call(LIST_QUERY_EXECUTIONS),
            call(BATCH_GET_QUERY_EXECUTION),
            call(STOP_QUERY_EXECUTION),
            wanted(
                GET_QUERY_RESULTS,
                "for `rows` and `value`; without it there is a warning, and they are not known",
            ),
        ];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        let bucket = self.output.as_ref().and_then(bucket_of);
        match on {
            On::Itself => {
                let parts = [Part::Fixed("workgroup/"), Part::Name(self.workgroup.clone())];
                touched("the workgroup", Resource::regional("athena", parts))
            }
            On::Anything => touched("all data", Resource::Anything),
            On::Table => tables("the tables that are read", &self.reads),
            On::MadeTable => tables("the tables that are written", &self.writes),
            On::Bucket => touched("the bucket of the results", Resource::bucket(bucket)),
            On::Written => {
                let key = self.output.as_ref().and_then(|output| split_uri(output.static_prefix()));
                touched("the results", Resource::objects(bucket, key.map(|(_, key)| key)))
            }
            On::Read => touched("the files of the tables", Resource::objects(None, None)),
            On::MadeData if !self.writes.is_empty() => {
                touched("the files of the tables that are written", Resource::objects(None, None))
            }
            On::Key => touched("the key", Resource::key(None)),
            _ => Vec::new(),
        }
    }
}

/// Athena reads and writes as whoever asks it to.
impl Lends for RunAthena {}

/// A right on a table asks for the same on its database and on the catalog.
fn tables(what: &'static str, names: &[String]) -> Vec<Touched> {
    let glue = |parts: Vec<Part>| Resource::regional("glue", parts);
    let mut resources: Vec<Resource> = Vec::new();
    for (database, table) in names.iter().filter_map(|name| name.split_once('.')) {
        let part = |name: &str| Part::Name(name.to_owned());
        resources.extend([
            glue(vec![Part::Fixed("catalog")]),
            glue(vec![Part::Fixed("database/"), part(database)]),
            glue(vec![Part::Fixed("table/"), part(database), Part::Fixed("/"), part(table)]),
        ]);
    }
    resources.sort();
    resources.dedup();
    resources.into_iter().map(|resource| Touched { what, resource, when: When::Always }).collect()
}

/// Links to a query in the console.
pub fn link(region: &str, query: &str) -> String {
    format!("{}/athena/home?region={region}#/query-editor/history/{query}", base(region))
}

/// Links to the queries of a region in the console.
pub fn place(region: &str) -> String {
    format!("{}/athena/home?region={region}#/query-editor/history", base(region))
}

/// The heading of what whoever runs SQL in Athena must be allowed.
pub const RIGHTS: Heading = Heading::new("`athena_sql`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let tables = || vec!["DATABASE.TABLE".to_owned()];
    let run = RunAthena {
        workgroup: "WORKGROUP".to_owned(),
        reads: tables(),
        writes: tables(),
        ..RunAthena::default()
    };
    vec![Section::new(Who::Worker, RIGHTS).of(&[&run]).billed(run.billed())]
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

    #[test]
    fn what_is_needed_is_of_its_tables() {
        let text = r#"{"workgroup": "etl", "statements": ["select 1"], "reads": ["lake.a", "lake.b"]}"#;
        let run: RunAthena = serde_json::from_str(text).unwrap();
        let on = |action: &str| -> Vec<String> {
            let needs = run.needs().into_iter().filter(|need| need.action == action);
            needs.map(|need| need.resource.to_string()).collect()
        };
        let here = "arn:aws:glue:REGION:ACCOUNT";
        let expected = ["catalog", "database/lake", "table/lake/a", "table/lake/b"];
        assert_eq!(on("glue:GetTable"), expected.map(|rest| format!("{here}:{rest}")));
        assert_eq!(on("athena:StartQueryExecution"), ["arn:aws:athena:REGION:ACCOUNT:workgroup/etl"]);
        for action in ["glue:CreateTable", "s3:DeleteObject"] {
            assert_eq!(on(action), [""; 0], "{action}");
        }
    }
}
