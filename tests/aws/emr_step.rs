//! Steps on clusters of EMR: found by their names, never added twice, their ends, and clusters that take none.

use super::lab::{bucket, lab, put};
use super::task::{Task, until};
use serde_json::{Value, json};

const BUCKET: &str = "emr-steps";
const SAY: &str = "import sys\nsys.exit(int(sys.argv[2]))\n";

/// Makes a cluster, and puts a script into S3 that ends with a code. Gives the cluster's id.
pub(crate) fn cluster(name: &str, more: &Value) -> String {
    bucket(BUCKET);
    put(BUCKET, "say.py", SAY);
    let mut cluster = json!({ "name": name, "log_uri": "s3n://logs/emr/" });
    cluster.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    lab().control("PUT", "emr_cluster", &cluster)["id"].as_str().unwrap().to_owned()
}

/// A step that runs the script.
pub(crate) fn job(cluster: &str, more: &Value) -> Value {
    let script = format!("s3://{BUCKET}/say.py");
    let mut job = json!({
        "type": "run_emr_step", "cluster": cluster, "arguments": ["spark-submit", script, "{{ ds }}", "0"],
    });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    job
}

/// A task on a cluster of its own, and the cluster's id.
fn task(name: &str, more: &Value) -> (Task, String) {
    let id = cluster(name, &json!({}));
    (Task::new(name, job(name, more)), id)
}

fn starts(id: &str) -> Vec<Value> {
    lab().calls("emr", "AddJobFlowSteps", "JobFlowId", id)
}

/// How many steps were added.
fn added(id: &str) -> usize {
    starts(id).iter().filter(|call| call["notes"]["step"].is_string()).count()
}

fn fault(id: &str, rule: &Value) {
    let mut whole = json!({ "service": "emr", "operation": "AddJobFlowSteps", "match": { "JobFlowId": id } });
    whole.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    lab().fault(&whole);
}

#[test]
fn a_step_is_added_as_it_is_meant() {
    let (task, id) = task("step-given", &json!({ "role": "arn:aws:iam::123456789012:role/runtime" }));
    let ended = task.run().expect(0);
    let outputs = &ended.outputs;
    assert_eq!((&outputs["cluster"], &outputs["application"]), (&json!(id), &json!("application_1_0001")));
    let step = outputs["handle"].as_str().unwrap().split_once('/').unwrap().1;
    assert_eq!(outputs["logs"], format!("s3://logs/emr/{id}/steps/{step}/"));
    let [start] = starts(&id).try_into().unwrap();
    let request = &start["request"];
    assert_eq!(request["ExecutionRoleArn"], "arn:aws:iam::123456789012:role/runtime");
    let step = &request["Steps"][0];
    assert!(step["Name"].as_str().unwrap().starts_with("step-given.job dagc-"), "{step}");
    let jar = &step["HadoopJarStep"];
    assert_eq!((&step["ActionOnFailure"], &jar["Jar"]), (&json!("CONTINUE"), &json!("command-runner.jar")));
    assert_eq!(jar["Args"], json!(["spark-submit", format!("s3://{BUCKET}/say.py"), "2026-01-31", "0"]));
    let (task, id) = self::task(
        "step-jar",
        &json!({ "jar": "s3://b/count.jar", "main_class": "Count", "arguments": ["a"] }),
    );
    fault(&id, &json!({ "script": { "state": "COMPLETED" } }));
    task.run().expect(0);
    let jar = &starts(&id)[0]["request"]["Steps"][0]["HadoopJarStep"];
    assert_eq!(*jar, json!({ "Jar": "s3://b/count.jar", "MainClass": "Count", "Args": ["a"] }));
}

#[test]
fn a_lost_answer_adds_nothing_twice() {
    for (name, rule) in [
        ("step-lost", json!({ "drop": "after" })),
        ("step-lost-late", json!({ "drop": "after", "lag": 3 })),
        (
            "step-lost-error",
            json!({ "error": { "code": "InternalServerError", "http": 500, "after": true } }),
        ),
        ("step-not-done", json!({ "drop": "before" })),
        ("step-throttled", json!({ "error": { "code": "ThrottlingException", "http": 400 } })),
    ] {
        let (task, id) = task(name, &json!({}));
        if let Some(lag) = rule.get("lag") {
            fault(&id, &json!({ "lag": lag }));
        }
        let mut rule = rule.clone();
        rule.as_object_mut().unwrap().remove("lag");
        fault(&id, &rule);
        task.run().expect(0);
        assert_eq!(added(&id), 1, "{name}");
    }
}

