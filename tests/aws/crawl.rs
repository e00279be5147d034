//! Crawls, which cannot be marked.

use super::lab::{block_on, glue, lab};
use super::task::{Task, until};
use aws_sdk_glue::types::{CrawlerState, CrawlerTargets, S3Target};
use serde_json::{Value, json};

/// Makes a crawler whose crawls do what `script` says.
fn crawler(name: &str, script: &Value) -> Task {
    let task = bare_crawler(name);
    fault(name, "StartCrawler", &json!({ "script": script, "times": null }));
    task
}

/// Makes a crawler.
fn bare_crawler(name: &str) -> Task {
    let target = S3Target::builder().path("s3://raw/in/").build();
    let request = glue()
        .create_crawler()
        .name(name)
        .role("arn:aws:iam::123456789012:role/glue")
        .database_name("raw")
        .targets(CrawlerTargets::builder().s3_targets(target).build());
    block_on(request.send()).unwrap();
    Task::new(name, step(name, "adopt"))
}

fn step(name: &str, if_running: &str) -> Value {
    json!({ "type": "crawl", "crawler": name, "if_running": if_running, "listing_lag": 3 })
}

fn fault(name: &str, operation: &str, more: &Value) {
    let mut rule = json!({ "service": "glue", "operation": operation, "match": { "Name": name } });
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    lab().fault(&rule);
}

fn starts(name: &str) -> usize {
    lab().calls("glue", "StartCrawler", "Name", name).len()
}

/// Starts a crawl by hand.
fn by_hand(name: &str) {
    block_on(glue().start_crawler().name(name).send()).unwrap();
}

/// `GetCrawlerMetrics` would add the crawls of before.
#[test]
fn a_crawl_says_what_it_has_changed_itself() {
    let changes = json!({ "created": ["a", "b"], "updated": ["c"] });
    let task = crawler("crawl-plain", &json!({ "state": "SUCCEEDED", "after": 1, "changes": changes }));
    for run in [task.clone(), task.cleared()] {
        let ended = run.run().expect(0).says("started crawl crawl-plain");
        let ended = ended.says("tables created: 2, updated: 1, deleted: 0");
        let counts = ["tables_created", "tables_updated", "tables_deleted"].map(|name| &ended.outputs[name]);
        assert_eq!(counts, [2, 1, 0], "{}", ended.outputs);
        assert_eq!(ended.outputs["adopted"], false);
    }
}

#[test]
fn the_newest_lines_of_a_crawl_are_shown() {
    let lines: Vec<String> = (0..450).map(|n| format!("line {n}")).collect();
    for (name, state, code) in [("crawl-log", "SUCCEEDED", 0), ("crawl-log-failed", "FAILED", 75)] {
        let task = crawler(name, &json!({ "state": state, "output": lines }));
        let ended = task.run().expect(code).says("earlier lines are left out; all are in https://");
        let ended = ended.says("] line 449\n");
        assert!(!ended.log.contains("] line 10\n"), "{}", ended.log);
        // Those of another crawl are in the same stream.
        assert!(ended.log.matches("BENCHMARK : Crawler has finished").count() == 1, "{}", ended.log);
        task.retry().cleared().run().expect(code).says("] line 449\n");
    }
}

/// A crawl that winds up has looked at all that it looks at: what has come since needs another one.
#[test]
fn a_crawl_that_winds_up_is_not_adopted() {
    let name = "crawl-winding-up";
    let task = crawler(name, &json!({ "state": "SUCCEEDED", "after": 0, "stopping": 4 }));
    let state = || block_on(glue().get_crawler().name(name).send()).unwrap().crawler.unwrap().state;
    by_hand(name);
    until("the end of a crawl", || state() == Some(CrawlerState::Stopping));
    let ended = task.run().expect(0).says("is STOPPING: waiting until it has ended");
    assert_eq!(ended.outputs["adopted"], false);
    assert_eq!(starts(name), 2);
}

