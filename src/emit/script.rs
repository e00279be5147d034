//! Scripts of `bash` steps: published beside the DAG file, and run by their path.

use super::{File, short_hash};
use crate::plan::{Bash, Plan, Work};

/// Returns the scripts of a pipeline.
pub(super) fn scripts(plan: &Plan) -> Vec<File> {
    let scripts = plan.tasks().filter_map(|task| match &task.work {
        Work::Bash(Bash { script: Some((path, text)), .. }) => {
            Some((script_path(path, text), text.as_bytes().to_vec()))
        }
        Work::Bash(_) | Work::Job(_) | Work::Operator(_) | Work::Pipeline(_) => None,
    });
    scripts.collect()
}

/// Returns the command that runs a script, as a template of Airflow's. The copy in the DAG folder has no
/// execute bit, so its interpreter is named; it is Airflow that knows the folder, for it may differ between
/// machines.
pub(super) fn script_command(path: &str, text: &str) -> String {
    format!("{} '{{{{ dag.folder }}}}/{}'", interpreter(text), script_path(path, text))
}

fn script_path(path: &str, text: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    format!(".dagc/scripts/{stem}-{}.sh", short_hash(text.as_bytes()))
}

/// Returns what stands in the script's first line behind `#!`; `bash` when it says nothing that Jinja and
/// the shell take as it is.
fn interpreter(text: &str) -> &str {
    let line = text.lines().next().and_then(|line| line.strip_prefix("#!")).map_or("", str::trim);
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | ' ' | '-' | '_' | '.' | '+' | '=' | ',');
    if line.starts_with('/') && line.chars().all(is_plain) { line } else { "bash" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_run_by_their_interpreter() {
        for (text, expected) in [
            ("echo", "bash"),
            ("#!/bin/sh -eu\necho", "/bin/sh -eu"),
            ("#! /usr/bin/env python3\r\n", "/usr/bin/env python3"),
            ("#!/bin/sh {{ x }}\n", "bash"),
        ] {
            let command = script_command("specs/a b/Tidy up.sh", text);
            let hash = short_hash(text.as_bytes());
            assert_eq!(command, format!("{expected} '{{{{ dag.folder }}}}/.dagc/scripts/Tidy_up-{hash}.sh'"));
        }
    }
}
