//! Tables of the Data Catalog: made once, compared, changed where the step says so, and given their partitions.

use super::lab::{block_on, glue, lab};
use super::task::{Ended, Task};
use aws_sdk_glue::types::{DatabaseInput, Partition, Table};
use serde_json::{Value, json};

/// Makes a database.
pub(crate) fn database(name: &str) {
    let database = DatabaseInput::builder().name(name).build().unwrap();
    block_on(glue().create_database().database_input(database).send()).unwrap();
}

/// A step that registers the table `t` of this database with a partition of it.
pub(crate) fn job(database: &str, more: &Value) -> Value {
    let mut job = json!({
        "type": "register_table", "table": { "schema": database, "table": "t" }, "location": "s3://lake/t/",
        "format": { "type": "parquet" }, "columns": [{ "name": "id", "type": "bigint" }],
        "partition_by": [{ "name": "dt", "type": "string" }], "partitions": [["2026-01-31"]], "on_drift": "fail",
    });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    job
}

/// Makes the table as another step would, with its partition in this folder.
pub(crate) fn there(database: &str, more: &Value, partition: &str) {
    let mut other = more.clone();
    other["partitions"] = json!([]);
    Task::new(&format!("{database}-there"), job(database, &other)).run().expect(0);
    let descriptor = table(database).storage_descriptor().unwrap().clone();
    let input = aws_sdk_glue::types::PartitionInput::builder().values("2026-01-31");
    let located = aws_sdk_glue::types::StorageDescriptor::builder()
        .set_columns(descriptor.columns)
        .location(partition)
        .build();
    let request = glue().create_partition().database_name(database).table_name("t");
    block_on(request.partition_input(input.storage_descriptor(located).build()).send()).unwrap();
}

fn table(database: &str) -> Table {
    block_on(glue().get_table().database_name(database).name("t").send()).unwrap().table.unwrap()
}

fn partitions(database: &str) -> Vec<Partition> {
    let request = glue().get_partitions().database_name(database).table_name("t");
    block_on(request.send()).unwrap().partitions.unwrap_or_default()
}

fn places(database: &str) -> Vec<String> {
    let place = |one: &Partition| one.storage_descriptor().unwrap().location().unwrap().to_owned();
    partitions(database).iter().map(place).collect()
}

fn run(name: &str, n: u32, more: &Value) -> Task {
    Task::new(&format!("{name}-{n}"), job(name, more))
}

fn told(ended: &Ended) -> [&Value; 3] {
    ["done", "partitions_added", "partitions_moved"].map(|name| &ended.outputs[name])
}

fn fault(database: &str, operation: &str, rule: &Value) {
    let mut whole =
        json!({ "service": "glue", "operation": operation, "match": { "DatabaseName": database } });
    whole.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    lab().fault(&whole);
}

#[test]
fn a_table_is_made_once_and_gets_its_partitions() {
    let name = "catalog_made";
    database(name);
    let first = run(name, 1, &json!({})).run().expect(0).says("the table catalog_made.t was made");
    assert_eq!(told(&first), [&json!("created"), &json!(1), &json!(0)]);
    let made = table(name);
    assert_eq!(made.table_type(), Some("EXTERNAL_TABLE"));
    assert_eq!(made.partition_keys()[0].name(), "dt");
    assert_eq!(places(name), ["s3://lake/t/dt=2026-01-31/"]);
    // The same again, and the next day.
    let again = run(name, 1, &json!({})).retry().run().expect(0);
    assert_eq!(told(&again), [&json!("kept"), &json!(0), &json!(0)]);
    let many: Vec<Value> = (1..=120).map(|n| json!([format!("day {n}")])).collect();
    let next = run(name, 2, &json!({ "partitions": many })).run().expect(0);
    assert_eq!(told(&next), [&json!("kept"), &json!(120), &json!(0)]);
    assert_eq!(partitions(name).len(), 121);
    assert_eq!(lab().calls("glue", "BatchCreatePartition", "DatabaseName", name).len(), 3);
}

