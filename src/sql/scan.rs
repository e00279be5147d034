//! Tokens of SQL: as much as splitting, blanking out and finding names need.

use super::{SqlError, SqlErrorKind};
use crate::template::{Template, closing};
use std::ops::Range;

/// A piece of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// Its bytes in the script.
    pub(super) range: Range<usize>,
}

/// What a token can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a bare name.
    Word,
    /// A name in double quotes.
    Name,
    /// Text in single quotes or between dollar signs.
    Text,
    /// A number.
    Number,
    /// `{{ ... }}` outside of quotes.
    Hole,
    /// `-- ...` or `/* ... */`.
    Comment,
    /// One character of anything else.
    Symbol,
}

impl Token {
    /// Says whether it is this symbol, or this word in any case.
    pub(super) fn is(&self, script: &str, text: &str) -> bool {
        matches!(self.kind, Kind::Symbol | Kind::Word) && self.text(script).eq_ignore_ascii_case(text)
    }

    /// Says whether it is one of these words.
    pub(super) fn is_any(&self, script: &str, words: &[&str]) -> bool {
        self.kind == Kind::Word && words.iter().any(|word| self.text(script).eq_ignore_ascii_case(word))
    }

    /// Returns its text.
    pub(super) fn text<'a>(&self, script: &'a str) -> &'a str {
        &script[self.range.clone()]
    }
}

/// Cuts a script into tokens. Holes outside of comments are checked.
pub(super) fn scan(text: &str) -> (Vec<Token>, Vec<SqlError>) {
    let mut scanner = Scanner { text, at: 0, errors: Vec::new() };
    let mut tokens = Vec::with_capacity(text.len() / 6);
    while let Some(token) = scanner.next_token() {
        tokens.push(token);
    }
    (tokens, scanner.errors)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    errors: Vec<SqlError>,
}

impl Scanner<'_> {
    fn next_token(&mut self) -> Option<Token> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        let start = self.at;
        let rest = &self.text[start..];
        let first = rest.chars().next()?;
        let kind = match first {
            _ if rest.starts_with("--") => {
                self.at += rest.find('\n').unwrap_or(rest.len());
                Kind::Comment
            }
            _ if rest.starts_with("/*") => {
                self.block_comment();
                Kind::Comment
            }
            _ if rest.starts_with("{{") => {
                self.hole();
                Kind::Hole
            }
            '\'' => {
                self.quoted(b'\'');
                Kind::Text
            }
            '"' => {
                self.quoted(b'"');
                Kind::Name
            }
            '$' => self.dollar(rest),
            c if is_name_start(c) => {
                self.at += rest.find(|c| !is_name_part(c)).unwrap_or(rest.len());
                Kind::Word
            }
            c if c.is_ascii_digit() => {
                let is_number = |c: char| c.is_ascii_alphanumeric() || c == '.';
                self.at += rest.find(|c| !is_number(c)).unwrap_or(rest.len());
                Kind::Number
            }
            c => {
                self.at += c.len_utf8();
                Kind::Symbol
            }
        };
        Some(Token { kind, range: start..self.at })
    }

    /// Comments nest, as in PostgreSQL.
    fn block_comment(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        while self.at < self.text.len() {
            let rest = &self.text.as_bytes()[self.at..];
            if rest.starts_with(b"/*") {
                depth += 1;
                self.at += 2;
            } else if rest.starts_with(b"*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return;
                }
            } else {
                self.at += 1;
            }
        }
        self.error(start..start + 2, "`/*` is not closed by `*/`");
    }

    /// Redshift reads `\` in a literal as an escape, as PostgreSQL 8 did.
    fn quoted(&mut self, quote: u8) {
        let start = self.at;
        self.at += 1;
        while self.at < self.text.len() {
            let rest = &self.text.as_bytes()[self.at..];
            match rest[0] {
                b'\\' if quote == b'\'' && rest.len() > 1 => self.at += 2,
                b'{' if rest.starts_with(b"{{") => self.hole(),
                byte if byte == quote && rest.get(1) == Some(&quote) => self.at += 2,
                byte if byte == quote => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.text.len();
        let what =
            if quote == b'\'' { "this text is not closed by `'`" } else { "this name is not closed by `\"`" };
        self.error(start..start + 1, what);
    }

    /// `$$ ... $$` and `$tag$ ... $tag$`; a `$` that opens nothing is a symbol.
    fn dollar(&mut self, rest: &str) -> Kind {
        let tag = rest[1..].find(|c| !is_name_part(c) || c == '$').map(|length| &rest[..length + 2]);
        let Some(tag) = tag.filter(|tag| tag.ends_with('$')) else {
            self.at += 1;
            return Kind::Symbol;
        };
        if let Some(length) = rest[tag.len()..].find(tag) {
            self.at += length + 2 * tag.len();
        } else {
            let start = self.at;
            self.at = self.text.len();
            self.error(start..start + tag.len(), &format!("`{tag}` is not closed"));
        }
        Kind::Text
    }

    fn hole(&mut self) {
        let start = self.at;
        match closing(&self.text[start + 2..]) {
            Some(length) => self.at += length + 4,
            None => self.at = self.text.len(),
        }
        if let Err(errors) = Template::parse(&self.text[start..self.at]) {
            self.errors.extend(errors.into_iter().map(|error| {
                let range = start + error.range.start..start + error.range.end;
                SqlError { range, kind: SqlErrorKind::Template(error) }
            }));
        }
    }

    fn error(&mut self, range: Range<usize>, message: &str) {
        self.errors.push(SqlError { range, kind: SqlErrorKind::Syntax(message.to_owned()) });
    }
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '#'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '#')
}
