//! Words for what the library, which speaks of tokens, found wrong.

use crate::diagnostic::{Code, Diagnostic};
use crate::text::{FileId, Span};
use std::ops::Range;

/// Where the library stopped.
pub(super) struct Place<'a> {
    pub(super) file: FileId,
    pub(super) text: &'a str,
    /// The byte at which it stopped.
    pub(super) at: usize,
    /// The bracket that is open there.
    pub(super) open: Option<usize>,
}

/// Turns the library's error into a finding.
pub(super) fn explain(info: &str, place: &Place<'_>) -> Diagnostic {
    if let Some(tabs) = indentation_of_line(place.text, place.at) {
        return tab_indentation(place.file, place.text, tabs);
    }
    if info.contains("recursion limit") {
        return nested_too_deep(place.span(place.here()));
    }
    match info.rsplit_once(", ").map_or(info, |(_, reason)| reason) {
        "expected ',' or ']'" | "did not find expected ',' or '}'" => place.in_brackets(),
        "unexpected eof" | "unexpected end of plain scalar" if place.open.is_some() => place.in_brackets(),
        "found unexpected end of stream" | "invalid indentation in quoted scalar" => place.open_quote(),
        "simple key expect ':'" | "simple key expected" => place.no_colon(),
        "mapping values are not allowed in this context" | "illegal placement of ':' indicator" => {
            place.misplaced_colon()
        }
        "did not find expected key" | "invalid indentation" | "did not find expected <document start>" => {
            place.not_aligned()
        }
        "block sequence entries are not allowed in this context" | r#""-" is only valid inside a block"# => {
            place
                .error("a list cannot begin here")
                .help("begin the list on a line of its own, or write `[a, b]`")
        }
        "did not find expected '-' indicator" => place
            .error("expected a `-` here, as in the lines above")
            .help("indent the line as the list's other items are, or further, or less to end the list"),
        "did not find expected alphabetic or numeric character" => {
            place.error("a value that begins with `*` or `&` needs quotes").help("put the value in quotes")
        }
        "found unknown anchor" => place
            .error("there is no anchor of this name above")
            .help("a `*name` repeats what `&name` marked; put the value in quotes if it is plain text"),
        "found unknown escape character" | "did not find expected hexadecimal number" => {
            place.unknown_escape()
        }
        "wrongly indented line in block scalar" => place
            .error("this line is indented less than the text that it belongs to")
            .help("indent all lines of a text alike"),
        "':' must be followed by a valid YAML whitespace" => {
            place.error("a tab stands behind the `:`").help("write a blank behind the `:`")
        }
        "invalid trailing content after double-quoted scalar" => place.behind_quote(),
        "invalid indentation in flow construct" if place.open.is_some() => place.not_closed(),
        "found unprintable character" => place.error("a control character cannot stand in YAML"),
        reason if reason.starts_with("unexpected character") => {
            let found = place.text[place.here()].chars().next().unwrap_or(' ');
            place
                .error(&format!("a value that begins with `{found}` needs quotes"))
                .help("put the value in quotes")
        }
        reason => place.error(&format!("this is not YAML: {}", reason.replace('`', "'"))),
    }
}

