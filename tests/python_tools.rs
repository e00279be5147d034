//! Real Python tools, from the environments that `tests/env` makes.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Returns the folder of an environment, which is made when it is missing.
pub(crate) fn environment(name: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/env/ensure.py");
    let output = succeed(Command::new("python3").arg(script).arg(name));
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// Runs ruff as a user does who has no settings; gives what it says when it is not content.
pub(crate) fn ruff<S: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = S>,
) -> Result<(), String> {
    let mut command = Command::new(environment("tools").join("bin/ruff"));
    let output = command.args(arguments).arg("--isolated").current_dir(folder).output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

/// The rules that generated Python follows.
pub(crate) const RULES: &str = "AIR,E,F,I,UP,B";

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
