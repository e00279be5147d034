//! Permissions: what a job says that it needs is enough, on its own resources, and each of it is needed.
//!
//! The lab refuses what a key may not do, also in every other test: the worker's key has what the page lists for
//! all workers.

use super::athena;
use super::athena_check;
use super::catalog;
use super::data_quality;
use super::datasync;
use super::dms;
use super::ecs_task;
use super::emr_serverless;
use super::emr_step;
use super::http_api::{Api, json as given};
use super::http_ingest;
use super::lab::{block_on, bucket, csv, glue, lab, put, s3};
use super::lake_formation;
use super::lambda;
use super::redshift_cluster;
use super::step_function;
use super::task::{Ended, Task, until};
use aws_sdk_glue::types::{CrawlerTargets, JobCommand, S3Target};
use aws_sdk_s3::types::{
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
};
use dagc::compile::{Environments, compile};
use dagc::emit::iam::draft;
use dagc::load::load as load_project;
use dagc::plan::{Job, ProjectPlan, Work};
use dagc::service::policy::Statement;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Actions, and the resources on which each is given.
type Policy = BTreeMap<String, Vec<String>>;

/// Makes a key that may do these things and nothing else; the lab may serve other processes with tests too.
fn key(policy: &Policy) -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let key = format!("AKIA{:0>10}{:0>6}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
    lab().control("PUT", "rights", &json!({ "key": key, "allow": policy }));
    key
}

/// Another resource of the same kind.
fn other(arn: &str, name: &str) -> String {
    // Databases have no hyphens in their names.
    for name in [name, &name.replace('-', "_")] {
        if arn.contains(name) {
            return arn.replace(name, "another");
        }
    }
    arn.replace("workgroup/*", "workgroup/another").replace("/aws-glue/", "/another/").replace('*', "another")
}

/// Runs a task with all that its job needs, then with each of `used` given on others: whoever lacks it says which
/// action on which resource.
fn each_is_needed(
    kind: &str,
    used: &[&str],
    task: impl Fn(&str) -> Task,
    run: impl Fn(&Task, &str) -> Ended,
) {
    let ended =
        |task: Task, policy: &Policy, name: &str| run(&task.env("AWS_ACCESS_KEY_ID", &key(policy)), name);
    let name = format!("rights-{kind}-{}", used[0].replace(':', "-")).to_lowercase();
    let whole = task(&name);
    let policy = whole.policy();
    let whole = ended(whole, &policy, &name);
    assert!(!whole.log.contains("not authorized"), "{}", whole.log);
    for action in used {
        let name = format!("rights-{kind}-{}-less", action.replace(':', "-")).to_lowercase();
        let less = task(&name);
        let mut policy = less.policy();
        let listed = policy.get_mut(*action).unwrap_or_else(|| panic!("{action} is not needed by {kind}"));
        for arn in listed {
            *arn = other(arn, &name);
        }
        let ended = ended(less, &policy, &name);
        let told = format!("is not authorized to perform: {action} on resource: ");
        assert!(ended.log.contains(&told), "{action}: {}\n{}", ended.code, ended.log);
    }
}

fn to_its_end(task: &Task, _: &str) -> Ended {
    task.run()
}

fn script(action: &str, name: &str, script: &Value) {
    let member = if action == "StartCrawler" { "Name" } else { "JobName" };
    lab().fault(&json!({
        "service": "glue", "operation": action, "match": { member: name }, "script": script, "times": null,
    }));
}

fn crawl(name: &str, after: u64) -> Task {
    crawler(name, after);
    Task::new(name, json!({ "type": "crawl", "crawler": name, "if_running": "adopt" }))
}

fn crawler(name: &str, after: u64) {
    let targets = CrawlerTargets::builder().s3_targets(S3Target::builder().path("s3://raw/in/").build());
    let request = glue().create_crawler().name(name).role("glue").database_name("raw");
    block_on(request.targets(targets.build()).send()).unwrap();
    script("StartCrawler", name, &json!({ "state": "SUCCEEDED", "after": after, "late": 0 }));
}

fn glue_job(name: &str, after: u64) -> Task {
    job(name, after);
    Task::new(name, json!({ "type": "run_glue_job", "job": name }))
}

fn job(name: &str, after: u64) {
    let command = JobCommand::builder().name("glueetl").script_location("s3://assets/job.py").build();
    block_on(glue().create_job().name(name).role("glue").command(command).send()).unwrap();
    script("StartJobRun", name, &json!({ "state": "SUCCEEDED", "after": after, "late": 0 }));
}

/// Ends a task once its job runs.
fn killed(task: &Task, operation: &str, member: &str, name: &str) -> Ended {
    let running = task.spawn();
    until("a job", || !lab().calls("glue", operation, member, name).is_empty());
    running.sigterm().0
}

#[test]
fn a_wait_needs_what_is_listed() {
    let wait = |name: &str| {
        bucket(name);
        put(name, "in/a", "1");
        let path = format!("s3://{name}/in/");
        Task::new(name, json!({ "type": "wait_for_objects", "path": path, "at_least": 1, "every": 1 }))
    };
    each_is_needed("wait", &["s3:ListBucket"], wait, to_its_end);
}

