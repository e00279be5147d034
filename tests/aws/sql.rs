//! Scripts and checks in the warehouse.

use super::lab::{bucket, csv, lab, put};
use super::task::{Task, until};
use serde_json::{Value, json};
use std::time::Duration;

fn connection(workgroup: &str) -> Value {
    json!({ "workgroup": workgroup, "database": "analytics" })
}

/// A step with these statements, in a warehouse of its own.
fn script(name: &str, statements: &[&str]) -> Task {
    let body = json!({ "type": "script", "statements": statements, "transaction": true });
    Task::new(name, json!({ "type": "run_sql", "connection": connection(name), "body": body }))
}

fn check(name: &str, checks: &Value) -> Task {
    let body = json!({ "type": "check", "checks": checks });
    Task::new(name, json!({ "type": "run_sql", "connection": connection(name), "body": body }))
}

fn starts(workgroup: &str) -> Vec<Value> {
    let mut calls = lab().calls("redshift-data", "BatchExecuteStatement", "WorkgroupName", workgroup);
    calls.extend(lab().calls("redshift-data", "ExecuteStatement", "WorkgroupName", workgroup));
    calls
}

fn fault(workgroup: &str, more: &Value) {
    for operation in ["BatchExecuteStatement", "ExecuteStatement"] {
        let mut rule = json!({ "service": "redshift-data", "operation": operation, "match": { "WorkgroupName": workgroup } });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        lab().fault(&rule);
    }
}

#[test]
fn a_script_is_one_transaction_with_the_runs_values() {
    let task = script(
        "sql-plain",
        &[
            "create table t (day date, who varchar(40), n int)",
            "insert into t values ({{ ds }}, '{{ params.who }}', {{ params.n }}), (null, {{ params.who }}, 2)",
        ],
    )
    .params(json!({ "who": "it's \\ \"me\"", "n": 1 }));
    let ended = task.run().expect(0);
    assert_eq!(ended.outputs["rows"], 2);
    let rows = lab().sql("sql-plain", "select day::text, who, n from t order by n");
    assert_eq!(rows, json!([["2026-01-31", "it's \\ \"me\"", 1], [null, "it's \\ \"me\"", 2]]));
    let starts = starts("sql-plain");
    let name = format!("dagc:{}", ended.outputs["key"].as_str().unwrap());
    assert_eq!(starts[0]["request"]["StatementName"], name);
    // Again: the statement of this generation has succeeded.
    assert_eq!(task.retry().run().expect(0).outputs["adopted"], true);
    assert_eq!(super::sql::starts("sql-plain").len(), 1);
}

#[test]
fn a_statement_that_fails_is_shown_and_nothing_takes_effect() {
    lab().sql("sql-wrong", "create table t (n int)");
    let task = script("sql-wrong", &["insert into t values (1)", "select n form t where x = 1"]);
    task.run()
        .expect(78)
        .says("error: statement 2 of 2 failed:\n    select n form t where x = 1\n")
        .says("syntax error");
    assert_eq!(lab().sql("sql-wrong", "select count(*) from t"), json!([[0]]));
}

/// The rows that a COPY does not take, also one of the user's own, with whatever stands before it.
#[test]
fn errors_of_a_copy_in_a_script_are_shown() {
    bucket("sql-copy");
    put("sql-copy", "in/a.csv", csv(&["1,one", "x2,two"]));
    lab().sql("sql-copy", "create table t (id int, name varchar(10))");
    let copy = "-- it's a load\n/* of the day */ copy t from 's3://sql-copy/in/' iam_role default csv";
    script("sql-copy", &["delete from t", copy])
        .run()
        .expect(78)
        .says("error: s3://sql-copy/in/a.csv, line 2, column id")
        .says("Invalid digit, Value 'x'");
}

