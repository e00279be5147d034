//! Grants of Lake Formation: what is granted, what has failed of it.

use super::lab::{block_on, glue, lab};
use super::task::Task;
use aws_sdk_glue::types::{DatabaseInput, TableInput};
use serde_json::{Value, json};

const ANALYSTS: &str = "arn:aws:iam::123456789012:role/analysts";

/// Makes a database with so many tables, `t0` and so on.
pub(crate) fn database(name: &str, tables: usize) {
    let glue = glue();
    let input = DatabaseInput::builder().name(name).build().unwrap();
    block_on(glue.create_database().database_input(input).send()).unwrap();
    for n in 0..tables {
        let input = TableInput::builder().name(format!("t{n}")).build().unwrap();
        block_on(glue.create_table().database_name(name).table_input(input).send()).unwrap();
    }
}

/// A step that grants on tables of this database.
pub(crate) fn job(database: &str, tables: usize) -> Value {
    let tables: Vec<Value> =
        (0..tables).map(|n| json!({ "schema": database, "table": format!("t{n}") })).collect();
    json!({
        "type": "grant_permissions", "principals": [ANALYSTS, "111122223333"], "permissions": ["SELECT"],
        "on": { "type": "tables", "tables": tables },
    })
}

fn grants(database: &str) -> Vec<Value> {
    lab().control("POST", "grants", &json!({ "database": database })).as_array().unwrap().clone()
}

/// The calls about this database, by how many grants each has.
fn calls(database: &str) -> Vec<usize> {
    let journal =
        lab().control("GET", "journal?service=lakeformation&operation=BatchGrantPermissions", &Value::Null);
    let entries = journal.as_array().unwrap().iter().map(|call| call["request"]["Entries"].clone());
    let own = entries.filter(|entries| entries.to_string().contains(&format!("\"{database}\"")));
    own.map(|entries| entries.as_array().unwrap().len()).collect()
}

/// A task whose calls are known by their key.
fn task(name: &str, tables: usize) -> Task {
    Task::new(name, job(name, tables)).env("AWS_ACCESS_KEY_ID", &key(name))
}

fn key(name: &str) -> String {
    format!("AKIA{}", name.replace('_', "").to_ascii_uppercase())
}

fn fault(name: &str, rule: &Value) {
    let mut whole = json!({
        "service": "lakeformation", "operation": "BatchGrantPermissions", "access_key": key(name),
    });
    whole.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    lab().fault(&whole);
}

#[test]
fn each_gets_each_by_twenty() {
    let name = "grants_many";
    database(name, 13);
    let task = Task::new(name, job(name, 13));
    let ended = task.run().expect(0).says("granted SELECT on grants_many.t0, ");
    assert_eq!(ended.outputs["grants"], 26);
    assert_eq!((grants(name).len(), calls(name)), (26, vec![20, 6]));
    // What is granted already stays.
    task.retry().run().expect(0);
    assert_eq!(grants(name).len(), 26);
}

#[test]
fn databases_columns_and_tags_are_granted() {
    let name = "grants_kinds";
    database(name, 1);
    lab().control("PUT", "grants", &json!({ "tag": "grants_kinds", "values": ["low"] }));
    let table = json!({ "schema": name, "table": "t0" });
    for (permissions, on) in [
        (json!(["DESCRIBE", "CREATE_TABLE"]), json!({ "type": "database", "database": name })),
        (json!(["ALL"]), json!({ "type": "all_tables", "database": name })),
        (json!(["SELECT"]), json!({ "type": "columns", "table": table, "columns": ["id"] })),
        (
            json!(["SELECT"]),
            json!({ "type": "columns", "table": table, "columns": ["email"], "except": true }),
        ),
        (json!(["SELECT"]), json!({ "type": "tagged", "tags": { "grants_kinds": ["low"] } })),
    ] {
        let job = json!({
            "type": "grant_permissions", "principals": [ANALYSTS], "permissions": permissions, "grantable": true,
            "on": on,
        });
        Task::new(name, job).run().expect(0);
    }
    let grants = grants(name);
    assert_eq!(grants.len(), 4);
    assert!(grants.iter().all(|grant| grant["grantable"] == true));
    assert_eq!(
        grants[3]["on"]["TableWithColumns"]["ColumnWildcard"]["ExcludedColumnNames"],
        json!(["email"])
    );
}

#[test]
fn what_fails_in_passing_is_granted_in_the_end() {
    let name = "grants_busy";
    database(name, 2);
    let script = json!({ "entries": [1, 2], "code": "ConcurrentModificationException" });
    fault(name, &json!({ "script": script }));
    task(name, 2).run().expect(0).says("trying again");
    assert_eq!((grants(name).len(), calls(name)), (4, vec![4, 4]));
}

#[test]
fn what_fails_for_good_is_told() {
    let name = "grants_missing";
    database(name, 1);
    let ended = task(name, 2).run().expect(78);
    let ended = ended.says("was not granted it on grants_missing.t1: EntityNotFoundException");
    ended.says(&format!("{ANALYSTS} was not"));
    let denied =
        json!({ "entries": [0], "code": "AccessDeniedException", "message": "Required: grantable SELECT" });
    fault(name, &json!({ "script": denied }));
    let ended = task(name, 1).run().expect(78);
    ended.says("AccessDeniedException: Required: grantable SELECT");
}

#[test]
fn a_lost_answer_does_no_harm() {
    let name = "grants_lost";
    database(name, 1);
    fault(name, &json!({ "drop": "after" }));
    task(name, 1).run().expect(0);
    assert_eq!(grants(name).len(), 2);
}
