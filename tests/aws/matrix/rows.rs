//! What is run: a row for each kind of job and each way in which its service tells runs apart.

use super::case::Scene;
use super::outcome::Outcome;
use crate::aws::http_api::{Api, json as given, status};
use crate::aws::http_ingest::secret;
use crate::aws::lab::{Lab, block_on, csv};
use aws_sdk_glue::types::{
    Column, CrawlerTargets, DatabaseInput, ExecutionProperty, JobCommand, S3Target, SerDeInfo,
    StorageDescriptor, TableInput,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use dagc::aws::Operation;
use dagc::aws::json::{Answered, Body, Client, GLUE as DATA_QUALITY, Refused, Rest, Service, Wire};
use dagc::service::athena::job::GET_QUERY_EXECUTION;
use dagc::service::data_quality::job::GET_RUN;
use dagc::service::datasync::job::DESCRIBE_TASK_EXECUTION;
use dagc::service::ecs_task::job::DESCRIBE_TASKS;
use dagc::service::emr_serverless::job::GET_JOB_RUN;
use dagc::service::emr_step::job::DESCRIBE_STEP;
use dagc::service::step_function::job::DESCRIBE_EXECUTION;
use serde_json::{Value, json};
use std::sync::OnceLock;

/// The workgroup of all cases, the bucket of all cases.
pub(super) const WORKGROUP: &str = "matrix";
pub(super) const BUCKET: &str = "matrix";

/// One row.
pub(super) struct Row {
    pub name: &'static str,
    /// The tag of the job in the plan.
    pub job_type: &'static str,
    /// Which of the labs it runs against; each is a process.
    pub lab: usize,
    /// How many jobs one run of the step starts.
    pub starts: usize,
    /// A look may end while it goes on.
    pub goes_on: bool,
    /// Only what starts something is disturbed: the other requests are those of the row before.
    pub is_like_the_one_before: bool,
    /// So many seconds an attempt may take: what is answered at its end alone is waited for longer than others.
    pub timeout: Option<u64>,
    /// Airflow does not tell when the first attempt began: then a second job is started, which does no harm.
    pub is_untold: bool,
    /// Makes what the step needs.
    pub prepare: fn(&Lab, &Scene),
    /// The step as a version of the pipeline has it.
    pub job: fn(&Scene, Version) -> Value,
    /// Says whether a run has succeeded that is this version's.
    pub succeeded: fn(&Lab, &Scene, Version, &str) -> bool,
    /// Says whether the world is as one run of this version leaves it.
    pub holds: fn(&Lab, &Scene, Version) -> bool,
    /// Makes the job end that only waits for something.
    pub release: fn(&Lab, &Scene, Version),
}

impl Row {
    /// Whether a job is started again that does no harm is a matter of how fast the next attempt comes.
    pub(super) fn perhaps_again(&self, outcome: Outcome, has_next_attempt: bool) -> Outcome {
        if self.is_untold && has_next_attempt && outcome == Outcome::Once { Outcome::Again } else { outcome }
    }
}

/// Before a deploy, or after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

impl Version {
    fn day(self) -> &'static str {
        match self {
            Self::One => "2026-01-31",
            Self::Two => "2026-02-01",
        }
    }

    fn number(self) -> i64 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

const GLUE: Row = Row {
    name: "Glue job, one run at a time",
    job_type: "run_glue_job",
    lab: 0,
    starts: 1,
    goes_on: true,
    is_like_the_one_before: false,
    is_untold: false,
    timeout: None,
    prepare: |lab, scene| glue_job(lab, scene, 1),
    job: |scene, version| {
        json!({
            "type": "run_glue_job", "job": scene.name, "arguments": { "--day": version.day() },
            "listing_lag": if scene.is_slow { 10 } else { 2 },
        })
    },
    succeeded: glue_succeeded,
    holds: |_, _, _| true,
    release: |_, _, _| {},
};

const CRAWLER: Row = Row {
    name: "Crawler",
    job_type: "crawl",
    lab: 0,
    starts: 1,
    goes_on: true,
    is_like_the_one_before: false,
    is_untold: false,
    timeout: None,
    prepare: crawler,
    job: |scene, _| json!({ "type": "crawl", "crawler": scene.name, "if_running": "adopt", "listing_lag": 2 }),
    succeeded: crawl_succeeded,
    holds: |_, _, _| true,
    release: |_, _, _| {},
};

const QUERY: Row = Row {
    name: "Athena query",
    job_type: "run_athena",
    lab: 0,
    starts: 1,
    goes_on: true,
    is_like_the_one_before: false,
    is_untold: false,
    timeout: None,
    prepare: query_prepare,
    job: |scene, version| query(scene, &[version.number()]),
    succeeded: query_succeeded,
    holds: |lab, scene, version| lines(lab, scene) == [version.number()],
    release: |_, _, _| {},
};

const STATEMENT: Row = Row {
    name: "Redshift statement",
    job_type: "run_sql",
    lab: 1,
    starts: 1,
    goes_on: true,
    is_like_the_one_before: false,
    is_untold: false,
    timeout: None,
    prepare: |lab, scene| {
        table(lab, scene, "t (n int)");
    },
    job: |scene, version| script(scene, true, &[version.number()]),
    succeeded: statement_succeeded,
    holds: |lab, scene, version| rows(lab, scene, "n") == json!([[version.number()]]),
    release: |_, _, _| {},
};

const LOAD: Row = Row {
    name: "Redshift load, append",
    lab: 2,
    prepare: load_prepare,
    job: |scene, version| load(scene, version, "append"),
    succeeded: statement_succeeded,
    holds: |lab, scene, _| rows(lab, scene, "n") == json!([[1], [2]]),
    ..STATEMENT
};

const EXECUTION: Row = Row {
    name: "Execution of a standard state machine",
    job_type: "run_state_machine",
    lab: 1,
    starts: 1,
    goes_on: true,
    is_like_the_one_before: false,
    is_untold: false,
    timeout: None,
    prepare: |lab, scene| machine(lab, scene, false),
    job: |scene, version| json!({ "type": "run_state_machine", "state_machine": scene.name, "input": { "day": version.day() } }),
    succeeded: execution_succeeded,
    holds: |_, _, _| true,
    release: |_, _, _| {},
};

const WAIT: Row = Row {
    name: "Wait for objects in S3",
    job_type: "wait_for_objects",
    lab: 0,
    starts: 0,
    goes_on: true,
    is_like_the_one_before: false,
    is_untold: false,
    timeout: None,
    prepare: |lab, scene| {
        if !scene.is_slow {
            put_object(lab, &wait_key(scene, Version::One));
        }
    },
    job: |scene, version| {
        let path = format!("s3://{BUCKET}/{}", wait_key(scene, version));
        json!({ "type": "wait_for_objects", "path": path, "at_least": 1, "every": 1 })
    },
    succeeded: |_, scene, version, handle| handle == format!("s3://{BUCKET}/{}", wait_key(scene, version)),
    holds: |_, _, _| true,
    release: |lab, scene, version| put_object(lab, &wait_key(scene, version)),
};

/// All of them. Whoever adds a job to the services adds a row here.
pub(super) const ROWS: &[Row] = &[
    GLUE,
    Row { name: "Glue job, five runs at a time", prepare: |lab, scene| glue_job(lab, scene, 5), ..GLUE },
    QUERY,
    Row {
        name: "Athena queries, one by one",
        starts: 2,
        job: |scene, version| query(scene, &[10 * version.number(), 10 * version.number() + 1]),
        // What the version before has written stays.
        holds: |lab, scene, version| {
            let first = 10 * version.number();
            let own: Vec<i64> =
                lines(lab, scene).into_iter().filter(|n| (first..first + 10).contains(n)).collect();
            own == [first, first + 1]
        },
        ..QUERY
    },
    Row {
        name: "Athena statement without a mark",
        // Its listing is empty: the token alone finds it again, and a version that is no more is not known.
        goes_on: false,
        job: |scene, version| {
            let place = format!("s3://{BUCKET}/{}/t/", scene.name);
            let add = format!(
                "alter table t add if not exists partition (d = '{}') location '{place}'",
                version.number()
            );
            query_of(scene, &[add])
        },
        holds: |_, _, _| true,
        ..QUERY
    },
    Row {
        name: "Data quality run",
        job_type: "evaluate_quality",
        // The token alone finds it again, and a version that is no more is not known.
        goes_on: false,
        prepare: |lab, scene| {
            query_prepare(lab, scene);
            scene.rule(
                lab,
                "glue",
                "StartDataQualityRulesetEvaluationRun",
                json!({ "hold": scene.seconds() }),
            );
        },
        job: |scene, version| {
            json!({
                "type": "evaluate_quality", "table": { "schema": scene.schema(), "table": "t" },
                "ruleset": quality_ruleset(scene, version),
                "rules": format!("Rules = [ RowCount < {}00 ]", version.number()),
                "role": "arn:aws:iam::123456789012:role/dq", "workers": 2,
            })
        },
        succeeded: quality_succeeded,
        holds: |_, _, _| true,
        ..QUERY
    },
    Row {
        name: "Athena checks",
        starts: 2,
        job: |scene, version| {
            let count = json!({ "count": { "operator": "<", "count": version.number() } });
            let checks = json!([
                { "type": "query", "name": "none", "query": "select count(*) from t", "expect": count },
                { "type": "query", "name": "no rows", "query": "select n from t", "expect": "no_rows" },
            ]);
            let (workgroup, database) = (&scene.name, scene.schema());
            json!({ "type": "run_athena", "workgroup": workgroup, "database": database, "check": { "assertions": checks } })
        },
        holds: |_, _, _| true,
        ..QUERY
    },
    CRAWLER,
    Row { name: "Crawler, where Airflow does not tell when an attempt began", is_untold: true, ..CRAWLER },
    STATEMENT,
    Row {
        name: "Redshift statements, a transaction",
        job: |scene, version| script(scene, true, &[10 * version.number(), 10 * version.number() + 1]),
        holds: |lab, scene, version| {
            let first = 10 * version.number();
            rows(lab, scene, "n") == json!([[first], [first + 1]])
        },
        ..STATEMENT
    },
    Row {
        name: "Redshift statements, one by one",
        starts: 2,
        job: |scene, version| script(scene, false, &[10 * version.number(), 10 * version.number() + 1]),
        // What the version before has committed stays.
        holds: |lab, scene, version| {
            let first = 10 * version.number();
            let own = format!("n from {}.t where n >= {first} and n < {}", scene.schema(), first + 10);
            sql(lab, &format!("select {own} order by n")) == json!([[first], [first + 1]])
        },
        ..STATEMENT
    },
    LOAD,
    Row {
        name: "Redshift load, replace",
        is_like_the_one_before: true,
        job: |scene, version| load(scene, version, "replace"),
        ..LOAD
    },
    Row {
        name: "Redshift load, merge",
        is_like_the_one_before: true,
        job: |scene, version| load(scene, version, "merge"),
        ..LOAD
    },
    Row {
        name: "Redshift checks",
        job: |scene, version| {
            let sql = format!("select count(*) from {}.t where n < {}", scene.schema(), version.number());
            let count = json!({ "count": { "operator": ">=", "count": 0 } });
            let rows = format!("select n from {}.t", scene.schema());
            let checks = json!([
                { "type": "query", "name": "none", "query": sql, "expect": count },
                { "type": "query", "name": "no rows", "query": rows, "expect": "no_rows" },
            ]);
            json!({ "type": "run_sql", "connection": connection(), "body": { "type": "check", "assertions": checks } })
        },
        holds: |_, _, _| true,
        ..STATEMENT
    },
    Row {
        name: "Redshift unload",
        job: |scene, version| {
            let to = format!("s3://{BUCKET}/{}/out/{}/", scene.name, version.day());
            let body = json!({
                "type": "unload", "query": format!("select n from {}.t", scene.schema()), "to": to,
                "replace": true, "parallel": false, "role": "default",
                "format": { "type": "csv", "header": true, "delimiter": "|" },
            });
            json!({ "type": "run_sql", "connection": connection(), "body": body })
        },
        // One unload of each version at most, and one of this.
        holds: |lab, scene, version| {
            let to = format!("s3://{BUCKET}/{}/out/{}/", scene.name, version.day());
            let of = format!("sys_unload_history where unloaded_location = '{to}'");
            sql(lab, &format!("select count(*) from {of}")) == json!([[1]])
        },
        ..STATEMENT
    },
    Row {
        name: "Redshift external schema",
        job: |scene, _| {
            let body = json!({
                "type": "spectrum_schema", "schema": format!("{}_lake", scene.schema()), "database": "raw",
                "role": "default",
            });
            json!({ "type": "run_sql", "connection": connection(), "body": body })
        },
        holds: |lab, scene, _| {
            let name = format!("{}_lake", scene.schema());
            let told = "select databasename from redshift_catalog.svv_external_schemas where schemaname";
            sql(lab, &format!("{told} = '{name}'")) == json!([["raw"]])
        },
        ..STATEMENT
    },
    Row {
        name: "Redshift materialized view, made",
        job: view,
        prepare: |lab, scene| {
            table(lab, scene, "t (n int)");
            sql(lab, &format!("insert into {}.t values (0)", scene.schema()));
        },
        holds: view_holds,
        ..STATEMENT
    },
    Row {
        name: "Redshift materialized view, made anew",
        is_like_the_one_before: true,
        job: view,
        prepare: |lab, scene| {
            table(lab, scene, "t (n int)");
            sql(lab, &format!("insert into {}.t values (0)", scene.schema()));
            sql(lab, &format!("create materialized view {0}.v as select n from {0}.t", scene.schema()));
        },
        holds: view_holds,
        ..STATEMENT
    },
    Row {
        name: "ECS task",
        job_type: "run_task",
        prepare: container,
        job: |scene, version| {
            json!({
                "type": "run_task", "cluster": scene.name, "task_definition": scene.name, "container": "main",
                "command": [version.day()],
            })
        },
        succeeded: task_succeeded,
        ..EXECUTION
    },
    Row {
        name: "Run on EMR Serverless",
        job_type: "run_emr_serverless",
        prepare: |lab, scene| {
            lab.control("PUT", "application", &json!({ "name": scene.name }));
            for outcome in [json!({ "script": { "state": "SUCCESS" } }), json!({ "hold": scene.seconds() })] {
                scene.rule(lab, "emr-serverless", "StartJobRun", outcome);
            }
        },
        job: |scene, version| {
            let driver = json!({ "type": "spark", "entry_point": "s3://matrix/none.py", "arguments": [version.day()] });
            json!({
                "type": "run_emr_serverless", "application": scene.name, "driver": driver,
                "role": "arn:aws:iam::123456789012:role/emr",
            })
        },
        succeeded: serverless_succeeded,
        ..EXECUTION
    },
    Row {
        name: "Step on a cluster of EMR",
        job_type: "run_emr_step",
        prepare: |lab, scene| {
            lab.control("PUT", "emr_cluster", &json!({ "name": scene.name }));
            for outcome in [json!({ "script": { "state": "COMPLETED" } }), json!({ "hold": scene.seconds() })]
            {
                scene.rule(lab, "emr", "AddJobFlowSteps", outcome);
            }
        },
        job: |scene, version| json!({ "type": "run_emr_step", "cluster": scene.name, "arguments": ["spark-submit", version.day()] }),
        succeeded: step_succeeded,
        ..EXECUTION
    },
    EXECUTION,
    Row {
        name: "Execution of a DataSync task",
        job_type: "run_transfer",
        prepare: |lab, scene| {
            let task =
                json!({ "name": scene.name, "from": "s3://matrix/none/", "to": "s3://matrix/nowhere/" });
            lab.control("PUT", "transfer", &task);
            scene.rule(lab, "datasync", "StartTaskExecution", json!({ "hold": scene.seconds() }));
        },
        job: |scene, version| json!({ "type": "run_transfer", "task": scene.name, "include": [format!("/{}", version.day())] }),
        succeeded: |lab, scene, version, handle| {
            let client = Client::new(&lab.config(), &DATASYNC);
            let request = client.request(DescribeTaskExecution { arn: handle.to_owned() });
            let answer = block_on(dagc::aws::send(request));
            answer.is_ok_and(|answer| answer["Status"] == "SUCCESS")
                && lab.calls_with(&scene.access_key).iter().any(|call| {
                    let pattern = call["request"]["Includes"][0]["Value"].as_str().unwrap_or_default();
                    call["notes"]["execution"] == handle && pattern.contains(version.day())
                })
        },
        ..EXECUTION
    },
    Row {
        name: "Replication of DMS",
        job_type: "replicate",
        prepare: |lab, scene| {
            lab.control("PUT", "replication", &json!({ "name": scene.name, "type": "cdc" }));
            scene.rule(lab, "dms", "StartReplicationTask", json!({ "hold": scene.seconds() }));
        },
        job: |scene, version| {
            json!({
                "type": "replicate", "replication": { "task": scene.name }, "until": until(version), "if_running": "wait",
            })
        },
        succeeded: |lab, scene, version, handle| {
            let told = lab.control("POST", "replication", &json!({ "name": scene.name }));
            let runs = told["runs"].as_array().unwrap();
            told["arn"] == handle
                && told["status"] == "stopped"
                && runs.last().is_some_and(|run| run["until"] == until(version))
        },
        ..EXECUTION
    },
    Row {
        name: "Redshift cluster, paused",
        job_type: "change_cluster",
        starts: 0,
        prepare: |lab, scene| {
            lab.control("PUT", "provisioned", &json!({ "name": scene.name }));
            scene.rule(lab, "redshift", "PauseCluster", json!({ "hold": scene.seconds() }));
        },
        job: |scene, _| json!({ "type": "change_cluster", "cluster": scene.name, "action": { "type": "pause" } }),
        succeeded: |lab, scene, _, handle| {
            let told = lab.control("POST", "provisioned", &json!({ "name": scene.name }));
            handle == format!("pause {}", scene.name) && told["status"] == "paused" && told["changes"] == 1
        },
        ..EXECUTION
    },
    Row {
        name: "Execution of an express state machine",
        goes_on: false,
        timeout: Some(100),
        prepare: |lab, scene| machine(lab, scene, true),
        job: |scene, version| {
            let input = json!({ "day": version.day() });
            json!({ "type": "run_state_machine", "state_machine": scene.name, "input": input, "express": true })
        },
        succeeded: |lab, scene, version, handle| was_given(lab, scene, version, handle, "StartSyncExecution"),
        ..EXECUTION
    },
    Row {
        name: "Function",
        job_type: "invoke_function",
        goes_on: false,
        timeout: Some(100),
        prepare: |lab, scene| {
            let code = "def handler(event, context):\n    return event\n";
            lab.control("PUT", "function", &json!({ "name": scene.name, "code": code }));
            scene.rule(lab, "lambda", "Invoke", json!({ "hold": scene.seconds() }));
        },
        job: |scene, version| json!({ "type": "invoke_function", "function": scene.name, "payload": { "day": version.day() } }),
        succeeded: |lab, scene, version, handle| {
            let runs = lab.control("POST", "function", &json!({ "name": scene.name }));
            let calls = lab.calls_with(&scene.access_key);
            calls.iter().any(|call| call["notes"]["invocation"] == handle)
                && runs == json!([{ "day": version.day() }])
        },
        ..EXECUTION
    },
    WAIT,
    Row {
        name: "Object written to S3",
        job_type: "put_object",
        goes_on: false,
        prepare: |_, _| {},
        job: |scene, _| {
            json!({
                "type": "put_object", "to": format!("s3://{BUCKET}/{}/done", scene.name), "text": "done",
                "content_type": "text/plain",
            })
        },
        succeeded: |lab, scene, _, handle| {
            let key = format!("{}/done", scene.name);
            let get = s3(lab).get_object().bucket(BUCKET).key(&key);
            let text = block_on(async { get.send().await.ok()?.body.collect().await.ok() });
            handle == format!("s3://{BUCKET}/{key}") && text.is_some_and(|text| text.to_vec() == b"done")
        },
        release: |_, _, _| {},
        ..WAIT
    },
    Row {
        name: "Data Catalog table",
        job_type: "register_table",
        goes_on: false,
        prepare: |lab, scene| {
            let database = DatabaseInput::builder().name(&scene.name).build().unwrap();
            let request = aws_sdk_glue::Client::new(&lab.config()).create_database().database_input(database);
            block_on(request.send()).unwrap();
        },
        job: |scene, version| {
            json!({
                "type": "register_table", "table": { "schema": scene.name, "table": "t" }, "location": "s3://b/t/",
                "format": { "type": "parquet" }, "columns": [{ "name": "id", "type": "bigint" }],
                "partition_by": [{ "name": "day", "type": "date" }], "partitions": [[version.day()]],
                "on_drift": "fail",
            })
        },
        succeeded: |lab, scene, version, handle| {
            let request = aws_sdk_glue::Client::new(&lab.config()).get_partitions();
            let found = block_on(request.database_name(&scene.name).table_name("t").send()).unwrap();
            let values: Vec<&[String]> =
                found.partitions().iter().map(aws_sdk_glue::types::Partition::values).collect();
            handle == format!("{}.t", scene.name) && values == [[version.day()]]
        },
        release: |_, _, _| {},
        ..WAIT
    },
    Row {
        name: "Grants of Lake Formation",
        job_type: "grant_permissions",
        goes_on: false,
        prepare: |lab, scene| {
            let database = DatabaseInput::builder().name(&scene.name).build().unwrap();
            let request = aws_sdk_glue::Client::new(&lab.config()).create_database().database_input(database);
            block_on(request.send()).unwrap();
        },
        job: |scene, _| {
            json!({
                "type": "grant_permissions", "principals": ["111122223333"], "permissions": ["DESCRIBE"],
                "on": { "type": "database", "database": scene.name },
            })
        },
        succeeded: |lab, scene, _, handle| {
            let grants = lab.control("POST", "grants", &json!({ "database": scene.name }));
            handle == scene.name && grants.as_array().is_some_and(|grants| grants.len() == 1)
        },
        release: |_, _, _| {},
        ..WAIT
    },
    Row {
        name: "HTTP API, fetched",
        job_type: "ingest_http",
        goes_on: false,
        prepare: |_, _| {},
        job: |scene, _| {
            json!({
                "type": "ingest_http", "url": api().at(&format!("/{}", scene.name)), "format": "json_lines",
                "records": "$", "to": format!("s3://{BUCKET}/{}/out/", scene.name), "max_pages": 3, "timeout": 5,
                "pages": { "type": "link" }, "object_bytes": 1,
                "auth": { "type": "bearer", "value": { "from": BUCKET } },
            })
        },
        succeeded: |lab, scene, _, handle| {
            let folder = format!("s3://{BUCKET}/{}/", scene.name);
            let names = keys(lab, scene);
            handle == format!("{folder}out/") && texts(lab, scene, &names) == ["{\"n\":1}\n", "{\"n\":2}\n"]
        },
        release: |_, _, _| {},
        ..WAIT
    },
    Row {
        name: "Objects copied within S3",
        job_type: "copy_objects",
        goes_on: false,
        prepare: |lab, scene| {
            put(lab, &format!("{}/in/_DONE", scene.name), "1");
            put(lab, &format!("{}/in/big", scene.name), &"a".repeat(6 << 20));
        },
        job: |scene, _| {
            let (path, to) =
                (format!("s3://{BUCKET}/{}/in/", scene.name), format!("s3://{BUCKET}/{}/out/", scene.name));
            json!({
                "type": "copy_objects", "path": path, "to": to, "marker": "_DONE", "max_objects": 2, "parts_from": 5 << 20,
            })
        },
        succeeded: |lab, scene, _, handle| {
            handle == format!("s3://{BUCKET}/{}/out/", scene.name)
                && keys(lab, scene) == ["in/_DONE", "in/big", "out/_DONE", "out/big"]
        },
        release: |_, _, _| {},
        ..WAIT
    },
    Row {
        name: "Objects removed from S3",
        job_type: "delete_objects",
        goes_on: false,
        prepare: |lab, scene| {
            for key in ["in/a", "in/b", "stays"] {
                put(lab, &format!("{}/{key}", scene.name), "1");
            }
        },
        job: |scene, _| {
            let path = format!("s3://{BUCKET}/{}/in/", scene.name);
            json!({ "type": "delete_objects", "path": path, "max_objects": 2 })
        },
        succeeded: |lab, scene, _, handle| {
            handle == format!("s3://{BUCKET}/{}/in/", scene.name) && keys(lab, scene) == ["stays"]
        },
        release: |_, _, _| {},
        ..WAIT
    },
];

fn wait_key(scene: &Scene, version: Version) -> String {
    format!("{}/wait/{}/", scene.name, version.day())
}

fn put_object(lab: &Lab, folder: &str) {
    put(lab, &format!("{folder}a"), "1");
}

fn s3(lab: &Lab) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&lab.config()).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(config)
}

