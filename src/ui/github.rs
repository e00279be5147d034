//! Findings as workflow commands, which GitHub shows beside the changed lines.
//!
//! Shape and escapes: GitHub's "Workflow commands" page and `actions/toolkit`'s `command.ts`.

use super::place::Region;
use super::report::Report;
use crate::diagnostic::Diagnostic;
use crate::text::SourceMap;

/// Renders a report, a line each.
pub fn render(report: &Report, sources: &SourceMap) -> String {
    let findings = report.findings.iter().map(|finding| command(finding, sources));
    let rest = report.left_out.iter().map(|rest| {
        format!(
            "::{} title={}::{}",
            rest.code.severity().as_str(),
            property(rest.code.name()),
            data(&rest.to_string())
        )
    });
    let failures = report.failures.iter().map(|failure| {
        let hint = failure.hint.iter().map(|hint| format!("\nhint: {hint}"));
        let text: String = std::iter::once(failure.message.clone()).chain(hint).collect();
        format!("::error title=dagc::{}", data(&text))
    });
    findings.chain(rest).chain(failures).flat_map(|line| [line, "\n".to_owned()]).collect()
}

fn command(finding: &Diagnostic, sources: &SourceMap) -> String {
    let Region { path, line, column, end_line, end_column } = Region::of(finding.primary.span, sources);
    // Columns mean nothing to GitHub when a mark has several lines.
    let columns =
        if line == end_line { format!(",col={column},endColumn={end_column}") } else { String::new() };
    format!(
        "::{} file={},line={line},endLine={end_line}{columns},title={}::{}",
        finding.code.severity().as_str(),
        property(&path),
        property(finding.code.name()),
        data(&super::paragraphs(finding).join("\n")),
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
