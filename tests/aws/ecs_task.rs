//! ECS tasks: started once by a token, succeeded by an exit code, their logs and their ends.

use super::lab::lab;
use super::task::{Ended, Task, until};
use serde_json::{Value, json};

const SAY: &str = "import os, sys\nprint('saying', *sys.argv[1:], os.environ.get('MODE'))\n\
                   sys.exit(int(os.environ.get('EXIT', 0)))\n";

/// Makes a task definition whose container `main` says what it is given, and a cluster.
pub(crate) fn definition(name: &str) {
    lab().control("PUT", "cluster", &json!({ "name": name }));
    let main = json!({ "name": "main", "code": SAY, "log": { "group": "/ecs/dagc", "prefix": "p" } });
    let definition = json!({
        "family": name, "containers": [main],
        "task_role": "arn:aws:iam::123456789012:role/task", "execution_role": "arn:aws:iam::123456789012:role/pulls",
    });
    lab().control("PUT", "definition", &definition);
}

/// A step that runs it.
pub(crate) fn job(name: &str, more: &Value) -> Value {
    let mut job = json!({
        "type": "run_task", "cluster": name, "task_definition": name, "container": "main", "command": ["on", "{{ ds }}"],
    });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    job
}

fn task(name: &str, more: &Value) -> Task {
    definition(name);
    Task::new(name, job(name, more))
}

fn starts(name: &str) -> Vec<Value> {
    lab().calls("ecs", "RunTask", "cluster", name)
}

/// How many tasks were started.
fn started(name: &str) -> usize {
    let calls = starts(name);
    let mut arns: Vec<&str> = calls.iter().filter_map(|call| call["notes"]["task"].as_str()).collect();
    arns.sort_unstable();
    arns.dedup();
    arns.len()
}

fn fault(name: &str, rule: &Value) {
    let mut whole = json!({ "service": "ecs", "operation": "RunTask", "match": { "cluster": name } });
    whole.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    lab().fault(&whole);
}

#[test]
fn a_task_is_given_words_and_variables_and_its_log_is_passed_on() {
    let name = "ecs-given";
    let more = json!({ "env": [["MODE", "full of {{ ds }}"]], "cpu": 512, "memory": 2048, "launch_type": "FARGATE",
        "network": { "subnets": ["subnet-1"], "public_ip": true } });
    let ended = task(name, &more).run().expect(0).says("saying on 2026-01-31 full of 2026-01-31");
    let outputs = &ended.outputs;
    assert_eq!(outputs["exit_code"], 0);
    assert!(outputs["task_definition"].as_str().unwrap().ends_with(&format!("task-definition/{name}:1")));
    assert!(outputs["cpu_seconds"].as_f64().unwrap() > 0.0);
    let (used, memory) =
        (outputs["cpu_seconds"].as_f64().unwrap(), outputs["gigabyte_seconds"].as_f64().unwrap());
    assert!((memory / used - 4.0).abs() < 0.01, "{outputs:?}");
    let [start] = starts(name).try_into().unwrap();
    let request = &start["request"];
    let network = &request["networkConfiguration"]["awsvpcConfiguration"];
    assert_eq!(network, &json!({ "subnets": ["subnet-1"], "assignPublicIp": "ENABLED" }));
    assert_eq!(
        (&request["launchType"], &request["overrides"]["memory"]),
        (&json!("FARGATE"), &json!("2048"))
    );
    assert!(request["startedBy"].as_str().unwrap().len() < 128);
}

#[test]
fn a_log_is_found_where_the_step_says() {
    let log = |group: &str, prefix: &str| json!({ "log": { "group": group, "prefix": prefix } });
    let read = |ended: &Ended| {
        let definition = ended.outputs["task_definition"].as_str().unwrap();
        lab().calls("ecs", "DescribeTaskDefinition", "taskDefinition", definition).len()
    };
    let ended = task("ecs-log-told", &log("/ecs/dagc", "p")).run().expect(0).says("saying on 2026-01-31");
    assert_eq!(read(&ended), 0);
    let ended = task("ecs-log-read", &json!({})).run().expect(0).says("saying on 2026-01-31");
    assert_eq!(read(&ended), 1);
    // The only container is meant where none is named.
    let more = json!({ "container": null, "command": [], "log": { "group": "/ecs/dagc", "prefix": "p" } });
    task("ecs-log-only", &more).run().expect(0).says("saying None");
    let ended = task("ecs-log-wrong", &log("/ecs/dagc", "q")).run().expect(0);
    let ended = ended.says("no line has come of the log stream q/main/");
    assert!(!ended.log.contains("saying on"), "{}", ended.log);
}

#[test]
fn a_lost_answer_starts_nothing_twice() {
    for (name, rule) in [
        ("ecs-lost", json!({ "drop": "after" })),
        ("ecs-lost-error", json!({ "error": { "code": "ServerException", "http": 500, "after": true } })),
        ("ecs-not-done", json!({ "drop": "before" })),
        ("ecs-throttled", json!({ "error": { "code": "ThrottlingException", "http": 400 } })),
    ] {
        let task = task(name, &json!({}));
        fault(name, &rule);
        task.run().expect(0);
        assert_eq!(started(name), 1, "{name}");
    }
}

