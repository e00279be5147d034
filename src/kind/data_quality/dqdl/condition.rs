//! What a rule's value is compared with.

use super::lexer::{Token, TokenKind};
use super::types::{RuleType, Value};
use super::{Parser, Problem, Read};
use std::ops::Range;

/// What something is that a value is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Operand {
    /// A number, where it is written out.
    Number(Option<f64>),
    /// A text; it may be a date.
    Text,
    /// `24 hours`
    Duration,
    /// `10 MB`
    Size,
    /// `now()`
    Moment,
    /// `NULL`, `EMPTY`, `WHITESPACES_ONLY`, or a variable.
    Open,
}

const DURATIONS: &[&str] = &["days", "hours", "minutes"];
const SIZES: &[&str] = &["B", "KB", "MB", "GB", "TB"];
const KEYWORDS: &[&str] = &["null", "empty", "whitespaces_only"];

impl<'t> Parser<'t> {
    /// Reads a condition; says whether there is one.
    pub(super) fn condition(&mut self, kind: &RuleType) -> Read<bool> {
        let sign = self.peek();
        if [">", ">=", "<", "<=", "=", "!="].iter().any(|known| sign.is(known)) {
            self.next();
            self.operand(kind)?;
            return Ok(true);
        }
        if sign.is("!") {
            self.next();
            self.expect("=", "behind `!`")?;
            self.operand(kind)?;
            return Ok(true);
        }
        let is_not = self.skip("not");
        let word = self.peek();
        match word.text {
            "between" if word.kind == TokenKind::Word => {
                self.next();
                self.operand(kind)?;
                let and = self.next();
                if !and.is_either(&["and"]) {
                    return Err(and.unexpected("`and` and the upper end behind `between`"));
                }
                self.operand(kind)?;
            }
            "in" if word.kind == TokenKind::Word => {
                self.next();
                self.members(kind)?;
            }
            "matches" if word.kind == TokenKind::Word => {
                self.next();
                let pattern = self.text("a pattern")?;
                fits(kind, Operand::Text, pattern.range)?;
            }
            _ if is_not => return Err(word.unexpected("`between`, `in` or `matches` behind `not`")),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn members(&mut self, kind: &RuleType) -> Read<()> {
        if self.skip("$") {
            self.next();
            return Ok(());
        }
        self.expect("[", "behind `in`")?;
        loop {
            self.operand(kind)?;
            if self.skip("]") {
                return Ok(());
            }
            self.expect(",", "or `]` behind a value")?;
        }
    }

    fn operand(&mut self, kind: &RuleType) -> Read<()> {
        let first = self.peek().range;
        let operand = self.sum()?;
        let range = first.start..self.tokens[self.at - 1].range.end;
        fits(kind, operand, range)
    }

    /// A value, or several with signs between.
    fn sum(&mut self) -> Read<Operand> {
        let mut operand = self.value()?;
        while ["+", "-", "*", "/"].iter().any(|sign| self.is(sign)) {
            self.next();
            let next = self.value()?;
            operand = match (operand, next) {
                (Operand::Number(_), Operand::Number(_)) => Operand::Number(None),
                (first, _) => first,
            };
        }
        Ok(operand)
    }

    fn value(&mut self) -> Read<Operand> {
        let token = self.next();
        match token.kind {
            TokenKind::Text => Ok(Operand::Text),
            TokenKind::Sign if token.is("(") => {
                let operand = self.sum()?;
                self.expect(")", "behind it")?;
                Ok(operand)
            }
            TokenKind::Sign if token.is("-") => match self.value()? {
                Operand::Number(number) => Ok(Operand::Number(number.map(|number| -number))),
                other => Ok(other),
            },
            TokenKind::Sign if token.is("$") => {
                self.next();
                Ok(Operand::Open)
            }
            TokenKind::Word if token.is_number() => Ok(self.number(&token)),
            TokenKind::Word if token.is_either(KEYWORDS) => Ok(Operand::Open),
            TokenKind::Word => self.call(&token),
            TokenKind::Sign | TokenKind::End => Err(token.unexpected("a value")),
        }
    }

    fn number(&mut self, token: &Token<'t>) -> Operand {
        let unit = self.peek();
        if DURATIONS.iter().any(|known| unit.is(known)) {
            self.next();
            return Operand::Duration;
        }
        if SIZES.iter().any(|known| unit.is(known)) {
            self.next();
            return Operand::Size;
        }
        Operand::Number(token.text.parse().ok())
    }

    /// `now()`; functions of values of before are those of Glue jobs.
    fn call(&mut self, name: &Token<'t>) -> Read<Operand> {
        if !self.skip("(") {
            let problem = name.unexpected("a value");
            let unit = DURATIONS.iter().find(|unit| name.text.ends_with(**unit));
            return Err(match unit {
                Some(unit) if name.text.starts_with(|c: char| c.is_ascii_digit()) => {
                    let number = name.text.trim_end_matches(unit);
                    problem.help(format!("write `{number} {unit}`, with a blank"))
                }
                _ => problem.help("texts stand in double quotes"),
            });
        }
        if name.is("now") {
            self.expect(")", "behind `now(`")?;
            return Ok(Operand::Moment);
        }
        let message = format!("`{}(...)` looks at runs of before, and only Glue jobs have those", name.text);
        Err(Problem::new(name.range.clone(), message).help("compare with a number"))
    }
}

/// Says when a value is compared with what it is not.
fn fits(kind: &RuleType, operand: Operand, range: Range<usize>) -> Read<()> {
    let (is_right, wanted) = match kind.value {
        Value::Number | Value::Share | Value::NumberOrTruth => {
            (matches!(operand, Operand::Number(_) | Operand::Open), "a number")
        }
        Value::Text | Value::TextOrTruth => (matches!(operand, Operand::Text | Operand::Open), "a text"),
        Value::Age => (operand == Operand::Duration, "a time, such as `24 hours`"),
        Value::Date => (matches!(operand, Operand::Text | Operand::Moment | Operand::Open), "a date"),
        Value::Size => (operand == Operand::Size, "a size, such as `10 MB`"),
        Value::Any => (!matches!(operand, Operand::Duration | Operand::Size), "a text, a number or a date"),
        Value::Truth => (true, ""),
    };
    if !is_right {
        return Err(Problem::new(range, format!("`{}` is compared with {wanted}", kind.name)));
    }
    match operand {
        Operand::Number(Some(number)) if kind.value == Value::Share && !(-1.0..=1.0).contains(&number) => {
            let message =
                format!("this is compared with a share, which is from 0 to 1, and {number} is none");
            Err(Problem::new(range, message).help(format!("write `{}` for {number} %", number / 100.0)))
        }
        _ => Ok(()),
    }
}
