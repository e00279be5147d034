//! SQL in Athena: queries that are started once, their states, what they give.

use super::lab::{block_on, bucket, glue, keys, lab, put, s3};
use super::task::{Ended, Task, until};
use aws_sdk_glue::types::{Column, DatabaseInput, SerDeInfo, StorageDescriptor, TableInput};
use serde_json::{Value, json};
use std::time::Duration;

/// A workgroup with a bucket for its results, and a database with a table `t (n int)` of the rows 1 and 2.
pub(crate) fn lake(name: &str) {
    bucket(name);
    lab().control("PUT", "workgroup", &json!({ "name": name, "output": format!("s3://{name}/results/") }));
    put(name, "t/a.csv", "1\n2\n");
    let database = database(name);
    let input = DatabaseInput::builder().name(&database).build().unwrap();
    block_on(glue().create_database().database_input(input).send()).unwrap();
    table(name, &database, "t");
}

fn table(bucket: &str, database: &str, name: &str) {
    let serde = SerDeInfo::builder()
        .serialization_library("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe")
        .parameters("field.delim", ",");
    let storage = StorageDescriptor::builder()
        .columns(Column::builder().name("n").r#type("int").build().unwrap())
        .location(format!("s3://{bucket}/{name}/"))
        .serde_info(serde.build());
    let table =
        TableInput::builder().name(name).table_type("EXTERNAL_TABLE").storage_descriptor(storage.build());
    let table = table.build().unwrap();
    block_on(glue().create_table().database_name(database).table_input(table).send()).unwrap();
}

/// The database of a test.
pub(crate) fn database(name: &str) -> String {
    name.replace('-', "_")
}

/// A step of these statements.
pub(crate) fn job(name: &str, statements: &[&str], more: &Value) -> Value {
    let database = database(name);
    let table = || vec![format!("{database}.t")];
    let mut job = json!({
        "type": "run_athena", "workgroup": name, "database": database, "statements": statements,
        "reads": table(), "writes": table(),
    });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    job
}

fn task(name: &str, statements: &[&str], more: &Value) -> Task {
    lake(name);
    Task::new(name, job(name, statements, more))
}

fn starts(name: &str) -> Vec<Value> {
    lab().calls("athena", "StartQueryExecution", "WorkGroup", name)
}

/// How many queries were started: those that a token has given again are none.
fn started(name: &str) -> usize {
    let calls = starts(name);
    let mut ids: Vec<&str> = calls.iter().filter_map(|call| call["notes"]["query"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}

fn fault(name: &str, rule: &Value) {
    let mut whole =
        json!({ "service": "athena", "operation": "StartQueryExecution", "match": { "WorkGroup": name } });
    whole.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    lab().fault(&whole);
}

/// The lines of all files of a table.
fn rows(name: &str, folder: &str) -> Vec<String> {
    let mut rows = Vec::new();
    for key in keys(name, folder) {
        let client = s3();
        let body = block_on(async {
            let object = client.get_object().bucket(name).key(&key).send().await.unwrap();
            object.body.collect().await.unwrap().into_bytes()
        });
        rows.extend(String::from_utf8(body.to_vec()).unwrap().lines().map(str::to_owned));
    }
    rows.sort();
    rows
}

#[test]
fn statements_run_one_by_one_and_give_what_they_have_done() {
    let name = "athena-outputs";
    let statements = ["insert into t select n + 2 from t", "select max(n), 'it''s {{ ds }}' from t"];
    let ended = task(name, &statements, &json!({})).run().expect(0);
    let ended = ended.says("statement 2 of 2:").says("select max(n), 'it''s 2026-01-31' from t");
    let outputs = &ended.outputs;
    assert_eq!((&outputs["rows"], &outputs["value"]), (&json!(2), &json!("4")));
    assert_eq!(outputs["bytes_scanned"], 4 + 8);
    let handle = outputs["handle"].as_str().unwrap();
    assert_eq!(outputs["output"], format!("s3://{name}/results/{handle}.csv"));
    assert!(outputs["url"].as_str().unwrap().ends_with(&format!("/query-editor/history/{handle}")));
    assert_eq!(rows(name, "t/"), ["1", "2", "3", "4"]);
    let sent = starts(name);
    let text = sent[0]["request"]["QueryString"].as_str().unwrap();
    assert!(text.starts_with("-- dagc:") && text.ends_with("\ninsert into t select n + 2 from t"), "{text}");
    assert_eq!(sent[0]["request"]["QueryExecutionContext"], json!({ "Database": database(name) }));
}

#[test]
fn iceberg_tables_are_made_changed_and_maintained() {
    let name = "athena-iceberg";
    let place = format!("location 's3://{name}/i/' tblproperties ('table_type' = 'ICEBERG')");
    let create = format!("create table i (id int, v string) {place}");
    let statements = [
        create.as_str(),
        "insert into i values (1, 'a'), (2, 'b')",
        "merge into i t using (select 2 as id, 'c' as v union all select 3, 'd') s on t.id = s.id \
         when matched then update set v = s.v when not matched then insert (id, v) values (s.id, s.v)",
        "delete from i where id = 1",
        "optimize i rewrite data using bin_pack",
        "vacuum i",
        "select array_join(array_agg(v order by v), ',') from i",
    ];
    let ended = task(name, &statements, &json!({})).run().expect(0);
    assert_eq!(ended.outputs["value"], "c,d");
    let marked = starts(name);
    let marked =
        marked.iter().filter(|call| call["request"]["QueryString"].as_str().unwrap().starts_with("-- "));
    // Neither `optimize` nor `vacuum` takes a comment.
    assert_eq!(marked.count(), statements.len() - 2);
}

#[test]
fn a_lost_answer_starts_nothing_twice() {
    for (name, rule) in [
        ("athena-lost", json!({ "drop": "after" })),
        (
            "athena-lost-error",
            json!({ "error": { "code": "InternalServerException", "http": 500, "after": true } }),
        ),
        ("athena-not-done", json!({ "drop": "before" })),
        ("athena-throttled", json!({ "error": { "code": "TooManyRequestsException", "http": 400 } })),
    ] {
        let task = task(name, &["insert into t values (7)"], &json!({}));
        fault(name, &rule);
        task.run().expect(0);
        assert_eq!(
            (started(name), rows(name, "t/")),
            (1, vec!["1".to_owned(), "2".to_owned(), "7".to_owned()]),
            "{name}"
        );
    }
}

#[test]
fn an_attempt_goes_on_with_the_query_of_the_one_before() {
    let name = "athena-killed";
    let task = task(name, &["insert into t values (7)"], &json!({}));
    fault(name, &json!({ "hold": 4 }));
    let running = task.spawn();
    until("a query", || !starts(name).is_empty());
    running.sigkill();
    let ended = task.retry().run().expect(0).says("going on with it");
    assert_eq!((&ended.outputs["adopted"], started(name)), (&json!(true), 1));
    // A person who clears the task has it done again.
    task.retry().cleared().run().expect(0);
    assert_eq!((started(name), rows(name, "t/").len()), (2, 4));
}

#[test]
fn sigterm_stops_the_query() {
    let name = "athena-sigterm";
    let task = task(name, &["insert into t values (7)"], &json!({}));
    fault(name, &json!({ "hold": 20 }));
    let running = task.spawn();
    until("a query", || !starts(name).is_empty());
    let (ended, took) = running.sigterm();
    ended.expect(143);
    assert!(took < Duration::from_secs(15), "{took:?}");
    let id = starts(name)[0]["notes"]["query"].as_str().unwrap().to_owned();
    assert_eq!(lab().calls("athena", "StopQueryExecution", "QueryExecutionId", &id).len(), 1);
    assert_eq!(rows(name, "t/"), ["1", "2"]);
}

/// Ends a query as the lab is told.
fn scripted(name: &str, script: &Value) -> Ended {
    let task = task(name, &["select 1"], &json!({ "most_bytes": 1000 }));
    fault(name, &json!({ "script": script }));
    task.run()
}

#[test]
fn each_end_of_a_query_has_its_exit_code() {
    for (name, state, reason, category, code) in [
        ("athena-user", "FAILED", "SYNTAX_ERROR: line 1:8", 2, 78),
        ("athena-system", "FAILED", "GENERIC_INTERNAL_ERROR", 1, 75),
        ("athena-commit", "FAILED", "ICEBERG_COMMIT_ERROR: Failed to commit", 2, 75),
        ("athena-in-part", "FAILED", "ICEBERG_OPTIMIZE_MORE_RUNS_NEEDED: 12 files", 2, 75),
        ("athena-cancelled", "CANCELLED", "Query cancelled by user", 3, 75),
        ("athena-cutoff", "CANCELLED", "Bytes scanned limit was exceeded", 3, 78),
    ] {
        let script = json!({ "state": state, "reason": reason, "error": { "ErrorCategory": category } });
        scripted(name, &script).expect(code).says(&format!("ended as {state}: {reason}"));
    }
    let error = json!({ "ErrorCategory": 2, "ErrorType": 1006 });
    let ended = scripted("athena-details", &json!({ "state": "FAILED", "reason": "no", "error": error }));
    ended.says("of whoever has written the query (type 1006)").says("may leave files in the table's folder");
}

#[test]
fn what_scans_too_much_is_stopped() {
    let name = "athena-scan";
    let ended = scripted(name, &json!({ "state": "SUCCEEDED", "scanned": 1001, "after": 30 }));
    ended.expect(78).says("was stopped: it has scanned 1001 bytes, and `max_scan` is 1000");
    let id = starts(name)[0]["notes"]["query"].as_str().unwrap().to_owned();
    assert_eq!(lab().calls("athena", "StopQueryExecution", "QueryExecutionId", &id).len(), 1);
    let quick = scripted("athena-scan-quick", &json!({ "state": "SUCCEEDED", "scanned": 1001 }));
    assert!(quick.code == 0 || quick.code == 78, "{}", quick.log);
}

#[test]
fn the_next_attempt_goes_on_with_the_statement_that_has_failed() {
    let name = "athena-sequence";
    let statements = ["insert into t values (7)", "insert into absent select n from t"];
    let task = task(name, &statements, &json!({}));
    let ended = task.run().expect(78).says("TABLE_NOT_FOUND");
    ended.says("statement 1 is done, nothing after statement 2 was sent");
    table(name, &database(name), "absent");
    task.retry().run().expect(0);
    assert_eq!((rows(name, "t/").len(), rows(name, "absent/").len(), started(name)), (3, 3, 3));
}

/// A statement without a mark is found by its token alone, which gives the failed one again.
#[test]
fn a_failed_statement_without_a_mark_is_passed_over() {
    let name = "athena-unmarked";
    let task = task(name, &["show tables"], &json!({}));
    fault(
        name,
        &json!({ "script": { "state": "FAILED", "reason": "SlowDown", "error": { "ErrorCategory": 1 } } }),
    );
    task.run().expect(75);
    let ended = task.retry().run().expect(0);
    assert_eq!((&ended.outputs["value"], started(name), starts(name).len()), (&json!("t"), 2, 3));
    task.retry().retry().run().expect(0);
    assert_eq!(started(name), 2);
}

#[test]
fn a_result_of_before_is_given_again() {
    let name = "athena-reuse";
    let reuse = json!({ "reuse_minutes": 60 });
    let first = task(name, &["select count(*) from t"], &reuse).run().expect(0);
    let other =
        Task::new("athena-reuse-other", job(name, &["select count(*) from t"], &reuse)).run().expect(0);
    let other = other.says("was not run: its result is one of before");
    assert_eq!(first.outputs["value"], other.outputs["value"]);
    assert_eq!((&first.outputs["bytes_scanned"], &other.outputs["bytes_scanned"]), (&json!(4), &json!(0)));
}

#[test]
fn a_place_of_the_results_can_be_said() {
    let name = "athena-output";
    let task = task(name, &["select 1"], &json!({ "output": format!("s3://{name}/own/{{{{ ds }}}}/") }));
    let ended = task.run().expect(0);
    let place = ended.outputs["output"].as_str().unwrap();
    assert!(place.starts_with(&format!("s3://{name}/own/2026-01-31/")), "{place}");
}

#[test]
fn no_value_ends_its_literal() {
    let name = "athena-values";
    let sqls = ["select '{{ params.x }}' || {{ params.x }}"];
    let task = task(name, &sqls, &json!({})).params(json!({ "x": "it's \\" }));
    assert_eq!(task.run().expect(0).outputs["value"], "it's \\it's \\");
    let ddl = ["alter table t add if not exists partition (d = '{{ params.x }}')"];
    let task = task.job(job(name, &ddl, &json!({})));
    task.run().expect(78).says("no literal of Athena's DDL can hold");
}
