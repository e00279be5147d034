//! Bytes of a scalar's text to bytes of the file.

use crate::text::{SourceMap, Span};
use crate::yaml::{Node, Scalar};
use std::ops::Range;

/// See [`Node::locate`].
pub(in crate::yaml) fn locate(node: &Node, sources: &SourceMap, range: Range<usize>) -> Span {
    let written = sources.text(node.span);
    let Some(scalar) = node.as_scalar() else { return node.span };
    let exact = if scalar.expanded { None } else { find(scalar, written, &range) };
    match exact.or_else(|| only(written, scalar.text.get(range)?)) {
        Some(found) => {
            let start = node.span.start as usize;
            Span::new(node.span.file, start + found.start, start + found.end)
        }
        None => node.span,
    }
}

/// Finds a part that is written word for word, and once only.
fn only(written: &str, part: &str) -> Option<Range<usize>> {
    let at = written.find(part).filter(|_| !part.is_empty())?;
    let is_only = written.rfind(part) == Some(at);
    is_only.then(|| at..at + part.len())
}

fn find(scalar: &Scalar, written: &str, range: &Range<usize>) -> Option<Range<usize>> {
    // Also proves that the range lies in the text, on boundaries of characters.
    scalar.text.get(range.clone())?;
    let shift = |from: &str, escape: &str, by: usize| {
        let before = from.get(..range.end)?;
        let same = before == &scalar.text[..range.end] && (escape.is_empty() || !before.contains(escape));
        same.then(|| range.start + by..range.end + by)
    };
    match written.as_bytes().first()? {
        b'"' => shift(&written[1..], "\\", 1),
        b'\'' => shift(&written[1..], "''", 1),
        b'|' => in_block(&scalar.text, written, range),
        b'>' => None,
        _ => shift(written, "", 0),
    }
}

/// Goes through a literal block line by line: each is the text's line behind its indentation.
fn in_block(text: &str, written: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let mut found = Finder { range, start: None };
    let mut lines = written.split_inclusive('\n');
    let mut at = lines.next()?.len();
    let mut offset = 0;
    for line in lines {
        let content = line.trim_end_matches(['\n', '\r']);
        let wanted = text[offset..].split('\n').next().unwrap_or_default();
        // The span ends at the last visible character, the text's last line may go on with blanks.
        let indent = match content.strip_suffix(wanted) {
            Some(indent) => indent.len(),
            None => content.strip_suffix(wanted.trim_end())?.len(),
        };
        if !content[..indent].trim_start_matches(' ').is_empty() {
            return None;
        }
        if let Some(found) = found.line(offset..offset + wanted.len(), at + indent) {
            return Some(found);
        }
        offset += wanted.len() + 1;
        at += line.len();
        if offset > text.len() {
            break;
        }
    }
    // The range ends in line breaks that belong to no line of the span.
    found.start.map(|start| start..written.len()).filter(|found| found.start <= found.end)
}

struct Finder<'a> {
    range: &'a Range<usize>,
    start: Option<usize>,
}

impl Finder<'_> {
    /// Looks at one line of the text that stands at `at`; gives the place when the range ends in it.
    fn line(&mut self, line: Range<usize>, at: usize) -> Option<Range<usize>> {
        let place = |offset: usize| at + (offset - line.start);
        if self.start.is_none() && (line.start..=line.end).contains(&self.range.start) {
            self.start = Some(place(self.range.start));
        }
        let start = self.start?;
        (self.range.end <= line.end).then(|| start..place(self.range.end).max(start))
    }
}
