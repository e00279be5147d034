//! Permissions: what the page lists for a kind of step is enough, and each of it is needed.
//!
//! The lab refuses what a key may not do, also in every other test: the worker's key has what the page lists for
//! all workers.

use super::lab::{block_on, bucket, csv, glue, lab, put, s3};
use super::task::{Ended, Task, until};
use aws_sdk_glue::types::{CrawlerTargets, JobCommand, S3Target};
use aws_sdk_s3::types::{
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
};
use dagc::aws::rights::Caller;
use serde_json::{Value, json};
use std::collections::BTreeMap;
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

/// What the page lists for a caller, with the names of a scenario, in which everything is called alike.
fn policy(caller: Caller, name: &str) -> Policy {
    let mut policy = Policy::new();
    for right in caller.rights() {
        for action in right.actions {
            let arns = right.resources.iter().map(|arn| filled(arn, name));
            policy.entry((*action).to_owned()).or_default().extend(arns);
        }
    }
    policy
}

fn filled(arn: &str, name: &str) -> String {
    let mut arn = arn.replace("REGION", "us-east-1").replace("ACCOUNT", "123456789012");
    // A workgroup's ARN does not hold its name, and that of a secret has more behind it.
    for (word, value) in [("ID", "*"), ("STAGING", "_dagc/"), ("DATABASE", "analytics"), ("USER", "etl")] {
        arn = arn.replace(word, value);
    }
    arn = arn.replace("SECRET", &format!("{name}-??????"));
    for word in ["BUCKET", "JOB", "CRAWLER", "CLUSTER", "KEY"] {
        arn = arn.replace(word, name);
    }
    arn
}

/// Another resource of the same kind.
fn other(arn: &str, name: &str) -> String {
    if arn.contains(name) {
        return arn.replace(name, "another");
    }
    arn.replace("workgroup/*", "workgroup/another").replace("/aws-glue/", "/another/").replace('*', "another")
}

/// Runs a scenario with all that is listed on the resources that are listed, then with each of `used` given on
/// others: whoever lacks it says which action on which resource.
fn each_is_needed(caller: Caller, used: &[&str], scenario: impl Fn(&str, &str) -> Ended) {
    let name = format!("rights-{caller:?}-{}", used[0].replace(':', "-")).to_lowercase();
    let whole = scenario(&name, &key(&policy(caller, &name)));
    assert!(!whole.log.contains("not authorized"), "{}", whole.log);
    for action in used {
        let name = format!("rights-{caller:?}-{}-less", action.replace(':', "-")).to_lowercase();
        let mut policy = policy(caller, &name);
        let listed =
            policy.get_mut(*action).unwrap_or_else(|| panic!("{action} is not listed for {caller:?}"));
        for arn in listed {
            *arn = other(arn, &name);
        }
        let ended = scenario(&name, &key(&policy));
        let told = format!("is not authorized to perform: {action} on resource: ");
        assert!(ended.log.contains(&told), "{action}: {}\n{}", ended.code, ended.log);
    }
}

fn script(action: &str, name: &str, script: &Value) {
    let member = if action == "StartCrawler" { "Name" } else { "JobName" };
    lab().fault(&json!({
        "service": "glue", "operation": action, "match": { member: name }, "script": script, "times": null,
    }));
}

fn crawl(name: &str, key: &str, after: u64) -> Task {
    let targets = CrawlerTargets::builder().s3_targets(S3Target::builder().path("s3://raw/in/").build());
    let request = glue().create_crawler().name(name).role("glue").database_name("raw");
    block_on(request.targets(targets.build()).send()).unwrap();
    script("StartCrawler", name, &json!({ "state": "SUCCEEDED", "after": after, "late": 0 }));
    let job = json!({ "type": "crawl", "crawler": name, "if_running": "adopt" });
    Task::new(name, job).env("AWS_ACCESS_KEY_ID", key)
}

fn glue_job(name: &str, key: &str, after: u64) -> Task {
    let command = JobCommand::builder().name("glueetl").script_location("s3://assets/job.py").build();
    block_on(glue().create_job().name(name).role("glue").command(command).send()).unwrap();
    script("StartJobRun", name, &json!({ "state": "SUCCEEDED", "after": after, "late": 0 }));
    Task::new(name, json!({ "type": "run_glue_job", "job": name })).env("AWS_ACCESS_KEY_ID", key)
}

/// Ends a task once its job runs.
fn killed(task: &Task, operation: &str, member: &str, name: &str) -> Ended {
    let running = task.spawn();
    until("a job", || !lab().calls("glue", operation, member, name).is_empty());
    running.sigterm().0
}

#[test]
fn a_wait_needs_what_is_listed() {
    each_is_needed(Caller::Wait, &["s3:ListBucket"], |name, key| {
        bucket(name);
        put(name, "in/a", "1");
        let path = format!("s3://{name}/in/");
        let job = json!({ "type": "wait_for_objects", "path": path, "at_least": 1, "every": 1 });
        Task::new(name, job).env("AWS_ACCESS_KEY_ID", key).run()
    });
}

