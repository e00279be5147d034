//! Changes by what is wanted, what is there and what the manifest says.

use super::*;

const NOW: &str = "2026-11-23T12:00:00Z";

/// `path=content`, and for the manifest `path=content@etag` with `@?` for an unknown end and
/// `-SINCE` for one that nobody wants; for the listing `path=size@etag` with `!content` when known.
fn check(wanted: &[&str], owned: &[&str], remote: &[&str], adopt: bool, expected: &[&str]) {
    let wanted: BTreeMap<_, _> =
        wanted.iter().map(|row| cut(row, '=')).map(|(path, text)| (path, wants(&text))).collect();
    let owned: BTreeMap<_, _> = owned.iter().map(|row| cut(row, '=')).map(owns).collect();
    let remote: BTreeMap<_, _> = remote.iter().map(|row| cut(row, '=')).map(there).collect();
    let got = diff(&wanted, &owned, &remote, adopt, NOW.parse().unwrap());
    let mut lines: Vec<String> =
        got.put.iter().map(|put| format!("put {} {:?}", put.path, put.reason)).collect();
    lines.extend(got.unchanged.keys().map(|path| format!("same {path}")));
    lines.extend(got.delete.iter().map(|path| format!("delete {path}")));
    lines.extend(got.keep.iter().map(|(path, since)| format!("keep {path} {since}")));
    lines.extend(got.released.iter().map(|path| format!("release {path}")));
    lines.extend(got.foreign.iter().map(|path| format!("foreign {path}")));
    assert_eq!(lines, expected);
}

fn cut(text: &str, at: char) -> (String, String) {
    let (left, right) = text.split_once(at).unwrap_or((text, ""));
    (left.to_owned(), right.to_owned())
}

fn wants(content: &str) -> Wanted {
    super::super::Content::of(content.as_bytes()).wanted()
}

fn owns((path, text): (String, String)) -> (String, Entry) {
    let (text, since) = text.split_once('-').unwrap_or((&text, ""));
    let (content, etag) = cut(text, '@');
    let mut entry = wants(&content).entry((etag != "?").then_some(etag));
    entry.unwanted_since = (!since.is_empty()).then(|| since.parse().unwrap());
    (path, entry)
}

fn there((path, text): (String, String)) -> (String, Remote) {
    let (text, content) = cut(&text, '!');
    let (size, etag) = cut(&text, '@');
    let sha256 = (!content.is_empty()).then(|| wants(&content).sha256);
    (path, Remote { size: size.parse().unwrap(), etag, sha256 })
}

#[test]
fn compares() {
    for (wanted, owned, remote, expected) in [
        (&["n/a.py=A"][..], &[][..], &[][..], &["put n/a.py New"][..]),
        (&["n/a.py=A"], &["n/a.py=A@1"], &["n/a.py=1@1"], &["same n/a.py"]),
        (&["n/a.py=B"], &["n/a.py=A@1"], &["n/a.py=1@1"], &["put n/a.py Changed"]),
        (&["n/a.py=A"], &["n/a.py=A@1"], &[], &["put n/a.py RemovedByHand"]),
        (&["n/a.py=A"], &["n/a.py=A@1"], &["n/a.py=1@2"], &["put n/a.py ChangedByHand"]),
        (&["n/a.py=A"], &["n/a.py=A@1"], &["n/a.py=1@2!A"], &["same n/a.py"]),
        (&["n/a.py=A"], &["n/a.py=A@?"], &["n/a.py=1@2"], &["put n/a.py Interrupted"]),
        (&["n/a.py=A"], &["n/a.py=A@?"], &["n/a.py=1@2!A"], &["same n/a.py"]),
        (&["n/a.py=A"], &["n/a.py=A@?"], &[], &["put n/a.py Interrupted"]),
        // What is not ours.
        (&["n/a.py=A"], &[], &["n/a.py=1@1"], &["foreign n/a.py"]),
        (&["n/a.py=A"], &[], &["n/a.py=1@1!A"], &["same n/a.py"]),
        (&[], &[], &["n/mine.py=1@1"], &[]),
        // What nobody wants any more.
        (&[], &["n/a.py=A@1"], &["n/a.py=1@1"], &["delete n/a.py"]),
        (&[], &["n/a.py=A@?"], &["n/a.py=1@1"], &["delete n/a.py"]),
        (&[], &["n/a.py=A@1"], &["n/a.py=1@2"], &["release n/a.py"]),
        (&[], &["n/a.py=A@1"], &[], &[]),
        (
            &[],
            &["n/.dagc/plans/a-1.json=A@1"],
            &["n/.dagc/plans/a-1.json=1@1"],
            &["keep n/.dagc/plans/a-1.json 2026-11-23T12:00:00Z"],
        ),
        (
            &[],
            &["n/.dagc/plans/a-1.json=A@1-2026-10-25T12:00:00Z"],
            &["n/.dagc/plans/a-1.json=1@1"],
            &["keep n/.dagc/plans/a-1.json 2026-10-25T12:00:00Z"],
        ),
        (
            &[],
            &["n/.dagc/plans/a-1.json=A@1-2026-10-24T12:00:00Z"],
            &["n/.dagc/plans/a-1.json=1@1"],
            &["delete n/.dagc/plans/a-1.json"],
        ),
        // One that is wanted again is not counted as old.
        (
            &["n/.dagc/plans/a-1.json=A"],
            &["n/.dagc/plans/a-1.json=A@1-2026-10-24T12:00:00Z"],
            &["n/.dagc/plans/a-1.json=1@1"],
            &["same n/.dagc/plans/a-1.json"],
        ),
    ] {
        check(wanted, owned, remote, false, expected);
    }
    check(&["n/a.py=A"], &[], &["n/a.py=1@1"], true, &["put n/a.py Adopted"]);
}

