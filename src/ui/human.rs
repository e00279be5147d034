//! Findings for people: the line itself, the wrong thing marked, and the cure.

use super::excerpt::Excerpt;
use super::report::Report;
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::text::{SourceFile, SourceMap};
use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str as clean,
};
use std::borrow::Cow;
use std::ops::Range;

/// Wide enough that no line is cut: terminals wrap, log files do not need it.
const WIDTH: usize = 100_000;

/// Renders findings, an empty line behind each.
pub fn render(findings: &[Diagnostic], sources: &SourceMap, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() }.term_width(WIDTH);
    let mut out = String::new();
    for finding in findings {
        let mut moved = Vec::new();
        let text = renderer.render(&groups(finding, sources, &mut moved));
        out.push_str(&moved.iter().fold(text, |text, moved| moved.put_right(text)));
        out.push_str("\n\n");
    }
    out
}

/// A mark in a line that is shown in part: the renderer counts its column in what is shown.
struct Moved {
    shown: String,
    right: String,
}

impl Moved {
    /// Puts the column in the head of a snippet right.
    fn put_right(&self, text: String) -> String {
        let is_whole = |at: &usize| !text[at + self.shown.len()..].starts_with(|c: char| c.is_ascii_digit());
        match text.match_indices(&self.shown).map(|(at, _)| at).find(is_whole) {
            Some(at) => [&text[..at], &self.right, &text[at + self.shown.len()..]].concat(),
            None => text,
        }
    }
}

/// Renders an error that has no place in a file.
pub fn plain_error(message: &str, hint: Option<&str>) -> String {
    let renderer = Renderer::styled().term_width(WIDTH);
    let error = Group::with_title(Level::ERROR.primary_title(clean(message)));
    let groups = std::iter::once(error).chain(hint.map(hint_group));
    groups.flat_map(|group| [renderer.render(&[group]), "\n".to_owned()]).collect()
}

/// Says what a report leaves out.
pub fn rest(report: &Report) -> String {
    let left_out: Vec<String> = report.left_out.iter().map(|left_out| format!("{left_out}\n")).collect();
    let hint = if left_out.is_empty() { "" } else { "`dagc check --all` shows them\n\n" };
    left_out.concat() + hint
}

/// Counts findings and names a code to read about; nothing when there are none.
pub fn summary(report: &Report) -> Option<String> {
    let first = report.findings.iter().min_by_key(|finding| finding.code.severity())?;
    let counted = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{count} {word}s")),
    };
    let counts: Vec<String> = [counted(report.errors, "error"), counted(report.warnings, "warning")]
        .into_iter()
        .flatten()
        .collect();
    Some(format!("{}; `dagc explain {}` says more", counts.join(", "), first.code))
}

fn groups<'a>(finding: &'a Diagnostic, sources: &'a SourceMap, moved: &mut Vec<Moved>) -> Vec<Group<'a>> {
    let level = match finding.code.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(clean(&finding.message)).id(finding.code.name());
    let mut group =
        Group::with_title(title).element(snippet(finding, finding.primary.span.file, sources, moved));
    let mut files: Vec<_> = finding.secondary.iter().map(|label| label.span.file).collect();
    files.sort_unstable();
    files.dedup();
    for file in files.into_iter().filter(|file| *file != finding.primary.span.file) {
        group = group.element(snippet(finding, file, sources, moved));
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
    id: crate::text::FileId,
    sources: &'a SourceMap,
    moved: &mut Vec<Moved>,
) -> Snippet<'a, Annotation<'a>> {
    let file = sources.file(id);
    let primary = std::iter::once((AnnotationKind::Primary, &finding.primary));
    let secondary = finding.secondary.iter().map(|label| (AnnotationKind::Context, label));
    let labels: Vec<(AnnotationKind, &Label)> =
        primary.chain(secondary).filter(|(_, label)| label.span.file == id).collect();
    let lines = lines(file, &labels);
    let marks: Vec<Range<usize>> = labels.iter().map(|(_, label)| mark(label, file)).collect();
    let excerpt = Excerpt::of(&file.text, lines.clone(), &marks);
    let place = |at: usize| excerpt.as_ref().map_or(at - lines.start, |excerpt| excerpt.place(at));
    let annotations: Vec<Annotation<'a>> = labels
        .iter()
        .zip(&marks)
        .map(|((kind, label), mark)| annotation(*kind, label, place(mark.start)..place(mark.end)))
        .collect();
    if let Some(excerpt) = &excerpt {
        let heads = marks.iter().map(|mark| {
            let at = file.position(u32::try_from(mark.start).unwrap_or(u32::MAX));
            let before = &excerpt.text[..excerpt.place(mark.start)];
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let head = |column| format!("{}:{}:{column}", clean(&file.path), at.line);
            Moved { shown: head(column), right: head(at.column) }
        });
        moved.extend(heads.filter(|head| head.shown != head.right));
    }
    let first = u32::try_from(lines.start).unwrap_or(u32::MAX);
    let text = excerpt.map_or_else(|| Cow::from(&file.text[lines]), |excerpt| Cow::from(excerpt.text));
    Snippet::source(text).path(&file.path).line_start(file.position(first).line).annotations(annotations)
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

/// Returns the bytes that a label marks.
fn mark(label: &Label, file: &SourceFile) -> Range<usize> {
    let start = boundary(&file.text, label.span.start);
    start..boundary(&file.text, label.span.end).max(start)
}

fn annotation(kind: AnnotationKind, label: &Label, place: Range<usize>) -> Annotation<'_> {
    let annotation = kind.span(place);
    if label.message.is_empty() { annotation } else { annotation.label(clean(&label.message)) }
}

fn boundary(text: &str, offset: u32) -> usize {
    text.floor_char_boundary((offset as usize).min(text.len()))
}
