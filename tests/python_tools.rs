//! Real Python tools, from the environments that `tests/env` makes.

use serde_json::Value;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Returns the folder of an environment, which is made when it is missing.
pub(crate) fn environment(name: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/env/ensure.py");
    let output = succeed(Command::new("python3").arg(script).arg(name));
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
    let mut child = Command::new("python3")
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
    let output = succeed(Command::new("python3").arg("-c").arg(program).args(arguments));
    String::from_utf8(output.stdout).unwrap()
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}