#[test]
fn a_worker_killed_after_the_start_leaves_a_crawl_that_is_adopted() {
    for (name, after) in [("crawl-kill-on", 4), ("crawl-kill-over", 0)] {
        let task = crawler(name, &json!({ "state": "SUCCEEDED", "after": after }));
        fault(name, "StartCrawler", &json!({ "delay": 2 }));
        let running = task.spawn();
        until("a start", || starts(name) == 1);
        running.sigkill();
        assert_eq!(task.retry().run().expect(0).outputs["adopted"], true);
        assert_eq!(starts(name), 1);
        // Cleared by a person: exactly one new crawl.
        let cleared = task.retry().cleared();
        fault(name, "StartCrawler", &json!({ "delay": 2 }));
        let running = cleared.spawn();
        until("another start", || starts(name) == 2);
        running.sigkill();
        assert_eq!(cleared.retry().run().expect(0).outputs["adopted"], true);
        assert_eq!(starts(name), 2);
    }
}

/// The run's beginning does not move while it goes on: the crawl of before the clearing lies after it.
#[test]
fn a_worker_killed_before_the_start_leaves_the_crawl_of_before_the_clearing_alone() {
    let name = "crawl-kill-before";
    let looks = || lab().calls("glue", "GetCrawler", "Name", name).len();
    let task = crawler(name, &json!({ "state": "SUCCEEDED", "after": 0 }));
    task.run().expect(0);
    let before = looks();
    let cleared = task.cleared();
    fault(name, "GetCrawler", &json!({ "delay": 2 }));
    let running = cleared.spawn();
    until("a look", || looks() > before);
    running.sigkill();
    assert_eq!(starts(name), 1);
    assert_eq!(cleared.retry().run().expect(0).outputs["adopted"], false);
    assert_eq!(starts(name), 2);
}

/// What is listed late is told from what this task has started.
#[test]
fn a_crawl_of_before_is_never_this_tasks_however_late_it_is_listed() {
    let name = "crawl-late";
    let task = bare_crawler(name);
    let script = |script: Value| fault(name, "StartCrawler", &json!({ "script": script }));
    script(json!({ "state": "SUCCEEDED" }));
    fault(name, "StartCrawler", &json!({ "lag": 4 }));
    by_hand(name);
    until_ready(name);
    script(json!({ "state": "FAILED", "error": "ours", "after": 3 }));
    fault(name, "StartCrawler", &json!({ "lag": 6 }));
    let mut job = step(name, "adopt");
    job["listing_lag"] = json!(20);
    task.job(job).run().expect(75).says("ended as FAILED: ours");
}

/// The first attempt dies before it has started anything: a crawl of before it has not seen what this task is for.
#[test]
fn a_retry_takes_no_crawl_that_was_over_before_its_first_attempt() {
    for (name, is_told) in [("crawl-of-another", true), ("crawl-of-another-untold", false)] {
        let task = crawler(name, &json!({ "state": "SUCCEEDED" })).started_in(-600);
        by_hand(name);
        until_ready(name);
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        let task = if is_told { task.beginning_now() } else { task.untold() };
        assert_eq!(task.retry().run().expect(0).outputs["adopted"], false);
        assert_eq!(starts(name), 2);
        // One of later has seen it; where that is not known, another crawl does no harm.
        assert_eq!(task.retry().retry().run().expect(0).outputs["adopted"], is_told);
        assert_eq!(starts(name), if is_told { 2 } else { 3 });
    }
}

/// It may have gone past what was written before this task's first attempt: only `adopt` takes it all the same.
#[test]
fn a_retry_takes_a_crawl_that_was_running_before_its_first_attempt_as_the_step_says() {
    for (name, if_running) in [("crawl-running-before", "adopt"), ("crawl-running-before-wait", "wait")] {
        let task = crawler(name, &json!({ "state": "SUCCEEDED", "after": 3 })).job(step(name, if_running));
        by_hand(name);
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        let task = task.beginning_now();
        until_ready(name);
        assert_eq!(task.retry().run().expect(0).outputs["adopted"], if_running == "adopt");
        assert_eq!(starts(name), if if_running == "adopt" { 1 } else { 2 });
    }
}

