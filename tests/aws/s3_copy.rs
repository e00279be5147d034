//! Copying objects within S3: what is there stays, what changes meanwhile is not taken for a copy, and nothing is left behind.

use super::lab::{block_on, bucket, bucket_elsewhere, keys, lab, put, s3};
use super::task::{Task, until};
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use serde_json::{Value, json};

fn job(path: &str, to: &str, more: &Value) -> Value {
    let mut job = json!({
        "type": "copy_objects", "path": path, "to": to, "max_objects": 100, "parts_from": 268_435_456,
    });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    job
}

/// Copies `in/` of a bucket to `out/`.
fn task(name: &str, more: &Value) -> Task {
    Task::new(name, job(&format!("s3://{name}/in/"), &format!("s3://{name}/out/"), more))
}

/// A bucket with these objects.
fn with(name: &str, keys: &[&str]) {
    bucket(name);
    for key in keys {
        put(name, key, format!("of {key}"));
    }
}

fn calls(operation: &str, bucket: &str) -> usize {
    lab().calls("s3", operation, "bucket", bucket).len()
}

fn told(outputs: &Value) -> [Value; 4] {
    ["objects", "copied", "skipped", "removed"].map(|output| outputs[output].clone())
}

fn head(bucket: &str, key: &str) -> HeadObjectOutput {
    block_on(s3().head_object().bucket(bucket).key(key).send()).unwrap()
}

