//! What is asked of a value: `between`, `in`, `like`, `is`.

use super::{LONGEST, Made, NoTree, Parser, make};
use crate::columns::tree::{Binary, Expr, ExprKind, Is};

impl Parser<'_> {
    /// A value, and what is asked of it.
    pub(super) fn predicate(&mut self) -> Made {
        let mut of = self.binary(0)?;
        for _ in 0..LONGEST {
            let start = of.range.start;
            let before = self.at;
            let is_negated = self.take_word("not");
            let kind = if self.take_word("between") {
                let low = self.binary(1)?;
                self.expect_word("and")?;
                ExprKind::Between(Box::new(of), Box::new(low), Box::new(self.binary(1)?))
            } else if self.take_word("in") {
                self.list_of(of)?
            } else if self.take_like() {
                ExprKind::Like(Box::new(of), self.patterns()?)
            } else if !is_negated && self.take_word("is") {
                self.is(of)?
            } else {
                self.at = before;
                return Ok(of);
            };
            of = make(self.since(start), kind);
        }
        Err(NoTree::TooDeep)
    }

    fn take_like(&mut self) -> bool {
        ["like", "ilike", "rlike", "regexp"].iter().any(|word| self.take_word(word))
    }

    fn list_of(&mut self, of: Expr) -> Made<ExprKind> {
        self.expect_mark("(")?;
        if self.is_word(0, "select") || self.is_word(0, "with") {
            let query = self.query()?;
            return Ok(ExprKind::In(Box::new(of), vec![query]));
        }
        let list = self.list(")")?;
        Ok(ExprKind::In(Box::new(of), list))
    }

    /// A pattern, or `any (...)`, and its `escape`.
    fn patterns(&mut self) -> Made<Vec<Expr>> {
        let is_list = ["any", "all", "some"].iter().any(|word| self.is_word(0, word)) && self.is_mark(1, "(");
        if is_list {
            self.at += 2;
            return self.list(")");
        }
        let pattern = self.binary(1)?;
        if self.take_word("escape") {
            self.binary(1)?;
        }
        Ok(vec![pattern])
    }

    fn is(&mut self, of: Expr) -> Made<ExprKind> {
        self.take_word("not");
        let of = Box::new(of);
        if self.take_words(&["distinct", "from"]) {
            let other = self.binary(1)?;
            let range = of.range.start..other.range.end;
            let same = ExprKind::Binary(Binary::NullSafe, of, Box::new(other));
            return Ok(ExprKind::Is(Box::new(make(range, same)), Is::Distinct));
        }
        if self.take_word("null") {
            return Ok(ExprKind::Is(of, Is::Null));
        }
        let is_truth = ["true", "false", "unknown"].iter().any(|word| self.take_word(word));
        if is_truth { Ok(ExprKind::Is(of, Is::Truth)) } else { Err(self.unexpected("`null`")) }
    }
}
