//! DQDL, the language of Glue Data Quality's rules: what is wrong with a text of it.
//!
//! From AWS's own grammar and table of rule types (`awslabs/dqdl`) and the AWS Glue Developer Guide ("Data Quality Definition
//! Language reference"). DQDL is case-sensitive. Takes a text; gives problems with their bytes in it.
//!
//! | module | gives |
//! | --- | --- |
//! | [`lexer`] | words, texts and signs |
//! | [`types`] | the types of rules: what each takes and gives |
//! | [`document`] | sections, lists, rules that are joined |
//! | [`rule`] | one rule |
//! | [`condition`] | what a rule's value is compared with |

mod condition;
mod document;
mod lexer;
mod rule;
mod types;

#[cfg(test)]
mod tests;

use lexer::{Token, TokenKind, tokens};
use std::ops::Range;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// Where.
    pub range: Range<usize>,
    /// What.
    pub message: String,
    /// The cure.
    pub help: Option<String>,
    /// A word that is not known, with those that are.
    pub unknown: Option<(String, Vec<String>)>,
}

impl Problem {
    fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self { range, message: message.into(), help: None, unknown: None }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    fn unknown<'k>(self, word: &str, known: impl IntoIterator<Item = &'k str>) -> Self {
        let known = known.into_iter().map(str::to_owned).collect();
        Self { unknown: Some((word.to_owned(), known)), ..self }
    }
}

/// Finds what is wrong with rules. `columns` are those of the table, where they are known.
pub(super) fn problems(text: &str, columns: Option<&[String]>) -> Vec<Problem> {
    let tokens = match tokens(text) {
        Ok(tokens) => tokens,
        Err(problem) => return vec![problem],
    };
    let mut parser = Parser { tokens, at: 0, columns, problems: Vec::new() };
    parser.document();
    parser.problems
}

/// Reads tokens from left to right.
struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    columns: Option<&'t [String]>,
    problems: Vec<Problem>,
}

/// A part that was read, or what is wrong with it.
type Read<T> = Result<T, Problem>;

impl<'t> Parser<'t> {
    /// The next token, which stays; the last one is the end.
    fn peek(&self) -> Token<'t> {
        self.ahead(0)
    }

    fn ahead(&self, by: usize) -> Token<'t> {
        let last = self.tokens.len() - 1;
        self.tokens[(self.at + by).min(last)].clone()
    }

    fn next(&mut self) -> Token<'t> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn is(&self, sign: &str) -> bool {
        self.peek().is(sign)
    }

    /// Passes over a word or a sign, if it is the next one.
    fn skip(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str, place: &str) -> Read<()> {
        let token = self.peek();
        if self.skip(sign) {
            return Ok(());
        }
        Err(token.unexpected(&format!("`{sign}` {place}")))
    }

    fn text(&mut self, what: &str) -> Read<Token<'t>> {
        let token = self.next();
        match token.kind {
            TokenKind::Text => Ok(token),
            TokenKind::Word | TokenKind::Sign | TokenKind::End => {
                Err(token.unexpected(&format!("{what} in double quotes")))
            }
        }
    }
}