impl Place<'_> {
    /// The word at which the library stopped; nothing at the end of a line.
    fn here(&self) -> Range<usize> {
        let rest = &self.text[self.at..];
        let first = rest.chars().next().filter(|c| !c.is_whitespace()).map_or(0, char::len_utf8);
        self.at..self.at + first
    }

    fn span(&self, range: Range<usize>) -> Span {
        let start = self.text.floor_char_boundary(range.start);
        Span::new(self.file, start, self.text.ceil_char_boundary(range.end))
    }

    fn error(&self, message: &str) -> Diagnostic {
        Diagnostic::new(Code::YamlSyntax, self.span(self.here()), message)
    }

    /// Inside `[...]` or `{...}` something other than a comma follows.
    fn in_brackets(&self) -> Diagnostic {
        let open = self.open.unwrap_or(self.at);
        let (bracket, close) = if self.text[open..].starts_with('[') { ("[", "]") } else { ("{", "}") };
        if self.text[self.at..].starts_with(['{', '}']) {
            let template = if self.text[..self.at].ends_with('$') { "${...}" } else { "{{ ... }}" };
            return self
                .error(&format!("inside `{bracket}...{close}` a value with `{{` needs quotes"))
                .also(self.span(open..open + 1), "opened here")
                .help(format!("put the value that holds `{template}` in double quotes"));
        }
        if self.here().is_empty() {
            return self.not_closed();
        }
        self.error(&format!("expected `,` or `{close}` here")).also(self.span(open..open + 1), "opened here")
    }

    /// A bracket is open where the text ends, or where a line begins that is indented too little for it.
    fn not_closed(&self) -> Diagnostic {
        let open = self.open.unwrap_or(self.at);
        let (bracket, close) = if self.text[open..].starts_with('[') { ("[", "]") } else { ("{", "}") };
        let end = self.text[..self.at].trim_end().len();
        let message = format!("a `{bracket}` is not closed by `{close}`");
        Diagnostic::new(Code::YamlSyntax, self.span(end..end), message)
            .also(self.span(open..open + 1), "opened here")
    }

    /// Something follows a string in double quotes. When it began on a line above, it should have ended there.
    fn behind_quote(&self) -> Diagnostic {
        let closing = self.text[..self.at].rfind('"');
        let opening = closing.and_then(|closing| self.text[..closing].rfind('"'));
        let (Some(opening), Some(closing)) = (opening, closing) else { return self.not_aligned() };
        if !self.text[opening..closing].contains('\n') {
            return self.not_aligned();
        }
        Diagnostic::new(Code::YamlSyntax, self.span(opening..opening + 1), "a quote is not closed")
            .label("the string begins here")
            .also(self.span(closing..closing + 1), "and ends here, where another one should begin")
            .help("close it on the same line")
    }

    fn misplaced_colon(&self) -> Diagnostic {
        let error = self.error("a `:` cannot stand here");
        match self.open {
            Some(open) => error
                .also(self.span(open..open + 1), "this is still open")
                .help("close the bracket, or put the value in quotes if the `:` is a part of it"),
            None => self
                .line_above()
                .unwrap_or_else(|| error.help("put the value in quotes if the `:` is a part of it")),
        }
    }

    /// A key that is read as going on with the text above: that line is no `key: value`, or this one is
    /// indented further than it.
    fn line_above(&self) -> Option<Diagnostic> {
        let start = self.text[..self.at].rfind('\n')? + 1;
        let is_first = !self.text[start..self.at].contains(": ");
        let mut end = self.text[..start].trim_end().len();
        let mut above = self.text[..end].rfind('\n').map_or(0, |at| at + 1);
        while above > 0 && self.text[above..end].trim_start().starts_with('#') {
            end = self.text[..above].trim_end().len();
            above = self.text[..end].rfind('\n').map_or(0, |at| at + 1);
        }
        let line = &self.text[above..end];
        let indentation = leading(line).len();
        if !is_first || line.is_empty() || line.trim_start().starts_with('-') {
            return None;
        }
        let range = above + indentation..end;
        let mark = |message| Diagnostic::new(Code::YamlSyntax, self.span(range.clone()), message);
        let key = line.trim_start().split(':').next().unwrap_or_default();
        if !line.contains(':') {
            return Some(
                mark("this line has no `:` behind its key")
                    .label("expected `key: value`")
                    .help("write a `:` and a blank behind the key"),
            );
        }
        if !line.contains(": ") && !line.ends_with(':') && !key.contains(['"', '\'']) {
            return Some(
                mark("a blank is missing behind the `:`").help(format!("write `{key}: ` with a blank")),
            );
        }
        let own = leading(&self.text[start..self.at]).len();
        (own > indentation && !line.ends_with(':')).then(|| {
            let here = Span { end: self.span(self.here()).end, ..self.span(start + own..self.at) };
            Diagnostic::new(
                Code::YamlSyntax,
                here,
                "this line is indented further than the one above, and goes on with its value",
            )
            .also(self.span(range), "the value of this line")
            .help("let it begin in the same column")
        })
    }

    fn open_quote(&self) -> Diagnostic {
        self.error("a quote is not closed").label("the string begins here").help("close it on the same line")
    }

    fn unknown_escape(&self) -> Diagnostic {
        let rest = &self.text.as_bytes()[self.at..];
        let mut at = 0;
        while at + 1 < rest.len() {
            match (rest[at], rest[at + 1]) {
                (b'\\', b'x' | b'u' | b'U') => break,
                (b'\\', next) if !b"0abt\tnvfre \"/\\N_LP\r\n".contains(&next) => break,
                (b'\\', _) => at += 2,
                _ => at += 1,
            }
        }
        let range = self.at + at..(self.at + at + 2).min(self.text.len());
        Diagnostic::new(Code::YamlSyntax, self.span(range), "unknown escape in a string in double quotes")
            .help("write `\\\\` for a backslash, or use single quotes, in which nothing is escaped")
    }

    /// A line is neither a key with its `:` nor the rest of a text: it is the last one with words on it.
    fn no_colon(&self) -> Diagnostic {
        let has_colon = self.text[self.at..].starts_with(':');
        let here = if has_colon { self.text[..self.at].rfind('\n').unwrap_or(self.at) } else { self.at };
        let mut end = self.text[..here].trim_end().len();
        loop {
            let start = self.text[..end].rfind('\n').map_or(0, |at| at + 1);
            let line = self.text[start..end].trim_start();
            if start == 0 || !(line.is_empty() || line.starts_with('#') || line.contains(": ")) {
                let range = end - line.len()..end;
                return Diagnostic::new(
                    Code::YamlSyntax,
                    self.span(range),
                    "this line has no `:` behind its key",
                )
                .label("expected `key: value`")
                .help(
                    "write a `:` and a blank behind the key; indent the line if it belongs to the text above",
                );
            }
            end = self.text[..start].trim_end().len();
        }
    }

    fn not_aligned(&self) -> Diagnostic {
        let line_start = self.text[..self.at].rfind('\n').map_or(0, |at| at + 1);
        let first_on_line = self.text[line_start..self.at].trim().is_empty();
        if first_on_line {
            return self
                .error("the indentation of this line fits none of the lines above")
                .help("keys of one mapping begin in the same column");
        }
        self.error("something stands behind a value that has ended")
            .help("put the whole value in quotes if this is a part of it")
    }
}

