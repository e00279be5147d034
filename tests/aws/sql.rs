//! Scripts and checks in the warehouse.

use super::lab::{bucket, csv, lab, put};
use super::task::{Task, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

fn connection(workgroup: &str) -> Value {
    json!({ "workgroup": workgroup, "database": "analytics" })
}

/// A step with these statements, in a warehouse of its own.
fn script(name: &str, statements: &[&str]) -> Task {
    let body = json!({ "type": "script", "statements": statements, "transaction": true });
    Task::new(name, json!({ "type": "run_sql", "connection": connection(name), "body": body }))
}

/// A check of the table `t`, in a warehouse of its own.
fn check(name: &str, assertions: &Value) -> Task {
    let table = json!({ "schema": "public", "table": "t" });
    let body = json!({ "type": "check", "table": table, "assertions": assertions });
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

/// The statements that were made: two starts with one token make one.
fn statements_of(workgroup: &str) -> BTreeSet<String> {
    starts(workgroup).iter().map(|call| call["notes"]["statement"].to_string()).collect()
}

/// A step whose statements are no transaction.
fn one_by_one(name: &str, statements: &[&str]) -> Task {
    let body = json!({ "type": "script", "statements": statements, "transaction": false });
    Task::new(name, json!({ "type": "run_sql", "connection": connection(name), "body": body }))
}

/// The Data API's `AUTO_COMMIT` would go on, empty what the second statement has not saved, and be green.
#[test]
fn without_a_transaction_the_first_failure_stops_what_follows() {
    lab().sql(
        "sql-auto",
        "create table t (n int); create table staging (n int); insert into staging values (1)",
    );
    let statements = ["insert into t values (1)", "insert into t select n from typo", "delete from staging"];
    let task = one_by_one("sql-auto", &statements);
    task.run()
        .expect(78)
        .says("statement 2 of 3 failed:\n    insert into t select n from typo")
        .says("statement 1 is done and committed, nothing after statement 2 was sent");
    assert_eq!(lab().sql("sql-auto", "select count(*) from t"), json!([[1]]));
    assert_eq!(lab().sql("sql-auto", "select count(*) from staging"), json!([[1]]));
    // Another attempt goes on where the first one has failed.
    lab().sql("sql-auto", "create table typo (n int); insert into typo values (7), (8)");
    let ended = task.retry().run().expect(0).says("statement 1 of 3 was done by an attempt before this one");
    assert_eq!(ended.outputs["adopted"], false);
    assert_eq!(ended.outputs["rows"], 4);
    assert_eq!(lab().sql("sql-auto", "select n from t order by n"), json!([[1], [7], [8]]));
    assert_eq!(lab().sql("sql-auto", "select count(*) from staging"), json!([[0]]));
    assert_eq!(statements_of("sql-auto").len(), 4);
    // All of them again: there is nothing to do. A cleared task begins anew.
    assert_eq!(task.retry().retry().run().expect(0).outputs["adopted"], true);
    task.retry().retry().cleared().run().expect(0);
    assert_eq!(lab().sql("sql-auto", "select n from t order by n"), json!([[1], [1], [7], [7], [8], [8]]));
}

/// A deploy mends the second statement: what was done before stays done, while nothing before it has changed.
#[test]
fn a_mended_statement_is_gone_on_with() {
    lab().sql("sql-mended", "create table t (n int)");
    let first = one_by_one("sql-mended", &["insert into t values (1)", "insert into none values (2)"]);
    first.run().expect(78);
    let mended = one_by_one("sql-mended", &["insert into t values (1)", "insert into t values (2)"]);
    mended.retry().run().expect(0).says("statement 1 of 2 was done");
    assert_eq!(lab().sql("sql-mended", "select n from t order by n"), json!([[1], [2]]));
    let other = one_by_one("sql-mended", &["insert into t values (3)", "insert into t values (2)"]);
    other.retry().retry().run().expect(0);
    assert_eq!(lab().sql("sql-mended", "select n from t order by n"), json!([[1], [2], [2], [3]]));
}

/// The statement that a killed worker has left running is adopted in its turn, and not taken for another's.
#[test]
fn a_later_statement_that_goes_on_is_adopted_in_its_turn() {
    lab().sql("sql-turn", "create table t (n int)");
    let statements = [
        "insert into t values (1)",
        "insert into t select 2 from (select pg_sleep(4)) as s",
        "insert into t values (3)",
    ];
    let task = one_by_one("sql-turn", &statements);
    let running = task.spawn();
    until("the second statement", || starts("sql-turn").len() == 2);
    std::thread::sleep(Duration::from_millis(800));
    running.sigkill();
    task.retry().run().expect(0);
    assert_eq!(lab().sql("sql-turn", "select n from t order by n"), json!([[1], [2], [3]]));
    assert_eq!(statements_of("sql-turn").len(), 3);
}

/// A person clears the task while a later statement of the generation before goes on.
#[test]
fn a_cleared_task_begins_anew_and_nothing_runs_beside() {
    lab().sql("sql-anew", "create table t (n int)");
    let statements = ["insert into t values (1)", "insert into t select 2 from (select pg_sleep(30)) as s"];
    let task = one_by_one("sql-anew", &statements);
    let running = task.spawn();
    until("the second statement", || starts("sql-anew").len() == 2);
    std::thread::sleep(Duration::from_millis(800));
    running.sigkill();
    let running = task.cleared().spawn();
    until("a cancelled statement", || {
        lab()
            .control("GET", "journal?service=redshift-data&operation=CancelStatement", &Value::Null)
            .as_array()
            .unwrap()
            .iter()
            .any(|call| statements_of("sql-anew").contains(&call["request"]["Id"].to_string()))
    });
    until("the first statement", || lab().sql("sql-anew", "select count(*) from t") == json!([[2]]));
    running.sigterm().0.expect(143).says("has started before it was changed");
}

#[test]
fn looks_at_statements_one_by_one_start_each_once() {
    lab().sql("sql-one-looks", "create table t (n int)");
    fault("sql-one-looks", &json!({ "hold": 2 }));
    let statements = ["insert into t values (:who)", "insert into none values (2)"];
    let mut job = json!({ "type": "run_sql", "connection": connection("sql-one-looks") });
    job["body"] = json!({
        "type": "script", "statements": statements, "transaction": false, "params": { "who": "7" },
    });
    let task = Task::new("sql-one-looks", job).rescheduled(0);
    task.run().expect(98);
    let later = task.later(2);
    until("the failure", || later.run().code != 98);
    // The look that has started the second statement may not have seen its failure: it is not started again.
    later.run().expect(78).says("statement 2 of 2 failed");
    assert_eq!(lab().sql("sql-one-looks", "select n from t"), json!([[7]]));
    assert_eq!(statements_of("sql-one-looks").len(), 2);
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
    // The service takes no empty value: it stands in the SQL.
    task.cleared().params(json!({ "who": "" })).run().expect(0);
    assert_eq!(lab().sql("sql-params", "select who from t order by 1"), json!([[""], ["it's me"]]));
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

/// The same DAG, run and task under one role: nothing of another warehouse, database or user is adopted.
#[test]
fn two_environments_with_equal_ids_never_share_a_statement() {
    let insert = json!({ "type": "script", "statements": ["insert into t values (1)"], "transaction": true });
    let job = |connection: &Value| json!({ "type": "run_sql", "connection": connection, "body": insert });
    let connections = [
        json!({ "workgroup": "sql-blue", "database": "analytics" }),
        json!({ "workgroup": "sql-green", "database": "analytics" }),
        json!({ "cluster": "sql-blue", "database": "analytics", "db_user": "etl" }),
        json!({ "cluster": "sql-blue", "database": "analytics", "db_user": "loader" }),
    ];
    for warehouse in ["sql-blue", "sql-green"] {
        lab().sql(warehouse, "create table t (n int)");
    }
    let create = json!({ "cluster": "sql-blue", "database": "analytics", "sql": "create table t (n int)" });
    lab().control("POST", "sql", &create);
    let blue = Task::new("sql-two", job(&connections[0]));
    let mut keys = BTreeSet::new();
    for connection in &connections {
        for environment in ["blue", "green"] {
            let ended = blue.of(environment, job(connection)).run().expect(0);
            assert_eq!(ended.outputs["adopted"], false, "{connection} {environment}");
            keys.insert(ended.outputs["key"].to_string());
        }
    }
    assert_eq!(keys.len(), 8);
    for (warehouse, rows) in [("sql-blue", 2), ("sql-green", 2)] {
        assert_eq!(lab().sql(warehouse, "select count(*) from t"), json!([[rows]]));
    }
    let asked = lab().calls("redshift-data", "ListStatements", "ClusterIdentifier", "sql-blue");
    assert!(asked.iter().all(|call| call["request"]["Database"] == "analytics"), "{asked:?}");
    assert!(asked.len() >= 4, "{asked:?}");
}

/// A deploy changes the SQL while the statement of a worker that has died goes on.
#[test]
fn a_statement_with_other_sql_is_ended_first_and_never_adopted() {
    lab().sql("sql-changed", "create table t (n int)");
    let task = script("sql-changed", &["insert into t values (1)", "select pg_sleep(60)"]);
    let running = task.spawn();
    until("a start", || starts("sql-changed").iter().any(|call| call["status"] == 200));
    std::thread::sleep(Duration::from_secs(1));
    running.sigkill();
    let changed = script("sql-changed", &["insert into t values (2)"]).retry();
    let ended = changed.run().expect(0).says("cancelling it, as `on_kill: cancel` says");
    assert_eq!(ended.outputs["adopted"], false);
    assert_eq!(lab().sql("sql-changed", "select n from t"), json!([[2]]));
    // What has succeeded with other SQL does not count either.
    let again = script("sql-changed", &["insert into t values (3)"]).retry().retry();
    assert_eq!(again.run().expect(0).outputs["adopted"], false);
    assert_eq!(lab().sql("sql-changed", "select count(*) from t"), json!([[2]]));
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
    let token = starts[0]["request"]["ClientToken"].as_str().unwrap();
    assert!(token.len() <= 64 && token.len() > 40, "{token}");
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
    let rows = json!({ "type": "rows", "operator": ">=", "count": 3 });
    let nulls = json!({
        "type": "query", "name": "t: not_null carrier", "expect": "no_rows",
        "query": "select id, carrier from t where carrier is null order by id",
    });
    let ended = check("sql-check", &json!([rows])).run().expect(0).says("passed: public.t: rows >= 3");
    assert_eq!(ended.outputs["checks"], 1);
    check("sql-check", &json!([rows, nulls]))
        .cleared()
        .run()
        .expect(78)
        .says("passed: public.t: rows >= 3")
        .says("error: failed: t: not_null carrier: 2 rows offend\n    id | carrier\n    2 | NULL\n    3 | NULL\n")
        .says("error: 1 of 2 checks failed: t: not_null carrier (2 rows offend)");
}

/// The database itself reads the query of each, and says who offends.
#[test]
fn each_assertion_holds_or_not() {
    lab().sql(
        "sql-assertions",
        "create table t (n int, id int, carrier varchar(2), made timestamp, \"told at\" timestamptz); \
         insert into t select n, 1, 'UA', now() at time zone 'UTC', now() from generate_series(1, 2) as n; \
         insert into t select 3, 2, null, now() at time zone 'Asia/Tokyo', now() - interval '2 days'",
    );
    let fresh = |column: &str, zone: &str| json!({ "type": "fresh", "column": column, "within": 3600, "time_zone": zone });
    let holds = json!([
        { "type": "rows", "operator": "=", "count": 3 },
        { "type": "unique", "columns": ["n"] },
        { "type": "unique", "columns": ["id", "n"] },
        { "type": "not_null", "column": "told at" },
        { "type": "accepted", "column": "carrier", "values": ["UA", "it's", "{{ ds }}"] },
        fresh("told at", "UTC"),
        fresh("made", "Asia/Tokyo"),
    ]);
    let ended = check("sql-assertions", &holds).run().expect(0);
    assert_eq!(ended.outputs["checks"], 7);
    let offends = json!([
        { "type": "rows", "operator": "<", "count": 3 },
        { "type": "unique", "columns": ["id"] },
        { "type": "not_null", "column": "carrier" },
        { "type": "accepted", "column": "carrier", "values": ["AA"] },
        fresh("made", "Pacific/Auckland"),
    ]);
    check("sql-assertions", &offends)
        .cleared()
        .run()
        .expect(78)
        .says("failed: public.t: rows < 3: there are 3 rows, not < 3")
        .says("failed: public.t: unique (id): 1 row offends\n    id | rows\n    1 | 2\n")
        .says("failed: public.t: carrier is not null: 1 row offends")
        .says("failed: public.t: \"carrier\" is one of 'AA': 1 row offends")
        .says("failed: public.t: newest made within 3600 seconds: 1 row offends")
        .says("5 of 5 checks failed");
}

#[test]
fn a_check_that_stops_at_some_rows_says_so() {
    lab().sql("sql-limit", "create table t (id int); insert into t select 1 from generate_series(1, 12)");
    let nulls = |limit: &str| {
        let query = format!("select id from t where id = 1{limit}");
        json!([{ "type": "query", "name": "t", "query": query, "expect": "no_rows" }])
    };
    check("sql-limit", &nulls("")).run().expect(78).says("failed: t: 12 rows offend");
    check("sql-limit", &nulls(" limit 10"))
        .cleared()
        .run()
        .expect(78)
        .says("failed: t: 10 or more rows offend");
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
