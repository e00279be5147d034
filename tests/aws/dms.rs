//! Replications of DMS: runs that are started once, what they load, how they end, tables in error.

use super::lab::{bucket, keys, lab};
use super::task::{Task, until};
use serde_json::{Value, json};
use std::thread::sleep;
use std::time::Duration;

/// A position that has passed.
pub(crate) const PAST: &str = "server_time:2020-01-01T00:00:00+00:00";

/// Makes a replication of this name; gives its ARN.
pub(crate) fn replication(name: &str, more: &Value) -> String {
    let body = with(json!({ "name": name, "workgroup": name }), more);
    lab().control("PUT", "replication", &body)["arn"].as_str().unwrap().to_owned()
}

/// Its runs.
pub(crate) fn runs(name: &str) -> Vec<Value> {
    lab().control("POST", "replication", &json!({ "name": name }))["runs"].as_array().unwrap().clone()
}

fn status(name: &str) -> String {
    lab().control("POST", "replication", &json!({ "name": name }))["status"].as_str().unwrap().to_owned()
}

/// A step that runs it.
pub(crate) fn job(replication: &Value, more: &Value) -> Value {
    with(json!({ "type": "replicate", "replication": replication, "if_running": "wait" }), more)
}

/// Adds a rule for the calls of a replication.
pub(crate) fn fault(name: &str, operation: &str, rule: &Value) {
    let arn = lab().control("POST", "replication", &json!({ "name": name }))["arn"].clone();
    let member = if operation.ends_with("Task") { "ReplicationTaskArn" } else { "ReplicationConfigArn" };
    lab().fault(&with(json!({ "service": "dms", "operation": operation, "match": { member: arn } }), rule));
}

fn with(mut whole: Value, more: &Value) -> Value {
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    whole
}

/// One that loads two tables, one of two rows and one of none, into a bucket of this name.
fn loading(name: &str, more: &Value) -> String {
    bucket(name);
    lab().sql(
        name,
        "create schema shop; create table shop.orders (id int, day date); create table shop.empty (id int); \
         insert into shop.orders values (1, '2026-01-31'), (2, '2026-01-31')",
    );
    let tables = json!({ "tables": ["shop.orders", "shop.empty"], "to": format!("s3://{name}/landing/") });
    replication(name, &with(tables, more))
}

fn task(name: &str, more: &Value) -> Task {
    loading(name, &json!({}));
    Task::new(name, job(&json!({ "task": name }), more))
}

/// One of changes, which has an end that has passed.
fn changes(name: &str, more: &Value) -> Task {
    replication(name, &json!({ "type": "cdc" }));
    Task::new(name, job(&json!({ "task": name }), &with(json!({ "until": PAST }), more)))
}

