//! Loads: exactly the files that are there, once.

use super::lab::{bucket, csv, lab, put};
use super::task::{Task, until};
use serde_json::{Value, json};

/// A load in a warehouse and a bucket of its own, with a table `mart.t (id, name)`.
pub(super) fn load(name: &str, mode: &str) -> Task {
    bucket(name);
    lab().sql(name, "create schema mart; create table mart.t (id int not null, name varchar(20))");
    Task::new(name, step(name, mode, &json!({})))
}

pub(super) fn step(name: &str, mode: &str, changes: &Value) -> Value {
    let mut body = json!({
        "type": "load", "path": format!("s3://{name}/in/"), "staging": format!("s3://{name}/staging/"),
        "schema": "mart", "table": "t", "mode": mode, "role": "default",
        "format": { "type": "csv", "header": true, "delimiter": ",", "quote": "\"" },
    });
    if mode == "merge" {
        body["key"] = json!(["id"]);
    }
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    json!({ "type": "run_sql", "connection": { "workgroup": name, "database": "analytics" }, "body": body })
}

pub(super) fn table(name: &str) -> Value {
    lab().sql(name, "select id, name from mart.t order by id, name")
}

pub(super) fn batches(name: &str) -> usize {
    lab().calls("redshift-data", "BatchExecuteStatement", "WorkgroupName", name).len()
}

#[test]
fn append_loads_each_file_once() {
    let task = load("load-append", "append");
    put("load-append", "in/a.csv", csv(&["id,name", "1,one", "2,two"]));
    put("load-append", "in/_SUCCESS", "");
    let ended = task.run().expect(0);
    assert_eq!((&ended.outputs["rows"], &ended.outputs["files"]), (&json!(2), &json!(1)));
    // Another run of the pipeline, with one file more.
    put("load-append", "in/b.csv", csv(&["id,name", "3,three"]));
    let next = task.cleared();
    let ended = next.run().expect(0).says("1 of 2 files were loaded before and are left out");
    assert_eq!((&ended.outputs["rows"], &ended.outputs["files"]), (&json!(1), &json!(1)));
    let all = json!([[1, "one"], [2, "two"], [3, "three"]]);
    assert_eq!(table("load-append"), all);
    // And one with no new file: no COPY is sent.
    let sent = batches("load-append");
    let ended = next.cleared().run().expect(0).says("nothing to do");
    assert_eq!((&ended.outputs["rows"], &ended.outputs["files"]), (&json!(0), &json!(0)));
    assert_eq!(batches("load-append"), sent);
    // A file that was loaded and has changed would be loaded twice.
    put("load-append", "in/a.csv", csv(&["id,name", "1,uno"]));
    next.cleared()
        .cleared()
        .run()
        .expect(78)
        .says("s3://load-append/in/a.csv was loaded before and has changed since");
    assert_eq!(table("load-append"), all);
}

#[test]
fn replace_leaves_the_rows_of_these_files_only() {
    let task = load("load-replace", "replace");
    lab().sql("load-replace", "insert into mart.t values (9, 'old')");
    put("load-replace", "in/a.csv", csv(&["id,name", "1,one"]));
    task.run().expect(0);
    task.cleared().run().expect(0);
    assert_eq!(table("load-replace"), json!([[1, "one"]]));
}

#[test]
fn merge_replaces_rows_by_key_and_again_changes_nothing() {
    let task = load("load-merge", "merge");
    lab().sql("load-merge", "insert into mart.t values (1, 'old'), (9, 'other')");
    put("load-merge", "in/a.csv", csv(&["id,name", "1,one", "2,two"]));
    let ended = task.run().expect(0);
    assert_eq!((&ended.outputs["rows"], &ended.outputs["files"]), (&json!(2), &json!(1)));
    let merged = json!([[1, "one"], [2, "two"], [9, "other"]]);
    assert_eq!(table("load-merge"), merged);
    task.cleared().run().expect(0);
    assert_eq!(table("load-merge"), merged);
}

#[test]
fn merge_refuses_keys_that_are_double_or_missing() {
    let task = load("load-keys", "merge");
    lab().sql(
        "load-keys",
        "alter table mart.t alter column id drop not null; insert into mart.t values (1, 'old')",
    );
    put("load-keys", "in/a.csv", csv(&["id,name", "1,one", "1,uno"]));
    task.run()
        .expect(78)
        .says("error: the files hold more than one row with the same key: nothing was loaded");
    put("load-keys", "in/a.csv", csv(&["id,name", "1,one", ",none"]));
    task.cleared().run().expect(78).says("error: the files hold rows without a value in a column of the key");
    assert_eq!(table("load-keys"), json!([[1, "old"]]));
}

#[test]
fn a_wrong_row_is_named_by_file_line_and_column() {
    let task = load("load-wrong", "replace");
    lab().sql("load-wrong", "insert into mart.t values (9, 'old')");
    put("load-wrong", "in/a.csv", csv(&["id,name", "1,one"]));
    put("load-wrong", "in/b.csv", csv(&["id,name", "2,two", "x3,three"]));
    let ended = task.run().expect(78);
    for words in [
        "error: s3://load-wrong/in/b.csv, line 3, column id",
        "Invalid digit, Value 'x'",
        "failed:\n    COPY \"mart\".\"t\"",
        // What was sent stood there before.
        "SQL:\n    ",
        "    body.path: s3://load-wrong/in/\n",
    ] {
        assert!(ended.log.contains(words), "{words}\n{}", ended.log);
    }
    assert_eq!(table("load-wrong"), json!([[9, "old"]]));
}

#[test]
fn no_files_may_come_later() {
    let task = load("load-none", "replace");
    task.run().expect(75).says("error: there are no files in s3://load-none/in/");
    assert_eq!(batches("load-none"), 0);
}

#[test]
fn a_worker_killed_after_the_start_leaves_a_load_that_is_adopted() {
    let task = load("load-sigkill", "append");
    put("load-sigkill", "in/a.csv", csv(&["id,name", "1,one"]));
    for more in [json!({ "delay": 1 }), json!({ "hold": 4 })] {
        let mut rule = json!({
            "service": "redshift-data", "operation": "BatchExecuteStatement",
            "match": { "WorkgroupName": "load-sigkill" },
        });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        lab().fault(&rule);
    }
    let running = task.spawn();
    until("a start", || batches("load-sigkill") == 1);
    running.sigkill();
    let ended = task.retry().run().expect(0);
    assert_eq!(ended.outputs["adopted"], true);
    assert_eq!((&ended.outputs["rows"], &ended.outputs["files"]), (&json!(1), &json!(1)));
    assert_eq!(batches("load-sigkill"), 1);
    assert_eq!(table("load-sigkill"), json!([[1, "one"]]));
}
