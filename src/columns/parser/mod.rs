//! From the text of an expression to its tree, as Spark's `SqlBaseParser.g4` has it.
//!
//! The SQL parser that [`crate::sql`] takes is none of Spark's: it knows no `5D`, no `exists(a, x -> ...)`, no
//! `interval 1 day 2 hours`, no `\'`, keeps words that Spark lets be names, and has no place for most of its nodes.

mod call;
mod literal;
mod predicate;
mod primary;

use super::finding::{Finding, FindingKind};
use super::lexer::{Token, TokenKind, tokens};
use super::tree::{Binary, Expr, ExprKind, Name, Unary};
use std::ops::Range;

/// How deep an expression may be nested.
const DEEPEST: usize = 60;
/// How many operators may stand in one row.
const LONGEST: usize = 60;

/// What a text is read as.
pub(super) struct Parsed {
    /// The expression.
    pub expr: Expr,
    /// Where texts stand that have a quote twice in them.
    pub doubled: Vec<Range<usize>>,
}

/// Why there is no tree.
pub(super) enum NoTree {
    /// It is wrong.
    Wrong(Finding),
    /// It is nested deeper than is looked at.
    TooDeep,
}

impl From<Finding> for NoTree {
    fn from(finding: Finding) -> Self {
        Self::Wrong(finding)
    }
}

type Made<T = Expr> = Result<T, NoTree>;

/// Reads an expression.
pub(super) fn parse(text: &str) -> Made<Parsed> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0, doubled: Vec::new() };
    let expr = parser.expr()?;
    match parser.kind() {
        TokenKind::End => Ok(Parsed { expr, doubled: parser.doubled }),
        _ => Err(parser.unexpected("the end of the expression")),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    doubled: Vec<Range<usize>>,
}

fn make(range: Range<usize>, kind: ExprKind) -> Expr {
    Expr { range, kind }
}

/// Words that end a value.
const AFTER_VALUE: &[&str] = &[
    "and", "as", "asc", "between", "desc", "div", "else", "end", "for", "from", "ilike", "in", "is", "like",
    "not", "nulls", "or", "order", "over", "range", "regexp", "rlike", "rows", "then", "using", "when",
];

