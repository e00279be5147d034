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
//!   ]
//! }
//! ```
//! Lines and columns count from 1, columns in characters; ends are exclusive; `help` may be null. Fields
//! may be added; `version` changes when one goes away or changes its meaning.

use super::count;
use super::place::Region;
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Finding<'a>>,
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

/// Renders findings.
pub fn render(findings: &[Diagnostic], sources: &SourceMap) -> String {
    let (errors, warnings) = count(findings);
    let diagnostics = findings.iter().map(|finding| one(finding, sources)).collect();
    super::pretty(&Document { version: 1, errors, warnings, diagnostics })
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