#[test]
fn a_crawl_needs_what_is_listed() {
    let used = ["glue:StartCrawler", "glue:GetCrawler", "glue:ListCrawls", "logs:FilterLogEvents"];
    each_is_needed(Caller::Crawler, &used, |name, key| crawl(name, key, 0).run());
    each_is_needed(Caller::Crawler, &["glue:StopCrawler"], |name, key| {
        // The listing before the start, and one after it.
        let task = crawl(name, key, 20);
        let running = task.spawn();
        until("looks", || lab().calls("glue", "ListCrawls", "CrawlerName", name).len() > 1);
        running.sigterm().0
    });
}

#[test]
fn a_glue_job_needs_what_is_listed() {
    let used = ["glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "logs:GetLogEvents"];
    each_is_needed(Caller::GlueJob, &used, |name, key| glue_job(name, key, 0).run());
    each_is_needed(Caller::GlueJob, &["glue:BatchStopJobRun"], |name, key| {
        killed(&glue_job(name, key, 20), "GetJobRun", "JobName", name)
    });
}

fn sql(name: &str, key: &str, connection: &Value, body: &Value) -> Task {
    let job = json!({ "type": "run_sql", "connection": connection, "body": body });
    Task::new(name, job).env("AWS_ACCESS_KEY_ID", key)
}

#[test]
fn sql_needs_what_is_listed() {
    let workgroup = |name: &str| json!({ "workgroup": name, "database": "analytics" });
    let one = json!({ "type": "script", "statements": ["select 1"], "transaction": true });
    let two = json!({ "type": "script", "statements": ["select 1", "select 2"], "transaction": true });
    let used = [
        "redshift-data:ExecuteStatement",
        "redshift-data:DescribeStatement",
        "redshift-data:ListStatements",
        "redshift-serverless:GetCredentials",
    ];
    each_is_needed(Caller::Sql, &used, |name, key| sql(name, key, &workgroup(name), &one).run());
    each_is_needed(Caller::Sql, &["redshift-data:BatchExecuteStatement"], |name, key| {
        sql(name, key, &workgroup(name), &two).run()
    });
    each_is_needed(Caller::Sql, &["redshift-data:GetStatementResult"], |name, key| {
        let check = json!([{ "name": "one", "sql": "select 1 where false", "kind": "no_rows" }]);
        let check = json!({ "type": "check", "checks": check });
        sql(name, key, &workgroup(name), &check).run()
    });
    each_is_needed(Caller::Sql, &["redshift-data:CancelStatement"], |name, key| {
        lab().fault(&json!({
            "service": "redshift-data", "operation": "ExecuteStatement", "match": { "WorkgroupName": name }, "hold": 20,
        }));
        let running = sql(name, key, &workgroup(name), &one).spawn();
        until("a statement", || {
            !lab().calls("redshift-data", "ExecuteStatement", "WorkgroupName", name).is_empty()
        });
        // The start is settled before the kill is heard.
        running.sigterm().0
    });
    let cluster = |name: &str| json!({ "cluster": name, "database": "analytics" });
    each_is_needed(Caller::Sql, &["redshift:GetClusterCredentialsWithIAM"], |name, key| {
        sql(name, key, &cluster(name), &one).run()
    });
    each_is_needed(Caller::Sql, &["redshift:GetClusterCredentials"], |name, key| {
        let mut connection = cluster(name);
        connection["db_user"] = json!("etl");
        sql(name, key, &connection, &one).run()
    });
}

#[test]
fn a_load_needs_what_is_listed() {
    each_is_needed(Caller::Load, &["s3:ListBucket", "s3:PutObject"], load);
    each_is_needed(Caller::Load, &["kms:GenerateDataKey"], |name, key| {
        bucket(name);
        encrypts(name, &format!("arn:aws:kms:us-east-1:123456789012:key/{name}"));
        load_from(name, key)
    });
}

fn load(name: &str, key: &str) -> Ended {
    bucket(name);
    load_from(name, key)
}

fn load_from(name: &str, key: &str) -> Ended {
    put(name, "in/a.csv", csv(&["1"]));
    lab().sql(name, "create schema mart; create table mart.t (id int)");
    let connection = json!({ "workgroup": name, "database": "analytics" });
    let format = json!({ "type": "csv", "header": false, "delimiter": ",", "quote": "\"" });
    let body = json!({
        "type": "load", "path": format!("s3://{name}/in/"), "staging": format!("s3://{name}/_dagc/"),
        "schema": "mart", "table": "t", "mode": "replace", "format": format, "role": "default",
    });
    sql(name, key, &connection, &body).run()
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
    each_is_needed(Caller::Sql, &["secretsmanager:GetSecretValue"], |name, key| {
        let arn = lab().secret(name);
        let connection = json!({ "workgroup": name, "database": "analytics", "secret": arn });
        let one = json!({ "type": "script", "statements": ["select 1"], "transaction": true });
        sql(name, key, &connection, &one).run()
    });
}
