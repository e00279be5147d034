//! What a load is known by.

use super::*;

fn object(key: &str, etag: &str) -> Object {
    Object { key: key.to_owned(), size: 7, etag: etag.to_owned(), modified: None }
}

#[test]
fn files_are_appended_once() {
    let known = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(url, etag)| ((*url).to_owned(), (*etag).to_owned())).collect()
    };
    let objects = vec![object("in/a", "1"), object("in/b", "2")];
    let keys = |known| -> Vec<String> {
        let new = not_loaded(objects.clone(), "lake", &known, "l").unwrap();
        new.into_iter().map(|object| object.key).collect()
    };
    assert_eq!(keys(known(&[])), ["in/a", "in/b"]);
    assert_eq!(keys(known(&[("s3://lake/in/a", "1")])), ["in/b"]);
    assert!(keys(known(&[("s3://lake/in/a", "1"), ("s3://lake/in/b", "2")])).is_empty());
    let known = known(&[("s3://lake/in/b", "9")]);
    let refused = not_loaded(objects.clone(), "lake", &known, "mart.ledger").unwrap_err();
    assert!(refused.message.starts_with("s3://lake/in/b was loaded before and has changed since"));
    let cure = "UPDATE mart.ledger SET etag = '2' WHERE url = 's3://lake/in/b'";
    assert!(refused.message.ends_with(cure), "{refused}");
    assert_eq!(refused.exit, crate::exec::outcome::Exit::ForGood);
}

#[test]
fn a_file_that_changes_changes_the_fingerprint() {
    let (before, after) = ([object("in/a", "1")], [object("in/a", "2")]);
    let print = |objects: &[Object]| fingerprint(objects, &manifest(objects, "lake"));
    assert_eq!(print(&before), print(&before));
    assert_ne!(print(&before), print(&after));
}

#[test]
fn the_manifest_names_exactly_the_files() {
    assert_eq!(
        manifest(&[object("in/a", "1"), object("in/\"b", "2")], "lake"),
        r#"{"entries":[{"mandatory":true,"meta":{"content_length":7},"url":"s3://lake/in/a"},"#.to_owned()
            + r#"{"mandatory":true,"meta":{"content_length":7},"url":"s3://lake/in/\"b"}]}"#
    );
}
