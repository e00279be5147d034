//! Clusters of Redshift: paused, resumed and resized once, whatever state they are in and whatever answer is lost.

use super::lab::lab;
use super::task::{Task, until};
use serde_json::{Value, json};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Makes a cluster of this name, of two nodes, that is in a state.
pub(crate) fn cluster(name: &str, status: &str) {
    lab().control("PUT", "provisioned", &json!({ "name": name, "status": status }));
}

/// A cluster as it is, and how often it was changed.
pub(crate) fn told(name: &str) -> Value {
    lab().control("POST", "provisioned", &json!({ "name": name }))
}

pub(crate) fn job(name: &str, action: &Value) -> Value {
    json!({ "type": "change_cluster", "cluster": name, "action": action })
}

pub(crate) fn pause() -> Value {
    json!({ "type": "pause" })
}

fn resume() -> Value {
    json!({ "type": "resume" })
}

fn resize(nodes: u32) -> Value {
    json!({ "type": "resize", "nodes": nodes })
}

/// A task for a cluster that is in a state.
fn task(name: &str, status: &str, action: &Value) -> Task {
    cluster(name, status);
    Task::new(name, job(name, action))
}

/// Adds a rule for the calls for a cluster.
pub(crate) fn fault(name: &str, operation: &str, rule: &Value) {
    let mut whole =
        json!({ "service": "redshift", "operation": operation, "match": { "ClusterIdentifier": name } });
    whole.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    lab().fault(&whole);
}

fn changes(name: &str) -> Value {
    told(name)["changes"].clone()
}

#[test]
fn a_cluster_is_brought_into_each_state_and_left_there() {
    let larger = json!({ "type": "resize", "nodes": 4, "node_type": "ra3.4xlarge", "classic": true });
    for (name, status, action, end, nodes, node_type) in [
        ("cluster-pause", "available", pause(), "paused", 2, "ra3.large"),
        ("cluster-resume", "paused", resume(), "available", 2, "ra3.large"),
        ("cluster-resize", "available", resize(3), "available, resize-cleanup", 3, "ra3.large"),
        ("cluster-single", "available", resize(1), "available, resize-cleanup", 1, "ra3.large"),
        ("cluster-classic", "storage-full", larger, "available, resize-cleanup", 4, "ra3.4xlarge"),
    ] {
        let task = task(name, status, &action);
        let first = task.run().expect(0);
        let outputs = &first.outputs;
        assert_eq!((&outputs["status"], &outputs["nodes"]), (&json!(end), &json!(nodes)), "{name}");
        assert_eq!(
            (&outputs["node_type"], &outputs["adopted"]),
            (&json!(node_type), &json!(false)),
            "{name}"
        );
        assert!(outputs["url"].as_str().unwrap().ends_with(&format!("#cluster-details?cluster={name}")));
        // Another run, another attempt, and one of a task that was cleared ask for nothing.
        for again in [task.clone().of_run("manual__1"), task.retry(), task.cleared()] {
            let again = again.run().expect(0);
            assert_eq!(
                (&again.outputs["adopted"], &again.outputs["status"]),
                (&json!(true), &json!(end)),
                "{name}"
            );
        }
        assert_eq!((changes(name), &told(name)["nodes"]), (json!(1), &json!(nodes)), "{name}");
    }
    let classic = lab().calls("redshift", "ResizeCluster", "ClusterIdentifier", "cluster-classic");
    assert_eq!(classic[0]["request"]["Classic"], "true");
}

#[test]
fn what_somebody_else_has_begun_is_waited_for() {
    let name = "cluster-others";
    cluster(name, "available");
    fault(name, "PauseCluster", &json!({ "hold": 3 }));
    let other = Task::new("cluster-others-first", job(name, &pause())).spawn();
    until("a pause", || changes(name) == 1);
    // One is on its way to it, the other has to wait for it and then goes back.
    let same = Task::new(name, job(name, &pause())).run().expect(0);
    assert_eq!((&same.outputs["adopted"], changes(name)), (&json!(true), json!(1)));
    other.ended().expect(0);
    let back = Task::new("cluster-others-back", job(name, &resume()));
    back.run().expect(0);
    let name = "cluster-others-way";
    cluster(name, "paused");
    fault(name, "ResumeCluster", &json!({ "hold": 5 }));
    let other = Task::new("cluster-others-wake", job(name, &resume())).spawn();
    until("a resume", || told(name)["status"] == "resuming");
    // It is told late.
    sleep(Duration::from_secs(2));
    let paused = Task::new("cluster-others-sleep", job(name, &pause())).run().expect(0).says("resuming");
    assert_eq!((&paused.outputs["status"], changes(name)), (&json!("paused"), json!(2)));
    other.ended();
}

