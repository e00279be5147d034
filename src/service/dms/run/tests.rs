//! Tests of what a run is known by, and of what is not started.

use super::*;
use crate::aws::client::unconnected;
use crate::exec::outcome::Exit;
use serde_json::{Value, json};

fn job(region: &'static str, spec: &Value) -> Result<ReplicationJob, Failure> {
    let mut whole = json!({ "replication": { "task": "orders" }, "if_running": "wait" });
    whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    ReplicationJob::new(&unconnected(region), &serde_json::from_value(whole).unwrap(), &RunValues::default())
}

#[test]
fn a_run_is_known_by_its_replication_and_what_it_replicates() {
    let identity = |region, spec: &Value| job(region, spec).unwrap().identity();
    let own = identity("eu-west-1", &json!({}));
    for (region, spec) in [
        ("eu-west-2", json!({})),
        ("eu-west-1", json!({ "replication": { "task": "other" } })),
        ("eu-west-1", json!({ "replication": { "serverless": "orders" } })),
    ] {
        assert_ne!(identity(region, &spec).target, own.target, "{spec}");
    }
    for spec in [
        json!({ "start": "reload" }),
        json!({ "from": "2026-01-31T00:00:00" }),
        json!({ "until": "server_time:2026-01-31T00:00:00" }),
        json!({ "goes_on": true }),
    ] {
        let other = identity("eu-west-1", &spec);
        assert_eq!(other.target, own.target, "{spec}");
        assert_ne!(other.content, own.content, "{spec}");
    }
    let same = identity("eu-west-1", &json!({ "may_lose": true, "if_running": "adopt" }));
    assert_eq!(same.content, own.content);
}

#[test]
fn what_cannot_be_started_is_not() {
    let other = json!({ "replication": { "task": "arn:aws:dms:us-east-1:111122223333:task:7QK3V5ZJ" } });
    for (spec, expected) in [
        (other, "is in us-east-1"),
        (json!({ "until": "2026-01-31" }), "`until` is `2026-01-31`, which DMS does not take"),
        (json!({ "from": " " }), "`from` is ` `, which DMS does not take: it is empty"),
    ] {
        let Err(failure) = job("eu-west-1", &spec) else { panic!("{expected}") };
        assert_eq!(failure.exit, Exit::ForGood);
        assert!(failure.message.contains(expected), "{failure}");
    }
}

fn key() -> Key {
    let plan = crate::plan::PlanFile {
        version: 0,
        project: "p".to_owned(),
        dag_id: "d".to_owned(),
        environment: "dev".to_owned(),
        region: None,
        time_zone: None,
        tasks: std::collections::BTreeMap::new(),
    };
    let identity = Identity { kind: "replicate", target: Vec::new(), content: content(["x"]) };
    Key::new(&plan, &crate::exec::context::RunContext::default(), identity)
}

#[test]
fn what_others_are_about_to_start_is_waited_for() {
    let before = Trace { started: 1_000, ..Trace::default() };
    let [other, own] =
        ["0123-0-abc-0".to_owned(), format!("{}-0", key())].map(|token| Mark::of(&token, before));
    let of = |status: &str, started: f64, mark: &Option<Mark>| {
        let state = State { status: status.to_owned(), started: Some(started), ..State::default() };
        found::pending(&state, mark.as_ref(), &key())
    };
    let found = of("stopped", 1.0, &other).unwrap();
    assert!(matches!(found.phase, Phase::Stopping(_)), "{found:?}");
    for (status, started, mark) in
        [("stopped", 2.0, &other), ("running", 1.0, &other), ("stopped", 1.0, &own), ("stopped", 1.0, &None)]
    {
        assert_eq!(of(status, started, mark), None, "{status} {started} {mark:?}");
    }
}

#[tokio::test]
async fn secrets_are_not_told() {
    let mut job = job("eu-west-1", &json!({})).unwrap();
    let params = json!({ "password": "tr0ub4dor" });
    job.mask = Mask::new(params.as_object().unwrap(), &serde_json::Map::new());
    let failures = vec!["no login with tr0ub4dor".to_owned()];
    let (name, status) = ("orders".to_owned(), "failed".to_owned());
    job.state = State { name, status, failures, ..State::default() };
    let Phase::Failed(failure) = job.judged().await.unwrap() else { panic!() };
    assert_eq!(failure.message, "replication orders has failed: no login with ***");
}