#[test]
fn a_task_that_is_over_is_not_run_again() {
    let name = "ecs-over";
    let task = task(name, &json!({}));
    // It is in no listing for longer than anybody looks.
    fault(name, &json!({ "lag": 600 }));
    let first = task.run().expect(0);
    let second = task.retry().run().expect(0);
    assert_eq!(first.outputs["handle"], second.outputs["handle"]);
    assert_eq!(started(name), 1);
    task.retry().cleared().run().expect(0);
    assert_eq!(started(name), 2);
    // One that has failed is followed by the next, whether it is listed or not.
    for (name, lag) in [("ecs-failed-listed", 0), ("ecs-failed-unlisted", 600)] {
        let task = self::task(name, &json!({}));
        fault(name, &json!({ "lag": lag }));
        fault(name, &json!({ "script": { "exit_code": 3 } }));
        task.run().expect(75).says("exit code 3");
        task.retry().run().expect(0);
        assert_eq!(started(name), 2, "{name}");
    }
}

#[test]
fn ends_are_told_for_what_they_are() {
    for (name, script, said) in [
        (
            "ecs-exit",
            json!({ "exit_code": 1, "reason": "Essential container in task exited" }),
            "exit code 1",
        ),
        (
            "ecs-image",
            json!({ "stop_code": "TaskFailedToStart", "reason": "CannotPullContainerError: no such image" }),
            "TaskFailedToStart: CannotPullContainerError: no such image; container `main`: no exit code",
        ),
        (
            "ecs-memory",
            json!({ "exit_code": 137, "container_reason": "OutOfMemoryError" }),
            "137: OutOfMemoryError",
        ),
        (
            "ecs-spot",
            json!({ "stop_code": "SpotInterruption", "exit_code": 0 }),
            "has stopped: SpotInterruption",
        ),
        (
            "ecs-by-hand",
            json!({ "stop_code": "UserInitiated", "exit_code": 0, "reason": "by hand" }),
            "by hand",
        ),
        ("ecs-no-code", json!({}), "no exit code"),
    ] {
        let task = task(name, &json!({}));
        fault(name, &json!({ "script": script }));
        task.run().expect(75).says(said);
    }
    let ended = task("ecs-real", &json!({ "env": [["EXIT", "4"]] })).run().expect(75);
    ended.says("saying on 2026-01-31").says("container `main`: exit code 4");
    let ended = task("ecs-other", &json!({ "container": "other", "command": [] })).run().expect(78);
    ended.says("the step's container is none of `main`");
    task("ecs-unknown", &json!({ "container": "other" })).run().expect(78).says("InvalidParameterException");
    task("ecs-missing", &json!({ "task_definition": "nobody" }))
        .run()
        .expect(78)
        .says("TaskDefinition not found");
    task("ecs-cluster", &json!({ "cluster": "nowhere" })).run().expect(78).says("ClusterNotFoundException");
}

#[test]
fn a_sidecar_does_not_decide() {
    let name = "ecs-sidecar";
    lab().control("PUT", "cluster", &json!({ "name": name }));
    let proxy = json!({ "name": "proxy", "code": "import time\ntime.sleep(60)\n" });
    let main = json!({ "name": "main", "code": SAY });
    lab().control("PUT", "definition", &json!({ "family": name, "containers": [proxy, main] }));
    Task::new(name, job(name, &json!({}))).run().expect(0);
    let task = Task::new("ecs-sidecars", job(name, &json!({ "container": null, "command": [] })));
    task.run().expect(75).says("container `proxy`: exit code 143");
}

#[test]
fn a_full_cluster_is_waited_for() {
    let name = "ecs-full";
    definition(name);
    lab().control("PUT", "cluster", &json!({ "name": name, "room": 0 }));
    let running = Task::new(name, job(name, &json!({}))).spawn();
    until("a refusal", || starts(name).len() > 1);
    lab().control("PUT", "cluster", &json!({ "name": name, "room": 1 }));
    running.ended().expect(0).says("RESOURCE:CPU");
    assert_eq!(started(name), 1);
}

#[test]
fn a_kill_stops_the_task_and_the_next_attempt_starts_another() {
    let name = "ecs-killed";
    let task = task(name, &json!({}));
    fault(name, &json!({ "hold": 30 }));
    let running = task.spawn();
    until("a task", || !starts(name).is_empty());
    running.sigterm().0.expect(143).says("ECS task");
    task.retry().run().expect(0);
    assert_eq!(started(name), 2);
    let stops = lab().calls("ecs", "StopTask", "cluster", name);
    let stop = stops.first().unwrap();
    assert!(stop["request"]["reason"].as_str().unwrap().starts_with("dagc:"), "{stop}");
}

#[test]
fn what_is_not_waited_for_is_done_when_it_was_taken() {
    let name = "ecs-no-wait";
    let task = task(name, &json!({ "no_wait": true }));
    fault(name, &json!({ "hold": 20 }));
    let ended = task.run().expect(0);
    assert_eq!(ended.outputs["exit_code"], Value::Null);
    task.retry().run().expect(0);
    assert_eq!(started(name), 1);
}
