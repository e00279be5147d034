//! Functions: invocations that are sent once, what they are given and give, how they fail.

use super::lab::lab;
use super::task::{Task, until};
use serde_json::{Value, json};

const ECHO: &str = "def handler(event, context):\n    print('handling', event['day'])\n    return event\n";
const FAIL: &str = "def handler(event, context):\n    raise ValueError('no rows on ' + event['day'])\n";

/// Makes a function that gives what it is given, with the alias `live` and the version 3.
pub(crate) fn function(name: &str) {
    make(name, ECHO);
}

fn make(name: &str, code: &str) {
    let function = json!({ "name": name, "code": code, "memory": 512, "qualifiers": ["live", "3"] });
    lab().control("PUT", "function", &function);
}

/// A step that invokes it.
pub(crate) fn job(name: &str, more: &Value) -> Value {
    let mut job = json!({ "type": "invoke_function", "function": name, "payload": { "day": "{{ ds }}" } });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    job
}

fn task(name: &str, more: &Value) -> Task {
    function(name);
    Task::new(name, job(name, more))
}

/// The events with which it was run.
fn runs(name: &str) -> Vec<Value> {
    lab().control("POST", "function", &json!({ "name": name })).as_array().unwrap().clone()
}

fn invocations(name: &str) -> Vec<Value> {
    lab().calls("lambda", "Invoke", "FunctionName", name)
}

fn fault(name: &str, rule: &Value) {
    let mut whole = json!({ "service": "lambda", "operation": "Invoke", "match": { "FunctionName": name } });
    whole.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    lab().fault(&whole);
}

#[test]
fn a_function_is_given_json_and_gives_json() {
    let name = "lambda-outputs";
    let more =
        json!({ "payload": { "day": "{{ ds }}", "n": 7, "list": [1, null] }, "members": ["day", "n"] });
    let ended = task(name, &more).run().expect(0).says("handling 2026-01-31").says("REPORT RequestId");
    let outputs = &ended.outputs;
    assert_eq!((&outputs["day"], &outputs["n"]), (&json!("2026-01-31"), &json!(7)));
    assert_eq!(outputs["version"], "$LATEST");
    assert!(outputs["gigabyte_seconds"].as_f64().unwrap() > 0.0);
    assert!(outputs["url"].as_str().unwrap().contains(&format!("/functions/{name}?")));
    let output: Value = serde_json::from_str(outputs["output"].as_str().unwrap()).unwrap();
    assert_eq!(output, json!({ "day": "2026-01-31", "n": 7, "list": [1, null] }));
    assert_eq!(runs(name), [output]);
}

#[test]
fn a_version_and_an_alias_are_invoked_as_such() {
    let name = "lambda-qualified";
    let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:{name}");
    for (target, version) in [(format!("{name}:live"), "1"), (format!("{arn}:3"), "3"), (arn, "$LATEST")] {
        let ended = task(name, &json!({ "function": target })).run().expect(0);
        assert_eq!(ended.outputs["version"], version, "{target}");
    }
    let missing = Task::new("lambda-missing", job(&format!("{name}:dead"), &json!({})));
    missing.run().expect(78).says("ResourceNotFoundException");
}

#[test]
fn a_function_is_never_invoked_twice() {
    for (name, rule) in [
        ("lambda-lost", json!({ "drop": "after" })),
        ("lambda-error", json!({ "error": { "code": "ServiceException", "http": 500, "after": true } })),
    ] {
        let task = task(name, &json!({}));
        fault(name, &rule);
        task.run().expect(78).says("perhaps the function").says("it is not done again");
        task.retry().run().expect(78).says("this is not the first attempt");
        assert_eq!(runs(name).len(), 1, "{name}");
        // A person has looked.
        task.retry().cleared().run().expect(0);
        assert_eq!(runs(name).len(), 2, "{name}");
    }
}

