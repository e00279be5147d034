//! What the command, the environment and the plan may have wrong, and what a refusal of AWS means.

use super::lab::{bucket, lab};
use super::task::Task;
use serde_json::json;
use std::process::Command;

fn worker(arguments: &[&str]) -> (i32, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_dagc-worker")).args(arguments).env_clear().output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn what_cannot_be_used_is_64() {
    for (arguments, expected) in [
        (&[][..], "Usage: dagc-worker"),
        (&["exec"], "--plan <FILE>"),
        (&["exec", "--plan", "p", "--task", "t"], "error: the environment variable DAGC_DAG_ID is not set"),
    ] {
        let (code, log) = worker(arguments);
        assert_eq!(code, 64, "{log}");
        assert!(log.contains(expected), "{log}");
    }
    assert_eq!(worker(&["--version"]).0, 0);
}

#[test]
fn a_template_without_a_value_fails_for_good() {
    let job = json!({ "type": "wait_for_objects", "path": "s3://raw/{{ params.day }}/", "at_least": 1, "every": 1 });
    Task::new("usage-missing", job).run().expect(78).says("error: this run has no value for `params.day`");
}

#[test]
fn a_throttled_service_is_waited_for_and_a_refusal_is_not() {
    bucket("usage-throttled");
    let job = |name: &str| json!({ "type": "run_glue_job", "job": name });
    let glue = |operation: &str, name: &str, times: u32, code: &str| {
        lab().fault(&json!({
            "service": "glue", "operation": operation, "match": { "JobName": name }, "times": times,
            "error": { "code": code, "message": "told to" },
        }));
    };
    glue("GetJobRuns", "usage-denied", 1, "AccessDeniedException");
    Task::new("usage-denied", job("usage-denied"))
        .run()
        .expect(78)
        .says("glue:GetJobRuns: AccessDeniedException")
        .says("the worker's role needs glue:GetJobRuns");
    Task::new("usage-none", job("usage-none")).run().expect(78).says("EntityNotFoundException");
}
