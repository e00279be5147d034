//! Glue job runs: started once, whatever happens on the way.

use super::lab::{block_on, glue, lab};
use super::task::{Task, until};
use aws_sdk_glue::types::{ExecutionProperty, JobCommand};
use serde_json::{Value, json};
use std::time::Duration;

/// Makes a job whose runs do what `script` says, one at a time.
fn job(name: &str, script: &Value) -> Task {
    job_of(name, 1, script)
}

/// Makes a job that takes so many runs at a time.
fn job_of(name: &str, most: i32, script: &Value) -> Task {
    let most = ExecutionProperty::builder().max_concurrent_runs(most).build();
    let command = JobCommand::builder().name("glueetl").script_location("s3://assets/job.py").build();
    let role = "arn:aws:iam::123456789012:role/glue";
    let request = glue().create_job().name(name).role(role).command(command).execution_property(most);
    block_on(request.send()).unwrap();
    fault(name, "StartJobRun", &json!({ "script": script, "times": null }));
    Task::new(name, run_of(name, "{{ ds }}"))
}

/// A run of a job; in the tests Glue's listings are known to lag for some seconds only.
fn run_of(name: &str, day: &str) -> Value {
    json!({ "type": "run_glue_job", "job": name, "arguments": { "--day": day }, "listing_lag": 3 })
}

/// The states of a job's runs, the newest first.
fn states(name: &str) -> Vec<String> {
    let runs = block_on(glue().get_job_runs().job_name(name).send()).unwrap();
    runs.job_runs().iter().map(|run| run.job_run_state().unwrap().as_str().to_owned()).collect()
}

fn fault(name: &str, operation: &str, more: &Value) {
    let mut rule = json!({ "service": "glue", "operation": operation, "match": { "JobName": name } });
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    lab().fault(&rule);
}

fn starts(name: &str) -> Vec<Value> {
    lab().calls("glue", "StartJobRun", "JobName", name)
}

/// The starts that were not refused.
fn taken(name: &str) -> usize {
    starts(name).iter().filter(|call| call["status"] != 400).count()
}

#[test]
fn a_run_gives_its_log_and_its_outputs() {
    let task = job("glue-plain", &json!({ "state": "SUCCEEDED", "after": 1, "output": ["41 rows", "done"] }));
    let ended = task.run().expect(0).says("| 41 rows\n| done\n").says("started Glue job run jr_");
    let starts = starts("glue-plain");
    let arguments = &starts[0]["request"]["Arguments"];
    assert_eq!(arguments["--day"], "2026-01-31");
    assert_eq!(arguments["--dagc-key"], ended.outputs["key"]);
    assert_eq!(arguments["--dagc-attempt"], "1");
    assert_eq!(ended.outputs["adopted"], false);
    assert!(ended.outputs["handle"].as_str().unwrap().starts_with("jr_"));
    assert!(ended.outputs["url"].as_str().unwrap().contains("#/job/glue-plain/run/jr_"));
    assert!(ended.outputs["dpu_seconds"].is_number(), "{}", ended.outputs);
}

#[test]
fn what_a_run_has_used_is_told_with_what_to_make_of_it() {
    let name = "glue-metrics";
    let metrics = json!({
        "glue.driver.jvm.heap.usage": [0.2, 0.96, 0.4], "glue.ALL.jvm.heap.usage": [0.5],
        "glue.driver.ExecutorAllocationManager.executors.numberAllExecutors": [9, 9],
        "glue.driver.ExecutorAllocationManager.executors.numberMaxNeededExecutors": [1, 2],
        "glue.driver.aggregate.bytesRead": [1_000, 24],
    });
    let task = job(name, &json!({ "state": "SUCCEEDED", "after": 1, "metrics": metrics }));
    let mut run = run_of(name, "{{ ds }}");
    run["worker_type"] = json!("G.1X");
    run["workers"] = json!(10);
    let ended = task.job(run).run().expect(0);
    let outputs = &ended.outputs;
    assert_eq!((outputs["driver_heap"].as_f64(), outputs["bytes_read"].as_f64()), (Some(0.96), Some(1024.0)));
    assert_eq!((outputs["executors_needed"].as_f64(), outputs["disk_mb"].as_f64()), (Some(2.0), None));
    let ended = ended.says("advice: the driver's memory was 96 % full").says("workers of type R.1X");
    ended.says("of 10 workers no more than 3 had something to do");
}

