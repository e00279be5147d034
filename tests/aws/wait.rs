//! Waiting for objects.

use super::lab::{block_on, bucket, bucket_elsewhere, lab, put, s3};
use super::task::{Task, until};
use serde_json::{Value, json};

fn wait(path: &str, more: &Value) -> Value {
    let mut job = json!({ "type": "wait_for_objects", "path": path, "at_least": 1, "every": 1 });
    for (name, value) in more.as_object().unwrap() {
        job[name] = value.clone();
    }
    job
}

fn looks(bucket: &str) -> usize {
    lab().calls("s3", "ListObjectsV2", "bucket", bucket).len()
}

#[test]
fn files_that_come_later_are_waited_for() {
    bucket("wait-later");
    put("wait-later", "in/2026-01-30/a.csv", "of another day");
    let job = wait(
        "s3://wait-later/in/{{ ds }}/*.csv",
        &json!({ "at_least": 2, "marker": "_DONE_{{ ds_nodash }}" }),
    );
    let running = Task::new("wait-later", job).spawn();
    until("a look", || looks("wait-later") > 0);
    put("wait-later", "in/2026-01-31/a.csv", "12345");
    put("wait-later", "in/2026-01-31/b.csv", "678");
    put("wait-later", "in/2026-01-31/c.txt", "no file of ours");
    let seen = looks("wait-later");
    until("two more looks", || looks("wait-later") > seen + 1);
    put("wait-later", "in/2026-01-31/_DONE_20260130", "of another day");
    let seen = looks("wait-later");
    until("two looks at another marker", || looks("wait-later") > seen + 1);
    put("wait-later", "in/2026-01-31/_DONE_20260131", "");
    let ended = running.ended().expect(0).says("the marker _DONE_20260131 is missing");
    assert_eq!((&ended.outputs["objects"], &ended.outputs["bytes"]), (&json!(2), &json!(8)));
    assert_eq!(ended.outputs["handle"], "s3://wait-later/in/2026-01-31/*.csv");
}

#[test]
fn a_wait_that_takes_too_long_fails_for_good() {
    bucket("wait-timeout");
    Task::new("wait-timeout", wait("s3://wait-timeout/in/", &json!({ "timeout": 1 })))
        .run()
        .expect(78)
        .says("error: s3://wait-timeout/in/: 0 of at least 1 objects are there, after waiting for");
}

#[test]
fn throttles_and_errors_of_s3_are_borne_and_a_missing_bucket_is_not() {
    bucket("wait-trouble");
    put("wait-trouble", "in/a", "1");
    for (http, code) in [(503, "SlowDown"), (500, "InternalError")] {
        lab().fault(&json!({
            "service": "s3", "operation": "ListObjectsV2", "match": { "bucket": "wait-trouble" }, "times": 2,
            "error": { "code": code, "http": http },
        }));
    }
    Task::new("wait-trouble", wait("s3://wait-trouble/in/", &json!({}))).run().expect(0);
    assert_eq!(looks("wait-trouble"), 5);
    Task::new("wait-none", wait("s3://wait-none/in/", &json!({}))).run().expect(78).says("NoSuchBucket");
}

#[test]
fn sigterm_ends_a_wait() {
    bucket("wait-sigterm");
    let running = Task::new("wait-sigterm", wait("s3://wait-sigterm/in/", &json!({}))).spawn();
    until("a look", || looks("wait-sigterm") > 0);
    running.sigterm().0.expect(143);
}

#[test]
fn each_look_of_a_wait_without_a_slot_looks_once() {
    bucket("wait-looks");
    let job = wait("s3://wait-looks/in/", &json!({ "every": 120, "timeout": 600 }));
    let task = Task::new("wait-looks", job).rescheduled(0);
    for (task, next) in [(task.clone(), 120), (task.later(300), 120), (task.later(540), 60)] {
        let ended = task.run().expect(98).says("0 of at least 1 objects are there");
        assert_eq!(ended.outputs["next_look"], next);
    }
    assert_eq!(looks("wait-looks"), 3);
    task.later(600).run().expect(78).says("0 of at least 1 objects are there, after waiting for 600 s");
    put("wait-looks", "in/a", "1");
    assert_eq!(task.later(600).run().expect(0).outputs["objects"], 1);
}

/// S3 answers 301 to whoever asks for a bucket of another region, and the SDK does not follow.
#[test]
fn a_bucket_of_another_region_is_found() {
    let client = bucket_elsewhere("wait-elsewhere");
    let body = "12345".as_bytes().to_vec();
    block_on(client.put_object().bucket("wait-elsewhere").key("in/a").body(body.into()).send()).unwrap();
    let refused = block_on(s3().head_bucket().bucket("wait-elsewhere").send()).unwrap_err();
    let answer = refused.raw_response().unwrap();
    assert_eq!(answer.status().as_u16(), 301);
    assert_eq!(answer.headers().get("x-amz-bucket-region"), Some("eu-west-1"));
    let job = wait("s3://wait-elsewhere/in/", &json!({ "at_least": 2, "timeout": 2 }));
    Task::new("wait-elsewhere", job).run().expect(78).says("1 of at least 2 objects are there");
    // The region is learned once.
    let all = lab().calls("s3", "ListObjectsV2", "bucket", "wait-elsewhere");
    assert_eq!(all.iter().filter(|call| call["status"] == 301).count(), 1, "{all:?}");
    assert!(all.len() > 2);
}

/// Credentials that AWS refuses are not tried again in the same attempt.
#[test]
fn refused_credentials_end_a_wait_at_once() {
    for (code, http, exit, told) in [
        ("InvalidAccessKeyId", 403, 78, "AWS does not take this worker's credentials"),
        ("SignatureDoesNotMatch", 403, 78, "AWS does not take this worker's credentials"),
        ("InvalidToken", 400, 78, "AWS does not take this worker's credentials"),
        ("ExpiredToken", 400, 75, "the worker has no valid AWS credentials"),
    ] {
        let name = format!("wait-{}", code.to_lowercase());
        bucket(&name);
        lab().fault(&json!({
            "service": "s3", "operation": "ListObjectsV2", "match": { "bucket": name }, "times": null,
            "error": { "code": code, "http": http },
        }));
        Task::new(&name, wait(&format!("s3://{name}/in/"), &json!({ "timeout": 60 })))
            .run()
            .expect(exit)
            .says(told);
        assert_eq!(looks(&name), 1, "{code}");
    }
}
