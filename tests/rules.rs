//! Every rule with projects that break it and projects that keep it.
//!
//! `tests/rules/CODE/fail*/` are projects in which the rule finds something: `expected.txt` beside their
//! `dagc.yaml` is the whole report. `pass*/` are projects without any finding. `environment.txt` names the
//! environment to compile where it is not all of them. `UPDATE=1` writes the reports anew.

use dagc::check::UNUSED;
use dagc::compile::{Compiled, Environments, compile};
use dagc::diagnostic::Code;
use dagc::load::load;
use dagc::source::ProjectFiles;
use std::fs;
use std::path::{Path, PathBuf};

/// A file that must be in a project for its rule, and that git or an editor would not keep as it is.
const BYTES: &[(&str, &str, &[u8])] = &[(
    "not-utf8/fail",
    "specs/taxi.yaml",
    b"pipeline: taxi # \xe9t\xe9\nsteps:\n  a:\n    bash: {command: echo}\n",
)];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

/// The projects of a rule whose names begin with `fail` or `pass`, sorted.
pub(crate) fn cases(code: Code, kind: &str) -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(root().join(code.name()))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(kind)))
        .collect();
    cases.sort();
    cases
}

pub(crate) fn run(case: &Path) -> (ProjectFiles, Compiled) {
    let files = load(case).unwrap();
    let environments = match fs::read_to_string(case.join("environment.txt")) {
        Ok(name) => Environments::Named(name.trim().to_owned()),
        Err(_) => Environments::All,
    };
    let mut compiled = compile(&files, &environments);
    // The projects of a rule are small, and have in common what only some of them use.
    let rule = case.parent().and_then(Path::file_name).and_then(|name| Code::find(name.to_str()?));
    if rule.is_none_or(|rule| !UNUSED.contains(&rule)) {
        compiled.diagnostics.drop_codes(UNUSED);
    }
    (files, compiled)
}

fn report(files: &ProjectFiles, compiled: Compiled) -> String {
    dagc::ui::human::render(&compiled.diagnostics.into_sorted(), &files.sources, false)
}

/// Names a case for a message.
fn shown(case: &Path) -> String {
    case.strip_prefix(root()).unwrap().display().to_string()
}

#[test]
fn bytes_are_as_they_must_be() {
    for (case, path, bytes) in BYTES {
        let path = root().join(case).join(path);
        assert_eq!(&fs::read(&path).unwrap(), bytes, "{}", path.display());
    }
}

#[test]
fn every_folder_is_a_rule() {
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(Code::find(&name).is_some(), "tests/rules/{name} is no code");
    }
}

#[test]
fn every_rule_finds_what_it_is_for() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for code in Code::ALL.iter().copied() {
        let cases = cases(code, "fail");
        if cases.is_empty() {
            wrong.push(format!("tests/rules/{code}/ has no project `fail`"));
        }
        for case in cases {
            let (files, compiled) = run(&case);
            if !compiled.diagnostics.iter().any(|finding| finding.code == code) {
                let found = report(&files, compiled);
                wrong.push(format!("{} does not give {code}:\n{found}", shown(&case)));
                continue;
            }
            if compiled.diagnostics.has_errors() == compiled.plans.iter().any(|_| true) {
                wrong.push(format!("{}: a plan stands beside errors", shown(&case)));
            }
            let found = report(&files, compiled);
            let path = case.join("expected.txt");
            if update {
                fs::write(&path, &found).unwrap();
            }
            let expected = fs::read_to_string(&path).unwrap_or_default();
            if expected != found {
                wrong.push(format!("{} has changed:\n{found}\nexpected:\n{expected}", shown(&case)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n`UPDATE=1 cargo test rules` writes the reports anew", wrong.join("\n\n"));
}

#[test]
fn every_rule_lets_the_right_pass() {
    let mut wrong = Vec::new();
    for code in Code::ALL.iter().copied() {
        let cases = cases(code, "pass");
        if cases.is_empty() {
            wrong.push(format!("tests/rules/{code}/ has no project `pass`"));
        }
        for case in cases {
            let (files, compiled) = run(&case);
            if !compiled.diagnostics.is_empty() {
                wrong.push(format!("{}:\n{}", shown(&case), report(&files, compiled)));
            } else if compiled.plans.is_empty() {
                wrong.push(format!("{} gives no plan", shown(&case)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
