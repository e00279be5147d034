//! A `transform` from its spec to its rows: checked, built, published, run by `dagc exec` on real Spark.

use super::lab::{block_on, bucket, glue, keys, lab, put, s3};
use super::task::Task;
use aws_sdk_glue::types::{ConnectionInput, ConnectionPropertyKey, ConnectionType};
use dagc::compile::{Environments, compile};
use dagc::load::load;
use dagc::plan::{Plan, Work};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const NAME: &str = "transform-made";

const SPEC: &str = r#"pipeline: transform-made
sources:
  trips:
    path: s3://transform-made/raw/dt={{ ds }}/
    format: {csv: {header: true, null_as: NA}}
    columns: {trip_id: bigint, fare: string, at: timestamp}
steps:
  clean:
    glue_job:
      from: trips
      transform:
        - drop_nulls: [trip_id]
        - cast: {fare: double}
        - dedupe: {by: [trip_id], keep: latest, order: at}
        - derive: {dt: "'{{ ds }}'"}
        - drop: [at]
      write: {path: "s3://transform-made/lake/", format: json, partition_by: [dt]}
"#;

fn dagc(root: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dagc"));
    command.current_dir(root).args(arguments).envs(&lab().env).env_remove("DAGC_PROJECT");
    // A key that may do all.
    let output = command.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Publishes a project of one pipeline, whose bucket is called as `name` says; gives the job that its task runs.
pub(crate) fn publish(root: &Path, name: &str, spec: &str) -> Value {
    let project = format!(
        r#"project: acme
airflow: "3.3"
environments:
  dev:
    dags: "s3://{name}/dags"
    region: us-east-1
    glue: {{role: "arn:aws:iam::123456789012:role/glue", assets: "s3://{name}/assets/"}}
    redshift:
      warehouse:
        workgroup: {name}
        database: analytics
        copy_role: arn:aws:iam::123456789012:role/copy
        glue_connection: {name}
"#
    );
    std::fs::write(root.join("dagc.yaml"), project).unwrap();
    std::fs::create_dir(root.join("specs")).unwrap();
    std::fs::write(root.join("specs/made.yaml"), spec).unwrap();
    crate::publish::write_worker(&root.join("dagc-worker"), name);
    dagc(root, &["build"]);
    dagc(root, &["publish", "--worker", "dagc-worker"]);
    let compiled = compile(&load(root).unwrap(), &Environments::All);
    let plans = compiled.plans.iter().flat_map(|plan| &plan.pipelines);
    let task = plans.flat_map(Plan::tasks).next().unwrap();
    let Work::Job(job) = &task.work else { panic!("no job") };
    serde_json::to_value(job).unwrap()
}

/// The rows that were written as JSON, by their folder.
fn rows(name: &str, id: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for key in keys(name, "lake/").into_iter().filter(|key| key.contains("/part")) {
        let client = s3();
        let content = block_on(async {
            let object = client.get_object().bucket(name).key(&key).send().await.unwrap();
            object.body.collect().await.unwrap().into_bytes()
        });
        let folder = key.split('/').nth(1).unwrap().to_owned();
        let text = String::from_utf8(content.to_vec()).unwrap();
        let rows = text.lines().map(|row| (folder.clone(), serde_json::from_str(row).unwrap()));
        found.extend(rows);
    }
    found.sort_by_key(|(folder, row): &(String, Value)| (folder.clone(), row[id].as_i64()));
    found
}

#[test]
fn a_transform_is_published_and_run_and_a_second_run_leaves_the_same() {
    bucket(NAME);
    let lines = "trip_id,fare,at\n1,2.5,2026-01-31T08:00:00\n1,3,2026-01-31T09:00:00\nNA,1,NA\n2,NA,NA\n";
    put(NAME, "raw/dt=2026-01-31/part.csv", lines);
    put(NAME, "lake/dt=2026-01-30/part.json", "{\"trip_id\":7}\n");
    let root = tempfile::tempdir().unwrap();
    let task = Task::new(NAME, publish(root.path(), NAME, SPEC));
    let scripts = keys(NAME, "assets/acme/clean-");
    assert_eq!(scripts.len(), 1, "{scripts:?}");
    task.run().expect(0);
    let of_day = |row: Value| ("dt=2026-01-31".to_owned(), row);
    let expected = [
        ("dt=2026-01-30".to_owned(), json!({ "trip_id": 7 })),
        of_day(json!({ "trip_id": 1, "fare": 3.0 })),
        of_day(json!({ "trip_id": 2 })),
    ];
    assert_eq!(rows(NAME, "trip_id"), expected);
    task.cleared().run().expect(0);
    assert_eq!(rows(NAME, "trip_id"), expected);
}

/// Makes a Glue connection that reaches the database `analytics` of the lab's workgroup of this name.
fn connection(name: &str, kind: &str) {
    use ConnectionPropertyKey::{JdbcConnectionUrl, Password, UserName};
    let url = format!("jdbc:{kind}://{name}.internal:5432/analytics");
    let input = ConnectionInput::builder()
        .name(name)
        .connection_type(ConnectionType::Jdbc)
        .connection_properties(JdbcConnectionUrl, url)
        .connection_properties(UserName, "etl")
        .connection_properties(Password, "of the tests");
    let client = glue();
    block_on(client.create_connection().connection_input(input.build().unwrap()).send()).unwrap();
}

#[test]
fn a_table_of_another_database_is_read_in_shares_and_held_to_its_columns() {
    let name = "transform-jdbc";
    bucket(name);
    connection(name, "postgresql");
    lab().sql(
        name,
        "create schema hr; create table hr.crews (id int not null, name text, code text, since date); \
         insert into hr.crews select n, 'crew ' || n, n || '', '2026-01-01' from generate_series(1, 500) n; \
         create table hr.ships (id int, crew int, at date); \
         insert into hr.ships values (1, 7, '2026-01-31'), (2, 8, '2026-01-30'), (3, 9, '2026-01-31')",
    );
    let spec = format!(
        r#"pipeline: {name}
sources:
  crews:
    jdbc: {{connection: {name}, type: postgresql, table: hr.crews, partition: {{column: name, into: 4}}}}
    columns: {{id: bigint not null, name: varchar not null, code: int}}
  ships:
    jdbc:
      connection: {name}
      type: postgresql
      table: hr.ships
      query: "select id as ship, crew as id from hr.ships where at = '{{{{ ds }}}}'"
      partition: {{expression: ship, into: 3}}
steps:
  clean:
    glue_job:
      from: crews
      transform:
        - join: {{with: ships, on: [id], how: left}}
        - derive: {{kind: typeof(id) || typeof(code)}}
        - filter: id < 10 or id = 500
      write: {{path: "s3://{name}/lake/", format: json}}
"#
    );
    let root = tempfile::tempdir().unwrap();
    let task = Task::new(name, publish(root.path(), name, &spec));
    task.run().expect(0);
    let expected = |id: i64, ship: Option<i64>| {
        let mut row = json!({ "id": id, "name": format!("crew {id}"), "code": id, "kind": "bigintint" });
        if let Some(ship) = ship {
            row["ship"] = json!(ship);
        }
        row
    };
    let found: Vec<Value> = rows(name, "id").into_iter().map(|(_, row)| row).collect();
    let ships = |id| match id {
        7 => Some(1),
        9 => Some(3),
        _ => None,
    };
    let ids = (1..10).chain([500]);
    assert_eq!(found, ids.map(|id| expected(id, ships(id))).collect::<Vec<Value>>());
    // A value that does not fit what is declared fails the job, and says which.
    lab().sql(name, "update hr.crews set code = 'x' where id = 3");
    task.cleared().run().expect(75).says("is no int: x");
}

/// A pipeline that loads files into `mart.crews`, in this mode.
fn loading(name: &str, mode: &str) -> String {
    format!(
        r#"pipeline: {name}
sources:
  crews: {{path: "s3://{name}/raw/", format: json, columns: {{id: bigint, name: varchar, since: date, rate: double}}}}
steps:
  load:
    glue_job:
      from: crews
      transform: [{{derive: {{rate: rate * 2}}}}]
      write: {{redshift: {{table: mart.crews, {mode}}}}}
"#
    )
}

fn crews(name: &str) -> Value {
    lab().sql(name, "select id, name, since::varchar, rate from mart.crews order by id")
}

#[test]
fn rows_are_merged_into_a_table_of_redshift_and_a_second_run_leaves_the_same() {
    let name = "transform-merge";
    bucket(name);
    connection(name, "redshift");
    lab().sql(
        name,
        "create schema mart; create table mart.crews (since date, id int not null, name varchar(20), rate float); \
         insert into mart.crews values ('2020-01-01', 1, 'old', 1), ('2020-01-01', 3, 'stays', 3)",
    );
    let rows = r#"{"id": 1, "name": "it's \"new\", é", "since": "2026-01-31", "rate": 0.25}
{"id": 2, "name": "", "rate": 1e300}
"#;
    put(name, "raw/part.json", rows);
    let root = tempfile::tempdir().unwrap();
    let task = Task::new(name, publish(root.path(), name, &loading(name, "mode: merge, key: [id]")));
    task.run().expect(0);
    let expected = json!([
        [1, "it's \"new\", é", "2026-01-31", 0.5],
        [2, "", null, 2e300],
        [3, "stays", "2020-01-01", 3.0],
    ]);
    assert_eq!(crews(name), expected);
    let again = task.cleared();
    again.run().expect(0);
    assert_eq!(crews(name), expected);
    // A key that is there twice undoes all of it.
    put(name, "raw/more.json", "{\"id\": 2, \"name\": \"twice\"}\n");
    again.cleared().run().expect(75).says("division by zero");
    assert_eq!(crews(name), expected);
    let stages = "select count(*) from pg_class where relname like 'dagc_stage%'";
    assert_eq!(lab().sql(name, stages), json!([[0]]));
}

#[test]
fn a_table_of_redshift_is_replaced_and_read() {
    let name = "transform-replace";
    bucket(name);
    connection(name, "redshift");
    lab().sql(
        name,
        "create schema mart; create table mart.crews (id int, name varchar(20), since date, rate float); \
         insert into mart.crews values (1, 'old', '2020-01-01', 1); \
         create table mart.names (id int, name varchar(20)); \
         insert into mart.names values (7, 'seven'), (8, 'eight')",
    );
    let spec = format!(
        r#"pipeline: {name}
sources:
  names: {{table: mart.names, in: warehouse}}
steps:
  load:
    glue_job:
      from: names
      transform:
        - derive: {{since: "cast('{{{{ ds }}}}' as date)", rate: "cast(id as double)"}}
      write: {{redshift: {{table: mart.crews, mode: replace}}}}
"#
    );
    let root = tempfile::tempdir().unwrap();
    let task = Task::new(name, publish(root.path(), name, &spec));
    task.run().expect(0);
    let expected = json!([[7, "seven", "2026-01-31", 7.0], [8, "eight", "2026-01-31", 8.0]]);
    assert_eq!(crews(name), expected);
    task.cleared().run().expect(0);
    assert_eq!(crews(name), expected);
}
