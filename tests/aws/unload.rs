//! Unloads: files of what a query gives, the same when a run is repeated.

use super::lab::{block_on, bucket, keys, lab, put, s3};
use super::task::{Task, until};
use serde_json::{Value, json};
use std::time::Duration;

/// An unload in a warehouse and a bucket of its own, with a table `mart.t (id, name, day)`.
fn unload(name: &str, changes: &Value) -> Task {
    bucket(name);
    let rows = "insert into mart.t values (1, 'it''s', '2026-01-31'), (2, null, '2026-01-31'), (3, 'c', '2026-02-01')";
    let table = "create schema mart; create table mart.t (id int, name varchar(20), day date)";
    lab().sql(name, &format!("{table}; {rows}"));
    Task::new(name, step(name, changes))
}

fn step(name: &str, changes: &Value) -> Value {
    let mut body = json!({
        "type": "unload", "query": "select * from mart.t where day <= '{{ ds }}' order by id",
        "to": format!("s3://{name}/out/"), "replace": true, "parallel": true, "role": "default",
        "format": { "type": "csv", "header": true, "delimiter": "|" },
    });
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    json!({ "type": "run_sql", "connection": { "workgroup": name, "database": "analytics" }, "body": body })
}

fn text(bucket: &str, key: &str) -> String {
    let s3 = s3();
    let body = block_on(async {
        let object = s3.get_object().bucket(bucket).key(key).send().await.unwrap();
        object.body.collect().await.unwrap().into_bytes()
    });
    String::from_utf8(body.to_vec()).unwrap()
}

fn starts(workgroup: &str) -> usize {
    lab()
        .calls("redshift-data", "ExecuteStatement", "WorkgroupName", workgroup)
        .iter()
        .filter(|call| call["request"]["Sql"].as_str().unwrap().starts_with("UNLOAD"))
        .count()
}

#[test]
fn a_run_that_is_repeated_leaves_its_own_files_alone() {
    let name = "unload-again";
    let task = unload(name, &json!({ "manifest": true }));
    put(name, "out/old.csv", "of a run before");
    let ended = task.run().expect(0).says("wrote 2 rows to 2 files");
    assert_eq!((&ended.outputs["rows"], &ended.outputs["files"]), (&json!(2), &json!(2)));
    assert_eq!(ended.outputs["bytes"], 56);
    let files = ["out/0000_part_00", "out/0001_part_00", "out/manifest"];
    assert_eq!(keys(name, "out/"), files);
    assert_eq!(text(name, files[0]), "id|name|day\n1|it's|2026-01-31\n");
    assert_eq!(text(name, files[1]), "id|name|day\n2||2026-01-31\n");
    // The next attempt finds it done; a person who clears the task has it done again.
    assert_eq!(task.retry().run().expect(0).outputs["adopted"], true);
    assert_eq!(starts(name), 1);
    lab().sql(name, "delete from mart.t where id = 1");
    task.cleared().run().expect(0).says("wrote 1 rows to 1 files");
    assert_eq!((keys(name, "out/"), starts(name)), (vec![files[0].to_owned(), files[2].to_owned()], 2));
}

#[test]
fn folders_by_values_are_replaced_one_by_one() {
    let name = "unload-parts";
    let task = unload(
        name,
        &json!({
            "query": "select * from mart.t", "partition_by": ["day"], "parallel": false, "compression": "GZIP",
            "format": { "type": "json" },
        }),
    );
    put(name, "out/day=2026-01-31/old", "replaced");
    put(name, "out/day=2025-12-31/old", "stays");
    assert_eq!(task.run().expect(0).outputs["rows"], 3);
    let expected = [
        "out/day=2025-12-31/old",
        "out/day=2026-01-31/0000_part_00.gz",
        "out/day=2026-02-01/0000_part_00.gz",
    ];
    assert_eq!(keys(name, "out/"), expected);
}

#[test]
fn files_that_are_there_are_refused_for_good_where_they_shall_stay() {
    let name = "unload-refused";
    let task = unload(name, &json!({ "replace": false, "format": { "type": "parquet" } }));
    assert_eq!(task.run().expect(0).outputs["files"], 2);
    assert_eq!(keys(name, "out/"), ["out/0000_part_00.parquet", "out/0001_part_00.parquet"]);
    task.cleared().run().expect(78).says("destination on S3 is not empty");
    // What the query lacks fails for good, too, and shows the statement.
    let wrong = json!({ "query": "select nothing from mart.t" });
    Task::new("unload-refused-2", step(name, &wrong)).run().expect(78).says("UNLOAD (");
}

#[test]
fn a_lost_answer_is_no_second_unload() {
    let name = "unload-lost";
    let task = unload(name, &json!({}));
    lab().fault(&json!({
        "service": "redshift-data", "operation": "ExecuteStatement", "match": { "WorkgroupName": name },
        "drop": "after",
    }));
    task.run().expect(0);
    assert_eq!(keys(name, "out/").len(), 2);
    let history = "select count(*) from sys_unload_history where unloaded_location = 's3://unload-lost/out/'";
    assert_eq!(lab().sql(name, history), json!([[1]]));
}

#[test]
fn a_task_that_is_killed_cancels_its_unload() {
    let name = "unload-killed";
    let running = unload(name, &json!({ "query": "select id, pg_sleep(20) from mart.t" })).spawn();
    until("the unload runs", || starts(name) == 1);
    std::thread::sleep(Duration::from_millis(500));
    running.sigterm().0.expect(143).says("was told to stop");
    assert!(keys(name, "out/").is_empty());
}

#[test]
fn files_are_encrypted_with_the_key_that_is_named() {
    let name = "unload-key";
    let kms = aws_sdk_s3::types::ServerSideEncryption::AwsKms;
    let key = lab().control("PUT", "kms_key", &json!({}))["arn"].as_str().unwrap().to_owned();
    unload(name, &json!({ "kms_key": key, "manifest": true })).run().expect(0);
    for file in keys(name, "out/") {
        let head = block_on(s3().head_object().bucket(name).key(&file).send()).unwrap();
        assert_eq!(head.server_side_encryption(), Some(&kms), "{file}");
        let own = key.rsplit('/').next().unwrap();
        assert!(head.ssekms_key_id().is_some_and(|id| id.ends_with(own)), "{file}: {head:?}");
    }
    let none = "arn:aws:kms:us-east-1:123456789012:key/0aa0aaaa-12ab-34cd-56ef-1234567890ab";
    let ended = unload("unload-no-key", &json!({ "kms_key": none })).run();
    assert_ne!(ended.code, 0, "{}", ended.log);
    ended.says("S3ServiceException");
}