fn put(lab: &Lab, key: &str, text: &str) {
    let put = s3(lab).put_object().bucket(BUCKET).key(key);
    block_on(put.body(text.to_owned().into_bytes().into()).send()).unwrap();
}

/// The objects of a case, without its name.
fn keys(lab: &Lab, scene: &Scene) -> Vec<String> {
    let folder = format!("{}/", scene.name);
    let listed = block_on(s3(lab).list_objects_v2().bucket(BUCKET).prefix(&folder).send()).unwrap();
    let keys = listed.contents().iter().filter_map(|object| object.key()?.strip_prefix(&folder));
    keys.map(str::to_owned).collect()
}

/// What objects of a case hold.
fn texts(lab: &Lab, scene: &Scene, names: &[String]) -> Vec<String> {
    let text = |name: &String| {
        let get = s3(lab).get_object().bucket(BUCKET).key(format!("{}/{name}", scene.name));
        let bytes = block_on(async { get.send().await.unwrap().body.collect().await.unwrap() });
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    names.iter().map(text).collect()
}

/// An API of two pages, which knows who asks.
fn api() -> &'static Api {
    static API: OnceLock<Api> = OnceLock::new();
    API.get_or_init(|| {
        Api::start(|asked, _| match (asked.header("authorization"), asked.parameter("page")) {
            ("Bearer matrix-secret", "") => given(json!([{ "n": 1 }])).header("Link", "<?page=2>; rel=next"),
            ("Bearer matrix-secret", _) => given(json!([{ "n": 2 }])),
            _ => status(401, "who is that?"),
        })
    })
}