/// The same DAG, run and task under one role.
#[test]
fn two_environments_with_equal_ids_never_share_a_crawl() {
    let blue = crawler("crawl-blue", &json!({ "state": "SUCCEEDED" }));
    crawler("crawl-green", &json!({ "state": "SUCCEEDED" }));
    let first = blue.run().expect(0);
    let second = blue.of("green", step("crawl-green", "adopt")).run().expect(0);
    assert_ne!(first.outputs["key"], second.outputs["key"]);
    assert_eq!(second.outputs["adopted"], false);
    assert_eq!((starts("crawl-blue"), starts("crawl-green")), (1, 1));
}

#[test]
fn a_lost_answer_leads_to_no_second_crawl() {
    for (name, trouble, expected) in [
        ("crawl-drop-after", json!({ "drop": "after" }), 1),
        ("crawl-drop-before", json!({ "drop": "before" }), 2),
    ] {
        let task = crawler(name, &json!({ "state": "SUCCEEDED", "after": 1 }));
        fault(name, "StartCrawler", &trouble);
        task.run().expect(0).says("looking for it");
        assert_eq!(starts(name), expected);
        let crawls = block_on(glue().list_crawls().crawler_name(name).send()).unwrap();
        assert_eq!(crawls.crawls().len(), 1);
    }
}

#[test]
fn a_crawl_that_is_running_is_adopted_awaited_or_refused() {
    let script = json!({ "state": "SUCCEEDED", "after": 3 });
    let task = crawler("crawl-running-adopt", &script);
    by_hand("crawl-running-adopt");
    assert_eq!(task.run().expect(0).outputs["adopted"], true);
    assert_eq!(starts("crawl-running-adopt"), 1);

    let task = crawler("crawl-running-wait", &script).job(step("crawl-running-wait", "wait"));
    by_hand("crawl-running-wait");
    assert_eq!(task.run().expect(0).outputs["adopted"], false);
    assert_eq!(starts("crawl-running-wait"), 2);

    let task = crawler("crawl-running-fail", &script).job(step("crawl-running-fail", "fail"));
    by_hand("crawl-running-fail");
    task.run().expect(75).says("is RUNNING already");
    assert_eq!(starts("crawl-running-fail"), 1);
}

#[test]
fn a_crawler_that_was_started_in_between_is_no_failure() {
    let task = crawler("crawl-race", &json!({ "state": "SUCCEEDED" }));
    fault("crawl-race", "StartCrawler", &json!({ "error": { "code": "CrawlerRunningException" } }));
    task.run().expect(0);
}

#[test]
fn only_success_is_success() {
    for (name, state, said) in [
        ("crawl-failed", "FAILED", "ended as FAILED: no access"),
        ("crawl-cancelled", "CANCELLED", "ended as STOPPED"),
    ] {
        let task = crawler(name, &json!({ "state": state, "error": "no access" }));
        task.run().expect(75).says(said);
        task.retry().run().expect(75);
        assert_eq!(starts(name), 2);
    }
}

#[test]
fn sigterm_stops_our_crawl_but_not_that_of_others() {
    let script = json!({ "state": "SUCCEEDED", "after": 20 });
    let looks = |name: &str| lab().calls("glue", "ListCrawls", "CrawlerName", name).len();
    let stops = |name: &str| lab().calls("glue", "StopCrawler", "Name", name).len();

    let running = crawler("crawl-sigterm", &script).spawn();
    until("looks at the crawl", || looks("crawl-sigterm") > 1);
    running.sigterm().0.expect(143).says("was told to stop");
    assert_eq!(stops("crawl-sigterm"), 1);

    let task = crawler("crawl-sigterm-other", &script);
    by_hand("crawl-sigterm-other");
    let running = task.spawn();
    until("looks at the crawl", || looks("crawl-sigterm-other") > 1);
    running.sigterm().0.expect(143).says("was not started by this task");
    assert_eq!(stops("crawl-sigterm-other"), 0);
}

