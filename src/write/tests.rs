use super::difference::{head, is_ours};
use super::lock::LOCK_FILE;
use super::*;
use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};

fn artifacts(files: &[(&str, &str)]) -> Artifacts {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    Artifacts { files: files.collect(), only: None }
}

fn names(folder: &Path) -> Vec<String> {
    list_files(folder).unwrap()
}

const DAG: &str = "\"\"\"x\n\nMade by dagc from specs/x.yaml.\n\"\"\"\n";

#[test]
fn the_folder_holds_what_was_made_and_nothing_else_of_ours() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("generated/dev");
    let first =
        artifacts(&[("a/x.py", DAG), ("a/.dagc/plans/x-1.json", "{}"), ("a/.dagc/bin/launch.sh", "#")]);
    let made = apply(&folder, &first, Foreign::Refuse).unwrap();
    assert_eq!((made.missing.len(), made.unchanged), (3, 0));
    assert!(compare(&folder, &first).unwrap().is_none());

    // Of the user's, and of a build that was killed.
    fs::write(folder.join("a/mine.py"), "x = 1\n").unwrap();
    fs::write(folder.join("a/.dagc-123.tmp"), "half").unwrap();
    let second = artifacts(&[("b/y.py", DAG), ("b/.dagc/plans/y-1.json", "{}")]);
    let difference = apply(&folder, &second, Foreign::Refuse).unwrap();
    assert_eq!(difference.superfluous, ["a/.dagc/bin/launch.sh", "a/.dagc/plans/x-1.json", "a/x.py"]);
    assert_eq!(names(&folder), ["a/mine.py", "b/.dagc/plans/y-1.json", "b/y.py"]);
    assert!(!folder.join("a/.dagc").exists());
}

#[test]
fn a_new_folder_appears_as_a_whole() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("generated/dev");
    let left = temporary.path().join("generated/.dagc-1.tmp/a");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("x.py"), "half").unwrap();
    let wanted = artifacts(&[("a/x.py", DAG), ("a/.dagc/plans/x-1.json", "{}")]);
    apply(&folder, &wanted, Foreign::Refuse).unwrap();
    assert!(compare(&folder, &wanted).unwrap().is_none());
    assert_eq!(names(temporary.path()), ["generated/dev/a/.dagc/plans/x-1.json", "generated/dev/a/x.py"]);
}

#[test]
fn only_what_changed_is_written() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let before = artifacts(&[("a/x.py", DAG), ("a/y.py", DAG)]);
    apply(folder, &before, Foreign::Refuse).unwrap();
    let stamp = |path: &str| fs::metadata(folder.join(path)).unwrap().modified().unwrap();
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    for path in ["a/x.py", "a/y.py"] {
        File::options().write(true).open(folder.join(path)).unwrap().set_modified(old).unwrap();
    }
    let changed = format!("{DAG}x = 1\n");
    let difference =
        apply(folder, &artifacts(&[("a/x.py", DAG), ("a/y.py", &changed)]), Foreign::Refuse).unwrap();
    assert_eq!((difference.changed, difference.unchanged), (vec!["a/y.py".to_owned()], 1));
    assert_eq!(stamp("a/x.py"), old);
    assert_ne!(stamp("a/y.py"), old);
    assert_eq!(fs::read_to_string(folder.join("a/y.py")).unwrap(), changed);
}

/// The next version's files replace them: one that was not known again would stop every build.
#[test]
fn every_kind_of_generated_file_is_known_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated/dev");
    let names = names(&folder);
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        assert!(is_ours(&name, &head(&folder.join(&name)).unwrap()), "{name}");
    }
}

#[test]
fn files_of_somebody_elses_are_not_replaced() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    fs::create_dir(folder.join("a")).unwrap();
    fs::write(folder.join("a/x.py"), "mine = 1\n").unwrap();
    let wanted = artifacts(&[("a/x.py", DAG), ("a/y.py", DAG)]);
    assert_eq!(compare(folder, &wanted).unwrap().foreign, ["a/x.py"]);
    let error = apply(folder, &wanted, Foreign::Refuse).unwrap_err();
    assert_eq!(
        error.to_string(),
        "dagc did not make `a/x.py`, and does not replace it; move it away, or pass --force"
    );
    assert_eq!(names(folder), ["a/x.py"]);
    apply(folder, &wanted, Foreign::Replace).unwrap();
    assert!(compare(folder, &wanted).unwrap().is_none());
}

