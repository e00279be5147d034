//! State machines: executions that are started once, their states, what they are given and give.

use super::lab::lab;
use super::task::{Task, until};
use serde_json::{Value, json};

const HERE: &str = "arn:aws:states:us-east-1:123456789012";

/// Makes a machine that passes on what it is given, with the aliases `live` and the version 3.
pub(crate) fn machine(name: &str, express: bool) {
    let states = json!({ "Pass": { "Type": "Pass", "End": true } });
    make(name, express, &json!({ "StartAt": "Pass", "States": states }));
}

fn make(name: &str, express: bool, definition: &Value) {
    let machine = json!({
        "name": name, "definition": definition, "express": express, "qualifiers": ["live", "3"],
    });
    lab().control("PUT", "machine", &machine);
}

/// A step that runs it.
pub(crate) fn job(name: &str, more: &Value) -> Value {
    let mut job =
        json!({ "type": "run_state_machine", "state_machine": name, "input": { "day": "{{ ds }}" } });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    job
}

fn task(name: &str, more: &Value) -> Task {
    machine(name, more["express"] == true);
    Task::new(name, job(name, more))
}

fn arn(name: &str) -> String {
    format!("{HERE}:stateMachine:{name}")
}

fn starts_of(name: &str, operation: &str) -> Vec<Value> {
    lab().calls("stepfunctions", operation, "stateMachineArn", &arn(name))
}

fn starts(name: &str) -> Vec<Value> {
    starts_of(name, "StartExecution")
}