#[test]
fn a_put_needs_what_is_listed() {
    let put = |name: &str| {
        bucket(name);
        Task::new(
            name,
            json!({ "type": "put_object", "to": format!("s3://{name}/in/_DONE"), "content_type": "text/plain" }),
        )
    };
    each_is_needed("put", &["s3:PutObject"], put, to_its_end);
    let encrypted = |name: &str| {
        let task = put(name);
        encrypts(name, &format!("arn:aws:kms:us-east-1:123456789012:key/{name}"));
        task
    };
    each_is_needed("put", &["kms:GenerateDataKey"], encrypted, to_its_end);
}

#[test]
fn a_removal_needs_what_is_listed() {
    let delete = |name: &str| {
        bucket(name);
        put(name, "in/a", "1");
        let path = format!("s3://{name}/in/");
        Task::new(name, json!({ "type": "delete_objects", "path": path, "max_objects": 1 }))
    };
    each_is_needed("delete", &["s3:ListBucket", "s3:DeleteObject"], delete, to_its_end);
}

#[test]
fn a_copy_needs_what_is_listed() {
    let copy = |name: &str, bytes: usize, removes: bool| {
        bucket(name);
        put(name, "in/a", vec![b'a'; bytes]);
        let (path, to) = (format!("s3://{name}/in/"), format!("s3://{name}/out/"));
        Task::new(
            name,
            json!({
                "type": "copy_objects", "path": path, "to": to, "max_objects": 1, "parts_from": 5 << 20, "removes": removes,
            }),
        )
    };
    let used = ["s3:ListBucket", "s3:GetObject", "s3:PutObject"];
    each_is_needed("copy", &used, |name| copy(name, 1, false), to_its_end);
    each_is_needed("move", &["s3:DeleteObject"], |name| copy(name, 1, true), to_its_end);
    let encrypted = |name: &str| {
        let task = copy(name, 1, false);
        encrypts(name, &format!("arn:aws:kms:us-east-1:123456789012:key/{name}"));
        task
    };
    each_is_needed("copy", &["kms:GenerateDataKey"], encrypted, to_its_end);
    let given_up = |task: &Task, name: &str| {
        lab().fault(&json!({
            "service": "s3", "operation": "UploadPartCopy", "match": { "bucket": name }, "hang": "before",
        }));
        let running = task.spawn();
        until("a part", || !lab().calls("s3", "UploadPartCopy", "bucket", name).is_empty());
        running.sigterm().0
    };
    each_is_needed("copy", &["s3:AbortMultipartUpload"], |name| copy(name, 6 << 20, false), given_up);
}

#[test]
fn an_ingestion_needs_what_is_listed() {
    let api = Api::start(|_, _| given(json!({ "items": [{ "n": 1 }] })));
    let ingest = |name: &str, more: &Value| {
        bucket(name);
        http_ingest::secret(lab(), name, "of the rights");
        let auth = json!({ "auth": { "type": "bearer", "value": { "from": name } } });
        let mut job = http_ingest::job(&api.at("/"), name, &auth);
        job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Task::new(name, job)
    };
    let used = ["secretsmanager:GetSecretValue", "s3:GetObject", "s3:PutObject", "s3:ListBucket"];
    each_is_needed("ingest", &used, |name| ingest(name, &json!({})), to_its_end);
    let encrypted = |name: &str| {
        let task = ingest(name, &json!({}));
        encrypts(name, &format!("arn:aws:kms:us-east-1:123456789012:key/{name}"));
        task
    };
    each_is_needed("ingest", &["kms:GenerateDataKey"], encrypted, to_its_end);
    // What a run of before has written goes.
    let again = |task: &Task, _: &str| {
        task.clone().of_run("manual__1").env("AWS_ACCESS_KEY_ID", ALL).run().expect(0);
        task.run()
    };
    each_is_needed("ingest-again", &["s3:DeleteObject"], |name| ingest(name, &json!({})), again);
    let cleared = |task: &Task, _: &str| {
        task.clone().env("AWS_ACCESS_KEY_ID", ALL).run().expect(0);
        task.cleared().run()
    };
    let lists = ["s3:ListBucketMultipartUploads"];
    each_is_needed("ingest-cleared", &lists, |name| ingest(name, &json!({})), cleared);
    let given_up = |task: &Task, name: &str| {
        lab().fault(&json!({
            "service": "s3", "operation": "UploadPart", "match": { "bucket": name }, "hang": "before",
        }));
        let running = task.spawn();
        until("a part", || !lab().calls("s3", "UploadPart", "bucket", name).is_empty());
        running.sigterm().0
    };
    each_is_needed("ingest", &["s3:AbortMultipartUpload"], |name| ingest(name, &json!({})), given_up);
}

#[test]
fn a_crawl_needs_what_is_listed() {
    let used = ["glue:StartCrawler", "glue:GetCrawler", "glue:ListCrawls", "logs:FilterLogEvents"];
    each_is_needed("crawl", &used, |name| crawl(name, 0), to_its_end);
    let stopped = |task: &Task, name: &str| {
        // The listing before the start, and one after it.
        let running = task.spawn();
        until("looks", || lab().calls("glue", "ListCrawls", "CrawlerName", name).len() > 1);
        running.sigterm().0
    };
    each_is_needed("crawl", &["glue:StopCrawler"], |name| crawl(name, 20), stopped);
}

