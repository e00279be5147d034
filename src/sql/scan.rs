//! Tokens of SQL: as much as splitting, blanking out and finding names need.

use super::{Dialect, SqlError, SqlErrorKind};
use crate::template::{TemplateError, TemplateErrorKind, closing};
use std::ops::Range;

/// A piece of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// The first byte of a word, in lower case, or of a symbol; 0 of all else.
    first: u8,
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
    /// `-- ...` or `/* ... */`, and what was reported and is to be passed over: `{% ... %}`, `\set`.
    Comment,
    /// One character of anything else.
    Symbol,
}

impl Token {
    fn new(kind: Kind, range: Range<usize>, script: &str) -> Self {
        let first = match kind {
            Kind::Word | Kind::Symbol => script.as_bytes()[range.start].to_ascii_lowercase(),
            Kind::Name | Kind::Text | Kind::Number | Kind::Hole | Kind::Comment => 0,
        };
        Self { kind, first, range }
    }

    /// Says whether it is this symbol, or this word in any case; `text` is in lower case.
    ///
    /// Every token is asked for dozens of words: most are told apart by their first byte, where they are asked.
    #[inline]
    pub(super) fn is(&self, script: &str, text: &str) -> bool {
        text.as_bytes().first() == Some(&self.first) && self.is_whole(script, text)
    }

    /// A token's bytes are whole characters.
    fn is_whole(&self, script: &str, text: &str) -> bool {
        self.range.len() == text.len()
            && script.as_bytes()[self.range.clone()].eq_ignore_ascii_case(text.as_bytes())
    }

    /// Says whether it is one of these words.
    #[inline]
    pub(super) fn is_any(&self, script: &str, words: &[&str]) -> bool {
        self.kind == Kind::Word && words.iter().any(|word| self.is(script, word))
    }

    /// Returns its text.
    pub(super) fn text<'a>(&self, script: &'a str) -> &'a str {
        &script[self.range.clone()]
    }
}

/// Cuts a script into tokens. What stands in holes is not looked at.
pub(super) fn scan(text: &str) -> (Vec<Token>, Vec<SqlError>) {
    scan_as(text, Dialect::Redshift)
}

/// Cuts a script of a dialect into tokens. Athena has no escapes in literals, no dollar signs around text, and names
/// between backticks.
pub(super) fn scan_as(text: &str, dialect: Dialect) -> (Vec<Token>, Vec<SqlError>) {
    let mut scanner = Scanner { text, dialect, at: 0, errors: Vec::new(), jinja_began: false };
    let mut tokens = Vec::with_capacity(text.len() / 6);
    while let Some(token) = scanner.next_token() {
        tokens.push(token);
    }
    (tokens, scanner.errors)
}

struct Scanner<'a> {
    text: &'a str,
    dialect: Dialect,
    at: usize,
    errors: Vec<SqlError>,
    jinja_began: bool,
}

