//! Words, texts and signs of DQDL (`CommonLexerRules.g4`).

use super::{Problem, Read};
use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name or a number: letters, digits, `_` and `.`.
    Word,
    /// A text in double quotes.
    Text,
    /// A sign.
    Sign,
    /// The end.
    End,
}

/// A token.
#[derive(Clone, Debug)]
pub(super) struct Token<'t> {
    pub kind: TokenKind,
    /// What is written; of a text what stands between its quotes.
    pub text: &'t str,
    pub range: Range<usize>,
}

impl Token<'_> {
    /// Says whether it is this word or sign.
    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Sign) && self.text == sign
    }

    /// Says whether it is one of these words, in small letters or in capitals, as the grammar has its keywords.
    pub(super) fn is_either(&self, words: &[&str]) -> bool {
        self.kind == TokenKind::Word
            && words.iter().any(|word| self.text == *word || self.text == word.to_uppercase())
    }

    /// Says whether it is a number without a sign.
    pub(super) fn is_number(&self) -> bool {
        self.kind == TokenKind::Word && self.text.parse::<f64>().is_ok() && is_digit(self.text.chars().next())
    }

    /// Says that something else should stand here.
    pub(super) fn unexpected(&self, wanted: &str) -> Problem {
        let found = match self.kind {
            TokenKind::End => "the text ends".to_owned(),
            TokenKind::Text => format!("found \"{}\"", self.text),
            TokenKind::Word | TokenKind::Sign => format!("found `{}`", self.text),
        };
        Problem::new(self.range.clone(), format!("expected {wanted}, {found}"))
    }
}

fn is_digit(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_digit())
}

const SIGNS: &[&str] =
    &[">=", "<=", "!=", "=", ">", "<", "!", "(", ")", "[", "]", "{", "}", ",", ":", "$", "+", "-", "*", "/"];

/// Reads all tokens; the last one is the end.
pub(super) fn tokens(text: &str) -> Read<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c.is_whitespace() {
            at += c.len_utf8();
        } else if c == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if c == '"' {
            let length = quoted(rest).ok_or_else(|| {
                Problem::new(at..at + 1, "this text has no end").help("write `\"` behind it")
            })?;
            let range = at..at + length;
            tokens.push(Token { kind: TokenKind::Text, text: &text[at + 1..range.end - 1], range });
            at += length;
        } else {
            let (kind, length) = word_or_sign(rest).ok_or_else(|| strange(c, at))?;
            tokens.push(Token { kind, text: &rest[..length], range: at..at + length });
            at += length;
        }
    }
    let end = text.trim_end().len();
    let start = text[..end].char_indices().last().map_or(0, |(start, _)| start);
    tokens.push(Token { kind: TokenKind::End, text: "", range: start..end });
    Ok(tokens)
}

fn word_or_sign(rest: &str) -> Option<(TokenKind, usize)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    if length > 0 {
        return Some((TokenKind::Word, length));
    }
    let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign))?;
    Some((TokenKind::Sign, sign.len()))
}

/// Measures a text with its quotes; `\"` and `\\` stand for themselves.
fn quoted(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return Some(at + 1),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

fn strange(c: char, at: usize) -> Problem {
    let problem = Problem::new(at..at + c.len_utf8(), format!("`{c}` cannot stand here"));
    match c {
        '\'' | '\u{201c}' | '\u{201d}' => problem.help("texts and columns stand in double quotes"),
        '`' => problem.help("columns stand in double quotes"),
        _ => problem,
    }
}