/// Makes what all cases share.
pub(super) fn prepare(lab: &Lab) {
    block_on(s3(lab).create_bucket().bucket(BUCKET).send()).unwrap();
    secret(lab, BUCKET, "matrix-secret");
}

fn glue_job(lab: &Lab, scene: &Scene, most: i32) {
    let most = ExecutionProperty::builder().max_concurrent_runs(most).build();
    let command = JobCommand::builder().name("glueetl").script_location("s3://assets/job.py").build();
    let request = aws_sdk_glue::Client::new(&lab.config()).create_job().name(&scene.name);
    let request = request.role("arn:aws:iam::123456789012:role/glue").command(command);
    block_on(request.execution_property(most).send()).unwrap();
    let outcome = json!({ "state": "SUCCEEDED", "after": scene.seconds(), "late": 0 });
    scene.rule(lab, "glue", "StartJobRun", json!({ "script": outcome }));
}

fn glue_succeeded(lab: &Lab, scene: &Scene, version: Version, handle: &str) -> bool {
    let request = aws_sdk_glue::Client::new(&lab.config()).get_job_run().job_name(&scene.name);
    let Ok(answer) = block_on(request.run_id(handle).send()) else { return false };
    let run = answer.job_run.unwrap();
    let day = run.arguments.as_ref().and_then(|arguments| arguments.get("--day"));
    run.job_run_state.is_some_and(|state| state.as_str() == "SUCCEEDED")
        && day.is_some_and(|day| day == version.day())
}