#[test]
fn a_role_that_may_not_read_metrics_runs_jobs() {
    let (name, access_key) = ("glue-blind", "AKIAGLUEBLIND0000000");
    let task = job(name, &json!({ "state": "SUCCEEDED", "after": 1 }));
    let denied = json!({ "service": "cloudwatch", "access_key": access_key, "error": { "code": "AccessDenied", "status": 403 }, "times": null });
    lab().fault(&denied);
    let mut run = run_of(name, "{{ ds }}");
    run["worker_type"] = json!("G.1X");
    run["workers"] = json!(2);
    let ended = task
        .job(run)
        .env("AWS_ACCESS_KEY_ID", access_key)
        .run()
        .expect(0)
        .says("what the run has used is not known");
    assert!(ended.outputs["executors"].is_null());
}

/// The lab's job has read nothing yet: there is nothing to forget, which is no failure.
#[test]
fn a_bookmark_is_made_anew_before_each_run_that_is_started() {
    let name = "glue-reset";
    let task = job(name, &json!({ "state": "SUCCEEDED", "after": 2 }));
    let mut run = run_of(name, "{{ ds }}");
    run["bookmark"] = json!("{{ params.bookmark }}");
    let task = task.job(run).params(json!({ "bookmark": "reset" }));
    let resets = || lab().calls("glue", "ResetJobBookmark", "JobName", name).len();
    let running = task.spawn();
    until("a start", || starts(name).len() == 1);
    running.sigkill();
    // What goes on has forgotten already, and reads: its bookmark is left alone.
    assert_eq!(task.retry().run().expect(0).outputs["adopted"], true);
    assert_eq!((resets(), starts(name).len()), (1, 1));
    assert_eq!(starts(name)[0]["request"]["Arguments"]["--job-bookmark-option"], "job-bookmark-enable");
    let paused = task.cleared().params(json!({ "bookmark": "pause" }));
    paused.run().expect(0);
    assert_eq!((resets(), starts(name).len()), (1, 2));
    assert_eq!(starts(name)[1]["request"]["Arguments"]["--job-bookmark-option"], "job-bookmark-pause");
    let wrong = paused.cleared().params(json!({ "bookmark": "rewind" }));
    wrong.run().expect(78).says("`bookmark` is `rewind` in this run");
    assert_eq!(starts(name).len(), 2);
}

/// A second run of a job that takes one at a time is queued by Glue, and no error.
#[test]
fn a_run_waits_in_glue_where_the_step_says_so() {
    let name = "glue-queue";
    let task = job(name, &json!({ "state": "SUCCEEDED", "after": 4 }));
    let mut run = run_of(name, "{{ ds }}");
    block_on(glue().start_job_run().job_name(name).send()).unwrap();
    run["queue"] = json!(true);
    let ended = task.job(run).run().expect(0);
    assert!(!ended.log.contains("ConcurrentRunsExceeded"), "{}", ended.log);
    assert_eq!(taken(name), 2);
    assert_eq!(starts(name)[1]["request"]["JobRunQueuingEnabled"], true);
}