#[test]
fn sends_what_others_rely_on_first_and_removes_it_last() {
    let paths = [
        "n/a.py",
        "n/.airflowignore",
        "n/dagc_airflow_v1.py",
        "n/.dagc/bin/launch.sh",
        "n/.dagc/plans/a-1.json",
        "n/.dagc/scripts/s-1.sh",
        "n/.dagc/bin/worker.sha256",
        "n/.dagc/bin/dagc-worker-00",
    ];
    let wanted = paths.iter().map(|path| ((*path).to_owned(), wants("x"))).collect();
    let now = NOW.parse().unwrap();
    let got = diff(&wanted, &BTreeMap::new(), &BTreeMap::new(), false, now);
    let order: Vec<_> = got.put.iter().map(|put| (put.stage, put.path.as_str())).collect();
    assert_eq!(
        order,
        [
            (Stage::Binary, "n/.dagc/bin/dagc-worker-00"),
            (Stage::Pointer, "n/.dagc/bin/worker.sha256"),
            (Stage::Plans, "n/.dagc/plans/a-1.json"),
            (Stage::Plans, "n/.dagc/scripts/s-1.sh"),
            (Stage::Support, "n/.airflowignore"),
            (Stage::Support, "n/.dagc/bin/launch.sh"),
            (Stage::Support, "n/dagc_airflow_v1.py"),
            (Stage::Dags, "n/a.py"),
        ]
    );
    let old = "2026-01-01T00:00:00Z".parse().unwrap();
    let owned = wanted
        .iter()
        .map(|(path, file)| {
            let entry = file.entry(Some("1".to_owned()));
            (path.clone(), Entry { unwanted_since: Some(old), ..entry })
        })
        .collect();
    let remote = wanted
        .keys()
        .map(|path| (path.clone(), Remote { size: 1, etag: "1".to_owned(), sha256: None }))
        .collect();
    let got = diff(&BTreeMap::new(), &owned, &remote, false, now);
    assert_eq!(got.delete.first().map(String::as_str), Some("n/a.py"));
    assert_eq!(got.delete.last().map(String::as_str), Some("n/.dagc/bin/dagc-worker-00"));
    assert_eq!(got.delete.len(), paths.len());
}

#[test]
fn looks_closer_only_where_it_may_save_sending() {
    let wanted = [("n/a.py".to_owned(), wants("A"))].into();
    for (owned, remote, expected) in [
        ("n/a.py=A@1", "n/a.py=1@1", false),
        ("n/a.py=A@1", "n/a.py=1@2", true),
        ("n/a.py=A@?", "n/a.py=1@2", true),
        ("n/b.py=A@1", "n/a.py=1@1", true),
        ("n/a.py=A@1", "n/a.py=9@2", false),
        ("n/a.py=A@1", "n/a.py=1@2!A", false),
    ] {
        let owned = [owns(cut(owned, '='))].into();
        let remote = [there(cut(remote, '='))].into();
        assert_eq!(uncertain(&wanted, &owned, &remote).len(), usize::from(expected), "{remote:?}");
    }
}
