//! Athena's calls, and what their callers must be allowed. Athena reads and writes as whoever starts a query.
//!
//! What a statement needs in the catalog is AWS's (Athena User Guide, "Configure access to databases and tables in the AWS
//! Glue Data Catalog").

use super::RunAthena;
use crate::service::arn::{Part, Resource};
use crate::service::call::{
    Call, Caller, On, Right, Touched, When, call, operations, right, touched, wanted,
};
use crate::service::failure::Codes;
use crate::service::objects::{bucket_of, split_uri};
use crate::service::section::{Heading, Section, Who};
use crate::sql::Deed;
use crate::template::Template;
use std::collections::{BTreeMap, BTreeSet};

const RESULTS: When = When::Perhaps("unless the workgroup keeps results itself");
const DATA: When = When::Perhaps("when Lake Formation does not give the data");
const WRITES: When = When::Planned("when it adds or changes rows");
const CHANGES: When = When::Planned("when it changes rows, or compacts");
const ICEBERG: When =
    When::Perhaps("when the tables are Iceberg's and Lake Formation does not give the data");
const KMS: When = When::Perhaps("when objects are encrypted with a KMS key");

const fn reads(action: &'static str) -> Right {
    right(action, On::Table).when(When::Planned("when it reads tables"))
}

const fn when(deed: Deed) -> &'static str {
    match deed {
        Deed::MakesTable => "when it makes tables or views",
        Deed::AltersTable => "when it changes columns or properties of tables, or replaces views",
        Deed::AddsRows => "when it adds rows",
        Deed::ChangesRows => "when it changes rows, or compacts",
        Deed::AddsPartitions => "when it adds partitions",
        Deed::AltersPartitions => "when it moves or renames partitions",
        Deed::DropsPartitions => "when it drops partitions",
        Deed::DropsTable => "when it drops tables or views",
        Deed::ListsTables => "when it lists tables",
        Deed::MakesDatabase => "when it makes databases",
        Deed::AltersDatabase => "when it changes databases",
        Deed::DropsDatabase => "when it drops databases",
        Deed::ListsDatabases => "when it lists databases",
        Deed::CallsFunction => "when it calls functions of Lambda's",
        Deed::CallsModel => "when it calls models of SageMaker's",
        Deed::PreparesStatement => "when it prepares statements",
        Deed::RunsStatement => "when it runs prepared statements",
        Deed::ForgetsStatement => "when it deallocates prepared statements",
    }
}