#[test]
fn what_is_sent_stands_in_the_log_without_its_secrets() {
    let statements = [
        "create table t (day date, who varchar(40))",
        "insert into t values ('{{ ds }}', '{{ params.db_password }}')",
    ];
    let task = script("sql-shown", &statements).params(json!({ "db_password": "hunter22" }));
    let ended = task.run().expect(0).says("    insert into t values ('2026-01-31', '***');\n");
    let ended = ended.says("    connection.workgroup: sql-shown\n");
    assert!(!ended.log.contains("hunter22"), "{}", ended.log);
    assert_eq!(lab().sql("sql-shown", "select who from t"), json!([["hunter22"]]));
    let wrong = script("sql-shown-wrong", &["select '{{ params.db_password }}' from none"]);
    let ended =
        wrong.params(json!({ "db_password": "hunter22" })).run().expect(78).says("select '***' from none");
    assert!(!ended.log.contains("hunter22"), "{}", ended.log);
}

#[test]
fn without_a_transaction_each_statement_stands_for_itself() {
    lab().sql("sql-auto", "create table t (n int)");
    let body = json!({
        "type": "script", "statements": ["insert into t values (1)", "insert into none values (2)"],
        "transaction": false,
    });
    let job = json!({ "type": "run_sql", "connection": connection("sql-auto"), "body": body });
    Task::new("sql-auto", job).run().expect(78).says("statement 2 of 2 failed");
    assert_eq!(lab().sql("sql-auto", "select count(*) from t"), json!([[1]]));
}

#[test]
fn a_cluster_is_reached_as_a_database_user() {
    let connection = json!({ "cluster": "sql-cluster", "database": "analytics", "db_user": "etl" });
    let body = json!({ "type": "script", "statements": ["select 1"], "transaction": true });
    let job = json!({ "type": "run_sql", "connection": connection, "body": body });
    let ended = Task::new("sql-cluster", job).run().expect(0);
    assert!(ended.outputs["url"].as_str().unwrap().contains("cluster=sql-cluster"));
    let calls = lab().calls("redshift-data", "ExecuteStatement", "ClusterIdentifier", "sql-cluster");
    assert_eq!(calls[0]["notes"]["authentication"], "cluster-user");
}

#[test]
fn values_may_travel_beside_the_sql() {
    lab().sql("sql-params", "create table t (who varchar(40))");
    let body = json!({
        "type": "script", "statements": ["insert into t values (:who)"], "transaction": true,
        "params": { "who": "{{ params.who }}" },
    });
    let job = json!({ "type": "run_sql", "connection": connection("sql-params"), "body": body });
    let task = Task::new("sql-params", job);
    task.clone().params(json!({ "who": "it's me" })).run().expect(0);
    assert_eq!(lab().sql("sql-params", "select who from t"), json!([["it's me"]]));
    task.cleared().params(json!({ "who": "" })).run().expect(78).says("the value of :who is empty");
}

#[test]
fn a_worker_killed_after_the_start_leaves_a_statement_that_is_adopted() {
    lab().sql("sql-sigkill", "create table t (n int)");
    let task = script("sql-sigkill", &["insert into t values (1)", "insert into t values (2)"]);
    fault("sql-sigkill", &json!({ "delay": 1 }));
    fault("sql-sigkill", &json!({ "hold": 4 }));
    let running = task.spawn();
    until("a start", || starts("sql-sigkill").len() == 1);
    running.sigkill();
    assert_eq!(task.retry().run().expect(0).outputs["adopted"], true);
    assert_eq!(starts("sql-sigkill").len(), 1);
    assert_eq!(lab().sql("sql-sigkill", "select count(*) from t"), json!([[2]]));
    // Cleared by a person: exactly one new statement.
    assert_eq!(task.cleared().run().expect(0).outputs["adopted"], false);
    assert_eq!(lab().sql("sql-sigkill", "select count(*) from t"), json!([[4]]));
}

