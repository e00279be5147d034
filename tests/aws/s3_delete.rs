//! Removing objects: all are counted before the first is removed, whatever fails.

use super::lab::{block_on, bucket, keys, lab, put, put_all, s3};
use super::task::{Task, until};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use serde_json::{Value, json};

fn job(path: &str, more: &Value) -> Value {
    let mut job = json!({ "type": "delete_objects", "path": path, "max_objects": 10000 });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    job
}

fn task(name: &str, path: &str, more: &Value) -> Task {
    Task::new(name, job(&format!("s3://{name}/{path}"), more))
}

fn removals(bucket: &str) -> usize {
    lab().calls("s3", "DeleteObjects", "bucket", bucket).len()
}

/// A bucket with these objects, each of three bytes.
fn with(name: &str, keys: &[&str]) {
    bucket(name);
    for key in keys {
        put(name, key, "abc");
    }
}

#[test]
fn a_folder_is_removed_with_all_that_is_in_it() {
    let name = "delete-folder";
    with(name, &["in/d=1/a", "in/d=1/x/b", "in/d=1/_SUCCESS", "in/d=10/a", "in/d=1_old/a", "other"]);
    let task = task(name, "in/d={{ params.day }}/", &json!({})).params(json!({ "day": 1 }));
    let ended = task.run().expect(0).says("3 objects of 9 bytes lie in s3://delete-folder/in/d=1/");
    assert_eq!(keys(name, ""), ["in/d=10/a", "in/d=1_old/a", "other"]);
    assert_eq!(ended.outputs["handle"], "s3://delete-folder/in/d=1/");
    let told = |ended: &Value| ["objects", "bytes", "skipped"].map(|output| ended[output].clone());
    assert_eq!(told(&ended.outputs), [3, 9, 0]);
    assert_eq!(removals(name), 1);
    // Again, there is nothing to do.
    let ended = task.retry().run().expect(0);
    assert_eq!(told(&ended.outputs), [0, 0, 0]);
    assert_eq!(removals(name), 1);
}

#[test]
fn a_pattern_means_what_it_matches() {
    let name = "delete-pattern";
    with(name, &["in/a.csv", "in/b.json", "in/_c.csv", "in/x/d.csv", "in/keep.csv"]);
    task(name, "in/*.csv", &json!({ "except": ["in/keep.csv"] })).run().expect(0);
    assert_eq!(keys(name, ""), ["in/_c.csv", "in/b.json", "in/keep.csv", "in/x/d.csv"]);
}

#[test]
fn too_many_are_not_removed() {
    let name = "delete-guard";
    let all = ["in/a", "in/b", "in/c"];
    with(name, &all);
    for (limit, told) in [
        (json!({ "max_objects": 2 }), "s3://delete-guard/in/ has more than 2 objects (`max_objects`)"),
        (json!({ "max_bytes": 8 }), "s3://delete-guard/in/ has more than 8 bytes (`max_bytes`)"),
    ] {
        task(name, "in/", &limit).run().expect(78).says("nothing is removed").says(told);
    }
    for (value, told) in [("", "is empty"), ("*", "is a pattern"), ("a//b", "is a folder without a name")] {
        let task = task(name, "{{ params.folder }}/", &json!({})).params(json!({ "folder": value }));
        task.run().expect(78).says("nothing is removed").says(told);
    }
    task(name, "", &json!({})).run().expect(78).says("s3://delete-guard/ is the root of a bucket");
    assert_eq!(keys(name, ""), all);
    task(name, "in/", &json!({ "max_objects": 3, "max_bytes": 9 })).run().expect(0);
    assert!(keys(name, "").is_empty());
}

#[test]
fn the_young_stay() {
    let name = "delete-old";
    with(name, &["in/a"]);
    let ended = task(name, "in/", &json!({ "older_than": 3600 })).run().expect(0).says("1 objects stay");
    assert_eq!((&ended.outputs["objects"], &ended.outputs["skipped"]), (&json!(0), &json!(1)));
    assert_eq!(keys(name, ""), ["in/a"]);
    std::thread::sleep(std::time::Duration::from_secs(2));
    task(name, "in/", &json!({ "older_than": 1 })).run().expect(0);
    assert!(keys(name, "").is_empty());
}

