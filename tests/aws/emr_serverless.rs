//! Runs on EMR Serverless: started once by a token, their logs, their ends, and applications that are to be started.

use super::lab::{bucket, lab, put};
use super::task::{Task, until};
use serde_json::{Value, json};

pub(crate) const BUCKET: &str = "emr-code";
const SAY: &str = "import sys\nprint('saying', *sys.argv[1:])\nprint('warned', file=sys.stderr)\n\
                   sys.exit('no data' if 'fail' in sys.argv else 0)\n";

/// Makes an application, and puts a script into S3 that says what it is given. Gives the application's id.
pub(crate) fn application(name: &str, more: &Value) -> String {
    bucket(BUCKET);
    put(BUCKET, "say.py", SAY);
    let mut application = json!({ "name": name });
    application.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    lab().control("PUT", "application", &application)["id"].as_str().unwrap().to_owned()
}

/// A role for a run.
pub(crate) fn role(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

/// A step that runs the script.
pub(crate) fn job(application: &str, more: &Value) -> Value {
    let driver = json!({ "type": "spark", "entry_point": format!("s3://{BUCKET}/say.py"), "arguments": ["on", "{{ ds }}"] });
    let mut job = json!({
        "type": "run_emr_serverless", "application": application, "role": role("emr"),
        "driver": driver, "log_group": "/emr/dagc",
    });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    job
}

/// A task on an application of its own, and the application's id.
fn task(name: &str, more: &Value) -> (Task, String) {
    let id = application(name, &json!({}));
    (Task::new(name, job(name, more)), id)
}

fn starts(id: &str) -> Vec<Value> {
    lab().calls("emr-serverless", "StartJobRun", "applicationId", id)
}

/// How many runs were started.
fn started(id: &str) -> usize {
    let calls = starts(id);
    let mut runs: Vec<&str> = calls.iter().filter_map(|call| call["notes"]["run"].as_str()).collect();
    runs.sort_unstable();
    runs.dedup();
    runs.len()
}

fn fault(id: &str, rule: &Value) {
    let mut whole =
        json!({ "service": "emr-serverless", "operation": "StartJobRun", "match": { "applicationId": id } });
    whole.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    lab().fault(&whole);
}

#[test]
fn a_run_is_given_words_and_its_log_is_passed_on() {
    let (task, id) =
        task("emr-given", &json!({ "timeout_minutes": 90, "logs": format!("s3://{BUCKET}/logs/") }));
    let ended = task.run().expect(0).says("| saying on 2026-01-31").says("| warned");
    let outputs = &ended.outputs;
    assert_eq!(outputs["application"], id.as_str());
    assert_eq!(outputs["release"], "emr-7.12.0");
    assert_eq!(
        outputs["logs"],
        format!("s3://{BUCKET}/logs/applications/{id}/jobs/{}/", outputs["handle"].as_str().unwrap())
    );
    assert!((outputs["vcpu_hours"].as_f64().unwrap() - 4.0 / 60.0).abs() < 0.1, "{outputs:?}");
    let [start] = starts(&id).try_into().unwrap();
    let request = &start["request"];
    assert_eq!(request["executionTimeoutMinutes"], 90);
    assert!(request["name"].as_str().unwrap().starts_with("emr-given.job dagc-"), "{request}");
    assert!(request["clientToken"].as_str().unwrap().len() <= 64, "{request}");
    let (hive, _) = self::task(
        "emr-hive",
        &json!({ "driver": { "type": "hive", "query_file": format!("s3://{BUCKET}/say.py") }, "log_group": null }),
    );
    hive.run().expect(0);
}

/// What the application says of its logs holds where the step says nothing.
#[test]
fn a_log_of_the_application_is_passed_on() {
    let logging =
        json!({ "cloudWatchLoggingConfiguration": { "enabled": true, "logStreamNamePrefix": "p" } });
    let id = application("emr-own-log", &json!({ "monitoring": logging }));
    let task = Task::new("emr-own-log", job(&id, &json!({ "log_group": null })));
    task.run().expect(0).says("| saying on 2026-01-31");
    let (task, id) = self::task("emr-no-log", &json!({ "log_group": null }));
    fault(&id, &json!({ "script": { "state": "FAILED", "details": "ExitCode: 1" } }));
    task.run().expect(75).says("its logs are in EMR Studio");
}

#[test]
fn a_lost_answer_starts_nothing_twice() {
    for (name, rule) in [
        ("emr-lost", json!({ "drop": "after" })),
        (
            "emr-lost-error",
            json!({ "error": { "code": "InternalServerException", "http": 500, "after": true } }),
        ),
        ("emr-not-done", json!({ "drop": "before" })),
        ("emr-throttled", json!({ "error": { "code": "ThrottlingException", "http": 429 } })),
        ("emr-quota", json!({ "error": { "code": "ServiceQuotaExceededException", "http": 402 } })),
    ] {
        let (task, id) = task(name, &json!({}));
        fault(&id, &rule);
        task.run().expect(0);
        assert_eq!(started(&id), 1, "{name}");
    }
}

#[test]
fn a_run_that_is_over_is_not_started_again() {
    let (task, id) = task("emr-over", &json!({}));
    // It is in no listing for longer than anybody looks.
    fault(&id, &json!({ "lag": 600 }));
    let first = task.run().expect(0);
    let second = task.retry().run().expect(0);
    assert_eq!(first.outputs["handle"], second.outputs["handle"]);
    assert_eq!(started(&id), 1);
    task.retry().cleared().run().expect(0);
    assert_eq!(started(&id), 2);
    // One that has failed is followed by the next, whether it is listed or not.
    for (name, lag) in [("emr-failed-listed", 0), ("emr-failed-unlisted", 600)] {
        let (task, id) = self::task(name, &json!({}));
        fault(&id, &json!({ "lag": lag }));
        fault(&id, &json!({ "script": { "state": "FAILED", "details": "no disk" } }));
        task.run().expect(75).says("ended as FAILED: no disk");
        task.retry().run().expect(0);
        assert_eq!(started(&id), 2, "{name}");
    }
}

#[test]
fn ends_are_told_for_what_they_are() {
    for (name, script, said) in [
        (
            "emr-failed",
            json!({ "state": "FAILED", "details": "ExitCode: 1" }),
            "ended as FAILED: ExitCode: 1",
        ),
        ("emr-by-hand", json!({ "state": "CANCELLED", "details": "by hand" }), "ended as CANCELLED: by hand"),
    ] {
        let (task, id) = task(name, &json!({}));
        fault(&id, &json!({ "script": script }));
        task.run().expect(75).says(said);
    }
    let spark = |entry: &str, arguments: Value| json!({ "driver": { "type": "spark", "entry_point": format!("s3://{BUCKET}/{entry}"), "arguments": arguments } });
    let (task, _) = self::task("emr-real", &spark("say.py", json!(["fail"])));
    task.run().expect(75).says("| saying fail").says("Last: no data").says("its whole log: https://");
    let (task, _) = self::task("emr-no-file", &spark("none.py", json!([])));
    task.run().expect(75).says("NoSuchKey");
}

#[test]
fn an_application_is_found_and_started() {
    let id = application("emr-idle", &json!({ "state": "CREATED", "auto_start": false }));
    let ended = Task::new("emr-idle", job("emr-idle", &json!({}))).run().expect(0);
    ended.says("the application `emr-idle` is CREATED: waiting until it takes runs");
    assert!(!lab().calls("emr-serverless", "StartApplication", "applicationId", &id).is_empty());
    // One that starts by itself is left to do so.
    let id = application("emr-stopped", &json!({ "state": "STOPPED" }));
    Task::new("emr-stopped", job(&id, &json!({}))).run().expect(0);
    assert!(lab().calls("emr-serverless", "StartApplication", "applicationId", &id).is_empty());
    application("emr-gone", &json!({ "state": "TERMINATED" }));
    Task::new("emr-gone", job("emr-gone", &json!({})))
        .run()
        .expect(78)
        .says("there is no application `emr-gone`");
    let id = application("emr-dead", &json!({ "state": "TERMINATED" }));
    Task::new("emr-dead", job(&id, &json!({})))
        .run()
        .expect(78)
        .says("is TERMINATED; name one that is there");
    let first = application("emr-twice", &json!({}));
    let second = application("emr-twice", &json!({}));
    let ended = Task::new("emr-twice", job("emr-twice", &json!({}))).run().expect(78);
    ended.says("2 applications are called `emr-twice`: name one by its id, such as 00f");
    assert!(started(&first) + started(&second) == 0);
}

#[test]
fn a_kill_cancels_the_run_and_the_next_attempt_starts_another() {
    let (task, id) = task("emr-killed", &json!({}));
    fault(&id, &json!({ "hold": 30 }));
    let running = task.spawn();
    until("a run", || !starts(&id).is_empty());
    running.sigterm().0.expect(143).says("EMR Serverless run");
    task.retry().run().expect(0);
    assert_eq!(started(&id), 2);
    assert!(!lab().calls("emr-serverless", "CancelJobRun", "applicationId", &id).is_empty());
}
