//! Real Python tools, from the environments that `tests/env` makes.

use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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

/// Imports every DAG file of a folder in a real Airflow; gives the ids of the DAGs that are there.
pub(crate) fn airflow_dags(airflow: &str, folder: &Path) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/airflow/harness.py");
    let mut command = Command::new("python3");
    let output =
        command.arg(script).args(["--airflow", airflow, "import-check"]).arg(folder).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{airflow}: {error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    assert_eq!(answer["import_errors"], json!({}), "{airflow}");
    assert!(output.status.success());
    answer["dags"].as_object().unwrap().keys().cloned().collect()
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