#[test]
fn a_glue_job_needs_what_is_listed() {
    let used = ["glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "logs:GetLogEvents"];
    each_is_needed("glue-job", &used, |name| glue_job(name, 0), to_its_end);
    let stopped = |task: &Task, name: &str| killed(task, "GetJobRun", "JobName", name);
    each_is_needed("glue-job", &["glue:BatchStopJobRun"], |name| glue_job(name, 20), stopped);
}

#[test]
fn a_query_needs_what_is_listed() {
    let query = |name: &str| {
        athena::lake(name);
        let output = json!({ "output": format!("s3://{name}/own/") });
        Task::new(name, athena::job(name, &["select count(*) from t"], &output))
    };
    let used = [
        "athena:StartQueryExecution",
        "athena:GetQueryExecution",
        "athena:ListQueryExecutions",
        "glue:GetTable",
        "s3:PutObject",
    ];
    each_is_needed("query", &used, query, to_its_end);
    let again = |task: &Task, name: &str| {
        task.clone().env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").run().expect(0);
        until("a listing", || lab().calls("athena", "StartQueryExecution", "WorkGroup", name).len() == 1);
        task.retry().run()
    };
    each_is_needed("query", &["athena:BatchGetQueryExecution"], query, again);
    let stopped = |task: &Task, name: &str| {
        lab().fault(&json!({
            "service": "athena", "operation": "StartQueryExecution", "match": { "WorkGroup": name }, "hold": 20,
        }));
        let running = task.spawn();
        until("a query", || !lab().calls("athena", "StartQueryExecution", "WorkGroup", name).is_empty());
        running.sigterm().0
    };
    each_is_needed("query", &["athena:StopQueryExecution"], query, stopped);
    let insert = |name: &str| {
        athena::lake(name);
        Task::new(name, athena::job(name, &["insert into t values (1)"], &json!({})))
    };
    each_is_needed("insert", &["glue:UpdateTable"], insert, to_its_end);
}

/// A check is nothing without its result.
#[test]
fn a_check_with_athena_needs_what_is_listed() {
    let check = |name: &str| {
        athena::lake(name);
        let rows = json!([{ "type": "rows", "operator": "=", "count": 2 }]);
        athena_check::check(name, "t", &rows, &json!({}))
    };
    let used = ["athena:StartQueryExecution", "athena:GetQueryResults", "glue:GetTable"];
    each_is_needed("check", &used, check, |task, name| {
        let ended = to_its_end(task, name);
        assert!(ended.code != 0 || ended.log.contains("passed: "), "{}", ended.log);
        ended
    });
}

/// Every right: that of the tests themselves.
const ALL: &str = "AKIAIOSFODNN7EXAMPLE";

/// Makes what a statement names: `p`, a table with a partition, `i`, an Iceberg table, `kept_`, a prepared statement.
fn lake_for(name: &str, statement: &str) {
    athena::lake(name);
    let names = |table: &str| statement.split_whitespace().any(|word| word == table);
    let mut before = Vec::new();
    if names("i") {
        let place = format!("location 's3://{name}/i/' tblproperties ('table_type' = 'ICEBERG')");
        before.extend([format!("create table i (n int) {place}"), "insert into i values (1)".to_owned()]);
    }
    if names("p") {
        let place = format!("partitioned by (d string) location 's3://{name}/p/'");
        before.push(format!("create external table p (n int) {place}"));
        before.push("alter table p add partition (d = '1')".to_owned());
    }
    if statement.contains("kept_") {
        before.push(format!("prepare kept_{} from select 1", athena::database(name)));
    }
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    if !before.is_empty() {
        Task::new(name, athena::job(name, &before, &json!({}))).env("AWS_ACCESS_KEY_ID", ALL).run().expect(0);
    }
}

/// What a statement needs follows from what it does: `NAME` is the bucket, `DB` the database.
#[test]
fn each_statement_needs_what_is_listed() {
    let rows: [(&str, &str, Value, &[&str]); 16] = [
        (
            "create",
            "create external table made (a string) location 's3://NAME/made/'",
            json!({ "does": { "makes_table": ["DB.made"] }, "files_read": ["s3://NAME/made/"] }),
            &["glue:CreateTable", "glue:GetDatabase", "s3:GetBucketLocation", "s3:ListBucket"],
        ),
        (
            "iceberg",
            "create table made (a int) location 's3://NAME/made/' tblproperties ('table_type' = 'ICEBERG')",
            json!({ "does": { "makes_table": ["DB.made"] }, "files_written": ["s3://NAME/made/"] }),
            &["glue:CreateTable", "s3:PutObject"],
        ),
        (
            "view",
            "create or replace view v as select n from t",
            json!({ "reads": ["DB.t"], "does": { "makes_table": ["DB.v"], "alters_table": ["DB.v"] } }),
            &["glue:CreateTable", "glue:UpdateTable"],
        ),
        (
            "unload",
            "unload (select n from t) to 's3://NAME/out/' with (format = 'PARQUET')",
            json!({ "reads": ["DB.t"], "files_written": ["s3://NAME/out/"] }),
            &["s3:ListBucket", "s3:GetBucketLocation", "s3:PutObject", "s3:GetObject"],
        ),
        (
            "ctas",
            "create table made with (external_location = 's3://NAME/made/') as select n from t",
            json!({
                "reads": ["DB.t"], "does": { "makes_table": ["DB.made"], "adds_rows": ["DB.made"] },
                "files_written": ["s3://NAME/made/"],
            }),
            &["glue:CreateTable", "s3:PutObject"],
        ),
        ("parts", "select count(*) from p", json!({ "reads": ["DB.p"] }), &["glue:GetPartitions"]),
        (
            "append",
            "insert into i values (2)",
            json!({ "does": { "adds_rows": ["DB.i"] } }),
            &["glue:UpdateTable", "s3:GetObject", "s3:PutObject", "s3:GetBucketLocation"],
        ),
        (
            "change",
            "vacuum i",
            json!({ "does": { "changes_rows": ["DB.i"] } }),
            &["glue:UpdateTable", "s3:DeleteObject"],
        ),
        (
            "addpart",
            "alter table p add partition (d = '2')",
            json!({ "does": { "adds_partitions": ["DB.p"] } }),
            &["glue:BatchCreatePartition"],
        ),
        (
            "droppart",
            "alter table p drop partition (d = '1')",
            json!({ "does": { "drops_partitions": ["DB.p"] } }),
            &["glue:DeletePartition"],
        ),
        (
            "drop",
            "drop table p",
            json!({ "does": { "drops_table": ["DB.p"] } }),
            &["glue:DeleteTable", "glue:GetPartitions", "glue:DeletePartition"],
        ),
        (
            "dropice",
            "drop table i",
            json!({ "does": { "drops_table": ["DB.i"] } }),
            &["glue:DeleteTable", "s3:DeleteObject"],
        ),
        (
            "database",
            "create database DB_made",
            json!({ "does": { "makes_database": ["DB_made"] } }),
            &["glue:CreateDatabase"],
        ),
        (
            "dropdb",
            "drop database DB cascade",
            json!({ "does": { "drops_database": ["DB"] } }),
            &["glue:DeleteDatabase", "glue:GetTables", "glue:DeleteTable"],
        ),
        ("list", "show tables", json!({ "does": { "lists_tables": ["DB"] } }), &["glue:GetTables"]),
        (
            "function",
            "using external function f(x int) returns int lambda 'NAME' select f(1)",
            json!({ "does": { "calls_function": ["NAME"] } }),
            &["lambda:InvokeFunction"],
        ),
    ];
    // Most of the time goes into waiting for queries.
    std::thread::scope(|scope| {
        for (kind, statement, more, used) in &rows {
            scope.spawn(move || {
                each_is_needed(kind, used, |name| task_in_lake(name, statement, more), to_its_end);
            });
        }
    });
}

/// Prepared statements are the workgroup's.
#[test]
fn what_workgroups_keep_needs_what_is_listed() {
    let rows = [
        ("prepare", "prepare other from select 1", "prepares_statement", "athena:CreatePreparedStatement"),
        ("again", "prepare kept_DB from select 2", "prepares_statement", "athena:UpdatePreparedStatement"),
        ("execute", "execute kept_DB", "runs_statement", "athena:GetPreparedStatement"),
        ("forget", "deallocate prepare kept_DB", "forgets_statement", "athena:DeletePreparedStatement"),
        ("all", "show databases", "lists_databases", "glue:GetDatabases"),
    ];
    std::thread::scope(|scope| {
        for (kind, statement, deed, used) in rows {
            scope.spawn(move || {
                let more = json!({ "does": { (deed): ["kept"] } });
                each_is_needed(kind, &[used], |name| task_in_lake(name, statement, &more), to_its_end);
            });
        }
    });
}

fn task_in_lake(name: &str, statement: &str, more: &Value) -> Task {
    lake_for(name, statement);
    let filled = |text: &str| text.replace("DB", &athena::database(name)).replace("NAME", name);
    let mut job = athena::job(name, &[&filled(statement)], &json!({ "reads": [], "writes": [] }));
    let more: Value = serde_json::from_str(&filled(&more.to_string())).unwrap();
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Task::new(name, job)
}

/// Athena asks for the default database whatever the query is of.
#[test]
fn a_query_needs_the_default_database() {
    let name = "rights-query-default";
    athena::lake(name);
    let task = Task::new(name, athena::job(name, &["select count(*) from t"], &json!({})));
    let mut policy = task.policy();
    policy.get_mut("glue:GetDatabase").unwrap().retain(|arn| !arn.ends_with("/default"));
    let ended = task.env("AWS_ACCESS_KEY_ID", &key(&policy)).run();
    assert!(
        ended.log.contains("glue:GetDatabase on resource: ") && ended.log.contains("database/default"),
        "{}",
        ended.log
    );
}

#[test]
fn a_function_needs_what_is_listed() {
    for qualifier in ["", ":live"] {
        let invoke = |name: &str| {
            lambda::function(name);
            Task::new(name, lambda::job(&format!("{name}{qualifier}"), &json!({})))
        };
        let kind = format!("function{}", qualifier.replace(':', "-"));
        each_is_needed(&kind, &["lambda:InvokeFunction"], invoke, to_its_end);
    }
}

#[test]
fn an_ecs_task_needs_what_is_listed() {
    let task = |name: &str| {
        ecs_task::definition(name);
        Task::new(name, ecs_task::job(name, &json!({})))
    };
    let used = ["ecs:RunTask", "ecs:DescribeTasks", "ecs:ListTasks", "iam:PassRole"];
    each_is_needed("ecs", &used, task, to_its_end);
    each_is_needed("ecs", &["ecs:DescribeTaskDefinition", "logs:GetLogEvents"], task, to_its_end);
    let told = |name: &str| {
        ecs_task::definition(name);
        Task::new(name, ecs_task::job(name, &json!({ "log": { "group": "/ecs/dagc", "prefix": "p" } })))
    };
    assert!(!told("rights-ecs-told").policy().contains_key("ecs:DescribeTaskDefinition"));
    each_is_needed("ecs-told", &["logs:GetLogEvents"], told, to_its_end);
    let stopped = |task: &Task, name: &str| {
        let hold =
            json!({ "service": "ecs", "operation": "RunTask", "match": { "cluster": name }, "hold": 20 });
        lab().fault(&hold);
        let running = task.spawn();
        until("a task", || !lab().calls("ecs", "RunTask", "cluster", name).is_empty());
        running.sigterm().0
    };
    each_is_needed("ecs", &["ecs:StopTask"], task, stopped);
}

#[test]
fn a_data_quality_run_needs_what_is_listed() {
    let task = |name: &str| {
        let name = name.replace('-', "_");
        data_quality::table(&name);
        Task::new(&name, data_quality::job(&name, "RowCount > 0", &json!({})))
    };
    let calls = [
        "CreateDataQualityRuleset",
        "GetDataQualityResult",
        "GetDataQualityRulesetEvaluationRun",
        "StartDataQualityRulesetEvaluationRun",
    ];
    let used: Vec<String> = calls.iter().map(|action| format!("glue:{action}")).collect();
    let used: Vec<&str> = used.iter().map(String::as_str).chain(["iam:PassRole"]).collect();
    each_is_needed("dq", &used, task, to_its_end);
    // The ruleset is there, and is looked at.
    let there = |name: &str| {
        let task = task(name);
        let ruleset = format!("{}-rules", name.replace('-', "_"));
        let create = glue().create_data_quality_ruleset().name(ruleset).ruleset("Rules = [ RowCount > 0 ]");
        block_on(create.send()).unwrap();
        task
    };
    each_is_needed("dq-there", &["glue:GetDataQualityRuleset"], there, to_its_end);
    let stopped = |task: &Task, name: &str| {
        let role = data_quality::role(&name.replace('-', "_"));
        let operation = "StartDataQualityRulesetEvaluationRun";
        let member = json!({ "Role": role });
        lab().fault(&json!({ "service": "glue", "operation": operation, "match": member, "hold": 20 }));
        let running = task.spawn();
        until("a run", || !lab().calls("glue", operation, "Role", &role).is_empty());
        running.sigterm().0
    };
    each_is_needed("dq-stop", &["glue:CancelDataQualityRulesetEvaluationRun"], task, stopped);
}

#[test]
fn a_run_on_emr_serverless_needs_what_is_listed() {
    let task = |name: &str| {
        emr_serverless::application(name, &json!({ "state": "CREATED", "auto_start": false }));
        Task::new(name, emr_serverless::job(name, &json!({ "role": emr_serverless::role(name) })))
    };
    let used =
        ["StartJobRun", "GetJobRun", "ListJobRuns", "GetApplication", "StartApplication", "ListApplications"];
    let used: Vec<String> = used.iter().map(|action| format!("emr-serverless:{action}")).collect();
    let used: Vec<&str> =
        used.iter().map(String::as_str).chain(["iam:PassRole", "logs:GetLogEvents"]).collect();
    each_is_needed("emr", &used, task, to_its_end);
    let stopped = |task: &Task, name: &str| {
        let role = emr_serverless::role(name);
        let member = json!({ "executionRoleArn": role });
        lab().fault(
            &json!({ "service": "emr-serverless", "operation": "StartJobRun", "match": member, "hold": 20 }),
        );
        let running = task.spawn();
        until("a run", || {
            !lab().calls("emr-serverless", "StartJobRun", "executionRoleArn", &role).is_empty()
        });
        running.sigterm().0
    };
    each_is_needed("emr-stop", &["emr-serverless:CancelJobRun"], task, stopped);
}

#[test]
fn a_step_on_emr_needs_what_is_listed() {
    let task = |name: &str| {
        emr_step::cluster(name, &json!({}));
        Task::new(name, emr_step::job(name, &json!({ "role": emr_serverless::role(name) })))
    };
    let used = ["AddJobFlowSteps", "DescribeStep", "ListSteps", "ListClusters", "DescribeCluster"];
    let used: Vec<String> = used.iter().map(|action| format!("elasticmapreduce:{action}")).collect();
    each_is_needed("step", &used.iter().map(String::as_str).collect::<Vec<_>>(), task, to_its_end);
    let stopped = |task: &Task, name: &str| {
        let role = emr_serverless::role(name);
        let member = json!({ "ExecutionRoleArn": role });
        lab()
            .fault(&json!({ "service": "emr", "operation": "AddJobFlowSteps", "match": member, "hold": 20 }));
        let running = task.spawn();
        until("a step", || !lab().calls("emr", "AddJobFlowSteps", "ExecutionRoleArn", &role).is_empty());
        running.sigterm().0
    };
    each_is_needed("step-stop", &["elasticmapreduce:CancelSteps"], task, stopped);
}

#[test]
fn a_state_machine_needs_what_is_listed() {
    let task = |name: &str, more: &Value| {
        step_function::machine(name, more["express"] == true);
        Task::new(name, step_function::job(name, more))
    };
    let standard = |name: &str| task(name, &json!({}));
    let used = [
        "states:StartExecution",
        "states:DescribeExecution",
        "states:ListExecutions",
        "states:ListStateMachines",
    ];
    each_is_needed("machine", &used, standard, to_its_end);
    let alias = |name: &str| task(name, &json!({ "state_machine": format!("{name}:live") }));
    each_is_needed("alias", &["states:StartExecution"], alias, to_its_end);
    let express = |name: &str| task(name, &json!({ "express": true }));
    each_is_needed("express", &["states:StartSyncExecution"], express, to_its_end);
    let begun = |name: &str| task(name, &json!({ "express": true, "no_wait": true }));
    each_is_needed("express", &["states:StartExecution"], begun, to_its_end);
    let arn = |name: &str| format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}");
    let scripted = |name: &str, rule: Value| {
        let mut whole = json!({
            "service": "stepfunctions", "operation": "StartExecution", "match": { "stateMachineArn": arn(name) },
        });
        whole.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
        lab().fault(&whole);
    };
    let fails = |task: &Task, name: &str| {
        scripted(name, json!({ "script": { "state": "FAILED" } }));
        task.run()
    };
    each_is_needed("machine", &["states:GetExecutionHistory"], standard, fails);
    let stopped = |task: &Task, name: &str| {
        scripted(name, json!({ "hold": 20 }));
        let running = task.spawn();
        let starts = || lab().calls("stepfunctions", "StartExecution", "stateMachineArn", &arn(name));
        until("an execution", || !starts().is_empty());
        running.sigterm().0
    };
    each_is_needed("machine", &["states:StopExecution"], standard, stopped);
}

