//! Findings for programs: one JSON document.
//!
//! ```json
//! {
//!   "version": 1,
//!   "errors": 1,
//!   "warnings": 0,
//!   "diagnostics": [
//!     {
//!       "code": "unknown-reference",
//!       "severity": "error",
//!       "message": "step `load` reads `cleen`, which no source and no step makes",
//!       "path": "specs/taxi.yaml", "line": 20, "column": 28, "end_line": 20, "end_column": 33,
//!       "label": "not found in pipeline `taxi_daily`",
//!       "labels": [
//!         {"path": "specs/taxi.yaml", "line": 14, "column": 3, "end_line": 14, "end_column": 8,
//!          "message": "a step with a similar name"}
//!       ],
//!       "notes": [],
//!       "help": "write `from: clean`"
//!     }
//!   ],
//!   "left_out": [{"code": "unknown-key", "count": 37, "files": ["specs/a.yaml"]}],
//!   "failures": [{"message": "failed to write `generated/dev`: no space left on device", "hint": null}]
//! }
//! ```
//! `left_out` counts findings of a kind of which there are too many to list (`--all` lists them); `errors` and
//! `warnings` count these too. `failures` are what could not be done, where no place in a file is to blame.
//! Lines and columns count from 1, columns in characters; ends are exclusive; `help` may be null. Fields
//! may be added; `version` changes when one goes away or changes its meaning.

use super::place::Region;
use super::report::{Failure, LeftOut, Report};
use crate::diagnostic::Diagnostic;
use crate::text::SourceMap;
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Finding<'a>>,
    left_out: Vec<Rest<'a>>,
    failures: Vec<Failed<'a>>,
}

#[derive(Serialize)]
struct Rest<'a> {
    code: &'a str,
    count: usize,
    files: &'a [String],
}

#[derive(Serialize)]
struct Failed<'a> {
    message: &'a str,
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    #[serde(flatten)]
    region: Region,
    label: &'a str,
    labels: Vec<Mark<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct Mark<'a> {
    #[serde(flatten)]
    region: Region,
    message: &'a str,
}

/// Renders a report.
pub fn render(report: &Report, sources: &SourceMap) -> String {
    super::pretty(&Document {
        version: 1,
        errors: report.errors,
        warnings: report.warnings,
        diagnostics: report.findings.iter().map(|finding| one(finding, sources)).collect(),
        left_out: report
            .left_out
            .iter()
            .map(|LeftOut { code, count, files }| Rest { code: code.name(), count: *count, files })
            .collect(),
        failures: report
            .failures
            .iter()
            .map(|Failure { message, hint }| Failed { message, hint: hint.as_deref() })
            .collect(),
    })
}

fn one<'a>(finding: &'a Diagnostic, sources: &SourceMap) -> Finding<'a> {
    let mark = |label: &'a crate::diagnostic::Label| Mark {
        region: Region::of(label.span, sources),
        message: &label.message,
    };
    Finding {
        code: finding.code.name(),
        severity: finding.code.severity().as_str(),
        message: &finding.message,
        region: Region::of(finding.primary.span, sources),
        label: &finding.primary.message,
        labels: finding.secondary.iter().map(mark).collect(),
        notes: &finding.notes,
        help: finding.help.as_deref(),
    }
}
