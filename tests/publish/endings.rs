//! Publishers that end before they are done: another one takes over, or a signal ends them.

use super::clients::{ANYBODY, bucket, journal, mark, s3_of};
use super::scene::{Scene, write_worker};
use crate::aws::lab::lab;
use dagc::publish::{Error, Event, Input, Options, apply, propose};
use serde_json::json;
use std::future::pending;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A request that takes effect when its publisher has lost the lease replaces nothing of the newer one's.
#[tokio::test]
async fn a_late_request_of_a_publisher_that_lost_its_lease_is_refused() {
    let mut scene = Scene::new("publish-late").await;
    scene.publish().await.unwrap();
    scene.pipeline("weather", "2");
    scene.pipeline("flights", "3");
    let newer = scene.artifacts.clone();
    scene.pipeline("flights", "2");
    let store = scene.store().await;
    let ann = propose(&scene.clients, &store, scene.input(), &scene.options).await.unwrap();
    scene.fault("PutObject", "dags/acme/flights.py", &json!({"delay": 3}));
    scene.events.borrow_mut().clear();
    let hear = |event: &Event| scene.hear(event);
    let ben = async {
        let is_sent = |event: &Event| matches!(event, Event::Sent { path, .. } if path == "acme/weather.py");
        while !scene.events.borrow().iter().any(is_sent) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let options = Options { by: "ben".to_owned(), takeover: true, ..Options::default() };
        let input = Input { artifacts: &newer, ..scene.input() };
        let proposal = propose(&scene.clients, &store, input, &options).await.unwrap();
        apply(proposal, &scene.clients, &store, &options, &|_| {}, pending()).await.unwrap();
    };
    let ann = apply(ann, &scene.clients, &store, &scene.options, &hear, pending());
    let (ann, ()) = tokio::join!(ann, ben);
    assert!(matches!(ann, Err(Error::LostLease(_))), "{ann:?}");
    assert!(scene.get("dags/acme/flights.py").await.contains("flights-3"));
    assert_eq!(scene.manifest().await.published.unwrap().by, "ben");
}

/// What somebody writes by hand between the look and the write is not replaced unseen.
#[tokio::test]
async fn a_file_that_changes_meanwhile_is_not_replaced() {
    let mut scene = Scene::new("publish-meanwhile").await;
    scene.publish().await.unwrap();
    scene.pipeline("flights", "2");
    let store = scene.store().await;
    let proposal = propose(&scene.clients, &store, scene.input(), &scene.options).await.unwrap();
    scene.put("dags/acme/flights.py", "by hand").await;
    let hear = |event: &Event| scene.hear(event);
    let outcome = apply(proposal, &scene.clients, &store, &scene.options, &hear, pending()).await;
    assert!(matches!(&outcome, Err(Error::Overtaken(path)) if path == "acme/flights.py"), "{outcome:?}");
    assert_eq!(scene.get("dags/acme/flights.py").await, "by hand");
    assert_eq!(scene.manifest().await.lease, None);
    scene.publish().await.unwrap();
    assert!(scene.get("dags/acme/flights.py").await.contains("flights-2"));
}

/// A request under a condition is sent again when its answer is lost, whether it took effect or not.
#[tokio::test]
async fn a_lost_answer_to_a_dag_file_is_no_failure() {
    let scene = Scene::new("publish-dag-answer").await;
    scene.fault("PutObject", "dags/acme/flights.py", &json!({"drop": "before"}));
    scene.fault("PutObject", "dags/acme/weather.py", &json!({"drop": "after"}));
    assert_eq!(scene.publish().await.unwrap().serial, Some(1));
}

/// Runs `dagc publish` until it sends its worker, and sends it a signal; says what the manifest's lease is then.
async fn after_a_signal(name: &str, signal: &str) {
    bucket(name).await;
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let project = format!(
        "project: shop\nairflow: \"3.3\"\nenvironments:\n  dev: {{dags: \"s3://{name}/dags\", region: us-east-1}}\n"
    );
    std::fs::write(root.join("dagc.yaml"), project).unwrap();
    std::fs::create_dir(root.join("specs")).unwrap();
    let spec = "pipeline: hello\nsteps:\n  hello: {bash: {command: echo hello}}\n";
    std::fs::write(root.join("specs/hello.yaml"), spec).unwrap();
    write_worker(&root.join("dagc-worker"), name);
    let dagc = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dagc"));
        command.current_dir(root).args(arguments).envs(&lab().env).env_remove("DAGC_PROJECT");
        command.env("AWS_ACCESS_KEY_ID", ANYBODY);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let built = dagc(&["build"]).wait_with_output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let worker = json!({"bucket": name, "key": "dags/shop/.dagc/bin/dagc-worker-*"});
    lab().fault(&json!({"service": "s3", "operation": "PutObject", "match": worker, "delay": 20}));
    let since = mark();
    let mut publisher = dagc(&["publish", "--worker", "dagc-worker"]);
    let manifest = json!({"bucket": name, "key": "dags/shop/.dagc/manifest.json"});
    let is_begun = || {
        let is_lease = |call: &serde_json::Value| {
            call["operation"] == "PutObject"
                && call["request"]["bucket"] == manifest["bucket"]
                && call["request"]["key"] == manifest["key"]
        };
        journal(since).iter().any(is_lease)
    };
    let began = Instant::now();
    while !is_begun() {
        assert!(publisher.try_wait().unwrap().is_none(), "it has ended");
        assert!(began.elapsed() < Duration::from_mins(1), "it did not begin");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Command::new("kill").args([signal, &publisher.id().to_string()]).status().unwrap();
    let ended = publisher.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(stderr.contains("interrupted"), "{signal}: {stderr}");
    assert!(ended.status.code().is_some_and(|code| code != 0), "{signal}: {:?}", ended.status);
    let s3 = s3_of(ANYBODY).await;
    let object = s3.get_object().bucket(name).key("dags/shop/.dagc/manifest.json").send().await.unwrap();
    let content = object.body.collect().await.unwrap().to_vec();
    let there: serde_json::Value = serde_json::from_slice(&content).unwrap();
    assert_eq!(there.get("lease"), None, "{signal}: the lease is given back");
}

#[tokio::test]
async fn a_publisher_that_a_signal_ends_gives_the_lease_back() {
    after_a_signal("publish-sigterm", "-TERM").await;
    after_a_signal("publish-sighup", "-HUP").await;
}
