//! Tasks of DataSync: executions that are started once, what they transfer, files that have failed.

use super::lab::{block_on, bucket, lab, put, s3};
use super::task::{Task, until};
use serde_json::{Value, json};

/// Makes a task of this name between two folders of a bucket of this name, with three files; gives its ARN.
pub(crate) fn transfer(name: &str) -> String {
    bucket(name);
    for key in ["2026-01-31/a.csv", "2026-01-31/b.tmp", "2026-02-01/c.csv"] {
        put(name, &format!("in/{key}"), key.as_bytes().to_vec());
    }
    make(name)
}

fn make(name: &str) -> String {
    let task = json!({ "name": name, "from": format!("s3://{name}/in/"), "to": format!("s3://{name}/out/") });
    lab().control("PUT", "transfer", &task)["arn"].as_str().unwrap().to_owned()
}

/// The ARN of the task of this name.
pub(crate) fn arn_of(name: &str) -> String {
    lab().control("POST", "transfer", &json!({ "name": name }))["arn"].as_str().unwrap().to_owned()
}

/// A step that runs it.
pub(crate) fn job(task: &str, more: &Value) -> Value {
    let mut job = json!({ "type": "run_transfer", "task": task });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    job
}

fn task(name: &str, more: &Value) -> (Task, String) {
    let arn = transfer(name);
    (Task::new(name, job(name, more)), arn)
}

fn starts(arn: &str) -> Vec<Value> {
    lab().calls("datasync", "StartTaskExecution", "TaskArn", arn)
}

/// How many executions were started.
fn started(arn: &str) -> usize {
    starts(arn).iter().filter(|call| call["notes"]["execution"].is_string()).count()
}

fn fault(arn: &str, operation: &str, rule: &Value) {
    let of = if operation == "StartTaskExecution" { "TaskArn" } else { "TaskExecutionArn" };
    let mut whole =
        json!({ "service": "datasync", "operation": operation, "match": { of: format!("{arn}*") } });
    whole.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    lab().fault(&whole);
}

fn written(name: &str) -> Vec<String> {
    let listed = block_on(s3().list_objects_v2().bucket(name).prefix("out/").send()).unwrap();
    listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
}

#[test]
fn files_of_a_run_are_transferred_and_counted() {
    let name = "datasync-outputs";
    let more = json!({ "include": ["/{{ ds }}", "/none*"], "exclude": ["*.tmp"] });
    let (task, arn) = task(name, &more);
    let ended = task.run().expect(0);
    let outputs = &ended.outputs;
    assert_eq!(
        (&outputs["files"], &outputs["bytes"], &outputs["failed"]),
        (&json!(1), &json!(16), &json!(0))
    );
    assert_eq!(written(name), ["out/2026-01-31/a.csv"]);
    let handle = outputs["handle"].as_str().unwrap();
    let ids = handle.strip_prefix(&format!("{arn}/execution/")).unwrap();
    let url = outputs["url"].as_str().unwrap();
    assert!(url.ends_with(&format!("#/history/{}/{ids}", arn.rsplit_once('/').unwrap().1)), "{url}");
    // What differs from the target alone, unless the step says otherwise.
    let again = task.cleared().run().expect(0);
    assert_eq!((&again.outputs["files"], &again.outputs["skipped"]), (&json!(0), &json!(1)));
    let all = Task::new("datasync-all", job(&arn, &json!({ "only_changed": false }))).run().expect(0);
    assert_eq!(all.outputs["files"], 3);
}

#[test]
fn a_task_is_found_by_its_name_and_its_id() {
    let arn = transfer("datasync-named");
    // More of them than one page lists.
    for _ in 0..25 {
        make("datasync-named-otherwise");
    }
    let id = arn.rsplit_once('/').unwrap().1;
    for named in ["datasync-named", id, &arn] {
        Task::new("datasync-named", job(named, &json!({}))).run().expect(0);
    }
    let missing = Task::new("datasync-nobody", job("datasync-nobody", &json!({})));
    missing.run().expect(78).says("there is no task `datasync-nobody`");
    let twice = Task::new("datasync-twice", job("datasync-named-otherwise", &json!({})));
    twice.run().expect(78).says("25 tasks are called `datasync-named-otherwise`: name one by its id");
    let gone = arn.replace(id, "task-00000000000000000");
    Task::new("datasync-gone", job(&gone, &json!({}))).run().expect(78).says("Unable to find the task");
}

#[test]
fn a_lost_answer_starts_nothing_twice() {
    for (name, rule) in [
        ("datasync-lost", json!({ "drop": "after" })),
        (
            "datasync-lost-error",
            json!({ "error": { "code": "InternalException", "http": 500, "after": true } }),
        ),
        ("datasync-not-done", json!({ "drop": "before" })),
        ("datasync-throttled", json!({ "error": { "code": "ThrottlingException", "http": 400 } })),
    ] {
        let (task, arn) = task(name, &json!({}));
        fault(&arn, "StartTaskExecution", &rule);
        task.run().expect(0);
        assert_eq!(started(&arn), 1, "{name}");
    }
}

#[test]
fn an_execution_that_is_over_is_not_done_again() {
    let name = "datasync-over";
    let (task, arn) = task(name, &json!({}));
    let first = task.run().expect(0);
    // There are others by now, which are nobody's or of another task instance.
    Task::new("datasync-other", job(&arn, &json!({}))).run().expect(0);
    let second = task.retry().run().expect(0);
    assert_eq!(first.outputs["handle"], second.outputs["handle"]);
    assert_eq!(second.outputs["adopted"], true);
    assert_eq!(started(&arn), 2);
}

#[test]
fn what_has_failed_is_told_and_done_again() {
    for (name, script, said) in [
        (
            "datasync-failed",
            json!({ "state": "ERROR", "code": "AgentOffline", "detail": "no agent" }),
            "ended as ERROR: AgentOffline: no agent",
        ),
        ("datasync-lossy", json!({ "failed": 2 }), "ended as SUCCESS, and 2 files and folders have failed"),
    ] {
        let (task, arn) = task(name, &json!({}));
        fault(&arn, "StartTaskExecution", &json!({ "script": script }));
        task.run().expect(75).says(said);
        task.retry().run().expect(0);
        assert_eq!(started(&arn), 2, "{name}");
    }
    let (task, arn) = task("datasync-may-lose", &json!({ "may_lose": true }));
    fault(&arn, "StartTaskExecution", &json!({ "script": { "failed": 1 } }));
    let ended = task.run().expect(0).says("1 file or folder has failed");
    assert_eq!(ended.outputs["failed"], 1);
}

#[test]
fn a_start_that_is_refused_is_tried_again() {
    let (task, arn) = task("datasync-refused", &json!({}));
    let refused =
        json!({ "code": "InvalidRequestException", "message": "the agent is offline", "http": 400 });
    fault(&arn, "StartTaskExecution", &json!({ "error": refused }));
    task.run().expect(75).says("the agent is offline");
    task.retry().run().expect(0);
    assert_eq!(started(&arn), 1);
}

#[test]
fn a_kill_cancels_the_execution_and_the_next_attempt_starts_another() {
    let (task, arn) = task("datasync-killed", &json!({}));
    fault(&arn, "StartTaskExecution", &json!({ "hold": 30 }));
    let running = task.spawn();
    until("an execution", || !starts(&arn).is_empty());
    running.sigterm().0.expect(143).says("execution");
    task.retry().run().expect(0);
    assert_eq!(started(&arn), 2);
}