/// Ours is over, and the worker has not seen it yet.
#[test]
fn sigterm_stops_no_crawl_that_somebody_else_has_started_since() {
    let name = "crawl-sigterm-next";
    let looks = || lab().calls("glue", "ListCrawls", "CrawlerName", name).len();
    let running = crawler(name, &json!({ "state": "SUCCEEDED", "after": 3 })).spawn();
    until("a look at the crawl", || looks() > 1);
    lab().fault(&json!({
        "service": "glue", "operation": "ListCrawls", "match": { "CrawlerName": name }, "delay": 8,
    }));
    let before = looks();
    until("a look that takes long", || looks() > before);
    until_ready(name);
    by_hand(name);
    running.sigterm().0.expect(143).says("had ended already");
    assert!(lab().calls("glue", "StopCrawler", "Name", name).is_empty());
}

/// Attempt 1 has started it and was killed; it is listed some seconds later.
#[test]
fn a_crawl_of_an_earlier_attempt_is_this_tasks_though_it_is_listed_late() {
    for if_running in ["adopt", "wait", "fail"] {
        let name = format!("crawl-unlisted-{if_running}");
        let mut job = step(&name, if_running);
        job["listing_lag"] = json!(20);
        let task = crawler(&name, &json!({ "state": "SUCCEEDED", "after": 8 })).job(job);
        fault(&name, "StartCrawler", &json!({ "lag": 3 }));
        let running = task.spawn();
        until("a start", || starts(&name) == 1);
        std::thread::sleep(std::time::Duration::from_millis(300));
        running.sigkill();
        if if_running == "adopt" {
            let running = task.retry().spawn();
            std::thread::sleep(std::time::Duration::from_secs(5));
            running.sigterm().0.expect(143).says("was told to stop");
        } else {
            assert_eq!(task.retry().run().expect(0).outputs["adopted"], true, "{if_running}");
        }
        assert_eq!(starts(&name), 1, "{if_running}");
    }
}

/// Waits until a crawler has nothing to do.
fn until_ready(name: &str) {
    until("the end of the crawl", || {
        let crawler = block_on(glue().get_crawler().name(name).send()).unwrap().crawler.unwrap();
        crawler.state.unwrap().as_str() == "READY"
    });
}

#[test]
fn looks_at_a_crawl_start_it_once() {
    let script = json!({ "state": "SUCCEEDED", "after": 6 });
    let task = crawler("crawl-looks", &script).rescheduled(0);
    task.run().expect(98).says("started crawl").says("goes on");
    let later = task.later(0);
    later.run().expect(98).says("found crawl");
    until_ready("crawl-looks");
    // Also when somebody starts another one before the next look.
    let handle = later.run().expect(0).outputs["handle"].clone();
    by_hand("crawl-looks");
    assert_eq!(later.run().expect(0).outputs["handle"], handle);
    assert_eq!(starts("crawl-looks"), 2);
    // A person clears the task: that is another crawl.
    until_ready("crawl-looks");
    assert_ne!(task.cleared().rescheduled(60).run().expect(0).outputs["handle"], handle);
    assert_eq!(starts("crawl-looks"), 3);
}

#[test]
fn a_crawl_that_fails_between_two_looks_fails_the_attempt() {
    let task = crawler("crawl-looks-failed", &json!({ "state": "FAILED", "after": 1 })).rescheduled(0);
    task.run().expect(98);
    let later = task.later(0);
    until_ready("crawl-looks-failed");
    later.run().expect(75).says("ended as FAILED");
    assert_eq!(starts("crawl-looks-failed"), 1);
}

#[test]
fn looks_at_the_crawl_of_another_adopt_it_or_await_it() {
    let script = json!({ "state": "SUCCEEDED", "after": 2 });
    let task = crawler("crawl-looks-adopt", &script).rescheduled(0);
    by_hand("crawl-looks-adopt");
    task.run().expect(98);
    let later = task.later(0);
    until_ready("crawl-looks-adopt");
    later.run().expect(0);
    assert_eq!(starts("crawl-looks-adopt"), 1);

    // Long enough to be running at the first look, also on a busy machine.
    let script = json!({ "state": "SUCCEEDED", "after": 6 });
    let task = crawler("crawl-looks-wait", &script).rescheduled(0);
    by_hand("crawl-looks-wait");
    let first =
        task.job(step("crawl-looks-wait", "wait")).run().expect(98).says("waiting until it has ended");
    assert_eq!(first.outputs["adopted"], Value::Null);
    assert_eq!(starts("crawl-looks-wait"), 2);
}