/// Makes the finding for a line that begins with tabs.
pub(super) fn tab_indentation(file: FileId, text: &str, tabs: Range<usize>) -> Diagnostic {
    let more = text[tabs.end..].lines().skip(1).filter(|line| leading(line).contains('\t')).count();
    let diagnostic = Diagnostic::new(
        Code::TabIndentation,
        Span::new(file, tabs.start, tabs.end),
        "this line is indented with a tab",
    )
    .label("YAML counts spaces only")
    .help("use spaces");
    match more {
        0 => diagnostic,
        1 => diagnostic.note("one more line of the file begins with a tab"),
        _ => diagnostic.note(format!("{more} more lines of the file begin with tabs")),
    }
}

/// Makes the finding for too many levels.
pub(super) fn nested_too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::NestedTooDeep,
        span,
        format!("lists and mappings are nested deeper than {} levels", super::MAX_DEPTH),
    )
    .label("the limit is passed here")
}

/// Finds tabs in the indentation of the line whose first node begins at `start`; none when something
/// else stands before it on the line.
pub(super) fn tab_in_indentation(text: &str, start: usize) -> Option<Range<usize>> {
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line_start..start];
    if !before.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'-' | b'?')) {
        return None;
    }
    tabs(line_start, leading(before))
}

/// Finds tabs in the indentation of the line that holds `at`, or on the blank lines above it.
fn indentation_of_line(text: &str, at: usize) -> Option<Range<usize>> {
    let mut line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    loop {
        let line = text[line_start..].lines().next().unwrap_or_default();
        let found = tabs(line_start, leading(line));
        // A blank line with a tab ends a text that goes on below it.
        let above = text[..line_start.saturating_sub(1)].rfind('\n').map_or(0, |at| at + 1);
        let blank = line_start > 0 && text[above..line_start].trim().is_empty();
        if found.is_some() || !blank {
            return found;
        }
        line_start = above;
    }
}

fn tabs(line_start: usize, indentation: &str) -> Option<Range<usize>> {
    let first = indentation.find('\t')?;
    let last = indentation.rfind('\t')?;
    Some(line_start + first..line_start + last + 1)
}

fn leading(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}