#[test]
fn a_grant_needs_what_is_listed() {
    let grant = |name: &str| {
        let database = name.replace('-', "_");
        lake_formation::database(&database, 1);
        Task::new(name, lake_formation::job(&database, 1))
    };
    each_is_needed("grant", &["lakeformation:BatchGrantPermissions"], grant, to_its_end);
}

#[test]
fn a_table_of_the_catalog_needs_what_is_listed() {
    let made = |name: &str| {
        let database = name.replace('-', "_");
        catalog::database(&database);
        Task::new(name, catalog::job(&database, &json!({ "on_drift": "update" })))
    };
    let used = ["glue:GetTable", "glue:CreateTable", "glue:BatchGetPartition", "glue:BatchCreatePartition"];
    each_is_needed("catalog", &used, made, to_its_end);
    let changed = |name: &str| {
        let task = made(name);
        let elsewhere = json!({ "columns": [{ "name": "id", "type": "int" }] });
        catalog::there(&name.replace('-', "_"), &elsewhere, "s3://elsewhere/");
        task
    };
    each_is_needed("changed", &["glue:UpdateTable", "glue:BatchUpdatePartition"], changed, to_its_end);
}

#[test]
fn a_task_of_datasync_needs_what_is_listed() {
    let named = |name: &str| {
        datasync::transfer(name);
        Task::new(name, datasync::job(name, &json!({})))
    };
    let used = [
        "datasync:StartTaskExecution",
        "datasync:TagResource",
        "datasync:DescribeTaskExecution",
        "datasync:ListTaskExecutions",
        "datasync:ListTasks",
    ];
    each_is_needed("transfer", &used, named, to_its_end);
    let before = |task: &Task, _: &str| {
        task.run().expect(0);
        task.retry().run()
    };
    each_is_needed("transferred", &["datasync:ListTagsForResource"], named, before);
    let stopped = |task: &Task, name: &str| {
        let arn = datasync::arn_of(name);
        lab().fault(&json!({
            "service": "datasync", "operation": "StartTaskExecution", "match": { "TaskArn": arn }, "hold": 20,
        }));
        let running = task.spawn();
        let starts = || lab().calls("datasync", "StartTaskExecution", "TaskArn", &arn);
        until("an execution", || !starts().is_empty());
        running.sigterm().0
    };
    each_is_needed("transferring", &["datasync:CancelTaskExecution"], named, stopped);
}

