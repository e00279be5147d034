//! Checks of tables of the Data Catalog: each assertion is a query of Athena's.

use super::athena::{database, job, lake};
use super::lab::lab;
use super::task::{Task, until};
use serde_json::{Value, json};

/// A check of a table in the lake of a test.
pub(crate) fn check(name: &str, table: &str, assertions: &Value, more: &Value) -> Task {
    let database = database(name);
    let table = json!({ "schema": database, "table": table });
    let mut job = json!({
        "type": "run_athena", "workgroup": name, "database": database, "reads": [format!("{database}.t")],
        "check": { "table": table, "assertions": assertions },
    });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Task::new(name, job)
}

fn sent(name: &str) -> usize {
    lab().calls("athena", "StartQueryExecution", "WorkGroup", name).len()
}

/// Makes an Iceberg table `i` of three rows, one of them with a time that is new.
fn iceberg(name: &str) {
    lake(name);
    let place = format!("location 's3://{name}/i/' tblproperties ('table_type' = 'ICEBERG')");
    let create = format!("create table i (id int, carrier string, at timestamp) {place}");
    let insert = "insert into i values (1, 'UA', cast(current_timestamp at time zone 'UTC' as timestamp)), \
                  (1, 'it''s', timestamp '2020-01-01 00:00:00'), (2, null, null)";
    Task::new(name, job(name, &[&create, insert], &json!({}))).run().expect(0);
}

fn fresh(zone: &str) -> Value {
    json!({ "type": "fresh", "column": "at", "within": 3600, "time_zone": zone })
}

#[test]
fn assertions_hold_in_athena() {
    let name = "athena-check-holds";
    iceberg(name);
    let holds = json!([
        { "type": "rows", "operator": "=", "count": 3 },
        { "type": "unique", "columns": ["id", "carrier"] },
        { "type": "not_null", "column": "id" },
        { "type": "accepted", "column": "id", "values": ["1", "2"] },
        { "type": "accepted", "column": "carrier", "values": ["UA", "it's", "{{ ds }}"] },
        fresh("UTC"),
        { "type": "query", "name": "later", "query": "select * from i where at > timestamp '{{ ds }} 00:00:00' + interval '99' year",
          "expect": "no_rows" },
    ]);
    let before = sent(name);
    // The table is one of the account's own catalog, whatever the one of the queries is.
    let ended = check(name, "i", &holds, &json!({})).cleared().run().expect(0);
    let ended = ended.says("passed: athena_check_holds.i: rows = 3");
    assert_eq!((&ended.outputs["checks"], sent(name) - before), (&json!(7), 7));
    assert!(ended.outputs["bytes_scanned"].as_u64().unwrap() > 0, "{}", ended.outputs);
}

#[test]
fn all_that_offends_is_told() {
    let name = "athena-check-offends";
    iceberg(name);
    let offends = json!([
        { "type": "rows", "operator": "<", "count": 3 },
        { "type": "unique", "columns": ["id"] },
        { "type": "not_null", "column": "id" },
        { "type": "not_null", "column": "carrier" },
        { "type": "accepted", "column": "id", "values": ["2"] },
        fresh("Pacific/Auckland"),
        { "type": "query", "name": "t: few", "query": "select id from i", "expect": "no_rows" },
        { "type": "query", "name": "t: some", "query": "select id from i limit 2", "expect": "no_rows" },
    ]);
    check(name, "i", &offends, &json!({}))
        .cleared()
        .run()
        .expect(78)
        .says("failed: athena_check_offends.i: rows < 3: there are 3 rows, not < 3")
        .says("failed: athena_check_offends.i: unique (id): 1 row offends\n    id | rows\n    1 | 2\n")
        .says("passed: athena_check_offends.i: id is not null")
        .says("failed: athena_check_offends.i: carrier is not null: 1 row offends")
        .says("failed: athena_check_offends.i: \"id\" is one of '2': 1 row offends")
        .says("failed: athena_check_offends.i: newest at within 3600 seconds: 1 row offends")
        .says("failed: t: few: 3 rows offend")
        .says("failed: t: some: 2 or more rows offend")
        .says("7 of 8 checks failed");
}

/// One call gives a thousand rows, of which one are the names of the columns.
#[test]
fn more_rows_than_are_read_are_not_counted() {
    let name = "athena-check-many";
    lake(name);
    let many = json!([{ "type": "query", "name": "many", "expect": "no_rows",
        "query": "select a from unnest(sequence(1, 1200)) as s (a)" }]);
    check(name, "t", &many, &json!({})).run().expect(78).says("failed: many: 999 or more rows offend");
}

#[test]
fn an_attempt_goes_on_with_the_answers_of_the_one_before() {
    let name = "athena-check-killed";
    lake(name);
    let holds = json!([
        { "type": "rows", "operator": "=", "count": 2 },
        { "type": "unique", "columns": ["n"] },
    ]);
    let task = check(name, "t", &holds, &json!({}));
    lab().fault(&json!({
        "service": "athena", "operation": "StartQueryExecution", "match": { "WorkGroup": name }, "hold": 4, "times": null,
    }));
    let running = task.spawn();
    until("the second query", || sent(name) == 2);
    running.sigkill();
    let ended = task.retry().run().expect(0).says("passed: athena_check_killed.t: rows = 2");
    assert_eq!((sent(name), &ended.outputs["checks"]), (2, &json!(2)));
    // A check that has failed is asked anew by who clears it.
    task.retry().cleared().run().expect(0);
    assert_eq!(sent(name), 4);
}
