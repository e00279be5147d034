//! YAML text to [`Node`]s with their places; the only module that names the YAML parser.
//!
//! Takes a file of the source map, gives the tree of its one document, or nothing when there is none to
//! speak of; what is wrong is pushed as diagnostics. Scalars keep their text as written (`2.10` stays
//! `2.10`), their type is decided where they are decoded.

mod parse;

use crate::text::{SourceMap, Span, Spanned};
use serde_json::Value;
use std::ops::Range;

pub use parse::parse;

/// A piece of YAML and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The bytes from its first character to its last one.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a node can be.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A string, a number, a truth value or nothing.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of the file. Keys are unique: of two equal ones the first is kept.
    Mapping(Vec<Entry>),
}

/// One key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Spanned<String>,
    /// The value.
    pub value: Node,
}

/// A value without parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The text, after quotes, escapes and indentation are taken away.
    pub text: String,
    /// How it was written.
    pub style: Style,
    /// A `${...}` in it was replaced, so that offsets in `text` say nothing about the file.
    pub expanded: bool,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Bare: may mean a number, a truth value or nothing.
    Plain,
    /// In single or double quotes: always a string.
    Quoted,
    /// A block behind `|` or `>`: always a string.
    Block,
}

impl Node {
    /// Says whether nothing was written.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(scalar) if scalar.is_null())
    }

    /// Returns the scalar, if it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            Kind::Sequence(_) | Kind::Mapping(_) => None,
        }
    }

    /// Returns the value under a key, if it is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns the key and value under a key, if it is a mapping that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Mapping(entries) => entries.iter().find(|entry| entry.key.value == key),
            Kind::Scalar(_) | Kind::Sequence(_) => None,
        }
    }

    /// Names what it is, with its article, for a message.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
            Kind::Scalar(scalar) if scalar.is_null() => "nothing",
            Kind::Scalar(scalar) if scalar.as_bool().is_some() => "a truth value",
            Kind::Scalar(scalar) if scalar.is_number() => "a number",
            Kind::Scalar(_) => "a string",
        }
    }

    /// Finds the place in the file of a range of bytes of this scalar's text. Where offsets do not tell it
    /// (escapes, folded lines, `${...}`), it is the only place that has these very words, else the whole node.
    pub fn locate(&self, sources: &SourceMap, range: Range<usize>) -> Span {
        parse::locate(self, sources, range)
    }
}

impl Scalar {
    /// Says whether it means nothing (YAML 1.2's core schema).
    pub fn is_null(&self) -> bool {
        self.style == Style::Plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// Returns the truth value that it means, if any: only `true` and `false`, as in YAML 1.2.
    pub fn as_bool(&self) -> Option<bool> {
        match (self.style, self.text.as_str()) {
            (Style::Plain, "true" | "True" | "TRUE") => Some(true),
            (Style::Plain, "false" | "False" | "FALSE") => Some(false),
            _ => None,
        }
    }

    /// Says whether it means a number.
    pub fn is_number(&self) -> bool {
        self.style == Style::Plain
            && self.text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))
            && self.text.parse::<f64>().is_ok()
    }

    /// Returns the number that it means, as JSON has it: also `0o17`, `0x1F`, `+5` and `.5` of YAML 1.2. None for
    /// infinity, for what JSON has no room for, and for zeros in front, which are as often those of a text.
    pub fn as_number(&self) -> Option<Value> {
        if self.style != Style::Plain {
            return None;
        }
        let based = |prefix: &str, base: u32| {
            let digits = self.text.strip_prefix(prefix)?;
            // Its parser takes a sign, which YAML has none of here.
            let is_bare = digits.starts_with(|c: char| c.is_ascii_alphanumeric());
            u64::from_str_radix(digits, base).ok().filter(|_| is_bare)
        };
        if let Some(number) = based("0o", 8).or_else(|| based("0x", 16)) {
            return Some(Value::from(number));
        }
        let digits = self.text.trim_start_matches(['+', '-']);
        let has_zeros = digits.starts_with('0') && digits[1..].starts_with(|c: char| c.is_ascii_digit());
        if !self.is_number() || has_zeros {
            return None;
        }
        let written = serde_json::from_str::<Value>(&self.text).ok().filter(Value::is_number);
        let unsigned = self.text.strip_prefix('+').unwrap_or(&self.text);
        written
            .or_else(|| unsigned.parse::<i64>().ok().map(Value::from))
            .or_else(|| unsigned.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from))
    }

    /// Says whether it is a number to YAML 1.2 that [`Self::as_number`] does not give.
    pub fn is_other_number(&self) -> bool {
        let words = [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"];
        let is_word = self.style == Style::Plain && words.contains(&self.text.trim_start_matches(['+', '-']));
        is_word || (self.is_number() && self.as_number().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_those_of_the_core_schema() {
        let plain = |text: &str| Scalar { text: text.to_owned(), style: Style::Plain, expanded: false };
        for (text, expected) in [
            ("0o755", json!(493)),
            ("0x1F", json!(31)),
            ("+5", json!(5)),
            ("-5", json!(-5)),
            (".5", json!(0.5)),
            ("0", json!(0)),
            ("0.25", json!(0.25)),
            ("1e3", json!(1000.0)),
        ] {
            assert_eq!(plain(text).as_number(), Some(expected), "{text}");
            assert!(!plain(text).is_other_number(), "{text}");
        }
        for text in [".inf", "-.Inf", ".nan", "0123", "-01", "1e999"] {
            assert_eq!(plain(text).as_number(), None, "{text}");
            assert!(plain(text).is_other_number(), "{text}");
        }
        for text in ["", "0o", "0o9", "0x", "0x+1", "0xg", "a", "inf", "NaN", "1_000", "2026-01-01"] {
            assert_eq!(plain(text).as_number(), None, "{text}");
            assert!(!plain(text).is_other_number(), "{text}");
        }
        let quoted = Scalar { style: Style::Quoted, ..plain("5") };
        assert_eq!((quoted.as_number(), quoted.is_other_number()), (None, false));
    }
}