#[test]
fn a_change_of_a_cluster_needs_what_is_listed() {
    for (status, action, right) in [
        ("available", json!({ "type": "pause" }), "redshift:PauseCluster"),
        ("paused", json!({ "type": "resume" }), "redshift:ResumeCluster"),
        ("available", json!({ "type": "resize", "nodes": 3 }), "redshift:ResizeCluster"),
    ] {
        let task = |name: &str| {
            redshift_cluster::cluster(name, status);
            Task::new(name, redshift_cluster::job(name, &action))
        };
        each_is_needed("cluster", &[right, "redshift:DescribeClusters"], task, to_its_end);
    }
}

#[test]
fn a_replication_needs_what_is_listed() {
    let task = |name: &str| {
        dms::replication(name, &json!({ "type": "cdc" }));
        Task::new(name, dms::job(&json!({ "task": name }), &json!({ "until": dms::PAST })))
    };
    let used = [
        "dms:StartReplicationTask",
        "dms:DescribeReplicationTasks",
        "dms:DescribeTableStatistics",
        "dms:ListTagsForResource",
        "dms:AddTagsToResource",
    ];
    each_is_needed("replication", &used, task, to_its_end);
    let fails = |task: &Task, name: &str| {
        dms::fault(name, "StartReplicationTask", &json!({ "script": { "state": "failed" } }));
        task.run()
    };
    each_is_needed("replication", &["dms:DescribeReplicationInstances"], task, fails);
    let stopped = |task: &Task, name: &str| {
        dms::fault(name, "StartReplicationTask", &json!({ "hold": 20 }));
        let running = task.spawn();
        until("a run", || !dms::runs(name).is_empty());
        running.sigterm().0
    };
    each_is_needed("replication", &["dms:StopReplicationTask"], task, stopped);
}