/// A job that logs its configuration, and fails with it.
#[test]
fn a_secret_that_the_job_itself_repeats_is_masked() {
    let (name, secret) = ("glue-secret", "ab\\cd\"ef");
    let output = [format!("connecting with {secret}"), json!({ "password": secret }).to_string()];
    let error = format!("no login with {secret}");
    let task = job(name, &json!({ "state": "FAILED", "error": error, "output": output }));
    let mut run = run_of(name, "{{ ds }}");
    run["arguments"]["--code"] = json!("{{ params.db_password }}");
    let ended = task.job(run).params(json!({ "db_password": secret })).run().expect(75);
    let ended = ended.says("| connecting with ***").says(r#"| {"password":"***"}"#).says("no login with ***");
    assert!(!ended.log.contains("cd\""), "{}", ended.log);
    assert_eq!(starts(name)[0]["request"]["Arguments"]["--code"], secret);
}

#[test]
fn a_worker_killed_after_the_start_leaves_a_run_that_is_adopted() {
    let task = job("glue-sigkill", &json!({ "state": "SUCCEEDED", "after": 4 }));
    // The request is on its way: the run is not there yet when the next attempt looks.
    fault("glue-sigkill", "StartJobRun", &json!({ "delay": 2 }));
    let running = task.spawn();
    until("a start", || starts("glue-sigkill").len() == 1);
    running.sigkill();
    let ended = task.retry().run().expect(0).says("found Glue job run");
    assert_eq!(ended.outputs["adopted"], true);
    // Once more, after it has succeeded: there is nothing to do.
    assert_eq!(task.retry().retry().run().expect(0).outputs["handle"], ended.outputs["handle"]);
    assert_eq!(starts("glue-sigkill").len(), 1);
}

#[test]
fn a_lost_answer_and_an_error_after_the_work_lead_to_no_second_run() {
    // A job that takes more than one run would take a second start: the run is looked for until it is listed.
    for (name, most, lag) in [("glue-drop", 1, 0), ("glue-drop-late", 5, 9)] {
        let task = job_of(name, most, &json!({ "state": "SUCCEEDED", "after": 1 }));
        fault(name, "StartJobRun", &json!({ "drop": "after" }));
        fault(name, "StartJobRun", &json!({ "lag": lag }));
        let mut run = run_of(name, "{{ ds }}");
        run["listing_lag"] = json!(20);
        let ended = task.job(run).run().expect(0).says("may have been started; looking for it");
        assert_eq!(ended.outputs["adopted"], true);
        assert_eq!(starts(name).len(), 1);
    }
}

/// A job that takes one run at a time refuses a second start while the first one's run goes on. That it does not
/// refuse it tells nothing: the first run may be over, and not be listed yet.
#[test]
fn a_run_that_is_over_and_listed_late_is_not_started_again() {
    let task = job("glue-late", &json!({ "state": "SUCCEEDED" }));
    fault("glue-late", "StartJobRun", &json!({ "drop": "after" }));
    fault("glue-late", "StartJobRun", &json!({ "lag": 8 }));
    let mut run = run_of("glue-late", "{{ ds }}");
    run["listing_lag"] = json!(20);
    assert_eq!(task.job(run).run().expect(0).outputs["adopted"], true);
    assert_eq!(states("glue-late"), ["SUCCEEDED"]);
}

/// The same DAG, run and task under one role: two environments name one job.
#[test]
fn two_environments_with_equal_ids_never_share_a_run() {
    let name = "glue-two";
    let blue = job_of(name, 5, &json!({ "state": "SUCCEEDED" }));
    let first = blue.run().expect(0);
    for (environment, day) in [("green", "2026-02-01"), ("red", "{{ ds }}")] {
        let other = blue.of(environment, run_of(name, day)).run().expect(0);
        assert_eq!(other.outputs["adopted"], false);
        assert_ne!(other.outputs["handle"], first.outputs["handle"]);
    }
    assert_eq!(blue.retry().run().expect(0).outputs["handle"], first.outputs["handle"]);
    assert_eq!(starts(name).len(), 3);
    // One environment, two jobs.
    let task = job("glue-two-b", &json!({ "state": "SUCCEEDED" }));
    assert_eq!(blue.of("dev", run_of("glue-two-b", "{{ ds }}")).run().expect(0).outputs["adopted"], false);
    assert_eq!(task.run().expect(0).outputs["adopted"], false);
}

/// A deploy changes the script or the size: what has succeeded before it is not what the task does now.
#[test]
fn a_run_with_another_script_or_size_is_not_adopted() {
    let name = "glue-redefined";
    let task = job_of(name, 5, &json!({ "state": "SUCCEEDED" }));
    let of = |more: &Value| {
        let mut run = run_of(name, "{{ ds }}");
        run.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        task.clone().job(run)
    };
    let first = of(&json!({})).run().expect(0).outputs["handle"].clone();
    for more in [
        json!({ "definition": "0123456789ab" }),
        json!({ "worker_type": "G.2X", "workers": 4 }),
        json!({ "timeout_minutes": 7 }),
        json!({ "execution_class": "FLEX" }),
    ] {
        assert_eq!(of(&more).retry().run().expect(0).outputs["adopted"], false, "{more}");
        assert_eq!(of(&more).retry().retry().run().expect(0).outputs["adopted"], true, "{more}");
    }
    assert_eq!(of(&json!({ "listing_lag": 4 })).retry().run().expect(0).outputs["handle"], first);
}

/// A deploy changes the arguments while the run of a worker that has died goes on.
#[test]
fn a_run_with_other_arguments_is_ended_first_and_never_adopted() {
    for (name, leaves, before, said) in [
        ("glue-changed", false, "STOPPED", "cancelling it, as `on_kill: cancel` says"),
        ("glue-changed-leave", true, "SUCCEEDED", "waiting until it has ended"),
    ] {
        let task = job_of(name, 5, &json!({ "state": "SUCCEEDED", "after": 6 }));
        let task = if leaves { task.leaving() } else { task };
        let running = task.spawn();
        until("a run", || states(name) == ["RUNNING"]);
        running.sigkill();
        let ended = task.retry().job(run_of(name, "2026-02-01")).run().expect(0).says(said);
        assert_eq!(ended.outputs["adopted"], false);
        assert_eq!(states(name), ["SUCCEEDED", before]);
        let starts = starts(name);
        assert_eq!(starts.len(), 2);
        assert_eq!(starts[1]["request"]["Arguments"]["--day"], "2026-02-01");
    }
}

/// A person has cleared the whole run: Airflow tells its new beginning, and the job's run is older.
#[test]
fn a_run_that_began_before_the_dag_run_is_found() {
    let task = job("glue-before-run", &json!({ "state": "SUCCEEDED", "after": 5 }));
    let running = task.spawn();
    until("a start", || starts("glue-before-run").len() == 1);
    running.sigkill();
    let again = task.cleared().started_in(3 * 3600).run().expect(0);
    assert_eq!(again.outputs["adopted"], true);
    assert_eq!(taken("glue-before-run"), 1);
}

#[test]
fn a_request_that_was_lost_on_the_way_is_sent_again_after_a_look() {
    for (name, trouble) in [
        ("glue-before", json!({ "drop": "before" })),
        ("glue-500", json!({ "error": { "code": "InternalServiceException", "http": 500 } })),
    ] {
        let task = job(name, &json!({ "state": "SUCCEEDED" }));
        fault(name, "StartJobRun", &trouble);
        let ended = task.run().expect(0);
        assert_eq!(ended.outputs["adopted"], false);
        let calls = lab().control("GET", "journal?service=glue", &Value::Null);
        let calls: Vec<_> =
            calls.as_array().unwrap().iter().filter(|call| call["request"]["JobName"] == name).collect();
        let operations: Vec<_> = calls.iter().map(|call| call["operation"].as_str().unwrap()).collect();
        // What the job takes at a time is asked for in between.
        let operations: Vec<_> = operations.into_iter().filter(|operation| *operation != "GetJob").collect();
        let first = operations.iter().position(|operation| *operation == "StartJobRun").unwrap();
        assert_eq!(operations[first + 1], "GetJobRuns", "{operations:?}");
        assert_eq!(starts(name).len(), 2);
    }
}

#[test]
fn throttles_and_a_taken_slot_are_waited_for() {
    let task = job("glue-slot", &json!({ "state": "SUCCEEDED" }));
    for code in ["ThrottlingException", "ConcurrentRunsExceededException"] {
        fault("glue-slot", "StartJobRun", &json!({ "error": { "code": code } }));
    }
    for operation in ["GetJobRuns", "GetJobRun"] {
        fault("glue-slot", operation, &json!({ "error": { "code": "ThrottlingException" }, "times": 5 }));
    }
    let ended = task.run().expect(0).says("waiting for a free slot").says("slowing down");
    assert_eq!(ended.outputs["adopted"], false);
    assert_eq!(starts("glue-slot").len(), 3);
}

#[test]
fn a_task_that_was_cleared_makes_exactly_one_new_run() {
    let task = job("glue-cleared", &json!({ "state": "SUCCEEDED" }));
    let first = task.run().expect(0);
    let again = task.cleared();
    let second = again.run().expect(0);
    assert_ne!(first.outputs["handle"], second.outputs["handle"]);
    assert_eq!(second.outputs["adopted"], false);
    assert_eq!(again.retry().run().expect(0).outputs["handle"], second.outputs["handle"]);
    assert_eq!(starts("glue-cleared").len(), 2);
}

#[test]
fn a_run_of_another_generation_that_goes_on_is_adopted() {
    let task = job("glue-other", &json!({ "state": "SUCCEEDED", "after": 3 }));
    let running = task.spawn();
    until("a start", || starts("glue-other").len() == 1);
    running.sigkill();
    let ended = task.cleared().run().expect(0);
    assert_eq!(ended.outputs["adopted"], true);
    assert_eq!(taken("glue-other"), 1);
}

#[test]
fn sigterm_stops_the_run_and_the_next_attempt_starts_another() {
    let task = job("glue-sigterm", &json!({ "state": "SUCCEEDED", "after": 30, "stopping": 2 }));
    let running = task.spawn();
    until("a look at the run", || !lab().calls("glue", "GetJobRun", "JobName", "glue-sigterm").is_empty());
    let (ended, took) = running.sigterm();
    let ended = ended.expect(143).says("was told to stop");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(ended.outputs.is_null());
    assert_eq!(lab().calls("glue", "BatchStopJobRun", "JobName", "glue-sigterm").len(), 1);
    // It is STOPPING for a while: that is waited for.
    let running = task.retry().spawn();
    until("a second start", || starts("glue-sigterm").len() == 2);
    running.sigterm().0.expect(143).says("is STOPPING: waiting until it has ended");
}

#[test]
fn sigterm_during_the_start_stops_what_it_has_started() {
    let task = job("glue-sigterm-start", &json!({ "state": "SUCCEEDED", "after": 30 }));
    fault("glue-sigterm-start", "StartJobRun", &json!({ "delay": 1 }));
    let running = task.spawn();
    until("a start", || starts("glue-sigterm-start").len() == 1);
    let (ended, took) = running.sigterm();
    ended.expect(143).says("was told to stop");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(lab().calls("glue", "BatchStopJobRun", "JobName", "glue-sigterm-start").len(), 1);
}

/// Airflow's task process was killed, and nobody hears this worker any more: it must start nothing beside
/// the next attempt.
#[test]
fn a_worker_whose_parent_dies_leaves_the_run_to_the_next_attempt() {
    let task = job("glue-orphan", &json!({ "state": "SUCCEEDED", "after": 600 }));
    let (shell, worker) = task.spawn_below_a_shell();
    until("a look at the run", || !lab().calls("glue", "GetJobRun", "JobName", "glue-orphan").is_empty());
    shell.sigkill();
    // A process that nobody waits for keeps its number and loses its command line.
    let command = format!("/proc/{worker}/cmdline");
    until("the worker's end", || std::fs::read(&command).unwrap_or_default().is_empty());
    assert!(lab().calls("glue", "BatchStopJobRun", "JobName", "glue-orphan").is_empty());
    let looks = || lab().calls("glue", "GetJobRun", "JobName", "glue-orphan").len();
    let before = looks();
    let running = task.retry().spawn();
    // The first of them is before it is taken.
    until("two more looks at the run", || looks() > before + 1);
    running.sigterm().0.expect(143).says("found Glue job run").says("was told to stop");
    assert_eq!(starts("glue-orphan").len(), 1);
}

#[test]
fn a_run_may_be_left_when_the_task_is_killed() {
    let task = job("glue-leave", &json!({ "state": "SUCCEEDED", "after": 3 })).leaving();
    let running = task.spawn();
    until("a look at the run", || !lab().calls("glue", "GetJobRun", "JobName", "glue-leave").is_empty());
    running.sigterm().0.expect(143).says("goes on, as `on_kill: leave` says");
    assert_eq!(task.retry().run().expect(0).outputs["adopted"], true);
    assert_eq!(starts("glue-leave").len(), 1);
}

#[test]
fn only_success_is_success() {
    for state in ["FAILED", "TIMEOUT", "ERROR", "EXPIRED", "STOPPED"] {
        let name = format!("glue-{}", state.to_lowercase());
        let script =
            json!({ "state": state, "error": "no space left", "stderr": ["Traceback: no space left"] });
        let task = job(&name, &script);
        task.run()
            .expect(75)
            .says("| Traceback: no space left")
            .says(&format!("ended as {state}"))
            .says("its whole log: https://");
        assert_eq!(starts(&name).len(), 1);
    }
    // Airflow's next attempt starts another run.
    let task = job("glue-failed-twice", &json!({ "state": "FAILED", "late": 0 }));
    task.run().expect(75);
    task.retry().run().expect(75);
    assert_eq!(starts("glue-failed-twice").len(), 2);
}

#[test]
fn the_last_lines_of_a_failed_run_are_waited_for() {
    let script = json!({ "state": "FAILED", "stderr": ["Traceback: late"], "late": 7 });
    job("glue-late-log", &script).run().expect(75).says("| Traceback: late");
}

#[test]
fn the_end_of_a_log_is_shown_however_long_it_is() {
    let mut lines: Vec<String> = (0..5_300).map(|n| format!("line {n}")).collect();
    lines.push("Traceback: the end".to_owned());
    let script = json!({ "state": "FAILED", "stderr": lines, "late": 0 });
    let ended = job("glue-long-log", &script).run().expect(75);
    let ended = ended
        .says("| line 4999\n")
        .says("more than 5000 lines")
        .says("the last 200 lines; all are in https://");
    assert!(!ended.log.contains("| line 5050\n"), "{}", ended.log);
    ended.says("| line 5299\n| Traceback: the end\n");
}

#[test]
fn a_run_that_glue_starts_again_is_followed() {
    let command = JobCommand::builder().name("glueetl").script_location("s3://assets/job.py").build();
    let request =
        glue().create_job().name("glue-again").role("arn:aws:iam::123456789012:role/glue").command(command);
    block_on(request.max_retries(1).send()).unwrap();
    let again = json!({ "state": "SUCCEEDED", "after": 1 });
    let script = json!({ "state": "FAILED", "again": again, "gap": 3 });
    fault("glue-again", "StartJobRun", &json!({ "script": script }));
    let job = json!({ "type": "run_glue_job", "job": "glue-again", "listing_lag": 20 });
    Task::new("glue-again", job).run().expect(0).says("warning: Glue job run jr_").says("which followed");
    assert_eq!(starts("glue-again").len(), 1);
}

/// The worker has died with the run, and the next attempt comes before Glue has started it again; also where the job's
/// definition cannot be read for a while, or not at all.
#[test]
fn an_attempt_in_the_gap_before_glues_own_retry_starts_nothing_beside_it() {
    for (name, times, code) in [
        ("glue-gap", json!(0), "ThrottlingException"),
        ("glue-gap-throttled", json!(5), "ThrottlingException"),
        ("glue-gap-denied", json!(null), "AccessDeniedException"),
    ] {
        starts_nothing_beside_glues_own_retry(name, &times, code);
    }
}

fn starts_nothing_beside_glues_own_retry(name: &str, times: &Value, code: &str) {
    let command = JobCommand::builder().name("glueetl").script_location("s3://assets/job.py").build();
    let most = ExecutionProperty::builder().max_concurrent_runs(5).build();
    let request = glue().create_job().name(name).role("arn:aws:iam::123456789012:role/glue").command(command);
    block_on(request.execution_property(most).max_retries(1).send()).unwrap();
    let again = json!({ "state": "SUCCEEDED", "after": 1 });
    fault(
        name,
        "StartJobRun",
        &json!({ "script": { "state": "FAILED", "again": again, "after": 1, "gap": 12 } }),
    );
    let mut run = run_of(name, "{{ ds }}");
    run["listing_lag"] = json!(20);
    let task = Task::new(name, run);
    let running = task.spawn();
    until("a start", || taken(name) == 1);
    running.sigkill();
    until("the failure", || states(name) == ["FAILED"]);
    if *times != json!(0) {
        fault(name, "GetJob", &json!({ "times": times, "error": { "code": code, "message": "told to" } }));
    }
    let ended = task.retry().run().expect(0).says("about to be started again by Glue");
    assert_eq!(ended.outputs["adopted"], true);
    assert_eq!(starts(name).len(), 1);
}

#[test]
fn a_log_that_may_not_be_read_costs_a_warning() {
    let task = job("glue-no-log", &json!({ "state": "SUCCEEDED", "after": 1, "output": ["secret"] }));
    // The name of the stream is the run's id, which is not known yet.
    let running = task.spawn();
    until("a run", || !lab().calls("glue", "GetJobRun", "JobName", "glue-no-log").is_empty());
    let run = lab().calls("glue", "GetJobRun", "JobName", "glue-no-log")[0]["request"]["RunId"].clone();
    lab().fault(&json!({
        "service": "logs", "operation": "GetLogEvents", "match": { "logStreamName": run }, "times": null,
        "error": { "code": "AccessDeniedException", "message": "not authorized" },
    }));
    let ended = running.ended().expect(0);
    assert!(ended.log.contains("warning: the job's log /aws-glue/jobs/"), "{}", ended.log);
}

#[test]
fn looks_at_a_run_start_it_once() {
    let script = json!({ "state": "SUCCEEDED", "after": 4, "output": ["41 rows"] });
    let task = job("glue-looks", &script).rescheduled(1);
    let first = task.run().expect(98).says("goes on: the next look is in 60 s");
    let state = first.outputs["state"].as_str().unwrap();
    assert!(["WAITING", "STARTING", "RUNNING"].contains(&state), "{state}");
    assert_eq!(first.outputs["next_look"], 60);
    // Ten minutes are over for Airflow; for the lab's listing they are not.
    until("a run that is listed", || states("glue-looks").len() == 1);
    let second =
        task.later(600).run().expect(98).says("found Glue job run").says("the next look is in 151 s");
    assert_eq!(second.outputs["handle"], first.outputs["handle"]);
    let handle = first.outputs["handle"].as_str().unwrap();
    until("the end of the run", || {
        let run = block_on(glue().get_job_run().job_name("glue-looks").run_id(handle).send()).unwrap();
        run.job_run.unwrap().job_run_state.unwrap().as_str() == "SUCCEEDED"
    });
    // What the first look has passed on is not passed on again.
    let after = task.later(-60).run().expect(0);
    assert!(!after.log.contains("| 41 rows"), "{}", after.log);
    let ended = task.later(3).run().expect(0).says("| 41 rows");
    assert_eq!(ended.outputs["handle"], first.outputs["handle"]);
    assert!(ended.outputs["seconds"].as_f64().unwrap() >= 4.0, "{}", ended.outputs);
    assert_eq!(starts("glue-looks").len(), 1);
}

#[test]
fn a_short_run_is_over_before_its_first_look_ends() {
    let task = job("glue-short", &json!({ "state": "SUCCEEDED", "after": 1 })).rescheduled(60);
    assert_eq!(task.run().expect(0).outputs["adopted"], false);
}

#[test]
fn the_time_of_a_task_is_that_of_all_its_looks() {
    let task = job("glue-over", &json!({ "state": "SUCCEEDED", "after": 300 })).rescheduled(1).timeout(30);
    let first = task.run().expect(98);
    assert!(first.outputs["next_look"].as_u64().unwrap() <= 30, "{}", first.outputs);
    task.later(30)
        .run()
        .expect(75)
        .says("the task's time of 30 s is over; Glue job run")
        .says("told to stop");
    assert_eq!(lab().calls("glue", "BatchStopJobRun", "JobName", "glue-over").len(), 1);
}

/// Otherwise each look would start another run.
#[test]
fn a_run_that_fails_between_two_looks_fails_the_attempt() {
    let script = json!({ "state": "FAILED", "error": "no space left", "after": 1 });
    let task = job("glue-looks-failed", &script).rescheduled(0);
    task.run().expect(98);
    let later = task.later(0);
    until("the failure", || later.run().says("found Glue job run").code == 75);
    assert_eq!(starts("glue-looks-failed").len(), 1);
    task.retry().run().expect(98);
    assert_eq!(starts("glue-looks-failed").len(), 2);
}

#[test]
fn a_task_cleared_between_two_looks_goes_on_with_its_run() {
    let task = job("glue-looks-cleared", &json!({ "state": "SUCCEEDED", "after": 2 })).rescheduled(0);
    task.run().expect(98);
    let cleared = task.cleared();
    cleared.run().expect(98).says("found Glue job run");
    let later = cleared.later(0);
    until("the end", || later.run().code == 0);
    assert_eq!(taken("glue-looks-cleared"), 1);
}
