//! Functions with their arguments, and the ways of writing some of them that are theirs alone.

use super::{Made, Parser, make};
use crate::columns::lexer::TokenKind;
use crate::columns::tree::{Call, Expr, ExprKind, Literal, Name, Window};

/// Functions of which the first argument may be a unit of time as a word.
const WITH_UNIT: &[&str] = &["date_add", "date_diff", "dateadd", "datediff", "timestampadd", "timestampdiff"];

impl Parser<'_> {
    /// A function with its brackets.
    pub(super) fn call(&mut self) -> Made {
        let start = self.range().start;
        let mut name = self.name("a function")?;
        name.text.make_ascii_lowercase();
        self.expect_mark("(")?;
        let mut call = Call::new(name);
        match call.name.text.as_str() {
            "exists" if self.is_word(0, "select") || self.is_word(0, "with") => return self.query(),
            "extract" => call.arguments = self.extract()?,
            "position" => call.arguments = self.position()?,
            "trim" => call.arguments = self.trim()?,
            "substring" | "substr" | "overlay" => {
                call.arguments = self.with_words(&["from", "for", "placing"])?;
            }
            name if WITH_UNIT.contains(&name) => call.arguments = self.with_unit()?,
            _ => {
                call.is_distinct = self.take_word("distinct");
                call.arguments = self.arguments()?;
            }
        }
        self.behind(&mut call)?;
        Ok(make(self.since(start), ExprKind::Call(Box::new(call))))
    }

    /// A function without brackets.
    pub(super) fn bare_call(&mut self) -> Made {
        let mut name = self.name("a function")?;
        name.text.make_ascii_lowercase();
        let range = name.range.clone();
        let call = Call::new(name);
        Ok(make(range, ExprKind::Call(Box::new(call))))
    }

    /// Arguments, each perhaps with a name: `value as name`, `name => value`.
    fn arguments(&mut self) -> Made<Vec<Expr>> {
        let mut found = Vec::new();
        if self.take_mark(")") {
            return Ok(found);
        }
        loop {
            let start = self.range().start;
            if self.is_mark(1, "=>") {
                self.at += 2;
            }
            let mut value = self.expr()?;
            if self.take_word("as") {
                let name = self.name("a name")?;
                value = make(self.since(start), ExprKind::Named(Box::new(value), name));
            }
            found.push(value);
            let _ = self.take_words(&["ignore", "nulls"]) || self.take_words(&["respect", "nulls"]);
            if !self.take_mark(",") {
                self.expect_mark(")")?;
                return Ok(found);
            }
        }
    }

    /// `extract(field from value)`
    fn extract(&mut self) -> Made<Vec<Expr>> {
        let field = self.unit_as_text()?;
        self.expect_word("from")?;
        let of = self.expr()?;
        self.expect_mark(")")?;
        Ok(vec![field, of])
    }

    fn unit_as_text(&mut self) -> Made {
        if let TokenKind::Text { .. } = self.kind() {
            return self.expr();
        }
        let Name { range, text } = self.name("a unit of time")?;
        Ok(make(range, ExprKind::Literal(Literal::Text(text))))
    }

    /// `position(part in text)`, `position(part, text)`
    fn position(&mut self) -> Made<Vec<Expr>> {
        let part = self.deeper(|parser| parser.binary(1))?;
        if !self.take_word("in") {
            self.expect_mark(",")?;
            let mut found = vec![part];
            found.extend(self.list(")")?);
            return Ok(found);
        }
        let text = self.expr()?;
        self.expect_mark(")")?;
        Ok(vec![part, text])
    }

    /// `trim(both x from text)`, `trim(text)`: the text, and what is trimmed.
    fn trim(&mut self) -> Made<Vec<Expr>> {
        let is_side = ["both", "leading", "trailing"].iter().any(|word| self.is_word(0, word));
        if is_side && !matches!(self.kind_at(1), TokenKind::Mark(_)) {
            self.step();
        }
        if self.take_word("from") {
            return self.list(")");
        }
        let first = self.expr()?;
        if self.take_word("from") {
            let text = self.expr()?;
            self.expect_mark(")")?;
            return Ok(vec![text, first]);
        }
        let mut found = vec![first];
        if self.take_mark(",") {
            found.extend(self.list(")")?);
        } else {
            self.expect_mark(")")?;
        }
        Ok(found)
    }

    /// Arguments with commas or one of these words between them.
    fn with_words(&mut self, words: &[&str]) -> Made<Vec<Expr>> {
        let mut found = Vec::new();
        if self.take_mark(")") {
            return Ok(found);
        }
        loop {
            found.push(self.expr()?);
            if self.take_mark(",") || words.iter().any(|word| self.take_word(word)) {
                continue;
            }
            self.expect_mark(")")?;
            return Ok(found);
        }
    }

    /// `datediff(day, a, b)`: a unit of time before the arguments is a text.
    fn with_unit(&mut self) -> Made<Vec<Expr>> {
        let is_unit = self.word_at(0).is_some_and(|word| {
            let word = word.to_ascii_lowercase();
            [
                "year",
                "quarter",
                "month",
                "week",
                "day",
                "dayofyear",
                "hour",
                "minute",
                "second",
                "millisecond",
                "microsecond",
            ]
            .contains(&word.as_str())
        });
        if !is_unit || !self.is_mark(1, ",") || !self.has_three() {
            return self.arguments();
        }
        let mut found = vec![self.unit_as_text()?];
        self.expect_mark(",")?;
        found.extend(self.arguments()?);
        Ok(found)
    }

    /// Two commas stand in the brackets that are open.
    fn has_three(&self) -> bool {
        let (mut depth, mut commas) = (0_i32, 0);
        for token in &self.tokens[self.at.min(self.tokens.len())..] {
            match token.kind {
                TokenKind::Mark("(" | "[") => depth += 1,
                TokenKind::Mark(")" | "]") if depth == 0 => break,
                TokenKind::Mark(")" | "]") => depth -= 1,
                TokenKind::Mark(",") if depth == 0 => commas += 1,
                _ => {}
            }
        }
        commas == 2
    }

    /// `within group (...)`, `filter (...)`, `ignore nulls`, `over (...)`
    fn behind(&mut self, call: &mut Call) -> Made<()> {
        if self.take_words(&["within", "group"]) {
            self.expect_mark("(")?;
            call.within = self.order()?;
            self.expect_mark(")")?;
        }
        if self.is_word(0, "filter") && self.is_mark(1, "(") {
            self.at += 2;
            self.expect_word("where")?;
            call.filter = Some(self.expr()?);
            self.expect_mark(")")?;
        }
        let _ = self.take_words(&["ignore", "nulls"]) || self.take_words(&["respect", "nulls"]);
        if self.take_word("over") {
            call.over = Some(self.window()?);
        }
        Ok(())
    }

    fn window(&mut self) -> Made<Window> {
        let mut window = Window::default();
        if !self.take_mark("(") {
            self.name("`(`")?;
            return Ok(window);
        }
        if self.take_words(&["partition", "by"]) || self.take_words(&["distribute", "by"]) {
            window.partition.push(self.expr()?);
            while self.take_mark(",") {
                window.partition.push(self.expr()?);
            }
        }
        if self.is_word(0, "order") || self.is_word(0, "sort") {
            window.order = self.order()?;
        }
        if self.take_word("rows") || self.take_word("range") {
            self.frame()?;
        }
        self.expect_mark(")")?;
        Ok(window)
    }

    fn order(&mut self) -> Made<Vec<Expr>> {
        if !self.take_word("sort") {
            self.expect_word("order")?;
        }
        self.expect_word("by")?;
        let mut found = Vec::new();
        loop {
            found.push(self.expr()?);
            let _ = self.take_word("asc") || self.take_word("desc");
            if self.take_word("nulls") && !self.take_word("first") {
                self.expect_word("last")?;
            }
            if !self.take_mark(",") {
                return Ok(found);
            }
        }
    }

    /// `between unbounded preceding and current row`, or its first half alone.
    fn frame(&mut self) -> Made<()> {
        if !self.take_word("between") {
            return self.bound();
        }
        self.bound()?;
        self.expect_word("and")?;
        self.bound()
    }

    fn bound(&mut self) -> Made<()> {
        if self.take_words(&["current", "row"]) {
            return Ok(());
        }
        if !self.take_word("unbounded") {
            self.deeper(|parser| parser.binary(1))?;
        }
        if self.take_word("preceding") || self.take_word("following") {
            return Ok(());
        }
        Err(self.unexpected("`preceding` or `following`"))
    }
}
