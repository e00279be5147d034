//! The words and marks of an expression (Spark's `SqlBaseLexer.g4`).

use super::finding::{Finding, FindingKind};
use std::ops::Range;

/// A word or a mark, and the bytes where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    /// Where it stands.
    pub range: Range<usize>,
    /// What it is.
    pub kind: TokenKind,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A word: a name, or a word of the language.
    Word,
    /// A name in back-quotes.
    Quoted(String),
    /// A text.
    Text {
        /// What it says.
        value: String,
        /// A quote in it is written twice.
        is_doubled: bool,
    },
    /// A number, with its suffix.
    Number,
    /// A mark.
    Mark(&'static str),
    /// `{{ ... }}`: put in when it runs.
    Hole,
    /// The end of the text.
    End,
}

/// The marks; a longer one stands before what it begins with.
const MARKS: &[&str] = &[
    "<=>", ">>>", "<<", ">>", "->", "=>", "==", "<>", "!=", "<=", ">=", "||", "::", "=", "<", ">", "+", "-",
    "*", "/", "%", "&", "|", "^", "~", "!", "(", ")", "[", "]", ",", ".", ":",
];

/// Splits a text; the last token is its end.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Finding> {
    let mut lexer = Lexer { text, at: 0 };
    let mut found = Vec::new();
    loop {
        lexer.skip()?;
        let start = lexer.at;
        let kind = lexer.next()?;
        let is_end = kind == TokenKind::End;
        found.push(Token { range: start..lexer.at, kind });
        if is_end {
            return Ok(found);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn error<T>(&self, start: usize, message: &str) -> Result<T, Finding> {
        Err(Finding::new(start..self.text.len(), FindingKind::Syntax, message))
    }

    /// Skips blanks and comments.
    fn skip(&mut self) -> Result<(), Finding> {
        loop {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start().len();
            if blanks > 0 {
                self.at += blanks;
            } else if rest.starts_with("--") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                let Some(end) = rest.find("*/") else { return self.error(self.at, "a comment has no end") };
                self.at += end + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn next(&mut self) -> Result<TokenKind, Finding> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(TokenKind::End) };
        let second = rest.chars().nth(1);
        match first {
            '\'' | '"' => self.quoted_text(first, false),
            'r' | 'R' if matches!(second, Some('\'' | '"')) => {
                self.at += 1;
                self.quoted_text(second.unwrap_or('\''), true)
            }
            '`' => self.quoted_name(),
            '0'..='9' => Ok(self.number()),
            '.' if second.is_some_and(|c| c.is_ascii_digit()) && !self.is_after_name() => Ok(self.number()),
            '{' if rest.starts_with("{{") => self.hole(),
            c if c == '_' || c.is_alphanumeric() => Ok(self.word()),
            _ => self.mark(first),
        }
    }

    /// `a.1`, where the dot is that of a name.
    fn is_after_name(&self) -> bool {
        self.text[..self.at]
            .ends_with(|c: char| c == '_' || c == '`' || c == ']' || c == ')' || c.is_alphanumeric())
    }

    fn word(&mut self) -> TokenKind {
        let rest = self.rest();
        self.at += rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        TokenKind::Word
    }

    fn mark(&mut self, first: char) -> Result<TokenKind, Finding> {
        if let Some(mark) = MARKS.iter().find(|mark| self.rest().starts_with(**mark)) {
            self.at += mark.len();
            return Ok(TokenKind::Mark(mark));
        }
        let range = self.at..self.at + first.len_utf8();
        let told = format!("`{first}` means nothing in an expression");
        Err(Finding::new(range, FindingKind::Syntax, told))
    }

    fn hole(&mut self) -> Result<TokenKind, Finding> {
        let Some(end) = self.rest().find("}}") else { return self.error(self.at, "`{{` has no `}}`") };
        self.at += end + 2;
        Ok(TokenKind::Hole)
    }

    fn quoted_name(&mut self) -> Result<TokenKind, Finding> {
        let start = self.at;
        let mut name = String::new();
        let mut from = start + 1;
        loop {
            let Some(end) = self.text[from..].find('`') else {
                return self.error(start, "a name has no end");
            };
            name.push_str(&self.text[from..from + end]);
            self.at = from + end + 1;
            if !self.rest().starts_with('`') {
                return Ok(TokenKind::Quoted(name));
            }
            name.push('`');
            from = self.at + 1;
        }
    }

    fn quoted_text(&mut self, quote: char, is_raw: bool) -> Result<TokenKind, Finding> {
        let start = self.at;
        let (mut value, mut is_doubled) = (String::new(), false);
        let mut chars = self.text[start + 1..].char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            match c {
                '\\' if !is_raw => match chars.next() {
                    Some((_, escaped)) => unescape(&mut value, escaped),
                    None => break,
                },
                c if c == quote && next == Some(quote) && !is_raw => {
                    chars.next();
                    is_doubled = true;
                    value.push(quote);
                }
                c if c == quote => {
                    self.at = start + 1 + at + 1;
                    return Ok(TokenKind::Text { value, is_doubled });
                }
                c => value.push(c),
            }
        }
        self.error(start, "a text has no end")
    }

    /// Digits, a point, digits, an exponent, a suffix; or a name that begins with a digit.
    fn number(&mut self) -> TokenKind {
        let start = self.at;
        self.digits();
        if self.rest().starts_with('.') {
            self.at += 1;
            self.digits();
        }
        let exponent = self.rest().strip_prefix(['e', 'E']).map(|rest| rest.trim_start_matches(['+', '-']));
        if exponent.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            self.at = self.text.len() - exponent.map_or(0, str::len);
            self.digits();
        }
        self.word();
        let written = &self.text[start..self.at];
        match split_suffix(written) {
            Some(_) => TokenKind::Number,
            None => TokenKind::Word,
        }
    }

    fn digits(&mut self) {
        let rest = self.rest();
        self.at += rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    }
}

/// Splits a number and its suffix, in upper case; nothing when it is none.
pub(super) fn split_suffix(written: &str) -> Option<(&str, String)> {
    let end = written.rfind(|c: char| c.is_ascii_digit() || c == '.')? + 1;
    let (digits, suffix) = written.split_at(end);
    let suffix = suffix.to_ascii_uppercase();
    let is_whole = digits.bytes().all(|c| c.is_ascii_digit());
    let is_number =
        digits.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'.' | b'e' | b'E' | b'+' | b'-'));
    let fits = match suffix.as_str() {
        "" | "F" | "D" | "BD" => true,
        "L" | "S" | "Y" => is_whole,
        _ => false,
    };
    (is_number && fits).then_some((digits, suffix))
}

fn unescape(value: &mut String, escaped: char) {
    match escaped {
        'n' => value.push('\n'),
        't' => value.push('\t'),
        'r' => value.push('\r'),
        '%' | '_' => value.extend(['\\', escaped]),
        other => value.push(other),
    }
}