/// A workgroup, and a table of one number a line.
fn query_prepare(lab: &Lab, scene: &Scene) {
    let output = format!("s3://{BUCKET}/{}/results/", scene.name);
    lab.control("PUT", "workgroup", &json!({ "name": scene.name, "output": output }));
    let glue = aws_sdk_glue::Client::new(&lab.config());
    let database = DatabaseInput::builder().name(scene.schema()).build().unwrap();
    block_on(glue.create_database().database_input(database).send()).unwrap();
    let serde = SerDeInfo::builder()
        .serialization_library("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe")
        .parameters("field.delim", ",");
    let storage = StorageDescriptor::builder()
        .columns(Column::builder().name("n").r#type("int").build().unwrap())
        .location(format!("s3://{BUCKET}/{}/t/", scene.name))
        .serde_info(serde.build());
    let table =
        TableInput::builder().name("t").table_type("EXTERNAL_TABLE").storage_descriptor(storage.build());
    let request = glue.create_table().database_name(scene.schema()).table_input(table.build().unwrap());
    block_on(request.send()).unwrap();
    scene.rule(lab, "athena", "StartQueryExecution", json!({ "hold": scene.seconds() }));
}

/// Each statement inserts one number.
fn query(scene: &Scene, numbers: &[i64]) -> Value {
    let inserts: Vec<String> = numbers.iter().map(|n| format!("insert into t values ({n})")).collect();
    query_of(scene, &inserts)
}

fn query_of(scene: &Scene, statements: &[String]) -> Value {
    let (workgroup, database) = (&scene.name, scene.schema());
    json!({ "type": "run_athena", "workgroup": workgroup, "database": database, "statements": statements })
}

/// The numbers in the files of the table.
fn lines(lab: &Lab, scene: &Scene) -> Vec<i64> {
    let s3 = s3(lab);
    let listed =
        block_on(s3.list_objects_v2().bucket(BUCKET).prefix(format!("{}/t/", scene.name)).send()).unwrap();
    let mut numbers = Vec::new();
    for key in listed.contents.unwrap_or_default().into_iter().filter_map(|object| object.key) {
        let get = s3.get_object().bucket(BUCKET).key(key);
        let body = block_on(async { get.send().await.unwrap().body.collect().await.unwrap().to_vec() });
        numbers.extend(String::from_utf8(body).unwrap().lines().map(|line| line.parse::<i64>().unwrap()));
    }
    numbers.sort_unstable();
    numbers
}

fn query_succeeded(lab: &Lab, _: &Scene, _: Version, handle: &str) -> bool {
    let client = Client::new(&lab.config(), &ATHENA);
    let request = client.request(GetQueryExecution { id: handle.to_owned() });
    let answer = block_on(dagc::aws::send(request));
    answer.is_ok_and(|answer| answer["QueryExecution"]["Status"]["State"] == "SUCCEEDED")
}

/// Each version has rules of its own.
fn quality_ruleset(scene: &Scene, version: Version) -> String {
    format!("{}-{}", scene.name, version.number())
}

fn quality_succeeded(lab: &Lab, scene: &Scene, version: Version, handle: &str) -> bool {
    let client = Client::new(&lab.config(), &DATA_QUALITY);
    let answer = block_on(dagc::aws::send(client.request(GetQualityRun { id: handle.to_owned() })));
    answer.is_ok_and(|answer| {
        answer["Status"] == "SUCCEEDED" && answer["RulesetNames"][0] == quality_ruleset(scene, version)
    })
}

#[derive(Clone, Debug, serde::Serialize)]
struct GetQualityRun {
    #[serde(rename = "RunId")]
    id: String,
}

impl Body for GetQualityRun {
    type Answer = Value;

    const OPERATION: Operation = GET_RUN;
}

const ATHENA: Service = Service { id: "Athena", name: "athena", target: "AmazonAthena", version: "1.1" };

#[derive(Clone, Debug, serde::Serialize)]
struct GetQueryExecution {
    #[serde(rename = "QueryExecutionId")]
    id: String,
}

impl Body for GetQueryExecution {
    type Answer = Value;

    const OPERATION: Operation = GET_QUERY_EXECUTION;
}

/// A machine that gives what it is given.
fn machine(lab: &Lab, scene: &Scene, express: bool) {
    let definition = json!({ "StartAt": "Pass", "States": { "Pass": { "Type": "Pass", "End": true } } });
    let machine = json!({ "name": scene.name, "definition": definition, "express": express });
    lab.control("PUT", "machine", &machine);
    let start = if express { "StartSyncExecution" } else { "StartExecution" };
    scene.rule(lab, "stepfunctions", start, json!({ "hold": scene.seconds() }));
}

fn execution_succeeded(lab: &Lab, scene: &Scene, version: Version, handle: &str) -> bool {
    let client = Client::new(&lab.config(), &STATES);
    let request = client.request(DescribeExecution { execution_arn: handle.to_owned() });
    let answer = block_on(dagc::aws::send(request));
    answer.is_ok_and(|answer| answer["status"] == "SUCCEEDED")
        && was_given(lab, scene, version, handle, "StartExecution")
}

/// Says whether the start of this execution was one of this version.
fn was_given(lab: &Lab, scene: &Scene, version: Version, handle: &str, start: &str) -> bool {
    lab.calls_with(&scene.access_key).iter().any(|call| {
        let input = call["request"]["input"].as_str().unwrap_or_default();
        call["operation"] == start && call["notes"]["execution"] == handle && input.contains(version.day())
    })
}

/// A moment that has passed, whatever day it is.
fn until(version: Version) -> String {
    format!("server_time:2020-01-0{}T00:00:00", version.number())
}

const DATASYNC: Service = Service { id: "DataSync", name: "datasync", target: "FmrsService", version: "1.1" };

#[derive(Clone, Debug, serde::Serialize)]
struct DescribeTaskExecution {
    #[serde(rename = "TaskExecutionArn")]
    arn: String,
}

impl Body for DescribeTaskExecution {
    type Answer = Value;

    const OPERATION: Operation = DESCRIBE_TASK_EXECUTION;
}

const STATES: Service = Service { id: "SFN", name: "states", target: "AWSStepFunctions", version: "1.0" };

#[derive(Clone, Debug, serde::Serialize)]
struct DescribeExecution {
    #[serde(rename = "executionArn")]
    execution_arn: String,
}

impl Body for DescribeExecution {
    type Answer = Value;

    const OPERATION: Operation = DESCRIBE_EXECUTION;
}

/// A cluster, and a task that does nothing.
fn container(lab: &Lab, scene: &Scene) {
    lab.control("PUT", "cluster", &json!({ "name": scene.name }));
    let log = json!({ "group": "/ecs/dagc", "prefix": "p" });
    let containers = json!([{ "name": "main", "code": "", "log": log }]);
    lab.control("PUT", "definition", &json!({ "family": scene.name, "containers": containers }));
    scene.rule(lab, "ecs", "RunTask", json!({ "hold": scene.seconds() }));
}

fn task_succeeded(lab: &Lab, scene: &Scene, version: Version, handle: &str) -> bool {
    let client = Client::new(&lab.config(), &ECS);
    let request = client.request(DescribeTasks { cluster: scene.name.clone(), tasks: [handle.to_owned()] });
    let answer = block_on(dagc::aws::send(request));
    let was_given = lab.calls_with(&scene.access_key).iter().any(|call| {
        let command = &call["request"]["overrides"]["containerOverrides"][0]["command"];
        call["operation"] == "RunTask" && call["notes"]["task"] == handle && command[0] == version.day()
    });
    was_given && answer.is_ok_and(|answer| answer["tasks"][0]["containers"][0]["exitCode"] == 0)
}

const ECS: Service =
    Service { id: "ECS", name: "ecs", target: "AmazonEC2ContainerServiceV20141113", version: "1.1" };

#[derive(Clone, Debug, serde::Serialize)]
struct DescribeTasks {
    cluster: String,
    tasks: [String; 1],
}

impl Body for DescribeTasks {
    type Answer = Value;

    const OPERATION: Operation = DESCRIBE_TASKS;
}

/// The application is known by its name only: the start says its id.
fn serverless_succeeded(lab: &Lab, scene: &Scene, version: Version, handle: &str) -> bool {
    let calls = lab.calls_with(&scene.access_key);
    let own = calls.iter().find(|call| call["operation"] == "StartJobRun" && call["notes"]["run"] == handle);
    let Some(request) = own.map(|call| &call["request"]) else { return false };
    let path = ["/applications/", request["applicationId"].as_str().unwrap(), "/jobruns/", handle];
    let look = LookAtRun(path.map(str::to_owned));
    let client = Client::new(&lab.config(), &EMR_SERVERLESS);
    let answer = block_on(dagc::aws::send(client.request(look)));
    request["jobDriver"]["sparkSubmit"]["entryPointArguments"][0] == version.day()
        && answer.is_ok_and(|answer| answer["jobRun"]["state"] == "SUCCESS")
}

fn step_succeeded(lab: &Lab, scene: &Scene, version: Version, handle: &str) -> bool {
    let (cluster, step) = handle.split_once('/').unwrap_or_default();
    let client = Client::new(&lab.config(), &EMR);
    let request = DescribeStep { cluster: cluster.to_owned(), step: step.to_owned() };
    let answer = block_on(dagc::aws::send(client.request(request)));
    let was_given = lab.calls_with(&scene.access_key).iter().any(|call| {
        let words = &call["request"]["Steps"][0]["HadoopJarStep"]["Args"];
        call["notes"]["step"] == handle && words[1] == version.day()
    });
    was_given && answer.is_ok_and(|answer| answer["Step"]["Status"]["State"] == "COMPLETED")
}

const EMR: Service =
    Service { id: "EMR", name: "elasticmapreduce", target: "ElasticMapReduce", version: "1.1" };

#[derive(Clone, Debug, serde::Serialize)]
struct DescribeStep {
    #[serde(rename = "ClusterId")]
    cluster: String,
    #[serde(rename = "StepId")]
    step: String,
}

impl Body for DescribeStep {
    type Answer = Value;

    const OPERATION: Operation = DESCRIBE_STEP;
}

const EMR_SERVERLESS: Service =
    Service { id: "EMR Serverless", name: "emr-serverless", target: "", version: "" };

#[derive(Clone, Debug)]
struct LookAtRun([String; 4]);

impl Wire for LookAtRun {
    type Answer = Value;

    const OPERATION: Operation = GET_JOB_RUN;
    const HOST_PREFIX: &'static str = "";

    fn serialized(&self, _: &Service) -> Result<HttpRequest, BoxError> {
        Rest::get(&self.0.each_ref().map(String::as_str)).request()
    }

    fn answered(response: &HttpResponse) -> Result<Value, OrchestratorError<Refused>> {
        serde_json::from_slice(Answered::of(response)?.body).map_err(OrchestratorError::other)
    }
}

fn crawler(lab: &Lab, scene: &Scene) {
    let target = S3Target::builder().path("s3://raw/in/").build();
    let request = aws_sdk_glue::Client::new(&lab.config()).create_crawler().name(&scene.name);
    let request = request.role("arn:aws:iam::123456789012:role/glue").database_name("raw");
    block_on(request.targets(CrawlerTargets::builder().s3_targets(target).build()).send()).unwrap();
    let outcome = json!({ "state": "SUCCEEDED", "after": scene.seconds(), "late": 0 });
    scene.rule(lab, "glue", "StartCrawler", json!({ "script": outcome }));
}

fn crawl_succeeded(lab: &Lab, scene: &Scene, _: Version, handle: &str) -> bool {
    let request = aws_sdk_glue::Client::new(&lab.config()).list_crawls().crawler_name(&scene.name);
    let crawls = block_on(request.send()).unwrap().crawls.unwrap_or_default();
    let (crawler, id) = handle.split_once('/').unwrap_or((handle, ""));
    let is_it = |listed: Option<&str>| id.is_empty() || listed == Some(id);
    crawler == scene.name
        && crawls.iter().any(|crawl| {
            is_it(crawl.crawl_id.as_deref())
                && crawl.state.as_ref().is_some_and(|state| state.as_str() == "COMPLETED")
        })
}

fn connection() -> Value {
    json!({ "workgroup": WORKGROUP, "database": "analytics" })
}

/// Each statement inserts one number.
fn script(scene: &Scene, transaction: bool, numbers: &[i64]) -> Value {
    let insert = |n: &i64| format!("insert into {}.t values ({n})", scene.schema());
    let statements: Vec<String> = numbers.iter().map(insert).collect();
    let body = json!({ "type": "script", "statements": statements, "transaction": transaction });
    json!({ "type": "run_sql", "connection": connection(), "body": body })
}

fn sql(lab: &Lab, sql: &str) -> Value {
    lab.sql(WORKGROUP, sql)
}

fn rows(lab: &Lab, scene: &Scene, columns: &str) -> Value {
    sql(lab, &format!("select {columns} from {}.t order by 1", scene.schema()))
}

fn table(lab: &Lab, scene: &Scene, definition: &str) {
    let schema = scene.schema();
    sql(lab, &format!("create schema {schema}; create table {schema}.{definition}"));
    for operation in ["ExecuteStatement", "BatchExecuteStatement"] {
        let rule = json!({ "hold": scene.seconds(), "match": { "StatementName": "dagc:*" } });
        scene.rule(lab, "redshift-data", operation, rule);
    }
}

fn load_prepare(lab: &Lab, scene: &Scene) {
    table(lab, scene, "t (n int not null, v varchar(9))");
    put(lab, &format!("{}/in/a.csv", scene.name), &csv(&["n,v", "1,a", "2,b"]));
}

fn load(scene: &Scene, version: Version, mode: &str) -> Value {
    let folder = format!("s3://{BUCKET}/{}", scene.name);
    let mut body = json!({
        "type": "load", "path": format!("{folder}/in/"), "staging": format!("{folder}/staging/{}/", version.day()),
        "schema": scene.schema(), "table": "t", "mode": mode, "role": "default",
        "format": { "type": "csv", "header": true, "delimiter": ",", "quote": "\"" },
    });
    if mode == "merge" {
        body["key"] = json!(["n"]);
    }
    json!({ "type": "run_sql", "connection": connection(), "body": body })
}

/// The definition of each version is another one.
fn view(scene: &Scene, version: Version) -> Value {
    let schema = scene.schema();
    let body = json!({
        "type": "materialized_view", "name": { "schema": schema, "table": "v" },
        "query": format!("select n + {} as n from {schema}.t", version.number()), "backup": true, "auto_refresh": false,
    });
    json!({ "type": "run_sql", "connection": connection(), "body": body })
}

fn view_holds(lab: &Lab, scene: &Scene, version: Version) -> bool {
    sql(lab, &format!("select n from {}.v", scene.schema())) == json!([[version.number()]])
}

fn statement_succeeded(lab: &Lab, _: &Scene, _: Version, handle: &str) -> bool {
    let request = aws_sdk_redshiftdata::Client::new(&lab.config()).describe_statement().id(handle);
    let answer = block_on(request.send());
    answer.is_ok_and(|answer| answer.status.is_some_and(|status| status.as_str() == "FINISHED"))
}
