//! When a publication is taken for whole.

use super::*;
use crate::publish::manifest::{Lease, Publication};

fn entry(etag: &str, unwanted_since: Option<Timestamp>) -> Entry {
    Entry { sha256: "aa".to_owned(), size: 1, etag: Some(etag.to_owned()), unwanted_since }
}

/// A file that is kept for a while counts its time from the manifest: one that does not say since when must be
/// written.
#[test]
fn a_manifest_that_does_not_say_all_is_not_final() {
    let now = Timestamp::UNIX_EPOCH;
    let changeset = Changeset {
        unchanged: BTreeMap::from([("a.py".to_owned(), "1".to_owned())]),
        keep: BTreeMap::from([("old.json".to_owned(), now)]),
        ..Changeset::default()
    };
    let wanted = BTreeMap::from([("a.py".to_owned(), Content::of(b"x".as_slice()).wanted())]);
    let mut manifest = Manifest::new("shop", "dev");
    manifest.files.insert("a.py".to_owned(), entry("1", None));
    manifest.files.insert("old.json".to_owned(), entry("2", Some(now)));
    manifest.published = Some(Publication {
        serial: 1,
        at: now,
        by: String::new(),
        dagc: String::new(),
        files: published_files(&wanted, &changeset),
    });
    let is_final_with = |path: &str, entry: Option<Entry>| {
        let mut manifest = manifest.clone();
        match entry {
            Some(entry) => manifest.files.insert(path.to_owned(), entry),
            None => manifest.files.remove(path),
        };
        is_final(&manifest, &wanted, &changeset, &[])
    };
    assert!(is_final(&manifest, &wanted, &changeset, &[]));
    assert!(!is_final_with("old.json", Some(entry("2", None))));
    assert!(!is_final_with("old.json", None));
    assert!(!is_final_with("a.py", Some(entry("other", None))));
    assert!(!is_final_with("a.py", Some(entry("1", Some(now)))));
    let released = Changeset { released: vec!["b.py".to_owned()], ..changeset.clone() };
    assert!(!is_final(&manifest, &wanted, &released, &[]));
    let lease = Some(Lease::new("1".to_owned(), "bob".to_owned(), now));
    assert!(!is_final(&Manifest { lease, ..manifest.clone() }, &wanted, &changeset, &[]));
    assert!(!is_final(&Manifest { published: None, ..manifest.clone() }, &wanted, &changeset, &[]));
}