impl Parser<'_> {
    fn kind(&self) -> &TokenKind {
        self.kind_at(0)
    }

    fn kind_at(&self, ahead: usize) -> &TokenKind {
        self.tokens.get(self.at + ahead).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn range(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.text.len()..self.text.len(), |token| token.range.clone())
    }

    /// The bytes from there to the last token that was taken.
    fn since(&self, start: usize) -> Range<usize> {
        let last = self.at.checked_sub(1).and_then(|last| self.tokens.get(last));
        start..last.map_or(start, |token| token.range.end.max(start))
    }

    fn step(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len());
    }

    fn word_at(&self, ahead: usize) -> Option<&str> {
        let token = self.tokens.get(self.at + ahead)?;
        (token.kind == TokenKind::Word).then(|| &self.text[token.range.clone()])
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        self.word_at(ahead).is_some_and(|found| found.eq_ignore_ascii_case(word))
    }

    fn is_mark(&self, ahead: usize, mark: &str) -> bool {
        matches!(self.kind_at(ahead), TokenKind::Mark(found) if *found == mark)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is_it = self.is_word(0, word);
        self.at += usize::from(is_it);
        is_it
    }

    fn take_words(&mut self, words: &[&str]) -> bool {
        let are = words.iter().enumerate().all(|(n, word)| self.is_word(n, word));
        self.at += if are { words.len() } else { 0 };
        are
    }

    fn take_mark(&mut self, mark: &str) -> bool {
        let is_it = self.is_mark(0, mark);
        self.at += usize::from(is_it);
        is_it
    }

    fn expect_mark(&mut self, mark: &'static str) -> Made<()> {
        if self.take_mark(mark) { Ok(()) } else { Err(self.unexpected(&format!("`{mark}`"))) }
    }

    fn expect_word(&mut self, word: &'static str) -> Made<()> {
        if self.take_word(word) { Ok(()) } else { Err(self.unexpected(&format!("`{word}`"))) }
    }

    fn unexpected(&self, expected: &str) -> NoTree {
        let range = self.range();
        let found = match self.kind() {
            TokenKind::End => "the end".to_owned(),
            _ => format!("`{}`", &self.text[range.clone()]),
        };
        let told = format!("expected {expected}, found {found}");
        NoTree::Wrong(Finding::new(range, FindingKind::Syntax, told))
    }

    /// A name of anything.
    fn name(&mut self, expected: &str) -> Made<Name> {
        let range = self.range();
        let text = match self.kind() {
            TokenKind::Word => self.text[range.clone()].to_owned(),
            TokenKind::Quoted(name) => name.clone(),
            _ => return Err(self.unexpected(expected)),
        };
        self.step();
        Ok(Name { range, text })
    }

    /// Goes one level deeper.
    fn deeper<T>(&mut self, what: impl FnOnce(&mut Self) -> Made<T>) -> Made<T> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(NoTree::TooDeep);
        }
        let made = what(self);
        self.depth -= 1;
        made
    }

    fn expr(&mut self) -> Made {
        self.deeper(Self::any)
    }

    /// `a or b`
    fn any(&mut self) -> Made {
        self.row(Self::all, |parser| parser.take_word("or"), ExprKind::Logical)
    }

    /// `a and b`
    fn all(&mut self) -> Made {
        self.row(Self::not, |parser| parser.take_word("and"), ExprKind::Logical)
    }

    /// Values with one operator between them.
    fn row(
        &mut self,
        value: fn(&mut Self) -> Made,
        operator: fn(&mut Self) -> bool,
        kind: fn(Vec<Expr>) -> ExprKind,
    ) -> Made {
        let first = value(self)?;
        let start = first.range.start;
        let mut values = vec![first];
        while operator(self) {
            values.push(value(self)?);
        }
        match values.len() {
            1 => Ok(values.remove(0)),
            _ => Ok(make(self.since(start), kind(values))),
        }
    }

    fn not(&mut self) -> Made {
        let start = self.range().start;
        if (self.is_word(0, "not") && !self.is_name_here()) || self.is_mark(0, "!") {
            self.step();
            let of = self.deeper(Self::not)?;
            return Ok(make(self.since(start), ExprKind::Unary(Unary::Not, Box::new(of))));
        }
        self.predicate()
    }

    /// The word stands where it can only be a name.
    fn is_name_here(&self) -> bool {
        matches!(self.kind_at(1), TokenKind::End | TokenKind::Mark("," | ")" | "=" | "."))
    }

    /// Operators between values; those bind tighter that have a higher number.
    fn operator(&self) -> Option<(u8, Option<Binary>)> {
        let TokenKind::Mark(mark) = self.kind() else {
            return self.is_word(0, "div").then_some((6, Some(Binary::Div)));
        };
        Some(match *mark {
            "=" | "==" | "<>" | "!=" => (0, Some(Binary::Equal)),
            "<=>" => (0, Some(Binary::NullSafe)),
            "<" | "<=" | ">" | ">=" => (0, Some(Binary::Less)),
            "|" => (1, Some(Binary::Bits)),
            "^" => (2, Some(Binary::Bits)),
            "&" => (3, Some(Binary::Bits)),
            "<<" | ">>" | ">>>" => (4, Some(Binary::Shift)),
            "+" => (5, Some(Binary::Add)),
            "-" => (5, Some(Binary::Subtract)),
            "||" => (5, None),
            "*" => (6, Some(Binary::Multiply)),
            "/" => (6, Some(Binary::Divide)),
            "%" => (6, Some(Binary::Remainder)),
            _ => return None,
        })
    }

    /// A value with operators that bind at least so tight.
    fn binary(&mut self, least: u8) -> Made {
        let mut left = self.unary()?;
        let mut length = 0;
        while let Some((level, operator)) = self.operator().filter(|(level, _)| *level >= least) {
            self.step();
            let right = self.deeper(|parser| parser.binary(level + 1))?;
            let range = left.range.start..right.range.end;
            length += 1;
            left = match (operator, left) {
                (None, Expr { kind: ExprKind::Joined(mut parts), .. }) => {
                    length -= 1;
                    parts.push(right);
                    make(range, ExprKind::Joined(parts))
                }
                (None, left) => make(range, ExprKind::Joined(vec![left, right])),
                (Some(operator), left) => {
                    make(range, ExprKind::Binary(operator, Box::new(left), Box::new(right)))
                }
            };
            if length > LONGEST {
                return Err(NoTree::TooDeep);
            }
        }
        Ok(left)
    }

    fn unary(&mut self) -> Made {
        let start = self.range().start;
        let operator = match self.kind() {
            TokenKind::Mark("-") if *self.kind_at(1) == TokenKind::Number => return self.postfix(),
            TokenKind::Mark("-") => Unary::Minus,
            TokenKind::Mark("+") => Unary::Plus,
            TokenKind::Mark("~") => Unary::BitNot,
            _ => return self.postfix(),
        };
        self.step();
        let of = self.deeper(Self::unary)?;
        Ok(make(self.since(start), ExprKind::Unary(operator, Box::new(of))))
    }

    /// Values with commas between them, up to a mark.
    fn list(&mut self, end: &'static str) -> Made<Vec<Expr>> {
        let mut found = Vec::new();
        if self.take_mark(end) {
            return Ok(found);
        }
        loop {
            found.push(self.expr()?);
            if !self.take_mark(",") {
                self.expect_mark(end)?;
                return Ok(found);
            }
        }
    }
}