#[test]
fn what_has_run_nothing_is_tried_again() {
    for (name, code, http) in [
        ("lambda-throttled", "TooManyRequestsException", 429),
        ("lambda-pending", "ResourceConflictException", 409),
        ("lambda-not-ready", "ResourceNotReadyException", 502),
        ("lambda-network", "ENINotReadyException", 502),
    ] {
        let task = task(name, &json!({}));
        fault(name, &json!({ "error": { "code": code, "http": http } }));
        task.run().expect(0).says("nothing was done");
        assert_eq!(runs(name).len(), 1, "{name}");
    }
    let name = "lambda-broken";
    let task = task(name, &json!({}));
    fault(name, &json!({ "error": { "code": "InvalidZipFileException", "http": 502 } }));
    task.run().expect(78).says("InvalidZipFileException");
}

#[test]
fn an_idempotent_function_is_invoked_again() {
    let name = "lambda-again";
    let task = task(name, &json!({ "idempotent": true }));
    fault(name, &json!({ "drop": "after" }));
    task.run().expect(0).says("doing it again, since it is `idempotent`");
    task.retry().run().expect(0);
    assert_eq!(runs(name).len(), 3);
}

#[test]
fn a_failure_of_the_function_is_told() {
    for (idempotent, code) in [(false, 78), (true, 75)] {
        let name = &format!("lambda-fails-{idempotent}");
        make(name, FAIL);
        let ended = Task::new(name, job(name, &json!({ "idempotent": idempotent }))).run().expect(code);
        let ended = ended.says("has failed (Unhandled, request ").says("ValueError: no rows on 2026-01-31");
        ended.says("function.py");
        assert_eq!(runs(name).len(), 1);
    }
}

#[test]
fn an_output_that_lacks_a_member_fails_for_good() {
    let name = "lambda-members";
    task(name, &json!({ "members": ["rows"] })).run().expect(78).says("no member `rows`; it has `day`");
    assert_eq!(runs(name).len(), 1);
}

#[test]
fn an_event_is_taken_and_nothing_is_waited_for() {
    let name = "lambda-event";
    let ended = task(name, &json!({ "no_wait": true })).run().expect(0);
    assert_eq!(ended.outputs["output"], Value::Null);
    until("a run", || runs(name).len() == 1);
    assert_eq!(invocations(name)[0]["request"]["X-Amz-Invocation-Type"], "Event");
    let long = json!({ "no_wait": true, "payload": ["x".repeat(1024 * 1024)] });
    Task::new(name, job(name, &long)).run().expect(78).says("Lambda takes 1048576");
}

#[test]
fn a_kill_says_that_the_function_goes_on() {
    let name = "lambda-killed";
    let task = task(name, &json!({}));
    fault(name, &json!({ "hold": 5 }));
    let running = task.spawn();
    until("an invocation", || !invocations(name).is_empty());
    running.sigterm().0.expect(143).says("goes on");
    task.retry().run().expect(78).says("this is not the first attempt");
    assert_eq!(runs(name).len(), 1);
}

#[test]
fn a_connection_that_is_silent_for_long_is_kept_alive() {
    let name = "lambda-silent";
    let task = task(name, &json!({}));
    fault(name, &json!({ "hold": 3 }));
    let (running, pid) = task.spawn_below_a_shell();
    // The kernel's table of the process: `02` is the timer of a connection that is asked whether it is still there.
    let is_alive = || {
        let own: Vec<String> = std::fs::read_dir(format!("/proc/{pid}/fd"))
            .into_iter()
            .flatten()
            .filter_map(|fd| Some(std::fs::read_link(fd.ok()?.path()).ok()?.to_str()?.to_owned()))
            .collect();
        let table = std::fs::read_to_string(format!("/proc/{pid}/net/tcp")).unwrap_or_default();
        table.lines().any(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [_, _, _, "01", _, timer, _, _, _, inode, ..] = fields[..] else { return false };
            timer.starts_with("02:") && own.contains(&format!("socket:[{inode}]"))
        })
    };
    until("a connection is kept alive", is_alive);
    running.ended().expect(0);
}
