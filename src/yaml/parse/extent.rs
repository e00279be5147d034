//! Where a node stands, which the library tells with what is before it, behind it or below it.

use super::Builder;
use crate::text::Span;
use saphyr_parser::Tag;
use std::ops::Range;

impl Builder<'_> {
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let start = self.text.floor_char_boundary(range.start.min(self.text.len()));
        let end = self.text.ceil_char_boundary(range.end.clamp(start, self.text.len()));
        Span::new(self.file, start, end)
    }

    /// Takes `&anchor` and `!tag` off the front of a node's place.
    pub(super) fn without_properties(
        &self,
        range: Range<usize>,
        anchor: usize,
        tag: Option<&Tag>,
    ) -> Range<usize> {
        if anchor == 0 && tag.is_none() {
            return range;
        }
        let rest = behind_properties(&self.text[range.clone()]);
        range.end - rest.len()..range.end
    }

    /// Returns the place of a block from its `|` or `>`; the library gives that of the lines below.
    pub(super) fn block(&self, lines: &Range<usize>) -> Range<usize> {
        let before = self.frames.last().map_or(0, |frame| frame.end).min(lines.start);
        let mut rest = &self.text[before..lines.end];
        loop {
            rest = behind_properties(rest);
            match rest.as_bytes() {
                [b'|' | b'>', ..] => return self.trimmed(&(lines.end - rest.len()..lines.end)),
                [b':' | b'-' | b'?', ..] => rest = &rest[1..],
                _ => return self.trimmed(lines),
            }
        }
    }

    /// Returns the place of a value that is not there: behind the `:` or `-` that announces it.
    pub(super) fn absent(&self, range: &Range<usize>) -> Range<usize> {
        let at = match self.text.as_bytes().get(range.start) {
            Some(b':' | b'-' | b'?') if !range.is_empty() => range.start + 1,
            _ => self.frames.last().map_or(range.start, |frame| frame.end.min(range.start)),
        };
        at..at
    }

    pub(super) fn trimmed(&self, range: &Range<usize>) -> Range<usize> {
        range.start..range.start + self.text[range.clone()].trim_end().len()
    }
}

/// Goes to the first character that is no blank, comment, `&anchor` or `!tag`.
fn behind_properties(mut text: &str) -> &str {
    loop {
        text = match text.chars().next() {
            Some('&' | '!') => text.trim_start_matches(|c: char| {
                !(c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}'))
            }),
            Some('#') => text.trim_start_matches(|c| c != '\n'),
            Some(c) if c.is_whitespace() => text.trim_start(),
            _ => return text,
        };
    }
}
