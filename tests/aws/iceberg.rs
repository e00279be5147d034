//! Tables of Iceberg that a `transform` writes on real Spark, and Athena reads: by the lab's Data Catalog and its S3.

use super::athena::{job, lake};
use super::athena_check::check;
use super::lab::{block_on, glue, keys, lab, put};
use super::task::Task;
use super::transform::publish;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::thread::sleep;
use std::time::Duration;

/// A step that writes the rows of the day as `write` says.
fn spec(name: &str, write: &str) -> String {
    let database = name.replace('-', "_");
    format!(
        r#"pipeline: {name}
sources:
  trips: {{path: "s3://{name}/raw/dt={{{{ ds }}}}/", format: {{csv: {{header: true}}}}, columns: {{id: bigint, fare: double}}}}
steps:
  clean:
    glue_job:
      from: trips
      transform: [{{derive: {{dt: "'{{{{ ds }}}}'"}}}}]
      write: {{table: {database}.trips, format: iceberg, location: "s3://{name}/trips/", {write}}}
"#
    )
}

/// Publishes the step, whose rows of the day are these.
fn made(name: &str, write: &str, rows: &str) -> Task {
    lake(name);
    put(name, "raw/dt=2026-01-31/part.csv", format!("id,fare\n{rows}"));
    let root = tempfile::tempdir().unwrap();
    Task::new(name, publish(root.path(), name, &spec(name, write)))
}

/// Holds the table to queries that find nothing, and to its rows.
fn holds(name: &str, rows: u32, wrong: &str) {
    let query = format!("select * from trips where {wrong}");
    let assertions = json!([
        { "type": "rows", "operator": "=", "count": rows },
        { "type": "query", "name": "wrong", "query": query, "expect": "no_rows" },
    ]);
    // Each look is one of its own.
    let run = format!("look__{rows}_{}", wrong.len());
    check(name, "trips", &assertions, &json!({})).of_run(&run).run().expect(0);
}

/// Starts the job of a test again as its last run was started, as Glue's own retry does; waits until it has ended well.
fn again(name: &str) {
    let job = format!("acme-{name}-clean");
    let calls = lab().calls("glue", "StartJobRun", "JobName", &job);
    let arguments = &calls.last().unwrap()["request"]["Arguments"];
    let arguments: HashMap<String, String> = serde_json::from_value(arguments.clone()).unwrap();
    assert!(arguments.contains_key("--dagc-key"), "{arguments:?}");
    let client = glue();
    let start = client.start_job_run().job_name(&job).set_arguments(Some(arguments));
    let run = block_on(start.send()).unwrap().job_run_id.unwrap();
    // On a machine that does much else Spark takes its time.
    for _ in 0..600 {
        let told = block_on(client.get_job_run().job_name(&job).run_id(&run).send()).unwrap();
        let told = told.job_run.unwrap();
        let state = told.job_run_state.unwrap();
        assert!(!["FAILED", "ERROR"].contains(&state.as_str()), "{:?}", told.error_message);
        if state.as_str() == "SUCCEEDED" {
            return;
        }
        sleep(Duration::from_millis(500));
    }
    panic!("the run {run} has not ended");
}

#[test]
fn rows_are_added_once_for_each_key_and_once_more_when_a_person_asks() {
    let name = "iceberg-append";
    let task = made(name, "mode: append, partition_by: [dt]", "1,2.5\n2,3.5\n");
    task.run().expect(0);
    holds(name, 2, "dt <> '2026-01-31' or fare < 2.5");
    again(name);
    holds(name, 2, "false");
    task.cleared().run().expect(0);
    holds(name, 4, "id > 2");
}

#[test]
fn rows_are_merged_by_their_key() {
    let name = "iceberg-merge";
    let task = made(name, "mode: merge, key: [id]", "1,2.5\n2,3.5\n");
    task.run().expect(0);
    put(name, "raw/dt=2026-01-31/part.csv", "id,fare\n2,4.5\n3,5.5\n");
    // What a run has merged is there: another one of the same key does nothing, though there are other rows now.
    again(name);
    holds(name, 2, "id = 2 and fare <> 3.5");
    task.cleared().run().expect(0);
    holds(name, 3, "fare <> id + 2.5 and id > 1");
}

/// The table as the Data Catalog has it.
fn table(name: &str) -> Value {
    let database = name.replace('-', "_");
    let table =
        block_on(glue().get_table().database_name(database).name("trips").send()).unwrap().table.unwrap();
    json!({
        "parameters": table.parameters.unwrap(),
        "location": table.storage_descriptor.unwrap().location,
    })
}

#[test]
fn a_table_lies_where_it_is_said_and_what_is_replaced_is_gone() {
    let name = "iceberg-replace";
    let task = made(name, "partition_by: [dt]", "1,2.5\n2,3.5\n");
    task.run().expect(0);
    let table = table(name);
    assert_eq!(table["parameters"]["table_type"], "ICEBERG");
    assert_eq!(table["location"], format!("s3://{name}/trips"));
    put(name, "raw/dt=2026-01-31/part.csv", "id,fare\n3,5.5\n");
    task.cleared().run().expect(0);
    holds(name, 1, "id <> 3");
}

#[test]
fn a_table_is_maintained() {
    let name = "iceberg-maintained";
    lake(name);
    let root = tempfile::tempdir().unwrap();
    let spec = "pipeline: maintained\nsteps:\n  kept:\n    table_maintenance: {of: iceberg_maintained.trips, workgroup: \
                iceberg-maintained, keep: 2m, keep_snapshots: 2, where: \"id < 9 and '{{ ds }}' = '2026-01-31'\"}\n";
    let place = format!("location 's3://{name}/trips/' tblproperties ('table_type' = 'ICEBERG')");
    let create = format!("create table trips (id int) {place}");
    let statements = [create.as_str(), "insert into trips values (1)", "insert into trips values (2)"];
    Task::new(name, job(name, &statements, &json!({}))).run().expect(0);
    let before = keys(name, "trips/data/").len();
    let task = Task::new(name, publish(root.path(), name, spec)).of_run("kept");
    task.run().expect(0);
    let calls = lab().calls("athena", "StartQueryExecution", "WorkGroup", name);
    let sent: Vec<&str> = calls
        .iter()
        .filter_map(|call| call["request"]["QueryString"].as_str())
        .skip(statements.len())
        .collect();
    let table = "iceberg_maintained.trips";
    let expected = [
        format!("OPTIMIZE {table} REWRITE DATA USING BIN_PACK WHERE id < 9 and '2026-01-31' = '2026-01-31'"),
        format!(
            "ALTER TABLE {table} SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds' = '120', \
             'vacuum_min_snapshots_to_keep' = '2')"
        ),
        format!("VACUUM {table}"),
    ];
    let sent: Vec<&str> =
        sent.into_iter().map(|text| text.split_once('\n').map_or(text, |(_, sql)| sql)).collect();
    assert_eq!(sent, expected);
    assert_eq!((before, keys(name, "trips/data/").len()), (2, 3));
    holds(name, 2, "id > 2");
}