const fn to(deed: Deed, action: &'static str) -> Right {
    right(action, On::Done(deed)).when(When::Planned(when(deed)))
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
        right("glue:GetDatabase", On::DefaultDatabase).when(When::Planned("when it touches the catalog")),
        reads("glue:GetDatabase"), reads("glue:GetTable"), reads("glue:GetPartition"), reads("glue:GetPartitions"),
        reads("glue:BatchGetPartition"),
        to(Deed::MakesTable, "glue:GetDatabase"), to(Deed::MakesTable, "glue:GetTable"),
        to(Deed::MakesTable, "glue:CreateTable"),
        to(Deed::AltersTable, "glue:GetDatabase"), to(Deed::AltersTable, "glue:GetTable"),
        to(Deed::AltersTable, "glue:UpdateTable"),
        to(Deed::AddsRows, "glue:GetDatabase"), to(Deed::AddsRows, "glue:GetTable"),
        to(Deed::AddsRows, "glue:UpdateTable"), to(Deed::AddsRows, "glue:GetPartition"),
        to(Deed::AddsRows, "glue:GetPartitions"), to(Deed::AddsRows, "glue:BatchGetPartition"),
        to(Deed::AddsRows, "glue:CreatePartition"), to(Deed::AddsRows, "glue:BatchCreatePartition"),
        to(Deed::AddsRows, "glue:UpdatePartition"),
        to(Deed::ChangesRows, "glue:GetDatabase"), to(Deed::ChangesRows, "glue:GetTable"),
        to(Deed::ChangesRows, "glue:UpdateTable"),
        to(Deed::AddsPartitions, "glue:GetDatabase"), to(Deed::AddsPartitions, "glue:GetTable"),
        to(Deed::AddsPartitions, "glue:GetPartition"), to(Deed::AddsPartitions, "glue:GetPartitions"),
        to(Deed::AddsPartitions, "glue:BatchGetPartition"), to(Deed::AddsPartitions, "glue:CreatePartition"),
        to(Deed::AddsPartitions, "glue:BatchCreatePartition"),
        to(Deed::AltersPartitions, "glue:GetDatabase"), to(Deed::AltersPartitions, "glue:GetTable"),
        to(Deed::AltersPartitions, "glue:GetPartition"), to(Deed::AltersPartitions, "glue:UpdatePartition"),
        to(Deed::DropsPartitions, "glue:GetDatabase"), to(Deed::DropsPartitions, "glue:GetTable"),
        to(Deed::DropsPartitions, "glue:GetPartition"), to(Deed::DropsPartitions, "glue:GetPartitions"),
        to(Deed::DropsPartitions, "glue:DeletePartition"), to(Deed::DropsPartitions, "glue:BatchDeletePartition"),
        to(Deed::DropsTable, "glue:GetDatabase"), to(Deed::DropsTable, "glue:GetTable"),
        to(Deed::DropsTable, "glue:DeleteTable"), to(Deed::DropsTable, "glue:GetPartition"),
        to(Deed::DropsTable, "glue:GetPartitions"), to(Deed::DropsTable, "glue:DeletePartition"),
        to(Deed::DropsTable, "glue:BatchDeletePartition"),
        to(Deed::ListsTables, "glue:GetDatabase"), to(Deed::ListsTables, "glue:GetTables"),
        to(Deed::MakesDatabase, "glue:GetDatabase"), to(Deed::MakesDatabase, "glue:CreateDatabase"),
        to(Deed::AltersDatabase, "glue:GetDatabase"), to(Deed::AltersDatabase, "glue:UpdateDatabase"),
        to(Deed::DropsDatabase, "glue:GetDatabase"), to(Deed::DropsDatabase, "glue:GetTables"),
        to(Deed::DropsDatabase, "glue:GetTable"), to(Deed::DropsDatabase, "glue:DeleteTable"),
        to(Deed::DropsDatabase, "glue:DeleteDatabase"),
        to(Deed::ListsDatabases, "glue:GetDatabases"),
        to(Deed::CallsFunction, "lambda:InvokeFunction"),
        to(Deed::CallsModel, "sagemaker:InvokeEndpoint"),
        to(Deed::PreparesStatement, "athena:CreatePreparedStatement"),
        to(Deed::PreparesStatement, "athena:UpdatePreparedStatement"),
        to(Deed::RunsStatement, "athena:GetPreparedStatement"),
        to(Deed::ForgetsStatement, "athena:DeletePreparedStatement"),
        right("s3:GetBucketLocation", On::Bucket),
        right("s3:ListBucket", On::Bucket),
        right("s3:PutObject", On::Written).when(RESULTS),
        right("s3:GetObject", On::Written).when(RESULTS),
        right("s3:AbortMultipartUpload", On::Written).when(RESULTS),
        right("s3:GetObject", On::Read),
        right("s3:PutObject", On::MadeData),
        right("s3:AbortMultipartUpload", On::MadeData),
        right("s3:DeleteObject", On::LostData),
        right("kms:Decrypt", On::Key).when(KMS),
        right("kms:GenerateDataKey", On::Key).when(KMS),
        right("lakeformation:GetDataAccess", On::Anything).when(When::Perhaps("when Lake Formation gives the data"))
    ];
    /// Stops a query; the runner repeats it within the little time that it has.
    STOP_QUERY_EXECUTION = "athena:StopQueryExecution" Repeatable Never [
        right("athena:StopQueryExecution", On::Itself)
    ];
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
        match on {
            On::Itself => touched("the workgroup", self.itself()),
            On::Anything => touched("all data", Resource::Anything),
            On::DefaultDatabase if self.touches_catalog() => {
                let own = vec![Part::Fixed("database/default")];
                each("the default database", [glue(vec![Part::Fixed("catalog")]), glue(own)])
            }
            On::Table => tables("the tables that are read", &self.reads),
            On::Done(deed) => self.done(deed),
            On::Bucket => self.buckets(),
            On::Written => {
                let (bucket, key) = self.output.as_ref().map_or((None, None), |output| {
                    (bucket_of(output), split_uri(output.static_prefix()).map(|(_, key)| key))
                });
                touched("the results", Resource::objects(bucket, key))
            }
            On::Read => self.read(),
            On::MadeData => self.made(),
            On::LostData => self.lost(),
            On::Key => touched("the key", Resource::key(None)),
            _ => Vec::new(),
        }
    }
}