#[test]
fn a_file_that_was_changed_by_hand_is_seen_and_put_right() {
    let temporary = tempfile::tempdir().unwrap();
    let wanted = artifacts(&[("a/x.py", DAG)]);
    apply(temporary.path(), &wanted, Foreign::Refuse).unwrap();
    fs::write(temporary.path().join("a/x.py"), format!("{DAG}# by hand\n")).unwrap();
    assert_eq!(compare(temporary.path(), &wanted).unwrap().changed, ["a/x.py"]);
    apply(temporary.path(), &wanted, Foreign::Refuse).unwrap();
    assert!(compare(temporary.path(), &wanted).unwrap().is_none());
}

#[test]
fn an_error_names_the_file() {
    let temporary = tempfile::tempdir().unwrap();
    fs::create_dir_all(temporary.path().join("a/x.py")).unwrap();
    let error = apply(temporary.path(), &artifacts(&[("a/x.py", DAG)]), Foreign::Refuse).unwrap_err();
    assert!(error.to_string().contains("a/x.py`: "), "{error}");
}

#[test]
fn a_second_build_waits() {
    let temporary = tempfile::tempdir().unwrap();
    let root = temporary.path();
    let first = BuildLock::acquire(root, || panic!("nobody else builds")).unwrap();
    let has_waited = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| {
            BuildLock::acquire(root, || {
                has_waited.store(true, Ordering::SeqCst);
                drop(first);
            })
        });
        second.join().unwrap().unwrap();
    });
    assert!(has_waited.into_inner());
    assert_eq!(names(&root.join(STATE_FOLDER)), [".gitignore", "build.lock"]);
}

/// A link in somebody else's repository writes nothing elsewhere on this machine, and removes nothing there.
#[test]
fn nothing_is_written_outside() {
    use std::os::unix::fs::symlink;
    let temporary = tempfile::tempdir().unwrap();
    let (root, outside) = (temporary.path().join("project"), temporary.path().join("outside"));
    let folder = root.join("generated/dev");
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir_all(outside.join("a")).unwrap();
    let mark = crate::emit::package_file("a");
    fs::write(outside.join("a/__init__.py"), &mark).unwrap();
    let before = names(&outside);
    let made = artifacts(&[("a/x.py", DAG), ("a/.dagc/plans/x-1.json", "{}")]);

    symlink(outside.join("a"), folder.join("a")).unwrap();
    let refused = apply(&folder, &made, Foreign::Replace).unwrap_err();
    assert!(matches!(refused, WriteError::Outside { .. }), "{refused}");
    fs::remove_file(folder.join("a")).unwrap();
    fs::create_dir(folder.join("a")).unwrap();
    symlink(outside.join("nowhere"), folder.join("a/.dagc")).unwrap();
    let refused = apply(&folder, &made, Foreign::Replace).unwrap_err();
    assert!(matches!(refused, WriteError::Outside { .. }), "{refused}");

    symlink(&outside, root.join("generated/old")).unwrap();
    assert_eq!(abandoned(&root.join("generated"), "a", "a", &["dev".to_owned()]).unwrap(), []);

    for link in
        [STATE_FOLDER.to_owned(), format!("{STATE_FOLDER}/{LOCK_FILE}"), format!("{STATE_FOLDER}/cache")]
    {
        let path = root.join(&link);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(outside.join("state"), &path).unwrap();
        assert!(matches!(state_folder(&root), Err(WriteError::Outside { .. })), "{link}");
        fs::remove_file(path).unwrap();
    }
    assert_eq!(names(&outside), before);
    // A folder that is given by a link is the user's choice.
    symlink(&outside, temporary.path().join("output")).unwrap();
    apply(&temporary.path().join("output"), &made, Foreign::Refuse).unwrap();
}
