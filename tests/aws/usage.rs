//! What the command, the environment and the plan may have wrong, and what a refusal of AWS means.

use super::lab::{bucket, lab, put};
use super::task::{Task, until};
use dagc::plan::PLAN_FILE_VERSION;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// Airflow shows it before the task runs.
#[test]
fn what_would_be_sent_can_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.json");
    let arguments = json!({ "--day": "{{ ds }}", "--token": "{{ params.token }}" });
    let job = json!({ "type": "run_glue_job", "job": "j", "arguments": arguments });
    let text = json!({
        "version": PLAN_FILE_VERSION, "project": "p", "dag_id": "d", "environment": "dev", "region": null,
        "tasks": { "t": { "step": "t", "on_kill": "cancel", "job": job } },
    });
    std::fs::write(&plan, text.to_string()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dagc-worker"))
        .args(["exec", "--render", "--task", "t", "--plan"])
        .arg(&plan)
        .env_clear()
        .envs(["DAGC_DAG_ID", "DAGC_TASK_ID", "DAGC_RUN_ID"].map(|name| (name, "x")))
        .env("DAGC_LOGICAL_DATE", "2026-01-31T03:15:00+00:00")
        .env("DAGC_PARAMS", r#"{"token": "not to be told"}"#)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = json!({ "--day": "2026-01-31", "--token": "***" });
    assert_eq!((&shown["request"]["arguments"], &shown["sql"]), (&expected, &json!("")));
}

/// Linux takes no variable of 128 KiB or more.
#[test]
fn long_variables_are_given_by_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.json");
    let job =
        json!({ "type": "run_glue_job", "job": "j", "arguments": { "--day": "{{ ds }} {{ params.all }}" } });
    let text = json!({
        "version": PLAN_FILE_VERSION, "project": "p", "dag_id": "d", "environment": "dev", "region": null,
        "tasks": { "t": { "step": "t", "on_kill": "cancel", "job": job } },
    });
    std::fs::write(&plan, text.to_string()).unwrap();
    let all = "x".repeat(300_000);
    let input = json!({ "DAGC_PARAMS": json!({ "all": all }).to_string() });
    let file = folder.path().join("input");
    std::fs::write(&file, input.to_string()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dagc-worker"))
        .args(["exec", "--render", "--task", "t", "--plan"])
        .arg(&plan)
        .env_clear()
        .envs(["DAGC_DAG_ID", "DAGC_TASK_ID", "DAGC_RUN_ID"].map(|name| (name, "x")))
        .env("DAGC_LOGICAL_DATE", "2026-01-31T03:15:00+00:00")
        .env("DAGC_LONGER_VARIABLES", "stdin")
        .stdin(std::fs::File::open(file).unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    // What is shown is cut.
    let day = shown["request"]["arguments"]["--day"].as_str().unwrap();
    assert!(day.starts_with(&format!("2026-01-31 {}", &all[..1_000])), "{day}");
}

/// A worker that does not know where to call would try for hours.
#[test]
fn a_worker_without_a_region_is_64() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.json");
    let connection = json!({ "workgroup": "w", "database": "d" });
    let script = json!({ "type": "script", "statements": ["select 1"], "transaction": true });
    for job in [
        json!({ "type": "wait_for_objects", "path": "s3://raw/in/", "at_least": 1, "every": 60 }),
        json!({ "type": "crawl", "crawler": "c", "if_running": "adopt" }),
        json!({ "type": "run_glue_job", "job": "j" }),
        json!({ "type": "run_sql", "connection": connection, "body": script }),
    ] {
        let task = json!({ "step": "t", "on_kill": "cancel", "job": job });
        let text = json!({
            "version": PLAN_FILE_VERSION, "project": "p", "dag_id": "d", "environment": "dev", "tasks": { "t": task },
        });
        std::fs::write(&plan, text.to_string()).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_dagc-worker"))
            .args(["exec", "--task", "t", "--plan"])
            .arg(&plan)
            .env_clear()
            .envs(["DAGC_DAG_ID", "DAGC_TASK_ID", "DAGC_RUN_ID"].map(|name| (name, "x")))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .output()
            .unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{log}");
        assert!(log.contains("write `region` into the environment `dev` of dagc.yaml"), "{log}");
    }
}

/// Nothing in the tests makes dagc panic but a process that may open too few files: the runtime cannot be
/// made then, which it says by a panic.
#[test]
fn a_panic_is_70() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.json");
    let text = json!({
        "version": PLAN_FILE_VERSION, "project": "p", "dag_id": "d", "environment": "dev", "region": "eu-west-1",
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
    assert!(log.contains("error: a bug in dagc, met in task `t` of "), "{log}");
    assert!(log.trim_end().ends_with("please report it with the lines above"), "{log}");
    assert!(!log.contains("not to be told"), "{log}");
}

/// Gives credentials that are good for so many seconds, as the container's agent does; counts the requests.
fn credentials(seconds: i64) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}/v2/credentials", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            assert!(request[..read].starts_with(b"GET /v2/credentials "));
            let expiration = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
            let body = json!({
                "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "secret", "Token": "token",
                "Expiration": expiration.to_string(),
            })
            .to_string();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    (uri, asked)
}