impl RunAthena {
    fn itself(&self) -> Resource {
        Resource::regional("athena", [Part::Fixed("workgroup/"), Part::Name(self.workgroup.clone())])
    }

    /// What something is done to. Of a plan that does not say it, anything is done to the tables that are written.
    fn deeds(&self, deed: Deed) -> BTreeSet<String> {
        if self.does.is_empty() && Deed::TO_TABLES.contains(&deed) {
            return self.writes.iter().cloned().collect();
        }
        self.does.get(&deed).cloned().unwrap_or_default()
    }

    fn does_any(&self, deeds: &[Deed]) -> bool {
        deeds.iter().any(|deed| !self.deeds(*deed).is_empty())
    }

    fn touches_catalog(&self) -> bool {
        let is_of_catalog = |deed: &Deed| {
            !matches!(
                deed,
                Deed::CallsFunction
                    | Deed::CallsModel
                    | Deed::PreparesStatement
                    | Deed::RunsStatement
                    | Deed::ForgetsStatement
            )
        };
        !self.reads.is_empty() || !self.writes.is_empty() || self.does.keys().any(is_of_catalog)
    }

    fn done(&self, deed: Deed) -> Vec<Touched> {
        let names = self.deeds(deed);
        match deed {
            Deed::MakesTable => tables("the tables that are made", &names),
            Deed::AltersTable => tables("the tables that are changed", &names),
            Deed::AddsRows | Deed::ChangesRows => tables("the tables that are written", &names),
            Deed::AddsPartitions | Deed::AltersPartitions | Deed::DropsPartitions => {
                tables("the tables of the partitions", &names)
            }
            Deed::DropsTable => tables("the tables that are dropped", &names),
            Deed::ListsTables => databases("the databases whose tables are listed", &names, &["table/"]),
            Deed::MakesDatabase | Deed::AltersDatabase => {
                databases("the databases that are made", &names, &[])
            }
            Deed::DropsDatabase => {
                databases("the databases that are dropped", &names, &["table/", "userDefinedFunction/"])
            }
            Deed::ListsDatabases if names.is_empty() => Vec::new(),
            Deed::ListsDatabases => {
                let all = vec![Part::Fixed("database/"), Part::Any];
                each("all databases", [glue(vec![Part::Fixed("catalog")]), glue(all)])
            }
            Deed::CallsFunction => others("the functions", &names, "lambda", "function:"),
            Deed::CallsModel => others("the models", &names, "sagemaker", "endpoint/"),
            Deed::PreparesStatement | Deed::RunsStatement | Deed::ForgetsStatement if names.is_empty() => {
                Vec::new()
            }
            Deed::PreparesStatement | Deed::RunsStatement | Deed::ForgetsStatement => {
                touched("the workgroup", self.itself())
            }
        }
    }

    /// The buckets of results, of tables, and of files that are named.
    fn buckets(&self) -> Vec<Touched> {
        let bucket = self.output.as_ref().and_then(bucket_of);
        let mut touched = vec![on("the bucket of the results", Resource::bucket(bucket), RESULTS)];
        if !self.reads.is_empty() {
            touched.push(on("the buckets of the tables that are read", Resource::bucket(None), DATA));
        }
        if self.does_any(&[Deed::AddsPartitions]) {
            touched.push(on("the buckets of the partitions that are added", Resource::bucket(None), DATA));
        }
        if self.writes_tables() {
            touched.push(on("the buckets of the tables that are written", Resource::bucket(None), WRITES));
        }
        let named = self.files_read.iter().chain(&self.files_written).map(Resource::bucket_of);
        touched.extend(each("the buckets of the files", named.collect::<BTreeSet<_>>()));
        touched
    }

