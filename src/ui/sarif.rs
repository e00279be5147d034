//! Findings as SARIF 2.1.0, the form that code scanning reads.
//!
//! All rules are listed with their explanations, whether or not they found anything, so that the index
//! of a rule never moves within a version of dagc.

use super::place::Region;
use super::report::Report;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::text::{SourceMap, Span};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Renders a report.
pub fn render(report: &Report, sources: &SourceMap) -> String {
    let mut seen = HashMap::new();
    let results: Vec<Value> =
        report.findings.iter().map(|finding| result(finding, sources, &mut seen)).collect();
    super::pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "dagc",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": Code::ALL.iter().copied().map(rule).collect::<Vec<_>>(),
            } },
            "invocations": [{
                "executionSuccessful": report.failures.is_empty(),
                "toolExecutionNotifications": notifications(report),
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

/// What a report says that is no result: what failed, and how much is left out.
fn notifications(report: &Report) -> Vec<Value> {
    let failures = report.failures.iter().map(|failure| {
        let hint = failure.hint.iter().map(|hint| format!("\nhint: {hint}"));
        let text: String = std::iter::once(failure.message.clone()).chain(hint).collect();
        json!({ "level": "error", "message": { "text": text } })
    });
    let rest = report.left_out.iter();
    failures
        .chain(rest.map(|rest| json!({ "level": "note", "message": { "text": rest.to_string() } })))
        .collect()
}

fn rule(code: Code) -> Value {
    let text = code.explanation();
    let summary = text.lines().skip(1).find(|line| !line.trim().is_empty()).unwrap_or(text);
    json!({
        "id": code.name(),
        "shortDescription": { "text": summary },
        "help": { "text": text, "markdown": text },
        "defaultConfiguration": { "level": level(code) },
    })
}

fn level(code: Code) -> &'static str {
    match code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn result(finding: &Diagnostic, sources: &SourceMap, seen: &mut HashMap<String, usize>) -> Value {
    let related: Vec<Value> = finding
        .secondary
        .iter()
        .map(|label| {
            let mut location = location(label.span, sources);
            if !label.message.is_empty() {
                location["message"] = json!({ "text": label.message });
            }
            location
        })
        .collect();
    json!({
        "ruleId": finding.code.name(),
        "ruleIndex": Code::ALL.iter().position(|code| *code == finding.code),
        "level": level(finding.code),
        "message": { "text": super::paragraphs(finding).join("\n") },
        "locations": [location(finding.primary.span, sources)],
        "relatedLocations": related,
        "partialFingerprints": { "dagc/v1": fingerprint(finding, sources, seen) },
    })
}

fn location(span: Span, sources: &SourceMap) -> Value {
    let Region { path, line, column, end_line, end_column } = Region::of(span, sources);
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&path), "uriBaseId": "%SRCROOT%" },
        "region": {
            "startLine": line,
            "startColumn": column,
            "endLine": end_line,
            "endColumn": end_column,
        },
    } })
}

/// Writes a relative path as a URI reference (RFC 3986).
fn uri(path: &str) -> String {
    path.bytes().fold(String::new(), |mut uri, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
        uri
    })
}

/// Tells a finding from others, however lines move: rule, file, message, and which of several it is.
fn fingerprint(finding: &Diagnostic, sources: &SourceMap, seen: &mut HashMap<String, usize>) -> String {
    let path = &sources.file(finding.primary.span.file).path;
    let text = format!("{}\n{path}\n{}", finding.code, finding.message);
    let before = seen.entry(text.clone()).or_default();
    *before += 1;
    let hash = Sha256::digest(format!("{text}\n{before}"));
    hash.iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