/// How many executions were started.
fn started(name: &str, operation: &str) -> usize {
    let calls = starts_of(name, operation);
    let mut ids: Vec<&str> = calls.iter().filter_map(|call| call["notes"]["execution"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}

fn fault(name: &str, operation: &str, rule: &Value) {
    let mut whole = json!({
        "service": "stepfunctions", "operation": operation, "match": { "stateMachineArn": format!("{}*", arn(name)) },
    });
    whole.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    lab().fault(&whole);
}

#[test]
fn an_execution_is_given_json_and_gives_json() {
    let name = "states-outputs";
    let more =
        json!({ "input": { "day": "{{ ds }}", "n": 7, "list": [1, null] }, "members": ["day", "list"] });
    let ended = task(name, &more).run().expect(0);
    let outputs = &ended.outputs;
    assert_eq!((&outputs["day"], &outputs["list"]), (&json!("2026-01-31"), &json!([1, null])));
    let handle = outputs["handle"].as_str().unwrap();
    assert!(handle.starts_with(&format!("{HERE}:execution:{name}:dagc-")), "{handle}");
    let url = outputs["url"].as_str().unwrap();
    assert!(url.ends_with(&format!("/v2/executions/details/{handle}")), "{url}");
    let output = outputs["output"].as_str().unwrap();
    let output: Value = serde_json::from_str(output).unwrap();
    assert_eq!(output, json!({ "day": "2026-01-31", "n": 7, "list": [1, null] }));
}

#[test]
fn a_version_and_an_alias_are_started_as_such() {
    let name = "states-qualified";
    for target in [format!("{name}:live"), format!("{}:3", arn(name))] {
        let task = task(name, &json!({ "state_machine": target }));
        task.run().expect(0);
    }
    for qualifier in ["live", "3"] {
        let starts = starts(&format!("{name}:{qualifier}"));
        assert_eq!(starts.len(), 1, "{qualifier}");
    }
    let missing = Task::new("states-missing", job(&format!("{name}:dead"), &json!({})));
    missing.run().expect(78).says("StateMachineDoesNotExist");
    let missing = Task::new("states-missing-2", job("states-nobody", &json!({})));
    missing.run().expect(78).says("there is no state machine `states-nobody`");
}

#[test]
fn a_lost_answer_starts_nothing_twice() {
    for (name, rule) in [
        ("states-lost", json!({ "drop": "after" })),
        (
            "states-lost-error",
            json!({ "error": { "code": "InternalServerError", "http": 500, "after": true } }),
        ),
        ("states-not-done", json!({ "drop": "before" })),
        ("states-throttled", json!({ "error": { "code": "ThrottlingException", "http": 400 } })),
        ("states-limited", json!({ "error": { "code": "ExecutionLimitExceeded", "http": 400 } })),
    ] {
        let task = task(name, &json!({}));
        fault(name, "StartExecution", &rule);
        task.run().expect(0);
        assert_eq!(started(name, "StartExecution"), 1, "{name}");
    }
}

#[test]
fn a_name_that_is_over_is_looked_at_and_not_run_again() {
    let name = "states-over";
    let task = task(name, &json!({}));
    // It is in no listing for longer than anybody looks.
    fault(name, "StartExecution", &json!({ "lag": 600 }));
    let first = task.run().expect(0);
    let second = task.retry().run().expect(0);
    assert_eq!(first.outputs["handle"], second.outputs["handle"]);
    assert_eq!(started(name, "StartExecution"), 1);
    // One that has failed is followed by the next, whether it is listed or not.
    for (name, lag) in [("states-failed-listed", 0), ("states-failed-unlisted", 600)] {
        let task = self::task(name, &json!({}));
        fault(name, "StartExecution", &json!({ "lag": lag }));
        fault(name, "StartExecution", &json!({ "script": { "state": "FAILED", "error": "Etl.NoRows" } }));
        task.run().expect(75).says("ended as FAILED: Etl.NoRows");
        task.retry().run().expect(0);
        assert_eq!(started(name, "StartExecution"), 2, "{name}");
    }
}

#[test]
fn the_states_of_an_execution_are_told() {
    for (name, script, code, said) in [
        (
            "states-failed",
            json!({ "state": "FAILED", "error": "Etl.NoRows", "cause": "empty" }),
            75,
            "FAILED: Etl.NoRows: empty",
        ),
        ("states-timed-out", json!({ "state": "TIMED_OUT" }), 75, "ended as TIMED_OUT"),
        ("states-aborted", json!({ "state": "ABORTED", "cause": "by hand" }), 75, "ABORTED: by hand"),
        ("states-runtime", json!({ "state": "FAILED", "error": "States.Runtime" }), 78, "States.Runtime"),
    ] {
        let task = task(name, &json!({}));
        fault(name, "StartExecution", &json!({ "script": script }));
        task.run().expect(code).says(said);
    }
}

#[test]
fn the_state_that_has_failed_is_told() {
    let name = "states-where";
    make(
        name,
        false,
        &json!({ "StartAt": "Count", "States": {
            "Count": { "Type": "Pass", "Result": { "rows": 0 }, "ResultPath": "$.found", "Next": "Any" },
            "Any": {
                "Type": "Choice",
                "Choices": [{ "Variable": "$.found.rows", "NumericGreaterThan": 0, "Next": "Good" }],
                "Default": "Bad",
            },
            "Good": { "Type": "Succeed" },
            "Bad": { "Type": "Fail", "Error": "Etl.NoRows", "Cause": "nothing on this day" },
        } }),
    );
    let ended = Task::new(name, job(name, &json!({}))).run().expect(75);
    ended.says("ended as FAILED: Etl.NoRows: nothing on this day");
}

#[test]
fn an_output_that_lacks_a_member_fails_for_good() {
    let name = "states-members";
    let ended = task(name, &json!({ "members": ["rows"] })).run().expect(78);
    ended.says("its output has no member `rows`; it has `day`");
    assert_eq!(started(name, "StartExecution"), 1);
}

#[test]
fn a_kill_stops_the_execution_and_the_next_attempt_starts_another() {
    let name = "states-killed";
    let task = task(name, &json!({}));
    fault(name, "StartExecution", &json!({ "hold": 30 }));
    let running = task.spawn();
    until("an execution", || !starts(name).is_empty());
    let ended = running.sigterm().0.expect(143);
    ended.says("execution");
    task.retry().run().expect(0);
    assert_eq!(started(name, "StartExecution"), 2);
}

#[test]
fn what_is_not_waited_for_is_done_when_it_has_begun() {
    let name = "states-no-wait";
    let task = task(name, &json!({ "no_wait": true }));
    fault(name, "StartExecution", &json!({ "hold": 30 }));
    let ended = task.run().expect(0);
    assert_eq!(ended.outputs["output"], Value::Null);
    task.retry().run().expect(0);
    assert_eq!(started(name, "StartExecution"), 1);
}

#[test]
fn an_express_execution_is_run_and_gives_what_it_has_used() {
    let name = "states-express";
    let ended = task(name, &json!({ "express": true, "members": ["day"] })).run().expect(0);
    assert_eq!(ended.outputs["day"], "2026-01-31");
    assert!(ended.outputs["gigabyte_seconds"].as_f64().unwrap() > 0.0);
    assert!(ended.outputs["handle"].as_str().unwrap().starts_with(&format!("{HERE}:express:{name}:")));
    assert_eq!(started(name, "StartSyncExecution"), 1);
    let name = "states-express-async";
    let ended = task(name, &json!({ "express": true, "no_wait": true })).run().expect(0);
    assert_eq!(ended.outputs["output"], Value::Null);
    assert_eq!(started(name, "StartExecution"), 1);
}

#[test]
fn an_express_execution_is_never_started_twice() {
    for (name, rule) in [
        ("states-express-lost", json!({ "drop": "after" })),
        (
            "states-express-error",
            json!({ "error": { "code": "InternalServerError", "http": 500, "after": true } }),
        ),
    ] {
        let task = task(name, &json!({ "express": true }));
        fault(name, "StartSyncExecution", &rule);
        task.run().expect(78).says("perhaps an execution of").says("it is not done again");
        task.retry().run().expect(78).says("this is not the first attempt");
        assert_eq!(started(name, "StartSyncExecution"), 1, "{name}");
        // A person has looked.
        task.retry().cleared().run().expect(0);
        assert_eq!(started(name, "StartSyncExecution"), 2, "{name}");
    }
    for (name, rule) in [
        ("states-express-slow", json!({ "error": { "code": "ThrottlingException", "http": 400 } })),
        ("states-express-limit", json!({ "error": { "code": "ExecutionLimitExceeded", "http": 400 } })),
    ] {
        let task = task(name, &json!({ "express": true }));
        fault(name, "StartSyncExecution", &rule);
        task.run().expect(0).says("nothing was done");
        assert_eq!(started(name, "StartSyncExecution"), 1, "{name}");
    }
}

#[test]
fn an_idempotent_express_execution_is_done_again() {
    let name = "states-express-again";
    let task = task(name, &json!({ "express": true, "idempotent": true }));
    fault(name, "StartSyncExecution", &json!({ "drop": "after" }));
    task.run().expect(0).says("doing it again, since it is `idempotent`");
    task.retry().run().expect(0);
    assert_eq!(started(name, "StartSyncExecution"), 3);
}

#[test]
fn an_express_execution_that_fails_is_told() {
    for (idempotent, code) in [(false, 78), (true, 75)] {
        let name = &format!("states-express-fails-{idempotent}");
        let task = task(name, &json!({ "express": true, "idempotent": idempotent }));
        let script = json!({ "state": "FAILED", "error": "Etl.NoRows", "cause": "empty" });
        fault(name, "StartSyncExecution", &json!({ "script": script }));
        task.run().expect(code).says("ended as FAILED: Etl.NoRows: empty");
    }
    let name = "states-not-express";
    machine(name, false);
    let task = Task::new(name, job(name, &json!({ "express": true })));
    task.run().expect(78).says("StateMachineTypeNotSupported");
}