#[test]
fn a_serverless_replication_needs_what_is_listed() {
    let settings = r#"{"FullLoadSettings": {"StopTaskCachedChangesApplied": true}}"#;
    let serverless = |name: &str| {
        let more = json!({ "type": "full-load-and-cdc", "serverless": true, "settings": settings });
        dms::replication(name, &more);
        Task::new(name, dms::job(&json!({ "serverless": name }), &json!({})))
    };
    let used = [
        "dms:StartReplication",
        "dms:DescribeReplications",
        "dms:DescribeReplicationConfigs",
        "dms:DescribeReplicationTableStatistics",
        "dms:ListTagsForResource",
        "dms:AddTagsToResource",
    ];
    each_is_needed("serverless", &used, serverless, to_its_end);
    let stopped = |task: &Task, name: &str| {
        dms::fault(name, "StartReplication", &json!({ "hold": 20 }));
        let running = task.spawn();
        until("a run", || !dms::runs(name).is_empty());
        running.sigterm().0
    };
    each_is_needed("serverless", &["dms:StopReplication"], serverless, stopped);
}

/// What the query gives can be done without.
#[test]
fn a_query_is_done_where_its_result_may_not_be_read() {
    let name = "rights-query-results";
    athena::lake(name);
    let task = Task::new(name, athena::job(name, &["select count(*) from t"], &json!({})));
    let mut policy = task.policy();
    policy.remove("athena:GetQueryResults");
    let ended = task.env("AWS_ACCESS_KEY_ID", &key(&policy)).run().expect(0);
    assert_eq!(ended.says("what the query gives is not known").outputs["value"], Value::Null);
}