    fn read(&self) -> Vec<Touched> {
        let all = || Resource::objects(None, None);
        let mut touched = Vec::new();
        if !self.reads.is_empty() {
            touched.push(on("the files of the tables that are read", all(), DATA));
        }
        if self.writes_tables() {
            touched.push(on("the files of the tables that are written", all(), ICEBERG));
        }
        touched.extend(each("the files that are read", matching(&self.files_read)));
        // Iceberg reads what it has written.
        let written = matching(&self.files_written).into_iter();
        touched.extend(written.map(|files| on("the files that are written", files, ICEBERG)));
        touched
    }

    /// Rows are written into tables of which it is not said where they are.
    fn writes_tables(&self) -> bool {
        self.does_any(&[Deed::AddsRows, Deed::ChangesRows])
    }

    fn made(&self) -> Vec<Touched> {
        let mut touched = Vec::new();
        if self.writes_tables() {
            let all = Resource::objects(None, None);
            touched.push(on("the files of the tables that are written", all, WRITES));
        }
        touched.extend(each("the files that are written", matching(&self.files_written)));
        touched
    }

    fn lost(&self) -> Vec<Touched> {
        let all = || Resource::objects(None, None);
        let mut touched = Vec::new();
        if self.does_any(&[Deed::ChangesRows]) {
            touched.push(on("the files of the tables that are changed", all(), CHANGES));
        }
        if self.does_any(&[Deed::DropsTable]) {
            touched.push(on("the files of the tables that are dropped", all(), ICEBERG));
        }
        touched
    }
}

fn on(what: &'static str, resource: Resource, when: When) -> Touched {
    Touched { what, resource, when }
}

fn each(what: &'static str, resources: impl IntoIterator<Item = Resource>) -> Vec<Touched> {
    resources.into_iter().map(|resource| on(what, resource, When::Always)).collect()
}

fn matching(files: &[Template]) -> BTreeSet<Resource> {
    files.iter().map(Resource::matching).collect()
}

fn glue(parts: Vec<Part>) -> Resource {
    Resource::regional("glue", parts)
}

fn named(name: &str) -> Part {
    Part::Name(name.to_owned())
}

/// A right on a table asks for the same on its database and on the catalog.
fn tables<'n>(what: &'static str, names: impl IntoIterator<Item = &'n String>) -> Vec<Touched> {
    let names = names.into_iter().filter_map(|name| name.split_once('.'));
    let resources = names.flat_map(|(database, table)| {
        [
            glue(vec![Part::Fixed("catalog")]),
            glue(vec![Part::Fixed("database/"), named(database)]),
            glue(vec![Part::Fixed("table/"), named(database), Part::Fixed("/"), named(table)]),
        ]
    });
    each(what, resources.collect::<BTreeSet<_>>())
}

/// A right on a database asks for the same on the catalog, and perhaps on all that is in it.
fn databases(what: &'static str, names: &BTreeSet<String>, inside: &[&'static str]) -> Vec<Touched> {
    let resources = names.iter().flat_map(|name| {
        let own = [glue(vec![Part::Fixed("catalog")]), glue(vec![Part::Fixed("database/"), named(name)])];
        let all =
            |kind: &&'static str| glue(vec![Part::Fixed(kind), named(name), Part::Fixed("/"), Part::Any]);
        own.into_iter().chain(inside.iter().map(all)).collect::<Vec<_>>()
    });
    each(what, resources.collect::<BTreeSet<_>>())
}

fn others(
    what: &'static str,
    names: &BTreeSet<String>,
    service: &'static str,
    kind: &'static str,
) -> Vec<Touched> {
    let of = |name: &String| {
        Resource::whole(name).unwrap_or_else(|| Resource::regional(service, [Part::Fixed(kind), named(name)]))
    };
    each(what, names.iter().map(of))
}