fn text(bucket: &str, key: &str) -> String {
    let get = s3().get_object().bucket(bucket).key(key);
    let bytes = block_on(async {
        let object = get.send().await.unwrap();
        object.body.collect().await.unwrap().into_bytes()
    });
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn data_is_copied_and_what_is_there_stays() {
    let name = "copy-data";
    with(name, &["in/a b+c.csv", "in/x/ü.csv", "in/_SUCCESS", "in/.hidden", "in_old/a"]);
    let ended =
        task(name, &json!({})).run().expect(0).says("2 objects of 29 bytes are to be in s3://copy-data/out/");
    assert_eq!(keys(name, "out/"), ["out/a b+c.csv", "out/x/ü.csv"]);
    assert_eq!(text(name, "out/x/ü.csv"), "of in/x/ü.csv");
    assert_eq!(ended.outputs["handle"], "s3://copy-data/out/");
    assert_eq!(told(&ended.outputs), [2, 2, 0, 0]);
    // Again: what has changed.
    put(name, "in/x/ü.csv", "changed");
    let ended = task(name, &json!({})).retry().run().expect(0);
    assert_eq!(told(&ended.outputs), [2, 1, 1, 0]);
    assert_eq!(text(name, "out/x/ü.csv"), "changed");
    let ended = task(name, &json!({ "again": true })).run().expect(0);
    assert_eq!(told(&ended.outputs), [2, 2, 0, 0]);
    // Whatever lies there.
    task(name, &json!({ "all": true })).run().expect(0);
    assert_eq!(keys(name, "out/"), ["out/.hidden", "out/_SUCCESS", "out/a b+c.csv", "out/x/ü.csv"]);
}

#[test]
fn a_marker_is_copied_last() {
    let name = "copy-marker";
    with(name, &["in/_DONE", "in/a", "in/b"]);
    task(name, &json!({ "marker": "_DONE" })).run().expect(0);
    let copies = lab().calls("s3", "CopyObject", "bucket", name);
    assert_eq!(copies.last().unwrap()["request"]["key"], "out/_DONE");
    assert_eq!(copies.len(), 3);
    let missing = task(name, &json!({ "marker": "_READY" })).run().expect(75);
    missing.says("the marker _READY is missing in s3://copy-marker/in/");
}

#[test]
fn what_makes_no_sense_copies_nothing() {
    let name = "copy-guard";
    with(name, &["in/a", "in/b"]);
    task(name, &json!({ "max_objects": 1 })).run().expect(78).says("has more than 1 objects (`max_objects`)");
    let into = Task::new(name, job("s3://copy-guard/in/", "s3://copy-guard/in/{{ ds }}/", &json!({})));
    into.run().expect(78).says("lies in s3://copy-guard/in/");
    let nowhere = Task::new(name, job("s3://copy-guard/none/", "s3://copy-guard/out/", &json!({})));
    nowhere.run().expect(75).says("there are no objects in s3://copy-guard/none/");
    let skipped = job("s3://copy-guard/none/", "s3://copy-guard/out/", &json!({ "may_be_empty": true }));
    assert_eq!(told(&Task::new(name, skipped).run().expect(0).outputs), [0, 0, 0, 0]);
    let unnamed = job("s3://copy-guard/in/", "s3://copy-guard/{{ params.x }}/", &json!({}));
    Task::new(name, unnamed).params(json!({ "x": "" })).run().expect(78).says("one without a name");
    assert_eq!(keys(name, ""), ["in/a", "in/b"]);
}

#[test]
fn large_objects_are_copied_in_parts() {
    let name = "copy-parts";
    bucket(name);
    let content: String = (0..6 << 20).map(|n| char::from(b'a' + u8::try_from(n % 23).unwrap())).collect();
    let put = s3().put_object().bucket(name).key("in/big").content_type("text/csv").metadata("who", "me");
    block_on(put.body(content.clone().into_bytes().into()).send()).unwrap();
    let parts = json!({ "parts_from": 5 << 20 });
    let ended = task(name, &parts).run().expect(0);
    assert_eq!(told(&ended.outputs), [1, 1, 0, 0]);
    assert_eq!((calls("UploadPartCopy", name), calls("CopyObject", name)), (2, 0));
    assert!(text(name, "out/big") == content);
    let copy = head(name, "out/big");
    assert_eq!(copy.content_type(), Some("text/csv"));
    assert_eq!(copy.metadata().unwrap()["who"], "me");
    // The copy has an entity tag of its own, and is known by what it tells.
    let ended = task(name, &parts).retry().run().expect(0);
    assert_eq!(told(&ended.outputs), [1, 0, 1, 0]);
}

#[test]
fn a_copy_that_is_not_complete_is_given_up() {
    let (name, access_key) = ("copy-killed", "AKIACOPYKILLED000000");
    bucket(name);
    put(name, "in/big", vec![b'a'; 11 << 20]);
    lab().fault(&json!({
        "service": "s3", "operation": "UploadPartCopy", "access_key": access_key, "skip": 1, "hang": "before",
    }));
    let task = task(name, &json!({ "parts_from": 5 << 20 })).env("AWS_ACCESS_KEY_ID", access_key);
    let running = task.spawn();
    until("parts", || calls("UploadPartCopy", name) == 3);
    running.sigterm().0.expect(143).says("gave up 1 copies that were not complete");
    let uploads = block_on(s3().list_multipart_uploads().bucket(name).send()).unwrap();
    assert!(uploads.uploads().is_empty(), "{uploads:?}");
    assert!(keys(name, "out/").is_empty());
    task.retry().run().expect(0);
    assert_eq!(head(name, "out/big").content_length(), Some(11 << 20));
}

/// The answer to the completion is lost: there is nothing to complete any more, and the copy is there.
#[test]
fn a_completion_without_an_answer_is_one() {
    let name = "copy-complete";
    bucket(name);
    put(name, "in/big", vec![b'a'; 6 << 20]);
    lab().fault(&json!({
        "service": "s3", "operation": "CompleteMultipartUpload", "match": { "bucket": name }, "drop": "after",
    }));
    task(name, &json!({ "parts_from": 5 << 20 })).run().expect(0);
    assert_eq!(head(name, "out/big").content_length(), Some(6 << 20));
}

#[test]
fn what_changes_meanwhile_is_not_taken_for_a_copy() {
    let (name, access_key) = ("copy-changed", "AKIACOPYCHANGED00000");
    with(name, &["in/a"]);
    lab().fault(&json!({
        "service": "s3", "operation": "CopyObject", "match": { "bucket": name },
        "error": { "code": "PreconditionFailed", "http": 412 },
    }));
    let task = task(name, &json!({})).env("AWS_ACCESS_KEY_ID", access_key);
    task.run().expect(75).says("s3://copy-changed/in/a has changed since it was listed");
    let sent = lab().calls("s3", "CopyObject", "bucket", name);
    let headers = &sent[0]["request"]["headers"];
    assert_eq!(headers["x-amz-copy-source-if-match"].as_str(), head(name, "in/a").e_tag());
    assert_eq!(headers["x-amz-copy-source"], "copy-changed/in/a");
    assert_eq!(
        (&headers["x-amz-tagging-directive"], &headers["x-amz-object-annotation-directive"]),
        (&json!("REPLACE"), &json!("EXCLUDE"))
    );
    task.retry().run().expect(0);
}

#[test]
fn what_was_moved_is_gone_where_it_was() {
    let name = "copy-move";
    with(name, &["in/_DONE", "in/a", "in/b", "in/.hidden"]);
    let moved = json!({ "removes": true, "marker": "_DONE", "may_be_empty": true });
    lab().fault(&json!({
        "service": "s3", "operation": "DeleteObjects", "match": { "bucket": name },
        "error": { "code": "AccessDenied", "http": 403 },
    }));
    let refused = task(name, &moved).run().expect(78).says("AccessDenied");
    assert!(refused.log.contains("are to be in"), "{}", refused.log);
    assert_eq!(keys(name, "in/").len(), 4);
    let ended =
        task(name, &moved).retry().run().expect(0).says("3 objects of s3://copy-move/in/ are removed");
    assert_eq!(told(&ended.outputs), [3, 0, 3, 3]);
    assert_eq!(keys(name, ""), ["in/.hidden", "out/_DONE", "out/a", "out/b"]);
    let removals = lab().calls("s3", "DeleteObjects", "bucket", name);
    assert_eq!(removals.last().unwrap()["request"]["keys"], json!(["in/_DONE"]));
    // An attempt before has moved all.
    assert_eq!(told(&task(name, &moved).retry().run().expect(0).outputs), [0, 0, 0, 0]);
}

#[test]
fn classes_keys_and_regions() {
    let name = "copy-elsewhere";
    let client = bucket_elsewhere(name);
    with("copy-here", &["in/a"]);
    let to = format!("s3://{name}/out/");
    let class = json!({ "storage_class": "STANDARD_IA" });
    Task::new(name, job("s3://copy-here/in/", &to, &class)).run().expect(0);
    let copy = block_on(client.head_object().bucket(name).key("out/a").send()).unwrap();
    assert_eq!(copy.storage_class().map(aws_sdk_s3::types::StorageClass::as_str), Some("STANDARD_IA"));
}

#[test]
fn throttles_and_lost_answers_pass() {
    let name = "copy-trouble";
    with(name, &["in/a", "in/b"]);
    let fault = |fault: Value| {
        let mut rule = json!({ "service": "s3", "operation": "CopyObject", "match": { "bucket": name } });
        rule.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        lab().fault(&rule);
    };
    fault(json!({ "error": { "code": "SlowDown", "http": 503 }, "times": 8 }));
    fault(json!({ "drop": "after", "skip": 8 }));
    task(name, &json!({})).run().expect(0).says("trying again");
    assert_eq!(keys(name, "out/"), ["out/a", "out/b"]);
}