fn sql(name: &str, connection: &Value, body: &Value) -> Task {
    Task::new(name, json!({ "type": "run_sql", "connection": connection, "body": body }))
}

fn workgroup(name: &str) -> Value {
    json!({ "workgroup": name, "database": "analytics" })
}

fn script_of(statements: &[&str]) -> Value {
    json!({ "type": "script", "statements": statements, "transaction": true })
}

#[test]
fn sql_needs_what_is_listed() {
    let (one, two) = (script_of(&["select 1"]), script_of(&["select 1", "select 2"]));
    let used = [
        "redshift-data:ExecuteStatement",
        "redshift-data:DescribeStatement",
        "redshift-data:ListStatements",
        "redshift-serverless:GetCredentials",
    ];
    each_is_needed("sql", &used, |name| sql(name, &workgroup(name), &one), to_its_end);
    let used = ["redshift-data:BatchExecuteStatement"];
    each_is_needed("sql", &used, |name| sql(name, &workgroup(name), &two), to_its_end);
    let check =
        json!({ "type": "query", "name": "one", "query": "select 1 where false", "expect": "no_rows" });
    let check = json!({ "type": "check", "assertions": [check] });
    let used = ["redshift-data:GetStatementResult"];
    each_is_needed("sql", &used, |name| sql(name, &workgroup(name), &check), to_its_end);
    let stopped = |task: &Task, name: &str| {
        lab().fault(&json!({
            "service": "redshift-data", "operation": "ExecuteStatement", "match": { "WorkgroupName": name }, "hold": 20,
        }));
        let running = task.spawn();
        until("a statement", || {
            !lab().calls("redshift-data", "ExecuteStatement", "WorkgroupName", name).is_empty()
        });
        // The start is settled before the kill is heard.
        running.sigterm().0
    };
    let used = ["redshift-data:CancelStatement"];
    each_is_needed("sql", &used, |name| sql(name, &workgroup(name), &one), stopped);
    let cluster = |name: &str| json!({ "cluster": name, "database": "analytics" });
    let used = ["redshift:GetClusterCredentialsWithIAM"];
    each_is_needed("sql", &used, |name| sql(name, &cluster(name), &one), to_its_end);
    let as_user = |name: &str| {
        let mut connection = cluster(name);
        connection["db_user"] = json!("etl");
        sql(name, &connection, &one)
    };
    each_is_needed("sql", &["redshift:GetClusterCredentials"], as_user, to_its_end);
}

#[test]
fn a_load_needs_what_is_listed() {
    each_is_needed("load", &["s3:ListBucket", "s3:PutObject"], load, to_its_end);
    let encrypted = |name: &str| {
        bucket(name);
        encrypts(name, &format!("arn:aws:kms:us-east-1:123456789012:key/{name}"));
        load_from(name)
    };
    each_is_needed("load", &["kms:GenerateDataKey"], encrypted, to_its_end);
}

#[test]
fn a_view_needs_what_is_listed() {
    let view = json!({
        "type": "materialized_view", "name": { "schema": "public", "table": "v" }, "query": "select 1 as n",
        "backup": true, "auto_refresh": false,
    });
    let used = ["redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement"];
    each_is_needed("view", &used, |name| sql(name, &workgroup(name), &view), to_its_end);
}

