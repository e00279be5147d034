//! Findings for people: the line itself, the wrong thing marked, and the cure.

use super::count;
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{SourceFile, SourceMap};
use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str as clean,
};
use std::ops::Range;

/// Wide enough that no line is cut: terminals wrap, log files do not need it.
const WIDTH: usize = 100_000;

/// Renders findings, an empty line behind each.
pub fn render(findings: &[Diagnostic], sources: &SourceMap, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() }.term_width(WIDTH);
    let mut out = String::new();
    for finding in findings {
        out.push_str(&renderer.render(&report(finding, sources)));
        out.push_str("\n\n");
    }
    out
}

/// Renders an error that has no place in a file.
pub fn plain_error(message: &str, hint: Option<&str>) -> String {
    let renderer = Renderer::styled().term_width(WIDTH);
    let error = Group::with_title(Level::ERROR.primary_title(clean(message)));
    let groups = std::iter::once(error).chain(hint.map(hint_group));
    groups.flat_map(|group| [renderer.render(&[group]), "\n".to_owned()]).collect()
}

/// Counts findings and names a code to read about; nothing when there are none.
pub fn summary(findings: &[Diagnostic]) -> Option<String> {
    let first = findings.iter().min_by_key(|finding| finding.code.severity())?;
    let (errors, warnings) = count(findings);
    let counted = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{count} {word}s")),
    };
    let counts: Vec<String> =
        [counted(errors, "error"), counted(warnings, "warning")].into_iter().flatten().collect();
    Some(format!("{}; `dagc explain {}` says more", counts.join(", "), first.code))
}

fn report<'a>(finding: &'a Diagnostic, sources: &'a SourceMap) -> Vec<Group<'a>> {
    let level = match finding.code.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(clean(&finding.message)).id(finding.code.name());
    let mut group = Group::with_title(title).element(snippet(finding, finding.primary.span.file, sources));
    let mut files: Vec<_> = finding.secondary.iter().map(|label| label.span.file).collect();
    files.sort_unstable();
    files.dedup();
    for file in files.into_iter().filter(|file| *file != finding.primary.span.file) {
        group = group.element(snippet(finding, file, sources));
    }
    for note in &finding.notes {
        group = group.element(Level::NOTE.message(clean(note)));
    }
    let mut groups = vec![group];
    groups.extend(finding.help.as_deref().map(hint_group));
    groups
}

fn hint_group(hint: &str) -> Group<'static> {
    Group::with_title(Level::HELP.with_name("hint").secondary_title(clean(hint)))
}

/// Shows the lines of one file that the finding marks.
fn snippet<'a>(
    finding: &'a Diagnostic,
    id: crate::source::FileId,
    sources: &'a SourceMap,
) -> Snippet<'a, Annotation<'a>> {
    let file = sources.file(id);
    let primary = std::iter::once((AnnotationKind::Primary, &finding.primary));
    let secondary = finding.secondary.iter().map(|label| (AnnotationKind::Context, label));
    let labels: Vec<(AnnotationKind, &Label)> =
        primary.chain(secondary).filter(|(_, label)| label.span.file == id).collect();
    let lines = lines(file, &labels);
    let first = u32::try_from(lines.start).unwrap_or(u32::MAX);
    Snippet::source(&file.text[lines.clone()])
        .path(&file.path)
        .line_start(file.position(first).line)
        .annotations(labels.into_iter().map(|(kind, label)| annotation(kind, label, file, &lines)))
}

/// Returns the bytes of the lines from the first to the last mark: what lies outside costs nothing.
fn lines(file: &SourceFile, labels: &[(AnnotationKind, &Label)]) -> Range<usize> {
    let text = &*file.text;
    let ends = labels.iter().flat_map(|(_, label)| [label.span.start, label.span.end]);
    let ends: Vec<usize> = ends.map(|end| boundary(text, end)).collect();
    let first = ends.iter().min().copied().unwrap_or_default();
    let last = ends.iter().max().copied().unwrap_or_default();
    let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
    start..end
}

fn annotation<'a>(
    kind: AnnotationKind,
    label: &'a Label,
    file: &SourceFile,
    lines: &Range<usize>,
) -> Annotation<'a> {
    let start = boundary(&file.text, label.span.start);
    let end = boundary(&file.text, label.span.end).max(start);
    let annotation = kind.span(start - lines.start..end - lines.start);
    if label.message.is_empty() { annotation } else { annotation.label(clean(&label.message)) }
}

fn boundary(text: &str, offset: u32) -> usize {
    text.floor_char_boundary((offset as usize).min(text.len()))
}