#[test]
fn a_lost_answer_leads_to_no_second_statement() {
    for (name, trouble) in [
        ("sql-drop-after", json!({ "drop": "after" })),
        ("sql-drop-before", json!({ "drop": "before" })),
        ("sql-500", json!({ "error": { "code": "InternalServerException", "http": 500 } })),
        ("sql-throttled", json!({ "error": { "code": "ThrottlingException" } })),
        ("sql-many", json!({ "error": { "code": "ActiveStatementsExceededException" } })),
    ] {
        lab().sql(name, "create table t (n int)");
        fault(name, &trouble);
        script(name, &["insert into t values (1)"]).run().expect(0);
        assert_eq!(lab().sql(name, "select count(*) from t"), json!([[1]]), "{name}");
    }
}

#[test]
fn a_failed_statement_is_started_anew_by_the_next_attempt() {
    lab().sql("sql-again", "create table t (n int)");
    let error = "ERROR: 1023 DETAIL: Serializable isolation violation on table";
    fault("sql-again", &json!({ "script": { "state": "FAILED", "error": error } }));
    let task = script("sql-again", &["insert into t values (1)", "insert into t values (2)"]);
    task.run().expect(75).says("Serializable isolation violation");
    // A new token: the service would answer the old one with the statement that has failed.
    task.retry().run().expect(0);
    assert_eq!(lab().sql("sql-again", "select count(*) from t"), json!([[2]]));
    let starts = starts("sql-again");
    assert_eq!(starts[0]["request"]["StatementName"], starts[1]["request"]["StatementName"]);
    assert_ne!(starts[0]["request"]["ClientToken"], starts[1]["request"]["ClientToken"]);
}

#[test]
fn sigterm_cancels_the_statement() {
    let task = script("sql-sigterm", &["select pg_sleep(30)"]);
    let running = task.spawn();
    until("a start", || starts("sql-sigterm").iter().any(|call| call["status"] == 200));
    std::thread::sleep(Duration::from_millis(500));
    let (ended, took) = running.sigterm();
    ended.expect(143).says("was told to stop");
    assert!(took < Duration::from_secs(5), "{took:?}");
    until("a statement that was cancelled", || {
        let active = "select count(*) from pg_stat_activity where state = 'active' and query like '%pg_sleep(30)%' \
                      and query not like '%pg_stat_activity%'";
        lab().sql("sql-sigterm", active) == json!([[0]])
    });
}

#[test]
fn checks_hold_or_show_what_offends() {
    lab().sql(
        "sql-check",
        "create table t (id int, carrier varchar(2)); insert into t values (1, 'UA'), (2, null), (3, null)",
    );
    let rows = json!({
        "name": "t: rows >= 3", "sql": "select count(*) from t", "kind": { "count": { "operator": ">=", "count": 3 } },
    });
    let nulls = json!({ "name": "t: not_null carrier", "sql": "select id, carrier from t where carrier is null order by id", "kind": "no_rows" });
    let ended = check("sql-check", &json!([rows])).run().expect(0).says("passed: t: rows >= 3");
    assert_eq!(ended.outputs["checks"], 1);
    check("sql-check", &json!([rows, nulls]))
        .cleared()
        .run()
        .expect(78)
        .says("passed: t: rows >= 3")
        .says("error: failed: t: not_null carrier: 2 rows offend\n    id | carrier\n    2 | NULL\n    3 | NULL\n")
        .says("error: 1 of 2 checks failed: t: not_null carrier (2 rows offend)");
}

#[test]
fn looks_at_a_statement_start_it_once() {
    lab().sql("sql-looks", "create table t (n int)");
    let task = script("sql-looks", &["insert into t values (1)"]).rescheduled(0);
    fault("sql-looks", &json!({ "hold": 4 }));
    let first = task.run().expect(98);
    // A later look does not let the service wait.
    let second = task.later(1).run().expect(98);
    assert_eq!(second.outputs["handle"], first.outputs["handle"]);
    until("the row", || lab().sql("sql-looks", "select n from t") == json!([[1]]));
    let later = task.later(4);
    until("the end", || later.run().code == 0);
    assert_eq!(later.run().expect(0).outputs["rows"], 1);
    assert_eq!(starts("sql-looks").len(), 1);
}
