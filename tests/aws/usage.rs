//! What the command, the environment and the plan may have wrong, and what a refusal of AWS means.

use super::lab::{bucket, lab, put};
use super::task::Task;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpListener;
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

/// Nothing in the tests makes dagc panic but a process that may open too few files: the runtime cannot be
/// made then, which it says by a panic.
#[test]
fn a_panic_is_70() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.json");
    let text = json!({
        "version": 1, "dag_id": "d", "environment": "dev", "region": null,
        "tasks": { "t": { "step": "t", "on_kill": "cancel", "job": { "type": "run_glue_job", "job": "j" } } },
    });
    std::fs::write(&plan, text.to_string()).unwrap();
    let output = Command::new("/bin/sh")
        .args(["-c", r#"ulimit -n 6; exec "$0" "$@""#, env!("CARGO_BIN_EXE_dagc-worker"), "exec"])
        .args(["--task", "t", "--plan"])
        .arg(&plan)
        .env_clear()
        .envs(["DAGC_DAG_ID", "DAGC_TASK_ID", "DAGC_RUN_ID"].map(|name| (name, "x")))
        .env("AWS_SECRET_ACCESS_KEY", "not to be told")
        .output()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(70), "{log}");
    assert!(log.contains("panicked at"), "{log}");
    assert!(log.trim_end().ends_with("error: a bug in dagc: please report the lines above"), "{log}");
    assert!(!log.contains("not to be told"), "{log}");
}

/// The container's credentials are this machine's own: botocore asks for them without a proxy too.
#[test]
fn credentials_of_the_container_do_not_go_through_the_proxy() {
    bucket("usage-credentials");
    put("usage-credentials", "in/a", "1");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}/v2/credentials", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let read = stream.read(&mut request).unwrap();
        let body = json!({
            "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "secret", "Token": "token",
            "Expiration": "2099-01-01T00:00:00Z",
        })
        .to_string();
        let length = body.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all((head + &body).as_bytes()).unwrap();
        String::from_utf8_lossy(&request[..read]).into_owned()
    });
    let job = json!({ "type": "wait_for_objects", "path": "s3://usage-credentials/in/", "at_least": 1, "every": 1 });
    Task::new("usage-credentials", job)
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri)
        .env("AWS_ACCESS_KEY_ID", "")
        .env("AWS_SECRET_ACCESS_KEY", "")
        .env("NO_PROXY", "")
        .run()
        .expect(0);
    assert!(asked.join().unwrap().starts_with("GET /v2/credentials "));
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
