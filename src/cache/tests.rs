use super::*;
use crate::write::{Foreign, apply};
use std::time::{Duration, SystemTime};

const OUTPUT: &str = "generated/dev";

fn artifacts() -> Artifacts {
    let files = [("p/a.py", "\"\"\"Made by dagc.\"\"\"\n"), ("p/.dagc/plans/a-1.json", "{}")];
    Artifacts {
        only: None,
        files: files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect(),
    }
}

/// A project whose build is remembered.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join("specs")).unwrap();
    for (path, text) in
        [("dagc.yaml", "project: p\n"), ("specs/a.yaml", "pipeline: a\n"), ("specs/a.py", "1\n")]
    {
        fs::write(root.join(path), text).unwrap();
    }
    build(root, |_| {});
    folder
}

/// Builds, with something that happens after the files were read.
fn build(root: &Path, meanwhile: impl FnOnce(&Path)) {
    let Recalled::Unknown(pending) = recall(root, "dev").unwrap() else { panic!("built already") };
    let files = load::load(root).unwrap();
    meanwhile(root);
    let folder = root.join(OUTPUT);
    let others = apply(&folder, &artifacts(), Foreign::Refuse).unwrap().others;
    pending.remember(&files, &[Output { folder, artifacts: artifacts(), others }]).unwrap();
}

fn is_fresh(root: &Path) -> bool {
    matches!(recall(root, "dev").unwrap(), Recalled::Fresh { files: 2 })
}

#[test]
fn what_was_built_is_recalled() {
    let folder = project();
    let root = folder.path();
    assert!(is_fresh(root));
    assert!(matches!(recall(root, "prod").unwrap(), Recalled::Unknown(_)));
    // Times alone are no change, of inputs and of outputs.
    for path in ["specs/a.yaml", "generated/dev/p/a.py"] {
        let file = fs::File::options().write(true).open(root.join(path)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1)).unwrap();
    }
    assert!(is_fresh(root) && is_fresh(root));
    // A file of the user's that was there when it was built.
    fs::write(root.join(OUTPUT).join("p/mine.py"), "").unwrap();
    assert!(!is_fresh(root));
    build(root, |_| {});
    assert!(is_fresh(root));
}

type Change = fn(&Path);

#[test]
fn every_change_is_seen() {
    let changes: [(&str, Change); 9] = [
        ("text of the same length and time", |root| {
            let path = root.join("specs/a.yaml");
            let time = fs::metadata(&path).unwrap().modified().unwrap();
            fs::write(&path, "pipeline: b\n").unwrap();
            fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        }),
        ("another input", |root| fs::write(root.join("specs/b.yaml"), "").unwrap()),
        ("an input less", |root| fs::remove_file(root.join("specs/a.py")).unwrap()),
        ("a script", |root| fs::write(root.join("specs/a.py"), "2\n").unwrap()),
        ("the project file", |root| fs::write(root.join("dagc.yaml"), "project: q\n").unwrap()),
        ("an output by hand", |root| fs::write(root.join(OUTPUT).join("p/a.py"), "x").unwrap()),
        ("an output less", |root| fs::remove_file(root.join(OUTPUT).join("p/a.py")).unwrap()),
        ("another output", |root| fs::write(root.join(OUTPUT).join("p/.dagc/plans/b-1.json"), "").unwrap()),
        ("a broken record", |root| {
            for entry in fs::read_dir(root.join(".dagc/cache")).unwrap() {
                fs::write(entry.unwrap().path(), "{").unwrap();
            }
        }),
    ];
    for (name, change) in changes {
        let folder = project();
        change(folder.path());
        assert!(!is_fresh(folder.path()), "{name}");
    }
}

/// The state of the file is then that of the new text, and so young that it proves nothing.
#[test]
fn a_change_while_building_is_seen() {
    let folder = project();
    let root = folder.path();
    fs::write(root.join("specs/a.yaml"), "pipeline: c\n").unwrap();
    build(root, |root| fs::write(root.join("specs/a.yaml"), "pipeline: d\n").unwrap());
    assert!(!is_fresh(root));
}

#[test]
fn old_files_are_not_read_again() {
    let day = 86_400 * NANOSECONDS;
    assert!(Stat(1, 1, day + 1, day + 1).is_before(2 * day));
    assert!(!Stat(1, 1, day + 1, 2 * day + 1).is_before(2 * day));
    assert!(!Stat(1, 1, 0, 2 * day - SLACK + 1).is_before(2 * day));
    assert!(Stat(1, 1, 0, 2 * day - SLACK - 1).is_before(2 * day));
    // Whole seconds.
    assert!(!Stat(1, 1, 0, 2 * day - NANOSECONDS).is_before(2 * day));
}

/// Another dagc may make other files of the same specs: what it remembers is of no use to this one.
#[test]
fn another_dagc_remembers_nothing_for_this_one() {
    for (field, other) in [
        ("version", serde_json::json!("0.0.0")),
        ("program", serde_json::json!([1, 2, 3, 4])),
        ("program", serde_json::Value::Null),
        ("key", serde_json::json!("other")),
    ] {
        let folder = project();
        let root = folder.path();
        assert!(is_fresh(root));
        assert_eq!(look(root, "dev"), Some(2));
        let records = fs::read_dir(root.join(STATE_FOLDER).join(FOLDER)).unwrap();
        let record =
            records.map(|entry| entry.unwrap().path()).find(|path| path.extension().is_some()).unwrap();
        let mut remembered: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
        remembered[field] = other;
        fs::write(&record, remembered.to_string()).unwrap();
        assert_eq!(look(root, "dev"), None, "{field}");
        assert!(!is_fresh(root), "{field}");
    }
}
