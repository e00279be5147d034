//! What is refused: tags, tabs, keys that are no words, too much depth, what the library does not read.

use super::{Builder, syntax};
use crate::diagnostic::{Code, Diagnostic};
use saphyr_parser::Tag;
use std::ops::{ControlFlow, Range};

impl Builder<'_> {
    /// Reports a list or a mapping where a key is expected, most often a `{{ ... }}` without quotes.
    pub(super) fn collection_as_key(&mut self, start: usize) {
        let rest = &self.text[start..];
        let template = rest.starts_with('{') && self.text[..start].ends_with('{');
        let diagnostic = if template {
            let line = rest.find('\n').map_or(rest, |at| &rest[..at]);
            let end = line.find("}}").map_or(start + 1, |at| start + at + 2);
            self.diagnostic(Code::YamlSyntax, start - 1..end, "a value that begins with `{{` needs quotes")
                .label("YAML reads this as a mapping")
                .help("put the whole value in double quotes: \"{{ ... }}\"")
        } else {
            self.diagnostic(Code::YamlSyntax, start..start + 1, "a key must be a word")
                .label("a list or a mapping cannot be a key")
        };
        self.broken(diagnostic);
    }

    pub(super) fn check_tag(&mut self, tag: Option<&Tag>, before: usize) {
        let Some(tag) = tag else { return };
        if tag.is_yaml_core_schema() && tag.suffix == "str" {
            return;
        }
        let start = self.text[..before].rfind('!').unwrap_or(before);
        let start = self.text[..start].rfind([' ', '\n', '[', '{', ',']).map_or(start, |at| at + 1);
        let length = self.text[start..before].trim_end().len();
        self.broken(
            self.diagnostic(Code::YamlSyntax, start..start + length, "tags have no meaning here")
                .label("remove this tag")
                .help("only `!!str` is understood: it makes a string of a number"),
        );
    }

    /// Refuses a line that is indented with tabs, which the parser takes for ordinary space.
    pub(super) fn check_tabs(&mut self, start: usize) -> ControlFlow<()> {
        if !self.has_tabs || self.frames.last().is_some_and(|frame| frame.flow) {
            return ControlFlow::Continue(());
        }
        match syntax::tab_in_indentation(self.text, start) {
            Some(tabs) => {
                self.broken(syntax::tab_indentation(self.file, self.text, tabs));
                ControlFlow::Break(())
            }
            None => ControlFlow::Continue(()),
        }
    }

    pub(super) fn too_deep(&mut self, range: Range<usize>) -> ControlFlow<()> {
        self.broken(syntax::nested_too_deep(self.span(range)));
        ControlFlow::Break(())
    }

    /// Reports why the library stopped, unless that follows from what was reported already.
    pub(super) fn syntax_error(&mut self, error: &saphyr_parser::ScanError) -> ControlFlow<()> {
        if !self.broken {
            let at = self.offsets.byte(error.marker().index());
            let bracket = |start: &usize| matches!(self.text.as_bytes().get(*start), Some(b'[' | b'{'));
            let open = self.frames.iter().rev().map(|frame| frame.start).find(bracket);
            let place = syntax::Place { file: self.file, text: self.text, at, open };
            self.broken(syntax::explain(error.info(), &place));
        }
        ControlFlow::Break(())
    }

    pub(super) fn broken(&mut self, diagnostic: Diagnostic) {
        self.broken = true;
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn diagnostic(&self, code: Code, range: Range<usize>, message: &str) -> Diagnostic {
        Diagnostic::new(code, self.span(range), message)
    }
}
