//! Real Python tools, from the environments that `tests/env` makes.

use serde_json::Value;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The Python that makes the environments: the one that `make PYTHON=...` names.
pub(crate) fn python_program() -> String {
    std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// Returns the folder of an environment, which is made when it is missing.
pub(crate) fn environment(name: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/env/ensure.py");
    let output = succeed(Command::new(python_program()).arg(script).arg(name));
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// Runs ruff as a user does who has no settings; fails with what it says when it is not content.
pub(crate) fn ruff<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) {
    let mut command = Command::new(environment("tools").join("bin/ruff"));
    let output = command.args(arguments).arg("--isolated").current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let start: String = said.chars().take(20_000).collect();
    assert!(output.status.success(), "{start}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// The rules that generated Python follows.
pub(crate) const RULES: &str = "AIR,E,F,I,UP,B";

/// Asks a real Airflow about a folder of DAG files; see `tests/airflow/inside.py` for the requests.
pub(crate) fn airflow(version: &str, requests: &Value) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/airflow/harness.py");
    let mut child = Command::new(python_program())
        .arg(script)
        .args(["--airflow", &format!("airflow-{version}"), "batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(requests.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{version}: {}\n{log}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a Python program; gives what it prints.
pub(crate) fn python(program: &str, arguments: &[&OsStr]) -> String {
    let output = succeed(Command::new(python_program()).arg("-c").arg(program).args(arguments));
    String::from_utf8(output.stdout).unwrap()
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// `make PYTHON=...` reaches every test: none names a Python of its own.
#[test]
fn the_python_that_make_names_is_the_one_that_tests_run() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let named = concat!("new(", "\"python");
    for entry in walkdir::WalkDir::new(tests) {
        let path = entry.unwrap().into_path();
        if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!text.contains(named), "{} runs a Python of its own", path.display());
        }
    }
    let makefile = Path::new(env!("CARGO_MANIFEST_DIR")).join("Makefile");
    assert!(std::fs::read_to_string(makefile).unwrap().contains("export PYTHON ?="));
}
