//! External schemas: made once, kept, and never taken for another one.

use super::lab::lab;
use super::task::{Ended, Task};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::111122223333:role/spectrum";

fn schema(warehouse: &str, more: &Value) -> Value {
    let mut body = json!({ "type": "spectrum_schema", "schema": "lake", "database": "raw", "role": ROLE });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "type": "run_sql", "connection": { "workgroup": warehouse, "database": "analytics" }, "body": body })
}

fn done(ended: &Ended) -> &str {
    ended.outputs["done"].as_str().unwrap()
}

/// What Redshift says of the schema.
fn told(warehouse: &str) -> Value {
    lab().sql(
        warehouse,
        "select databasename, esoptions from redshift_catalog.svv_external_schemas where schemaname = 'lake'",
    )
}

#[test]
fn a_schema_is_made_once_and_kept_by_later_runs() {
    let name = "spectrum-made";
    lab().sql(name, "select 1");
    let task = |run: &str| Task::new(&format!("{name}-{run}"), schema(name, &json!({})));
    let first = task("1").run().expect(0).says("there is no schema lake: it is made");
    assert_eq!(done(&first), "created");
    assert_eq!(told(name), json!([["raw", format!("{{\"IAM_ROLE\":\"{ROLE}\"}}")]]));
    // An attempt that is repeated after its end finds the statement.
    let again = task("1").retry().run().expect(0);
    assert_eq!((done(&again), &again.outputs["adopted"]), ("created", &json!(true)));
    let second = task("2").run().expect(0).says("the schema lake is there, with the tables of raw");
    assert_eq!(done(&second), "kept");
    assert!(!second.log.contains("CREATE EXTERNAL"), "{}", second.log);
}

#[test]
fn another_schema_of_the_name_is_told_and_left() {
    let name = "spectrum-other";
    lab().sql(name, "select 1");
    Task::new("spectrum-other-1", schema(name, &json!({}))).run().expect(0);
    let before = told(name);
    for (n, more, says) in [
        (2, json!({ "database": "other" }), "its database is `raw`, not `other`"),
        (
            3,
            json!({ "role": "arn:aws:iam::111122223333:role/x" }),
            "its role is `arn:aws:iam::111122223333:role/spectrum`",
        ),
        (4, json!({ "region": "us-east-2" }), "its catalog is that of us-east-1, not of us-east-2"),
    ] {
        let ended = Task::new(&format!("spectrum-other-{n}"), schema(name, &more)).run().expect(78);
        ended.says(says).says("Nothing was changed");
    }
    // What is the default may have changed.
    let default = Task::new("spectrum-other-5", schema(name, &json!({ "role": "default" }))).run().expect(0);
    assert_eq!((done(&default), told(name)), ("kept", before));
    lab().sql(name, "create schema mart");
    let plain = Task::new("spectrum-other-6", schema(name, &json!({ "schema": "mart" }))).run().expect(78);
    plain.says("there is a schema mart, and it is no external one");
}

#[test]
fn all_of_a_schema_is_said() {
    let name = "spectrum-all";
    lab().sql(name, "select 1");
    let all = json!({ "role": "default", "region": "us-east-2", "create_database": true });
    assert_eq!(done(&Task::new(name, schema(name, &all)).run().expect(0)), "created");
    assert!(told(name)[0][1].as_str().unwrap().contains("\"REGION\":\"us-east-2\""), "{}", told(name));
}
