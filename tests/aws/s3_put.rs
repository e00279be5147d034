//! Writing one object.

use super::lab::{block_on, bucket, keys, lab, put, s3};
use super::task::{Task, until};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use serde_json::{Value, json};

fn job(to: &str, more: &Value) -> Value {
    let mut job = json!({ "type": "put_object", "to": to, "content_type": "application/json" });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    job
}

/// Returns what an object holds, and its media type.
fn object(bucket: &str, key: &str) -> (String, String) {
    let s3 = s3();
    let (bytes, content_type) = block_on(async {
        let object = s3.get_object().bucket(bucket).key(key).send().await.unwrap();
        let content_type = object.content_type.clone().unwrap();
        (object.body.collect().await.unwrap().into_bytes(), content_type)
    });
    (String::from_utf8(bytes.to_vec()).unwrap(), content_type)
}

fn puts(bucket: &str) -> usize {
    lab()
        .calls("s3", "PutObject", "bucket", bucket)
        .iter()
        .filter(|call| call["request"]["key"] != "old")
        .count()
}

#[test]
fn an_object_is_written_with_the_values_of_the_run() {
    let name = "put-values";
    bucket(name);
    let text = json!({ "text": r#"{"day": "{{ ds }}", "of": {{ params.rows }}}"# });
    let task = Task::new(name, job("s3://put-values/{{ ds }}/r.json", &text)).params(json!({ "rows": 7 }));
    let ended = task.run().expect(0).says("wrote 30 bytes to s3://put-values/2026-01-31/r.json");
    assert_eq!((&ended.outputs["bytes"], &ended.outputs["version"]), (&json!(30), &Value::Null));
    assert_eq!(ended.outputs["handle"], "s3://put-values/2026-01-31/r.json");
    let written = r#"{"day": "2026-01-31", "of": 7}"#.to_owned();
    assert_eq!(object(name, "2026-01-31/r.json"), (written.clone(), "application/json".to_owned()));
    // Again, it is the same.
    task.retry().run().expect(0);
    assert_eq!(object(name, "2026-01-31/r.json").0, written);
}

#[test]
fn a_marker_is_empty() {
    let name = "put-marker";
    bucket(name);
    let versions = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    block_on(s3().put_bucket_versioning().bucket(name).versioning_configuration(versions).send()).unwrap();
    let ended = Task::new(name, job("s3://put-marker/in/_DONE", &json!({}))).run().expect(0);
    assert_eq!(ended.outputs["bytes"], 0);
    assert!(ended.outputs["version"].is_string(), "{}", ended.outputs);
    assert_eq!(object(name, "in/_DONE").0, "");
}

#[test]
fn values_that_make_something_else_of_it_write_nothing() {
    let name = "put-wrong";
    bucket(name);
    let text = json!({ "text": r#"{"who": "{{ params.who }}"}"# });
    let task = Task::new(name, job("s3://put-wrong/{{ params.key }}", &text));
    let with = |key: &str, who: &str| task.clone().params(json!({ "key": key, "who": who }));
    with("a.json", r#"a "quoted" one"#).run().expect(78).says("a.json is not written: its text is no JSON");
    with("a/", "b").run().expect(78).says("s3://put-wrong/a/ is a folder");
    with("", "b").run().expect(78).says("s3://put-wrong/ is a folder");
    assert!(keys(name, "").is_empty());
}

#[test]
fn what_fails_in_passing_is_sent_again() {
    let name = "put-trouble";
    bucket(name);
    let fault = |fault: Value| {
        let mut rule = json!({ "service": "s3", "operation": "PutObject", "match": { "bucket": name } });
        rule.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        lab().fault(&rule);
    };
    let task = Task::new(name, job("s3://put-trouble/in/_DONE", &json!({})));
    // More often than the SDK sends by itself.
    fault(json!({ "error": { "code": "SlowDown", "http": 503 }, "times": 5 }));
    task.run().expect(0).says("trying again");
    assert_eq!((keys(name, ""), puts(name)), (vec!["in/_DONE".to_owned()], 6));
    fault(json!({ "drop": "after" }));
    task.run().expect(0);
    assert_eq!((keys(name, ""), puts(name)), (vec!["in/_DONE".to_owned()], 8));
    Task::new(name, job("s3://put-nowhere/in/_DONE", &json!({}))).run().expect(78).says("NoSuchBucket");
}

#[test]
fn sigterm_ends_it() {
    let name = "put-sigterm";
    bucket(name);
    put(name, "old", "1");
    lab().fault(&json!({
        "service": "s3", "operation": "PutObject", "match": { "bucket": name, "key": "in/_DONE" }, "times": null,
        "error": { "code": "SlowDown", "http": 503 },
    }));
    let running = Task::new(name, job("s3://put-sigterm/in/_DONE", &json!({}))).spawn();
    until("a request", || puts(name) > 0);
    running.sigterm().0.expect(143).says("stopped by SIGTERM while writing an object");
    assert_eq!(keys(name, ""), ["old"]);
}