impl Scanner<'_> {
    fn next_token(&mut self) -> Option<Token> {
        let rest = &self.text[self.at..];
        self.at += rest.find(|c| !is_space(c)).unwrap_or(rest.len());
        let start = self.at;
        let rest = &self.text[start..];
        let first = rest.chars().next()?;
        let kind = match first {
            _ if rest.starts_with("--") => {
                self.at += line(rest);
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
            _ if rest.starts_with("{%") || rest.starts_with("{#") => {
                self.jinja(rest);
                Kind::Comment
            }
            '\\' if !self.is_athena() => {
                self.command(rest);
                Kind::Comment
            }
            '\'' => {
                self.quoted(b'\'');
                Kind::Text
            }
            '"' => {
                self.quoted(b'"');
                Kind::Name
            }
            '`' if self.is_athena() => {
                self.quoted(b'`');
                Kind::Name
            }
            '$' if !self.is_athena() => self.dollar(rest),
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
        Some(Token::new(kind, start..self.at, self.text))
    }

    fn is_athena(&self) -> bool {
        self.dialect == Dialect::Athena
    }

    /// Comments nest, as in PostgreSQL; not in Athena.
    fn block_comment(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        while self.at < self.text.len() {
            let rest = &self.text.as_bytes()[self.at..];
            if rest.starts_with(b"/*") && !(self.is_athena() && depth > 0) {
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
                b'\\' if quote == b'\'' && rest.len() > 1 && !self.is_athena() => self.at += 2,
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
        let what = match quote {
            b'\'' => "this text is not closed by `'`",
            b'`' => "this name is not closed by a backtick",
            _ => "this name is not closed by `\"`",
        };
        self.error(start..start + 1, what);
    }

    /// `$$ ... $$` and `$tag$ ... $tag$`; a `$` that opens nothing is a symbol.
    fn dollar(&mut self, rest: &str) -> Kind {
        let length = rest[1..].find(|c| !is_name_part(c) || c == '$').unwrap_or(rest.len() - 1);
        let is_name = !rest[1..].starts_with(|c: char| c.is_ascii_digit());
        if !is_name || !rest[1 + length..].starts_with('$') {
            if is_name {
                self.error(self.at..self.at + 1, "`$` begins no text here: that would be `$$ ... $$`");
            }
            self.at += 1;
            return Kind::Symbol;
        }
        let tag = &rest[..length + 2];
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
        match closing(&self.text[self.at + 2..]) {
            Some(length) => self.at += length + 4,
            None => self.at = self.text.len(),
        }
    }

    /// `{% ... %}` and `{# ... #}`: Jinja's, which goes to nobody who knows it. What goes on or ends is told only
    /// where nothing began it.
    fn jinja(&mut self, rest: &str) {
        let is_statement = rest.starts_with("{%");
        let end = if is_statement { "%}" } else { "#}" };
        let length = rest[2..].find(end).map_or_else(|| line(rest), |length| length + 4);
        let range = self.at..self.at + length;
        self.at = range.end;
        if !is_statement {
            self.errors.push(in_template(range, jinja_comment_kind()));
            return;
        }
        let inner = rest[2..length].trim_start_matches('-').trim_start();
        let word = inner.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let goes_on = word.starts_with("end") || matches!(word, "else" | "elif");
        if !(goes_on && self.jinja_began) {
            self.errors.push(in_template(range, TemplateErrorKind::Statement(word.to_owned())));
        }
        self.jinja_began = true;
    }

    /// `\set`, `\i`: a command of a terminal, up to the end of its line.
    fn command(&mut self, rest: &str) {
        let word = rest[1..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len() - 1) + 1;
        let start = self.at;
        self.at += line(rest);
        let message = format!(
            "`{}` is a command of psql, which runs on the terminal; Redshift takes SQL only",
            &rest[..word]
        );
        self.error(start..start + word, &message);
    }

    fn error(&mut self, range: Range<usize>, message: &str) {
        self.errors.push(SqlError { range, kind: SqlErrorKind::Syntax(message.to_owned()) });
    }
}

/// Finds `{# ... #}` in a literal or a name.
pub(super) fn jinja_comment(token: &Token, script: &str) -> Option<SqlError> {
    let text = token.text(script);
    let start = text.find("{#")?;
    let length = text[start + 2..].find("#}")? + 4;
    let start = token.range.start + start;
    Some(in_template(start..start + length, jinja_comment_kind()))
}

fn jinja_comment_kind() -> TemplateErrorKind {
    TemplateErrorKind::Refused {
        message: "`{# ... #}` would stay as it is: only `{{ ... }}` is filled in".to_owned(),
        help: "write a comment as `-- ...` or `/* ... */`".to_owned(),
    }
}

fn in_template(range: Range<usize>, kind: TemplateErrorKind) -> SqlError {
    SqlError { range: range.clone(), kind: SqlErrorKind::Template(TemplateError { range, kind }) }
}

/// The length of what is left of a line; a carriage return ends one too.
fn line(rest: &str) -> usize {
    rest.find(['\n', '\r']).unwrap_or(rest.len())
}

/// What stands between tokens: also marks and blanks that editors and web pages leave behind.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\u{2060}')
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '#'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '#')
}