/// The heading of what whoever runs SQL in Athena must be allowed.
pub const RIGHTS: Heading = Heading::new("`athena_sql`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let name = |deed: Deed| match deed {
        Deed::CallsFunction => "FUNCTION",
        Deed::CallsModel => "MODEL",
        deed if Deed::TO_TABLES.contains(&deed) => "DATABASE.TABLE",
        _ => "DATABASE",
    };
    let does: BTreeMap<Deed, BTreeSet<String>> =
        Deed::ALL.iter().map(|deed| (*deed, BTreeSet::from([name(*deed).to_owned()]))).collect();
    let tables = || vec!["DATABASE.TABLE".to_owned()];
    let files = || vec![Template::text("s3://BUCKET/FOLDER")];
    let run = RunAthena {
        workgroup: "WORKGROUP".to_owned(),
        reads: tables(),
        writes: tables(),
        does,
        files_read: files(),
        files_written: files(),
        ..RunAthena::default()
    };
    vec![Section::new(Who::Worker, RIGHTS).of(&[&run]).billed(run.billed())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(run: &RunAthena, action: &str) -> Vec<String> {
        let needs = run.needs().into_iter().filter(|need| need.action == action);
        let all: BTreeSet<String> = needs.map(|need| need.resource.to_string()).collect();
        all.into_iter().map(|arn| arn.rsplit(":REGION:ACCOUNT:").next().unwrap().to_owned()).collect()
    }

    fn run(text: &str) -> RunAthena {
        serde_json::from_str(&format!(r#"{{"workgroup": "etl", "statements": ["select 1"], {text}}}"#))
            .unwrap()
    }

    #[test]
    fn what_is_needed_is_of_its_tables() {
        let run = run(r#""reads": ["lake.a", "lake.b"]"#);
        assert_eq!(on(&run, "glue:GetTable"), ["catalog", "database/lake", "table/lake/a", "table/lake/b"]);
        assert_eq!(on(&run, "glue:GetDatabase")[1..3], ["database/default", "database/lake"]);
        assert_eq!(on(&run, "athena:StartQueryExecution"), ["workgroup/etl"]);
        for action in ["glue:CreateTable", "s3:DeleteObject", "lambda:InvokeFunction"] {
            assert_eq!(on(&run, action), [""; 0], "{action}");
        }
    }

    /// What is done to one table is not allowed on another.
    #[test]
    fn what_is_needed_is_of_what_is_done() {
        let partitions = run(r#""writes": ["lake.t"], "does": {"adds_partitions": ["lake.t"]}"#);
        let drop = run(r#""writes": ["lake.t"], "does": {"drops_table": ["lake.t"]}"#);
        let (add, all) = ("glue:BatchCreatePartition", run(r#""writes": ["lake.t"]"#));
        for (run, action, is_needed) in [
            (&partitions, add, true),
            (&partitions, "glue:DeleteTable", false),
            (&partitions, "s3:PutObject", true),
            (&partitions, "s3:DeleteObject", false),
            (&drop, "glue:DeleteTable", true),
            (&drop, add, false),
            (&drop, "glue:CreateTable", false),
            // A plan of before does not say it.
            (&all, add, true),
            (&all, "glue:DeleteTable", true),
        ] {
            assert_eq!(!on(run, action).is_empty(), is_needed, "{action}");
        }
        let database = run(r#""does": {"drops_database": ["lake"]}"#);
        assert_eq!(
            on(&database, "glue:DeleteDatabase"),
            ["catalog", "database/lake", "table/lake/*", "userDefinedFunction/lake/*"]
        );
        let function =
            run(r#""does": {"calls_function": ["mask", "arn:aws:lambda:us-east-1:1:function:x"]}"#);
        assert_eq!(
            on(&function, "lambda:InvokeFunction"),
            ["function:mask", "arn:aws:lambda:us-east-1:1:function:x"]
        );
        assert_eq!(on(&function, "glue:GetDatabase"), [""; 0]);
    }

    /// Of what is named the place is known.
    #[test]
    fn files_that_are_named_are_allowed_where_they_are() {
        let run = run(r#""files_read": ["s3://raw/in/"], "files_written": ["s3://lake/out/dt={{ ds }}/"]"#);
        let (read, written) = ("arn:aws:s3:::raw/in/*", "arn:aws:s3:::lake/out/dt=*/*");
        assert!(on(&run, "s3:PutObject").contains(&written.to_owned()));
        assert!(!on(&run, "s3:PutObject").contains(&read.to_owned()));
        assert!(on(&run, "s3:GetObject").contains(&read.to_owned()));
        for bucket in ["arn:aws:s3:::lake", "arn:aws:s3:::raw"] {
            assert!(on(&run, "s3:ListBucket").contains(&bucket.to_owned()));
            assert!(on(&run, "s3:GetBucketLocation").contains(&bucket.to_owned()));
        }
        // Nothing is said of files of tables.
        assert_eq!(on(&run, "s3:DeleteObject"), [""; 0]);
    }
}
