//! Data quality runs: started once by a token, their rules told one by one, a failed one for good.

use super::lab::{block_on, bucket, glue, lab, put};
use super::task::{Task, until};
use aws_sdk_glue::types::{Column, DatabaseInput, PartitionInput, SerDeInfo, StorageDescriptor, TableInput};
use serde_json::{Value, json};

const BUCKET: &str = "quality";

/// A folder with a file of sales: CSV without a header.
fn storage(folder: &str) -> StorageDescriptor {
    let serde = SerDeInfo::builder()
        .serialization_library("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe")
        .parameters("field.delim", ",");
    let column = |name: &str, kind: &str| Column::builder().name(name).r#type(kind).build().unwrap();
    StorageDescriptor::builder()
        .set_columns(Some(vec![column("id", "int"), column("amount", "double"), column("country", "string")]))
        .location(format!("s3://{BUCKET}/{folder}/"))
        .serde_info(serde.build())
        .build()
}

/// Makes a table `sales` of two days: the first one is right, the second has a row twice and a country less.
pub(crate) fn table(name: &str) {
    bucket(BUCKET);
    let glue = glue();
    let database = DatabaseInput::builder().name(name).build().unwrap();
    block_on(glue.create_database().database_input(database).send()).unwrap();
    let key = Column::builder().name("dt").r#type("string").build().unwrap();
    let input = TableInput::builder().name("sales").partition_keys(key).storage_descriptor(storage(name));
    let request = glue.create_table().database_name(name).table_input(input.build().unwrap());
    block_on(request.send()).unwrap();
    for (day, rows) in
        [("2026-01-31", "1,2.5,de\n2,4,fr\n3,7,de\n"), ("2026-02-01", "1,2.5,de\n1,-4,fr\n3,7,\n")]
    {
        let folder = format!("{name}/dt={day}");
        put(BUCKET, &format!("{folder}/sales.csv"), rows);
        let partition = PartitionInput::builder().values(day).storage_descriptor(storage(&folder));
        let request = glue.create_partition().database_name(name).table_name("sales");
        block_on(request.partition_input(partition.build()).send()).unwrap();
    }
}