#[test]
fn a_lost_answer_changes_nothing_twice() {
    let after = json!({ "error": { "code": "InternalFailure", "http": 500, "after": true } });
    for (n, (rule, sent)) in [
        (json!({ "drop": "after" }), 1),
        (json!({ "drop": "before" }), 2),
        (after, 1),
        (json!({ "error": { "code": "Throttling", "http": 400 } }), 2),
        (json!({ "error": { "code": "InvalidClusterState", "http": 400 } }), 2),
        (json!({ "error": { "code": "InsufficientClusterCapacity", "http": 400 } }), 2),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("cluster-lost-{n}");
        let task = task(&name, "paused", &resume());
        fault(&name, "ResumeCluster", &rule);
        task.run().expect(0);
        let calls = lab().calls("redshift", "ResumeCluster", "ClusterIdentifier", &name);
        assert_eq!((changes(&name), calls.len()), (json!(1), sent), "{rule}");
    }
}

#[test]
fn an_attempt_after_a_lost_one_finds_it_on_its_way() {
    let name = "cluster-killed";
    let task = task(name, "available", &resize(4)).env("AWS_ACCESS_KEY_ID", "AKIAcluster-killed");
    fault(name, "ResizeCluster", &json!({ "hang": "after" }));
    fault(name, "ResizeCluster", &json!({ "hold": 4 }));
    let running = task.spawn();
    assert!(lab().hangs("AKIAcluster-killed", 20.0));
    running.sigkill();
    let ended = task.retry().run().expect(0);
    assert_eq!((&ended.outputs["adopted"], changes(name)), (&json!(true), json!(1)));
}

/// Redshift gives up, and the cluster is as it was; the next attempt asks for it anew.
fn given_up(name: &str, seconds: u64) -> Duration {
    let task = task(name, "available", &resize(4));
    fault(name, "ResizeCluster", &json!({ "script": { "state": "available" } }));
    fault(name, "ResizeCluster", &json!({ "hold": seconds }));
    let began = Instant::now();
    let ended = task.run().expect(75);
    ended.says("was asked to resize, and is available, 2 nodes of ra3.large: Redshift has given up");
    let took = began.elapsed();
    task.retry().run().expect(0);
    assert_eq!((changes(name), &told(name)["nodes"]), (json!(2), &json!(4)));
    took
}

#[test]
fn one_that_was_on_its_way_and_goes_back_has_failed() {
    let took = given_up("cluster-undone", 5);
    assert!(took < Duration::from_secs(25), "{took:?}");
}

#[test]
fn one_that_is_never_seen_on_its_way_has_failed_in_the_end() {
    let took = given_up("cluster-unseen", 0);
    assert!(took > Duration::from_secs(30), "{took:?}");
}

#[test]
fn what_does_not_come_about_fails() {
    for (name, status, action, why) in [
        ("cluster-deleting", "deleting", pause(), "is `deleting`: it is being deleted"),
        ("cluster-broken", "hardware-failure", resume(), "restore it from a snapshot"),
        (
            "cluster-asleep",
            "paused",
            resize(4),
            "it is paused, and is resized while it runs: resume it first",
        ),
    ] {
        cluster(name, status);
        Task::new(name, job(name, &action)).run().expect(78).says(why);
        assert_eq!(changes(name), 0, "{name}");
    }
    let nobody = Task::new("cluster-nobody", job("cluster-nobody", &pause())).run().expect(78);
    nobody
        .says("there is no provisioned cluster `cluster-nobody`")
        .says("Redshift Serverless has nothing to pause");
    let refused = "cluster-refused";
    cluster(refused, "available");
    let message = "You cannot elastically resize to this size.";
    let code = json!({ "code": "UnsupportedOperation", "http": 400, "message": message });
    fault(refused, "ResizeCluster", &json!({ "error": code }));
    Task::new(refused, job(refused, &resize(100))).run().expect(78).says(message);
}

#[test]
fn sigterm_takes_nothing_back() {
    let name = "cluster-sigterm";
    let task = task(name, "available", &pause());
    fault(name, "PauseCluster", &json!({ "hold": 4 }));
    let running = task.spawn();
    until("a pause", || changes(name) == 1);
    sleep(Duration::from_millis(300));
    let (ended, took) = running.sigterm();
    ended.expect(143).says("a pause is not taken back");
    assert!(took < Duration::from_secs(4), "{took:?}");
    task.retry().run().expect(0);
    assert_eq!(changes(name), 1);
}