#[test]
fn a_schema_needs_what_is_listed() {
    let schema = json!({ "type": "spectrum_schema", "schema": "lake", "database": "raw", "role": "default" });
    let used = ["redshift-data:ExecuteStatement", "redshift-data:GetStatementResult"];
    each_is_needed("schema", &used, |name| sql(name, &workgroup(name), &schema), to_its_end);
}

fn load(name: &str) -> Task {
    bucket(name);
    load_from(name)
}

fn load_from(name: &str) -> Task {
    put(name, "in/a.csv", csv(&["1"]));
    lab().sql(name, "create schema mart; create table mart.t (id int)");
    let format = json!({ "type": "csv", "header": false, "delimiter": ",", "quote": "\"" });
    let body = json!({
        "type": "load", "path": format!("s3://{name}/in/"), "staging": format!("s3://{name}/_dagc/"),
        "schema": "mart", "table": "t", "mode": "replace", "format": format, "role": "default",
    });
    sql(name, &workgroup(name), &body)
}

/// Has a bucket encrypt by itself.
fn encrypts(bucket: &str, key: &str) {
    let by = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::AwsKms)
        .kms_master_key_id(key)
        .build()
        .unwrap();
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(by).build();
    let rules = ServerSideEncryptionConfiguration::builder().rules(rule).build().unwrap();
    let request = s3().put_bucket_encryption().bucket(bucket);
    block_on(request.server_side_encryption_configuration(rules).send()).unwrap();
}

#[test]
fn a_secret_may_be_read() {
    let with_secret = |name: &str| {
        let mut connection = workgroup(name);
        connection["secret"] = json!(lab().secret(name));
        sql(name, &connection, &script_of(&["select 1"]))
    };
    each_is_needed("sql", &["secretsmanager:GetSecretValue"], with_secret, to_its_end);
}

/// The example project, in the lab's region.
fn example() -> ProjectPlan {
    let files = load_project(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let compiled = compile(&files, &Environments::Named("dev".to_owned()));
    let mut plan = compiled.plans.into_iter().next().unwrap();
    plan.environment.region = Some("us-east-1".to_owned());
    plan
}

/// What AWS has before the example project runs: a day's files, its crawler, its Glue job.
fn example_world() {
    bucket("aviation-dev-raw");
    bucket("aviation-dev-lake");
    put("aviation-dev-raw", "flights/dt=2026-01-31/a.csv", csv(&["1"]));
    let weather = "EWR,2026,1,31,1,1.0,1.0,1.0,1,1.0,1.0,1.0,1.0,1.0,2026-01-31 01:00:00";
    let header = "origin,year,month,day,hour,temp,dewp,humid,wind_dir,wind_speed,wind_gust,precip,pressure,visib,time_hour";
    put("aviation-dev-raw", "weather/dt=2026-01-31/a.csv", format!("{header}\n{weather}\n"));
    crawler("aviation-flights", 0);
    job("aviation-flights_daily-clean", 0);
}

/// The statements of a policy, as a person completes them.
fn allowed<'s>(statements: impl Iterator<Item = &'s Statement>) -> Policy {
    let mut policy = Policy::new();
    for Statement { action, resource, .. } in statements {
        for action in action {
            let completed = resource.iter().map(|arn| arn.replace("workgroup/ID", "workgroup/*"));
            policy.entry((*action).to_owned()).or_default().extend(completed);
        }
    }
    policy
}

/// What is drafted for the workers is enough for the example project, and each statement of it is needed.
#[test]
fn the_drafted_policy_is_enough_and_no_more() {
    let plan = example();
    example_world();
    let drafted = draft(&plan, Some("123456789012"));
    let [policy] = drafted.holders[0].policies.as_slice() else { panic!("{:?}", drafted.holders[0]) };
    let statements = &policy.document.statement;
    let pipeline = plan.pipelines.iter().find(|pipeline| pipeline.dag.id == "flights_daily").unwrap();
    let jobs: Vec<(&str, &Job)> = pipeline
        .tasks()
        .filter_map(|task| match &task.work {
            Work::Job(job) => Some((task.id.as_str(), job)),
            Work::Bash(_) | Work::Operator(_) | Work::Pipeline(_) => None,
        })
        .collect();
    let log = |run: &str, (id, job): &(&str, &Job), policy: &Policy| {
        let task = Task::new(&format!("drafted-{run}-{id}"), json!(job));
        task.env("AWS_ACCESS_KEY_ID", &key(policy)).run().log
    };
    let whole = allowed(statements.iter());
    let lacking: Vec<String> = jobs
        .iter()
        .map(|job| log("whole", job, &whole))
        .filter(|log| log.contains("not authorized"))
        .collect();
    assert_eq!(lacking, [""; 0]);
    for without in statements {
        let others = allowed(statements.iter().filter(|one| one.sid != without.sid));
        let refused = |log: &String| {
            without
                .action
                .iter()
                .any(|action| log.contains(&format!("not authorized to perform: {action} on")))
        };
        let found = jobs.iter().map(|job| log(&without.sid, job, &others)).any(|log| refused(&log));
        assert!(found, "without {without:?} everything goes on");
    }
}
