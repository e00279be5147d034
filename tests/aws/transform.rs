//! A `transform` from its spec to its rows: checked, built, published, run by `dagc exec` on real Spark.

use super::lab::{block_on, bucket, keys, lab, put, s3};
use super::task::Task;
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

/// Publishes a project in a bucket; gives the job that its task runs.
pub(crate) fn publish(root: &Path, bucket: &str, spec: &str) -> Value {
    let project = format!(
        r#"project: acme
airflow: "3.3"
environments:
  dev:
    dags: "s3://{bucket}/dags"
    region: us-east-1
    glue: {{role: "arn:aws:iam::123456789012:role/glue", assets: "s3://{bucket}/assets/"}}
"#
    );
    std::fs::write(root.join("dagc.yaml"), project).unwrap();
    std::fs::create_dir(root.join("specs")).unwrap();
    std::fs::write(root.join("specs/made.yaml"), spec).unwrap();
    crate::publish::write_worker(&root.join("dagc-worker"), bucket);
    dagc(root, &["build"]);
    dagc(root, &["publish", "--worker", "dagc-worker"]);
    let compiled = compile(&load(root).unwrap(), &Environments::All);
    let plans = compiled.plans.iter().flat_map(|plan| &plan.pipelines);
    let task = plans.flat_map(Plan::tasks).next().unwrap();
    let Work::Job(job) = &task.work else { panic!("no job") };
    serde_json::to_value(job).unwrap()
}

/// The rows that were written, by their folder.
fn rows() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for key in keys(NAME, "lake/").into_iter().filter(|key| key.contains("/part")) {
        let client = s3();
        let content = block_on(async {
            let object = client.get_object().bucket(NAME).key(&key).send().await.unwrap();
            object.body.collect().await.unwrap().into_bytes()
        });
        let folder = key.split('/').nth(1).unwrap().to_owned();
        let text = String::from_utf8(content.to_vec()).unwrap();
        let rows = text.lines().map(|row| (folder.clone(), serde_json::from_str(row).unwrap()));
        found.extend(rows);
    }
    found.sort_by_key(|(folder, row): &(String, Value)| (folder.clone(), row["trip_id"].as_i64()));
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
    assert_eq!(rows(), expected);
    task.cleared().run().expect(0);
    assert_eq!(rows(), expected);
}
