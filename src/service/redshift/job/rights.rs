//! The calls of the Redshift Data API, and what their callers must be allowed.

use super::{BESIDE, Check, Load, RedshiftConnection, RunSql, SqlBody};
use crate::service::arn::{Part, Resource};
use crate::service::call::{Call, Caller, On, Right, Touched, When, call, operations, right, touched};
use crate::service::failure::{Codes, Kind};
use crate::service::objects::{LIST_OBJECTS, PUT_OBJECT, bucket_of, split_uri};
use crate::service::redshift::load::{CopyFormat, CopyMode, LoadOptions};
use crate::service::section::{Heading, Section, Who};
use crate::template::Template;

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
            SqlBody::Script { .. }
            | SqlBody::Check(_)
            | SqlBody::Unload(_)
            | SqlBody::MaterializedView(_)
            | SqlBody::SpectrumSchema(_) => &SQL,
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
            On::Bucket => touched("the bucket of the files", Resource::bucket_of(&self.path)),
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

/// The heading of what whoever runs SQL must be allowed: UNLOAD writes with a role of its own.
pub const RIGHTS: Heading =
    Heading::new("`redshift_sql`, `redshift_unload`, `materialized_view`, `spectrum_schema` and `sql_check`");

/// The heading of what whoever loads files must be allowed.
pub const LOAD_RIGHTS: Heading = Heading::new("`redshift_copy`");

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
        options: LoadOptions::default(),
    };
    let section = |heading, body: &SqlBody| {
        let with =
            |connection: &RedshiftConnection| RunSql { connection: connection.clone(), body: body.clone() };
        let jobs = connections.each_ref().map(with);
        let [serverless, ..] = &jobs;
        let section = Section::new(Who::Worker, heading).billed(serverless.billed());
        section.of(&jobs.each_ref().map(|job| job as &dyn Caller))
    };
    let sql = section(RIGHTS, &SqlBody::Check(Check { table: None, assertions: Vec::new() }));
    let load = section(LOAD_RIGHTS, &SqlBody::Load(Box::new(load)));
    let load = load.beside(&sql, "Those of `redshift_sql`, and:");
    vec![sql, load]
}
