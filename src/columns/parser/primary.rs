//! Values that no operator is in, and what stands behind them: `.name`, `[...]`, `::type`.

use super::{AFTER_VALUE, LONGEST, Made, NoTree, Parser, make};
use crate::columns::finding::{Finding, FindingKind};
use crate::columns::kind::Type;
use crate::columns::lexer::TokenKind;
use crate::columns::tree::{Case, Cast, Expr, ExprKind, Literal, Name};

impl Parser<'_> {
    pub(super) fn postfix(&mut self) -> Made {
        let mut of = self.primary()?;
        for _ in 0..LONGEST {
            let start = of.range.start;
            let kind = if self.take_mark("[") {
                let at = self.expr()?;
                self.expect_mark("]")?;
                ExprKind::Element(Box::new(of), Box::new(at))
            } else if self.is_mark(0, ".") && !self.is_mark(1, "*") {
                self.step();
                let name = self.name("a field")?;
                match of.kind {
                    ExprKind::Column(mut names) => {
                        names.push(name);
                        ExprKind::Column(names)
                    }
                    _ => ExprKind::Field(Box::new(of), name),
                }
            } else if self.take_mark("::") {
                let (to, at) = self.kind_of_cast()?;
                ExprKind::Cast(Box::new(Cast { of, to, is_try: false, is_short: true, at }))
            } else {
                return Ok(of);
            };
            of = make(self.since(start), kind);
        }
        Err(NoTree::TooDeep)
    }

    fn primary(&mut self) -> Made {
        let start = self.range().start;
        let kind = match self.kind().clone() {
            TokenKind::Number | TokenKind::Mark("-") => ExprKind::Literal(self.number()?),
            TokenKind::Text { .. } => ExprKind::Literal(Literal::Text(self.text())),
            TokenKind::Hole => {
                self.step();
                ExprKind::Query
            }
            TokenKind::Mark("*") => {
                self.step();
                ExprKind::Star(Vec::new())
            }
            TokenKind::Mark("(") => return self.parentheses(),
            TokenKind::Word => return self.word(),
            TokenKind::Quoted(_) if self.is_mark(1, "(") => return self.call(),
            TokenKind::Quoted(_) => self.column()?,
            TokenKind::Mark(_) | TokenKind::End => return Err(self.unexpected("a value")),
        };
        Ok(make(self.since(start), kind))
    }

    /// `(a)`, `(a, b)`, `(x, y) -> ...`, `(select ...)`
    fn parentheses(&mut self) -> Made {
        let start = self.range().start;
        if let Some(names) = self.lambda_names() {
            return self.lambda(start, names);
        }
        self.step();
        if self.is_word(0, "select") || self.is_word(0, "with") {
            return self.query();
        }
        let mut values = self.list(")")?;
        let range = self.since(start);
        match values.len() {
            0 => Err(NoTree::Wrong(Finding::new(range, FindingKind::Syntax, "`()` is no value"))),
            1 => Ok(Expr { range, ..values.remove(0) }),
            _ => Ok(make(range, ExprKind::Tuple(values))),
        }
    }

    /// The names of `(x, y) ->`, which are taken; nothing when it is none.
    fn lambda_names(&mut self) -> Option<Vec<Name>> {
        let before = self.at;
        self.step();
        let mut names = Vec::new();
        while let Ok(name) = self.name("") {
            names.push(name);
            if !self.take_mark(",") {
                break;
            }
        }
        let is_lambda = !names.is_empty() && self.take_mark(")") && self.is_mark(0, "->");
        if !is_lambda {
            self.at = before;
        }
        is_lambda.then_some(names)
    }

    fn lambda(&mut self, start: usize, names: Vec<Name>) -> Made {
        self.expect_mark("->")?;
        let body = self.expr()?;
        Ok(make(self.since(start), ExprKind::Lambda(names, Box::new(body))))
    }

    /// A query, of which the bracket before it has been taken: up to the bracket that ends it.
    pub(super) fn query(&mut self) -> Made {
        let start = self.range().start;
        let mut depth = 0_usize;
        loop {
            match self.kind() {
                TokenKind::End => return Err(self.unexpected("`)`")),
                TokenKind::Mark("(") => depth += 1,
                TokenKind::Mark(")") if depth == 0 => break,
                TokenKind::Mark(")") => depth -= 1,
                _ => {}
            }
            self.step();
        }
        self.step();
        Ok(make(self.since(start), ExprKind::Query))
    }

    /// A column, as far as it is names with dots; or all columns.
    fn column(&mut self) -> Made<ExprKind> {
        let mut names = vec![self.name("a column")?];
        while self.is_mark(0, ".") {
            if self.is_mark(1, "*") {
                self.at += 2;
                return Ok(ExprKind::Star(names));
            }
            self.step();
            names.push(self.name("a field")?);
        }
        Ok(ExprKind::Column(names))
    }

    /// What begins with a word.
    fn word(&mut self) -> Made {
        let start = self.range().start;
        let word = self.word_at(0).unwrap_or_default().to_ascii_lowercase();
        if self.is_mark(1, "->") {
            let name = self.name("a name")?;
            return self.lambda(start, vec![name]);
        }
        if self.is_mark(1, "(") {
            return match word.as_str() {
                "cast" | "try_cast" => self.cast(word == "try_cast"),
                "case" => self.case(),
                _ => self.call(),
            };
        }
        if let Some(value) = self.typed_text() {
            return Ok(make(self.since(start), ExprKind::Literal(value)));
        }
        if let Some(value) = self.interval()? {
            return Ok(make(self.since(start), ExprKind::Literal(value)));
        }
        if self.is_mark(1, ".") {
            let kind = self.column()?;
            return Ok(make(self.since(start), kind));
        }
        let kind = match word.as_str() {
            "null" => self.literal(Literal::Null),
            "true" => self.literal(Literal::Boolean(true)),
            "false" => self.literal(Literal::Boolean(false)),
            "case" => return self.case(),
            word if AFTER_VALUE.contains(&word) => return Err(self.unexpected("a value")),
            word if NO_BRACKETS.contains(&word) => return self.bare_call(),
            _ => self.column()?,
        };
        Ok(make(self.since(start), kind))
    }

    fn literal(&mut self, value: Literal) -> ExprKind {
        self.step();
        ExprKind::Literal(value)
    }

    fn cast(&mut self, is_try: bool) -> Made {
        let start = self.range().start;
        self.at += 2;
        let of = self.expr()?;
        self.expect_word("as")?;
        let (to, at) = self.kind_of_cast()?;
        self.expect_mark(")")?;
        Ok(make(self.since(start), ExprKind::Cast(Box::new(Cast { of, to, is_try, is_short: false, at }))))
    }

    /// A type and where it stands: up to a comma, a bracket or a word that is no part of it.
    fn kind_of_cast(&mut self) -> Made<(Type, std::ops::Range<usize>)> {
        let start = self.range().start;
        let (mut round, mut angle) = (0_i32, 0_i32);
        loop {
            let is_nested = round > 0 || angle > 0;
            match self.kind() {
                TokenKind::Mark("(") => round += 1,
                TokenKind::Mark(")") if round == 0 => break,
                TokenKind::Mark(")") => round -= 1,
                TokenKind::Mark("<") => angle += 1,
                TokenKind::Mark(">") if angle > 0 => angle -= 1,
                TokenKind::Mark(">>") if angle > 0 => angle -= 2,
                TokenKind::Mark(">>>") if angle > 0 => angle -= 3,
                TokenKind::Mark("<>") => {}
                TokenKind::Mark(":" | ",") | TokenKind::Number | TokenKind::Quoted(_) if is_nested => {}
                TokenKind::Word if is_nested || self.is_of_kind(start) => {}
                _ => break,
            }
            self.step();
        }
        let range = self.since(start);
        match Type::parse_spark(&self.text[range.clone()]) {
            Ok(kind) => Ok((kind, range)),
            Err(error) => {
                let finding = Finding::new(range, FindingKind::Syntax, error.message);
                Err(NoTree::Wrong(error.help.into_iter().fold(finding, Finding::help)))
            }
        }
    }

    /// The word belongs to the type that began there.
    fn is_of_kind(&self, start: usize) -> bool {
        const MORE: &[&str] = &["precision", "year", "month", "day", "hour", "minute", "second", "to"];
        self.range().start == start || MORE.iter().any(|word| self.is_word(0, word))
    }

    fn case(&mut self) -> Made {
        let start = self.range().start;
        self.step();
        let of = if self.is_word(0, "when") { None } else { Some(self.expr()?) };
        let mut when = Vec::new();
        while self.take_word("when") {
            let condition = self.expr()?;
            self.expect_word("then")?;
            when.push((condition, self.expr()?));
        }
        if when.is_empty() {
            return Err(self.unexpected("`when`"));
        }
        let otherwise = if self.take_word("else") { Some(self.expr()?) } else { None };
        self.expect_word("end")?;
        Ok(make(self.since(start), ExprKind::Case(Box::new(Case { of, when, otherwise }))))
    }
}

/// Functions that are written without brackets, too.
const NO_BRACKETS: &[&str] = &[
    "current_catalog",
    "current_database",
    "current_date",
    "current_timestamp",
    "current_user",
    "localtimestamp",
    "session_user",
    "user",
];
