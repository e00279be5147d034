//! Our tokens as the parser's, so that a text is cut once.
//!
//! Takes what nearly all SQL is made of. Where the parser's own tokenizer might cut otherwise (prefixes of
//! literals, escapes, rare operators), it is asked: [`of_parser`] gives nothing.

use crate::sql::clean::{Seen, fill_holes};
use crate::sql::scan::{Kind, Token};
use sqlparser::keywords::{ALL_KEYWORDS, ALL_KEYWORDS_INDEX, Keyword};
use sqlparser::tokenizer::{self, Location, Span, TokenWithSpan, Whitespace, Word};
use std::collections::HashMap;
use std::sync::LazyLock;

/// No keyword is longer.
const LONGEST: usize = 64;

/// The parser's keywords.
static KEYWORDS: LazyLock<HashMap<&'static [u8], Keyword, foldhash::fast::RandomState>> =
    LazyLock::new(|| {
        ALL_KEYWORDS.iter().map(|word| word.as_bytes()).zip(ALL_KEYWORDS_INDEX.to_vec()).collect()
    });

/// Makes the parser's tokens of those of a statement; their places are bytes of one line. `None` when the parser
/// has to cut the text itself.
pub(super) fn of_parser(script: &str, tokens: &[&Token], seen: &[Seen]) -> Option<Vec<TokenWithSpan>> {
    let mut cut = Cut { script, tokens, seen, made: Vec::with_capacity(tokens.len()) };
    let mut at = 0;
    while at < tokens.len() {
        at = cut.next(at)?;
    }
    Some(cut.made)
}

struct Cut<'a> {
    script: &'a str,
    tokens: &'a [&'a Token],
    seen: &'a [Seen],
    made: Vec<TokenWithSpan>,
}

impl<'a> Cut<'a> {
    /// Makes a token of the one at an index, or of several; gives the index behind.
    fn next(&mut self, at: usize) -> Option<usize> {
        let token = self.tokens[at];
        let text = token.text(self.script);
        // A prefix of a literal, or two quotes in one.
        if self.joined(at).is_some_and(|next| matches!(next.kind, Kind::Text | Kind::Hole))
            && !matches!(token.kind, Kind::Symbol)
        {
            return None;
        }
        let made = match (self.seen[at], token.kind) {
            (Seen::Nothing, _) => return Some(at + 1),
            (Seen::One, _) => tokenizer::Token::Number("1".to_owned(), false),
            (Seen::Renamed, _) => word(format!("{}_", &text[..text.len() - 1])),
            (Seen::AsItIs, Kind::Word) if text.starts_with('#') && !is_temporary(text) => return None,
            (Seen::AsItIs, Kind::Word) => word(text.to_owned()),
            (Seen::AsItIs, Kind::Name) => name(text)?,
            (Seen::AsItIs, Kind::Hole) => {
                tokenizer::Token::SingleQuotedString("x".repeat(text.len().saturating_sub(2)))
            }
            (Seen::AsItIs, Kind::Text) => {
                self.line_before(at);
                literal(text)?
            }
            (Seen::AsItIs, Kind::Number) => {
                let is_whole = self.joined(at).is_none_or(|next| next.kind == Kind::Symbol);
                let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
                    && text.bytes().filter(|byte| *byte == b'.').count() < 2;
                if !is_whole || !is_plain {
                    return None;
                }
                tokenizer::Token::Number(text.to_owned(), false)
            }
            (Seen::AsItIs, Kind::Symbol) => {
                let (symbol, behind) = self.symbol(at)?;
                self.push(at, behind - 1, symbol);
                return Some(behind);
            }
            (Seen::AsItIs, Kind::Comment) => return None,
        };
        self.push(at, at, made);
        Some(at + 1)
    }

    fn push(&mut self, first: usize, last: usize, token: tokenizer::Token) {
        let start = self.tokens[0].range.start;
        let place = |byte: usize| Location::new(1, (byte - start + 1) as u64);
        let range = self.tokens[first].range.start..self.tokens[last].range.end;
        self.made.push(TokenWithSpan { token, span: Span::new(place(range.start), place(range.end)) });
    }