fn hows(name: &str) -> Vec<String> {
    runs(name).iter().map(|run| run["how"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn tables_are_loaded_and_counted_and_loaded_anew() {
    let name = "dms-load";
    let task = task(name, &json!({}));
    let ended = task.run().expect(0);
    let outputs = &ended.outputs;
    assert_eq!(
        (&outputs["tables_loaded"], &outputs["full_load_rows"], &outputs["tables_errored"]),
        (&json!(2), &json!(2), &json!(0))
    );
    assert_eq!(
        keys(name, "landing/"),
        ["landing/shop/empty/LOAD00000001.csv", "landing/shop/orders/LOAD00000001.csv"]
    );
    let url = outputs["url"].as_str().unwrap();
    assert!(url.ends_with("#taskDetails/dms-load"), "{url}");
    lab().sql(name, "insert into shop.orders values (3, '2026-02-01')");
    let again = task.cleared().run().expect(0);
    assert_eq!(again.outputs["full_load_rows"], 3);
    let resumed = json!({ "start": "resume" });
    Task::new("dms-resumed", job(&json!({ "task": name }), &resumed)).run().expect(0);
    assert_eq!(hows(name), ["start-replication", "reload-target", "resume-processing"]);
}

#[test]
fn a_serverless_replication_is_run() {
    let name = "dms-serverless";
    let arn = loading(name, &json!({ "serverless": true }));
    for named in [name, &arn] {
        let task = Task::new(name, job(&json!({ "serverless": named }), &json!({})));
        let ended = task.run().expect(0);
        assert_eq!((&ended.outputs["full_load_rows"], &ended.outputs["handle"]), (&json!(2), &json!(arn)));
    }
    let nobody = Task::new("dms-nobody", job(&json!({ "serverless": "nobody" }), &json!({})));
    nobody.run().expect(78).says("ResourceNotFoundFault");
}

#[test]
fn changes_are_replicated_up_to_a_moment() {
    let name = "dms-changes";
    let task = changes(name, &json!({}));
    task.run().expect(0);
    task.cleared().run().expect(0);
    let from = json!({ "from": "2026-01-31T03:00:00+01:00" });
    Task::new("dms-changes-from", job(&json!({ "task": name }), &with(from, &json!({ "until": PAST }))))
        .run()
        .expect(0);
    assert_eq!(hows(name), ["start-replication", "resume-processing", "start-replication"]);
    let last = runs(name).pop().unwrap();
    assert_eq!(
        (&last["from"], &last["until"]),
        (&json!("2026-01-31T02:00:00"), &json!("server_time:2020-01-01T00:00:00"))
    );
}

#[test]
fn what_has_no_end_is_not_waited_for() {
    let name = "dms-endless";
    replication(name, &json!({ "type": "cdc" }));
    let endless = Task::new(name, job(&json!({ "task": name }), &json!({})));
    endless.run().expect(78).says("replicates changes and has no end");
    assert!(runs(name).is_empty());
    // It is done when it runs, and the next run takes it.
    let running = job(&json!({ "task": name }), &json!({ "goes_on": true, "if_running": "adopt" }));
    let first = Task::new(name, running.clone());
    first.run().expect(0);
    first.retry().run().expect(0);
    assert_eq!(status(name), "running");
    Task::new("dms-endless-next", running).run().expect(0);
    first.cleared().run().expect(0);
    assert_eq!(runs(name).len(), 1);
    let fails = json!({ "goes_on": true, "if_running": "fail" });
    Task::new("dms-endless-fails", job(&json!({ "task": name }), &fails))
        .run()
        .expect(75)
        .says("is running already");
    let load = "dms-load-until";
    loading(load, &json!({}));
    let until = Task::new(load, job(&json!({ "task": load }), &json!({ "until": PAST })));
    until.run().expect(78).says("`until` does nothing");
}

#[test]
fn a_lost_answer_starts_nothing_twice() {
    for (name, rule) in [
        ("dms-lost", json!({ "drop": "after" })),
        ("dms-lost-error", json!({ "error": { "code": "InternalFailure", "http": 500, "after": true } })),
        ("dms-not-done", json!({ "drop": "before" })),
        ("dms-throttled", json!({ "error": { "code": "ThrottlingException", "http": 400 } })),
    ] {
        let task = changes(name, &json!({}));
        // It has run before, for others.
        Task::new("dms-before", job(&json!({ "task": name }), &json!({ "until": PAST }))).run().expect(0);
        fault(name, "StartReplicationTask", &rule);
        task.run().expect(0);
        assert_eq!(runs(name).len(), 2, "{name}");
    }
}

#[test]
fn a_run_that_is_over_is_not_done_again() {
    let name = "dms-over";
    let task = changes(name, &json!({}));
    task.run().expect(0);
    let second = task.retry().run().expect(0);
    assert_eq!(second.outputs["adopted"], true);
    assert_eq!(runs(name).len(), 1);
}

#[test]
fn an_attempt_goes_on_with_what_the_one_before_has_started() {
    let name = "dms-kill-9";
    let task = changes(name, &json!({}));
    fault(name, "StartReplicationTask", &json!({ "hold": 3 }));
    let running = task.spawn();
    until("a run", || !runs(name).is_empty());
    running.sigkill();
    let ended = task.retry().run().expect(0);
    assert_eq!(ended.outputs["adopted"], true);
    assert_eq!(runs(name).len(), 1);
}

#[test]
fn what_runs_for_another_task_is_waited_for() {
    let name = "dms-shared";
    let first = changes(name, &json!({}));
    fault(name, "StartReplicationTask", &json!({ "hold": 2 }));
    let running = first.spawn();
    until("a run", || !runs(name).is_empty());
    // The lab tells the mark late, and that it runs later still.
    sleep(Duration::from_millis(400));
    let other = Task::new("dms-shared-other", job(&json!({ "task": name }), &json!({ "until": PAST })));
    other.run().expect(0);
    running.ended().expect(0);
    let runs = runs(name);
    assert_eq!(runs.len(), 2);
    assert_ne!(runs[0]["mark"], runs[1]["mark"]);
}

#[test]
fn what_has_failed_is_told_and_done_again() {
    for (name, script, said) in [
        ("dms-failed", json!({ "state": "failed", "message": "no route" }), "has failed: no route"),
        (
            "dms-stopped",
            json!({ "reason": "Stop Reason RECOVERABLE_ERROR" }),
            "has stopped with RECOVERABLE_ERROR",
        ),
        (
            "dms-errors",
            json!({ "errors": ["shop.orders"] }),
            "1 table is in error: shop.orders (Table error)",
        ),
        ("dms-differs", json!({ "mismatched": ["shop.empty"] }), "shop.empty (Mismatched records)"),
    ] {
        let task = task(name, &json!({}));
        fault(name, "StartReplicationTask", &json!({ "script": script }));
        task.run().expect(75).says(said).says("dms-tasks-lab-instance");
        task.retry().run().expect(0);
        assert_eq!(hows(name), ["start-replication", "reload-target"], "{name}");
    }
    let name = "dms-may-lose";
    let task = task(name, &json!({ "may_lose": true }));
    fault(name, "StartReplicationTask", &json!({ "script": { "errors": ["shop.empty"] } }));
    let ended = task.run().expect(0).says("1 table is in error");
    assert_eq!((&ended.outputs["tables_errored"], &ended.outputs["tables_loaded"]), (&json!(1), &json!(1)));
}

#[test]
fn failures_after_each_other_are_told_apart() {
    let name = "dms-fails-thrice";
    let task = changes(name, &json!({}));
    fault(name, "StartReplicationTask", &json!({ "script": { "state": "failed" }, "times": 3 }));
    task.run().expect(75);
    let second = task.retry();
    second.run().expect(75);
    let third = second.retry();
    third.run().expect(75);
    third.retry().run().expect(0);
    let marks: Vec<String> = runs(name).iter().map(|run| run["mark"].as_str().unwrap().to_owned()).collect();
    for (number, mark) in marks.iter().enumerate() {
        assert!(mark.split('/').next().unwrap().ends_with(&format!("-{number}")), "{marks:?}");
    }
    assert_eq!(marks.len(), 4);
}

#[test]
fn a_kill_stops_the_run_and_the_next_attempt_starts_another() {
    let name = "dms-killed";
    let task = changes(name, &json!({}));
    fault(name, "StartReplicationTask", &json!({ "hold": 30 }));
    let running = task.spawn();
    until("a run", || status(name) == "running");
    running.sigterm().0.expect(143);
    until("its end", || status(name) == "stopped");
    task.retry().run().expect(0);
    assert_eq!(runs(name).len(), 2);
}