#[test]
fn another_table_is_told_logged_or_changed() {
    let name = "catalog_drift";
    database(name);
    there(name, &json!({ "columns": [{ "name": "id", "type": "int" }] }), "s3://elsewhere/");
    let failed = run(name, 1, &json!({})).run().expect(78);
    failed.says(
        "there is another table catalog_drift.t: its column `id` is int, not bigint. Nothing was changed",
    );
    let warned = run(name, 2, &json!({ "on_drift": "warn" })).run().expect(0);
    let warned = warned.says("is not as it is declared, and stays so: its column `id` is int");
    let warned = warned.says("stay with files elsewhere: s3://elsewhere/, not s3://lake/t/dt=2026-01-31/");
    assert_eq!(told(&warned), [&json!("kept"), &json!(0), &json!(0)]);
    let other = json!({ "on_drift": "update", "location": "s3://other/" });
    run(name, 3, &other).run().expect(78).says("its files are in s3://lake/t/, not in s3://other/");
    assert_eq!(table(name).storage_descriptor().unwrap().columns()[0].r#type(), Some("int"));
    // Somebody else changes it in between: it is looked at again.
    let refused = json!({ "error": { "code": "ConcurrentModificationException" } });
    fault(name, "UpdateTable", &refused);
    let changed = run(name, 4, &json!({ "on_drift": "update" })).run().expect(0).says("trying again");
    assert_eq!(told(&changed), [&json!("updated"), &json!(0), &json!(1)]);
    assert_eq!(table(name).storage_descriptor().unwrap().columns()[0].r#type(), Some("bigint"));
    assert_eq!(places(name), ["s3://lake/t/dt=2026-01-31/"]);
    let calls = lab().calls("glue", "UpdateTable", "DatabaseName", name);
    assert!(calls.iter().all(|call| call["request"]["VersionId"] == "1"), "{calls:?}");
    run(name, 5, &json!({})).run().expect(0);
}

#[test]
fn a_partition_elsewhere_fails_where_nothing_is_said() {
    let name = "catalog_elsewhere";
    database(name);
    there(name, &json!({}), "s3://elsewhere");
    let failed = run(name, 1, &json!({})).run().expect(78);
    failed.says(
        "partitions of catalog_elsewhere.t are there with files elsewhere: s3://elsewhere, not s3://lake/t/",
    );
}

#[test]
fn what_is_refused_in_passing_is_made_in_the_end() {
    let name = "catalog_busy";
    database(name);
    let script = json!({ "entries": [0], "code": "InternalServiceException" });
    fault(name, "BatchCreatePartition", &json!({ "script": script }));
    let ended =
        run(name, 1, &json!({ "partitions": [["a"], ["b"]] })).run().expect(0).says("the partition a");
    assert_eq!(ended.outputs["partitions_added"], 2);
    assert_eq!(partitions(name).len(), 2);
    let script = json!({ "entries": [0], "code": "AccessDeniedException", "message": "no INSERT" });
    fault(name, "BatchCreatePartition", &json!({ "script": script }));
    let ended = run(name, 2, &json!({ "partitions": [["c"]] })).run().expect(78);
    ended.says("AccessDeniedException: the partition c: no INSERT");
}

#[test]
fn a_lost_answer_does_no_harm() {
    let name = "catalog_lost";
    database(name);
    for operation in ["CreateTable", "BatchCreatePartition"] {
        fault(name, operation, &json!({ "drop": "after" }));
    }
    run(name, 1, &json!({})).run().expect(0);
    assert_eq!(partitions(name).len(), 1);
}

#[test]
fn without_a_database_the_cause_is_told() {
    let ended = run("catalog_none", 1, &json!({})).run().expect(78);
    ended.says("glue:CreateTable: EntityNotFoundException").says("catalog_none");
}