    /// The next token when it stands right behind this one.
    fn joined(&self, at: usize) -> Option<&'a Token> {
        let next = self.tokens.get(at + 1).filter(|_| self.seen[at + 1] != Seen::Nothing)?;
        (next.range.start == self.tokens[at].range.end).then_some(*next)
    }

    /// Two literals on lines of their own are one: the only place where the parser looks at blanks.
    fn line_before(&mut self, at: usize) {
        let is_literal =
            |token: &TokenWithSpan| matches!(token.token, tokenizer::Token::SingleQuotedString(_));
        if at > 0 && self.made.last().is_some_and(is_literal) {
            let before = (0..at).rev().find(|n| self.seen[*n] != Seen::Nothing).unwrap_or_default();
            let gap = &self.script[self.tokens[before].range.end..self.tokens[at].range.start];
            if gap.contains('\n') {
                self.push(at, at, tokenizer::Token::Whitespace(Whitespace::Newline));
            }
        }
    }

    /// Reads a symbol, or an operator of two; gives the index behind it.
    fn symbol(&self, at: usize) -> Option<(tokenizer::Token, usize)> {
        use tokenizer::Token::{
            Comma, Div, DoubleColon, Eq, Gt, GtEq, LBracket, LParen, Lt, LtEq, Minus, Mod, Mul, Neq, Period,
            Plus, RBracket, RParen, StringConcat,
        };
        let next = self.joined(at);
        let is_symbol = |token: &&Token| token.kind == Kind::Symbol;
        let character = |token: &Token| token.text(self.script);
        let one = match character(self.tokens[at]) {
            "(" => LParen,
            ")" => RParen,
            "," => Comma,
            "]" => RBracket,
            "[" if next.is_some_and(|next| next.kind == Kind::Number) => LBracket,
            "." => match next {
                None => Period,
                Some(_) if self.seen[at + 1] == Seen::One => return None,
                Some(next) if next.kind == Kind::Name || character(next) == "*" => Period,
                Some(next) if next.kind == Kind::Word && !character(next).starts_with('_') => Period,
                Some(_) => return None,
            },
            first => {
                let second = next.filter(is_symbol).map(character);
                let second = second.filter(|second| !matches!(*second, "(" | ")" | "," | "." | "[" | "]"));
                let two = match (first, second) {
                    ("+", None) => return Some((Plus, at + 1)),
                    ("-", None) => return Some((Minus, at + 1)),
                    ("*", None) => return Some((Mul, at + 1)),
                    ("/", None) => return Some((Div, at + 1)),
                    ("%", None) => return Some((Mod, at + 1)),
                    ("=", None) => return Some((Eq, at + 1)),
                    ("<", None) => return Some((Lt, at + 1)),
                    (">", None) => return Some((Gt, at + 1)),
                    (":", Some(":")) => DoubleColon,
                    ("<", Some(">")) | ("!", Some("=")) => Neq,
                    ("<", Some("=")) => LtEq,
                    (">", Some("=")) => GtEq,
                    ("|", Some("|")) => StringConcat,
                    _ => return None,
                };
                // Three may be another operator.
                let third = self.joined(at + 1).filter(is_symbol).map(character);
                let is_two = third.is_none_or(|third| matches!(third, "(" | ")" | "," | "."));
                return is_two.then_some((two, at + 2));
            }
        };
        Some((one, at + 1))
    }
}

/// Says whether a word that begins with `#` is the name of a temporary table, and no operator.
fn is_temporary(text: &str) -> bool {
    text[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

fn word(value: String) -> tokenizer::Token {
    let mut upper = [0_u8; LONGEST];
    let keyword = upper.get_mut(..value.len()).and_then(|upper| {
        upper.copy_from_slice(value.as_bytes());
        upper.make_ascii_uppercase();
        KEYWORDS.get(&*upper).copied()
    });
    tokenizer::Token::Word(Word { value, quote_style: None, keyword: keyword.unwrap_or(Keyword::NoKeyword) })
}

fn name(text: &str) -> Option<tokenizer::Token> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let value = if inner.contains('"') { inner.replace("\"\"", "\"") } else { inner.to_owned() };
    Some(tokenizer::Token::Word(Word { value, quote_style: Some('"'), keyword: Keyword::NoKeyword }))
}

/// A literal without escapes; holes in it are filled.
fn literal(text: &str) -> Option<tokenizer::Token> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut value = inner.to_owned();
    if inner.contains("{{") {
        let mut bytes = value.into_bytes();
        fill_holes(&mut bytes, inner);
        value = String::from_utf8(bytes).ok()?;
    }
    (!value.contains(['\\', '\''])).then_some(tokenizer::Token::SingleQuotedString(value))
}

#[cfg(test)]
mod tests;