#[test]
fn a_step_that_is_over_is_not_added_again() {
    let (task, id) = task("step-over", &json!({}));
    let first = task.run().expect(0);
    let second = task.retry().run().expect(0);
    assert_eq!(first.outputs["handle"], second.outputs["handle"]);
    assert_eq!(added(&id), 1);
    task.retry().cleared().run().expect(0);
    assert_eq!(added(&id), 2);
    let (task, id) = self::task("step-failed", &json!({}));
    fault(&id, &json!({ "script": { "state": "FAILED", "failure": { "Reason": "Unknown Error." } } }));
    task.run().expect(75).says("ended as FAILED: Unknown Error.");
    task.retry().run().expect(0);
    assert_eq!(added(&id), 2);
}

#[test]
fn ends_are_told_for_what_they_are() {
    let log = "s3://logs/emr/j-1/steps/s-1/stderr.gz";
    for (name, script, said) in [
        (
            "step-details",
            json!({ "state": "FAILED", "failure": { "Reason": "Unknown Error.", "Message": "no disk", "LogFile": log } }),
            "Unknown Error.: no disk",
        ),
        ("step-cancelled", json!({ "state": "CANCELLED" }), "ended as CANCELLED"),
        ("step-interrupted", json!({ "state": "INTERRUPTED" }), "ended as INTERRUPTED"),
    ] {
        let (task, id) = task(name, &json!({}));
        fault(&id, &json!({ "script": script }));
        let ended = task.run().expect(75).says(said);
        let place =
            if name == "step-details" { log.to_owned() } else { format!("s3://logs/emr/{id}/steps/s-") };
        ended.says(&format!("in {place}"));
    }
    let words = json!(["spark-submit", format!("s3://{BUCKET}/say.py"), "x", "3"]);
    let (task, _) = self::task("step-real", &json!({ "arguments": words }));
    task.run().expect(75).says("exit code 3");
}

#[test]
fn a_cluster_is_found_by_its_name_and_may_take_none() {
    let by_id = cluster("step-by-id", &json!({}));
    Task::new("step-by-id", job(&by_id, &json!({}))).run().expect(0);
    let name = "step-gone";
    let gone = cluster(name, &json!({ "state": "TERMINATED" }));
    let task = Task::new(name, job(name, &json!({})));
    task.run().expect(75).says("no cluster that takes steps is called `step-gone`");
    Task::new("step-gone-id", job(&gone, &json!({})))
        .run()
        .expect(78)
        .says("shutting down, terminating, or finished");
    cluster(name, &json!({}));
    task.retry().run().expect(0);
    cluster("step-twice", &json!({}));
    cluster("step-twice", &json!({}));
    let ended = Task::new("step-twice", job("step-twice", &json!({}))).run().expect(78);
    ended.says("2 clusters are called `step-twice`: name one by its id, such as j-");
}

#[test]
fn a_cluster_without_room_is_waited_for() {
    let name = "step-full";
    let id = cluster(name, &json!({ "room": 0 }));
    let running = Task::new(name, job(name, &json!({}))).spawn();
    until("a refusal", || starts(&id).len() > 1);
    lab().control("PUT", "emr_room", &json!({ "id": id, "room": 1 }));
    running.ended().expect(0).says("Maximum number of active steps");
    assert_eq!(added(&id), 1);
}

#[test]
fn a_kill_cancels_the_step_and_the_next_attempt_adds_another() {
    let (task, id) = task("step-killed", &json!({}));
    fault(&id, &json!({ "hold": 30 }));
    let running = task.spawn();
    until("a step", || added(&id) > 0);
    running.sigterm().0.expect(143).says("EMR step");
    task.retry().run().expect(0);
    assert_eq!(added(&id), 2);
    let cancels = lab().calls("emr", "CancelSteps", "ClusterId", &id);
    assert_eq!(cancels.first().unwrap()["request"]["StepCancellationOption"], "SEND_INTERRUPT");
}