/// A role of which only the runs of one test are.
pub(crate) fn role(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

/// A step that evaluates these rules over a day.
pub(crate) fn job(name: &str, rules: &str, more: &Value) -> Value {
    let mut job = json!({
        "type": "evaluate_quality", "table": { "schema": name, "table": "sales" }, "ruleset": format!("{name}-rules"),
        "rules": format!("Rules = [ {rules} ]"), "partitions": "dt = '{{ ds }}'", "role": role(name), "workers": 2,
    });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    job
}

fn task(name: &str, rules: &str, more: &Value) -> Task {
    table(name);
    Task::new(name, job(name, rules, more))
}

const RIGHT: &str = "RowCount = 3, IsPrimaryKey \"id\", Completeness \"country\" > 0.95";

fn starts(name: &str) -> Vec<Value> {
    lab().calls("glue", "StartDataQualityRulesetEvaluationRun", "Role", &role(name))
}

/// How many runs were started.
fn started(name: &str) -> usize {
    let calls = starts(name);
    let mut runs: Vec<&str> = calls.iter().filter_map(|call| call["notes"]["run"].as_str()).collect();
    runs.sort_unstable();
    runs.dedup();
    runs.len()
}

fn fault(name: &str, rule: &Value) {
    let mut whole = json!({
        "service": "glue", "operation": "StartDataQualityRulesetEvaluationRun", "match": { "Role": role(name) },
    });
    whole.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    lab().fault(&whole);
}

#[test]
fn rules_of_a_day_are_told_one_by_one() {
    let name = "dq_right";
    let ended = task(name, RIGHT, &json!({ "timeout_minutes": 90 })).run().expect(0);
    let ended =
        ended.says("passed: RowCount = 3 (Dataset.*.RowCount = 3)").says("passed: IsPrimaryKey \"id\"");
    let outputs = &ended.outputs;
    assert_eq!(
        (&outputs["passed"], &outputs["failed"], &outputs["score"]),
        (&json!(3), &json!(0), &json!(1.0))
    );
    assert!(outputs["dpu_seconds"].is_number(), "{outputs:?}");
    let [start] = starts(name).try_into().unwrap();
    let request = &start["request"];
    assert_eq!((&request["Timeout"], &request["NumberOfWorkers"]), (&json!(90), &json!(2)));
    let predicate = &request["DataSource"]["GlueTable"]["AdditionalOptions"]["pushDownPredicate"];
    assert_eq!(predicate, "dt = '2026-01-31'");
}

#[test]
fn a_rule_that_does_not_pass_fails_for_good() {
    let name = "dq_wrong";
    let rules = format!("{RIGHT}, ColumnValues \"amount\" >= 0, Entropy \"country\" > 1");
    let second_day = json!({ "partitions": "dt = '2026-02-01'" });
    let ended = task(name, &rules, &second_day).run().expect(78);
    ended
        .says("4 of 5 rules have not passed: IsPrimaryKey")
        .says("passed: RowCount = 3")
        .says("failed: Completeness \"country\" > 0.95: Value: 0.6666666666666666 does not meet")
        .says("failed: ColumnValues \"amount\" >= 0")
        .says("not evaluated: Entropy \"country\" > 1: Unsupported rule type");
    assert_eq!(started(name), 1);
    // All days are looked at where nothing chooses some.
    let ended =
        Task::new("dq_all", job(name, "RowCount = 6", &json!({ "partitions": null, "ruleset": "dq_all" })));
    ended.run().expect(0).says("passed: RowCount = 6");
}

#[test]
fn a_lost_answer_starts_nothing_twice() {
    for (name, rule) in [
        ("dq_lost", json!({ "drop": "after" })),
        (
            "dq_lost_error",
            json!({ "error": { "code": "InternalServiceException", "http": 500, "after": true } }),
        ),
        ("dq_not_done", json!({ "drop": "before" })),
        ("dq_throttled", json!({ "error": { "code": "ThrottlingException", "http": 400 } })),
    ] {
        let task = task(name, RIGHT, &json!({}));
        fault(name, &rule);
        task.run().expect(0);
        assert_eq!(started(name), 1, "{name}");
    }
}

#[test]
fn a_run_that_is_over_is_not_started_again() {
    let name = "dq_over";
    let task = task(name, RIGHT, &json!({}));
    let first = task.run().expect(0);
    let second = task.retry().run().expect(0);
    assert_eq!(first.outputs["handle"], second.outputs["handle"]);
    assert_eq!(started(name), 1);
    task.retry().cleared().run().expect(0);
    assert_eq!(started(name), 2);
    // One that has failed is followed by the next.
    let name = "dq_failed";
    let task = self::task(name, RIGHT, &json!({}));
    fault(name, &json!({ "script": { "state": "FAILED", "error": "no disk" } }));
    task.run().expect(75).says("ended as FAILED: no disk").says("its log: https://");
    task.retry().run().expect(0);
    assert_eq!(started(name), 2);
}

#[test]
fn ends_are_told_for_what_they_are() {
    for (name, state) in [("dq_time", "TIMEOUT"), ("dq_by_hand", "STOPPED")] {
        let task = task(name, RIGHT, &json!({}));
        fault(name, &json!({ "script": { "state": state, "error": "why" } }));
        task.run().expect(75).says(&format!("ended as {state}: why"));
    }
    // The table is not there.
    let gone = json!({ "table": { "schema": "dq_by_hand", "table": "gone" }, "role": role("dq_gone"), "ruleset": "dq_gone" });
    Task::new("dq_gone", job("dq_by_hand", RIGHT, &gone))
        .run()
        .expect(75)
        .says("ended as FAILED")
        .says("gone");
    // Results that are late are waited for.
    let name = "dq_late";
    let task = task(name, RIGHT, &json!({}));
    fault(name, &json!({ "script": { "unknown": 2 } }));
    task.run().expect(0);
}

#[test]
fn rules_are_those_of_the_plan() {
    let name = "dq_rules";
    let task = task(name, RIGHT, &json!({}));
    task.run().expect(0);
    task.retry().cleared().run().expect(0);
    let made = lab().calls("glue", "CreateDataQualityRuleset", "Name", "dq_rules-rules");
    assert_eq!(made.len(), 2);
    let update =
        glue().update_data_quality_ruleset().name("dq_rules-rules").ruleset("Rules = [ RowCount > 0 ]");
    block_on(update.send()).unwrap();
    task.retry()
        .cleared()
        .cleared()
        .run()
        .expect(78)
        .says("somebody has changed the ruleset `dq_rules-rules`");
    assert_eq!(started(name), 2);
    // One of the user's is taken as it is.
    let own = json!({ "rules": null, "role": role("dq_own") });
    Task::new("dq_own", job(name, "", &own)).run().expect(0).says("passed: RowCount > 0");
    let gone = json!({ "rules": null, "ruleset": "dq_no_rules", "role": role("dq_no_rules") });
    Task::new("dq_no_rules", job(name, "", &gone)).run().expect(78).says("Ruleset dq_no_rules not found");
}

#[test]
fn a_kill_cancels_the_run_and_the_next_attempt_starts_another() {
    let name = "dq_killed";
    let task = task(name, RIGHT, &json!({}));
    fault(name, &json!({ "hold": 30 }));
    let running = task.spawn();
    until("a run", || !starts(name).is_empty());
    running.sigterm().0.expect(143).says("data quality run");
    // It is stopping still.
    task.retry().run().expect(0);
    assert_eq!(started(name), 2);
}

/// A look that finds what this attempt has started tells its end, and starts nothing.
#[test]
fn a_look_tells_the_end_of_what_its_attempt_has_started() {
    for (name, state, code) in [("dq_looks", "SUCCEEDED", 0), ("dq_looks_failed", "FAILED", 75)] {
        let task = task(name, RIGHT, &json!({})).rescheduled(0);
        fault(name, &json!({ "script": { "state": state, "after": 2, "error": "no disk" } }));
        task.run().expect(98);
        let later = task.later(0);
        until("its end", || {
            let run = lab().calls("glue", "StartDataQualityRulesetEvaluationRun", "Role", &role(name));
            let id = run[0]["notes"]["run"].as_str().unwrap().to_owned();
            let get = glue().get_data_quality_ruleset_evaluation_run().run_id(id);
            block_on(get.send()).unwrap().completed_on.is_some()
        });
        later.run().expect(code);
        assert_eq!(started(name), 1, "{name}");
    }
}
