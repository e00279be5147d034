//! The words of an expression: names, numbers, strings and signs.

use super::Parser;
use crate::template::{Parsed, TemplateError, TemplateErrorKind};

impl<'a> Parser<'a> {
    /// A step's name, with the value of `each` in brackets if it has one: `load[orders]`.
    pub(super) fn step(&mut self) -> Parsed<String> {
        let mut name = self.name()?.to_owned();
        if self.text[self.at..self.end].starts_with('[') {
            let Some(length) = self.text[self.at..self.end].find(']') else {
                return Err(self.syntax("`[` is not closed by `]`"));
            };
            name.push_str(&self.text[self.at..=self.at + length]);
            self.at += length + 1;
        }
        Ok(name)
    }

    /// Passes over the dot that a name must have behind it; `otherwise` says what is missing.
    pub(super) fn dot(&mut self, otherwise: &str) -> Parsed<()> {
        let error = self.syntax(otherwise);
        self.expect('.').map_err(|_| error)
    }

    pub(super) fn name(&mut self) -> Parsed<&'a str> {
        self.space();
        let rest = &self.text[self.at..self.end];
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if length == 0 || rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.syntax("expected a name"));
        }
        self.at += length;
        Ok(&rest[..length])
    }

    pub(super) fn number(&mut self) -> Parsed<i64> {
        let start = self.after_space();
        let rest = &self.text[self.at..self.end];
        let length = rest
            .char_indices()
            .find(|(n, c)| !(c.is_ascii_digit() || (*n == 0 && *c == '-')))
            .map_or(rest.len(), |(n, _)| n);
        self.at += length;
        rest[..length].parse().map_err(|_| TemplateError {
            range: start..(start + length).max(start + 1).min(self.end),
            kind: TemplateErrorKind::Syntax("expected a whole number".to_owned()),
        })
    }

    /// A string without its quotes, and where it begins.
    pub(super) fn string(&mut self) -> Parsed<(String, usize)> {
        self.space();
        let rest = &self.text[self.at..self.end];
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let Some(length) = quote.and_then(|quote| rest[1..].find(quote)) else {
            return Err(self.syntax("expected a quoted string"));
        };
        let start = self.at + 1;
        self.at += length + 2;
        Ok((rest[1..=length].to_owned(), start))
    }

    pub(super) fn eat(&mut self, wanted: char) -> bool {
        self.space();
        let found = self.text[self.at..self.end].starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    pub(super) fn expect(&mut self, wanted: char) -> Parsed<()> {
        if self.eat(wanted) { Ok(()) } else { Err(self.syntax(&format!("expected `{wanted}`"))) }
    }

    fn space(&mut self) {
        let rest = &self.text[self.at..self.end];
        self.at += rest.len() - rest.trim_start().len();
    }

    pub(super) fn after_space(&mut self) -> usize {
        self.space();
        self.at
    }

    pub(super) fn syntax(&self, message: &str) -> TemplateError {
        let width = self.text[self.at..self.end].chars().next().map_or(0, char::len_utf8);
        TemplateError { range: self.at..self.at + width, kind: TemplateErrorKind::Syntax(message.to_owned()) }
    }
}