/// The container's credentials are this machine's own: botocore asks for them without a proxy too. They run
/// out while a job is waited for, and are asked for again before that.
#[test]
fn credentials_of_the_container_are_asked_for_again_and_never_through_the_proxy() {
    bucket("usage-credentials");
    // The SDK takes those for run out that are good for ten seconds only.
    let (uri, asked) = credentials(11);
    let job = json!({ "type": "wait_for_objects", "path": "s3://usage-credentials/in/", "at_least": 1, "every": 1 });
    let running = Task::new("usage-credentials", job)
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri)
        .env("AWS_ACCESS_KEY_ID", "")
        .env("AWS_SECRET_ACCESS_KEY", "")
        .env("NO_PROXY", "")
        .env("no_proxy", "")
        .spawn();
    until("credentials that are asked for again", || asked.load(Ordering::SeqCst) > 1);
    put("usage-credentials", "in/a", "1");
    running.ended().expect(0);
}

/// The profiles of people: a program that gives credentials, `aws login`, and a role on top of either.
#[test]
fn profiles_may_name_a_program_or_a_login() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    let written = |key: &str| {
        format!(
            r#"{{"Version": 1, "AccessKeyId": "{key}", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2099-01-01T00:00:00Z"}}"#
        )
    };
    // AWS's command line, as far as it is asked.
    let aws = folder.path().join("aws");
    let script = format!(
        "#!/bin/sh\nif [ \"$*\" = \"configure export-credentials --profile $WANTED --format process\" ]; then\n\
         echo '{}'\nelse\necho \"what is $*?\" >&2\nexit 3\nfi\n",
        written("AKIABYTHECLI")
    );
    std::fs::write(&aws, script).unwrap();
    std::fs::set_permissions(&aws, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let profiles = format!(
        "[profile program]\ncredential_process = echo '{}'\n\
         [profile broken]\ncredential_process = echo 'no such user' >&2; exit 1\n\
         [profile wordy]\ncredential_process = echo hello\n\
         [profile login]\nlogin_session = arn:aws:sts::123456789012:assumed-role/admin/me\n\
         [profile role]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = login\n",
        written("AKIABYAPROGRAM")
    );
    std::fs::write(&config, profiles).unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    for (profile, key, code, said) in [
        ("program", "AKIABYAPROGRAM", 78, "EntityNotFound"),
        ("login", "AKIABYTHECLI", 78, "EntityNotFound"),
        ("role", "AKIABYTHECLI", 78, "EntityNotFound"),
        ("broken", "", 75, "no such user"),
        ("wordy", "", 75, "wrote no JSON"),
    ] {
        // With credentials the job is found to be none.
        let name = format!("usage-profile-{profile}");
        let job = json!({ "type": "run_glue_job", "job": name });
        let ended = Task::new(&name, job)
            .env("AWS_ACCESS_KEY_ID", "")
            .env("AWS_SECRET_ACCESS_KEY", "")
            .env("AWS_CONFIG_FILE", config.to_str().unwrap())
            .env("AWS_PROFILE", profile)
            .env("WANTED", profile)
            .env("PATH", &path)
            .run()
            .expect(code)
            .says(said);
        let keys: Vec<Value> = lab().calls("glue", "GetJobRuns", "JobName", &name);
        assert!(keys.iter().all(|call| call["access_key"] == key), "{profile}: {}", ended.log);
        assert_eq!(keys.is_empty(), key.is_empty(), "{profile}: {}", ended.log);
        assert!(!ended.log.contains("hello"), "{}", ended.log);
    }
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