#[test]
fn versions_stay_behind_a_marker() {
    let name = "delete-versions";
    bucket(name);
    let versions = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    block_on(s3().put_bucket_versioning().bucket(name).versioning_configuration(versions).send()).unwrap();
    put(name, "in/a", "1");
    task(name, "in/", &json!({})).run().expect(0);
    assert!(keys(name, "").is_empty());
    let left = block_on(s3().list_object_versions().bucket(name).send()).unwrap();
    assert_eq!((left.versions().len(), left.delete_markers().len()), (1, 1));
}

/// Makes answers that refuse some of the keys.
fn refuse(name: &str, keys: &[&str], code: &str, times: u32) {
    lab().fault(&json!({
        "service": "s3", "operation": "DeleteObjects", "match": { "bucket": name }, "times": times,
        "script": { "refuse": keys, "code": code },
    }));
}

#[test]
fn what_is_refused_in_passing_is_removed_again() {
    let name = "delete-trouble";
    with(name, &["in/a", "in/b", "in/c"]);
    refuse(name, &["in/b"], "InternalError", 2);
    let ended =
        task(name, "in/", &json!({})).run().expect(0).says("s3://delete-trouble/in/b: ").says("trying again");
    assert_eq!(ended.outputs["objects"], 3);
    assert!(keys(name, "").is_empty());
    let named = lab().calls("s3", "DeleteObjects", "bucket", name);
    let named: Vec<&Value> = named.iter().map(|call| &call["request"]["keys"]).collect();
    assert_eq!(named, [&json!(["in/a", "in/b", "in/c"]), &json!(["in/b"]), &json!(["in/b"])]);
}

#[test]
fn what_is_refused_for_good_fails() {
    let name = "delete-refused";
    with(name, &["in/a", "in/b", "in/c"]);
    refuse(name, &["in/b", "in/c"], "AccessDenied", 1);
    let ended = task(name, "in/", &json!({})).run().expect(78);
    ended.says("AccessDenied: s3://delete-refused/in/b: ");
    assert_eq!((keys(name, ""), removals(name)), (vec!["in/b".to_owned(), "in/c".to_owned()], 1));
}

#[test]
fn throttles_and_lost_answers_pass() {
    let name = "delete-throttled";
    with(name, &["in/a", "in/b"]);
    let fault = |operation: &str, fault: Value| {
        let mut rule = json!({ "service": "s3", "operation": operation, "match": { "bucket": name } });
        rule.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        lab().fault(&rule);
    };
    fault("ListObjectsV2", json!({ "error": { "code": "SlowDown", "http": 503 }, "times": 5 }));
    fault("DeleteObjects", json!({ "drop": "after" }));
    let ended = task(name, "in/", &json!({})).run().expect(0).says("trying again");
    assert_eq!((keys(name, "").len(), &ended.outputs["objects"]), (0, &json!(2)));
    Task::new(name, job("s3://delete-nowhere/in/", &json!({}))).run().expect(78).says("NoSuchBucket");
}

/// More objects than one call takes; a kill between them leaves the rest to the next attempt.
#[test]
fn what_a_kill_has_left_is_removed_by_the_next_attempt() {
    let (name, access_key) = ("delete-many", "AKIADELETEMANY000000");
    bucket(name);
    put_all(name, (0..1010).map(|n| (format!("in/{n}"), "abc".to_owned())));
    lab().fault(&json!({
        "service": "s3", "operation": "DeleteObjects", "access_key": access_key, "skip": 1, "hang": "before",
    }));
    let task = task(name, "in/", &json!({})).env("AWS_ACCESS_KEY_ID", access_key);
    let running = task.spawn();
    until("two calls", || removals(name) == 2);
    assert!(lab().hangs(access_key, 20.0));
    // Which of them comes first is all the same; `in/999` is the last in the order of keys.
    let last_is_gone = || block_on(s3().head_object().bucket(name).key("in/999").send()).is_err();
    until("the other call", || keys(name, "").len() == 10 || last_is_gone());
    running.sigterm().0.expect(143).says("stopped by SIGTERM while removing objects");
    let left = keys(name, "").len();
    assert!(left == 10 || left == 1000, "{left}");
    let ended = task.retry().run().expect(0);
    assert_eq!((keys(name, "").len(), &ended.outputs["objects"]), (0, &json!(left)));
    assert_eq!(removals(name), 3, "{}", ended.log);
}
