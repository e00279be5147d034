//! Functions: what they take and give, and where they may stand.

use super::{Checker, Value};
use crate::columns::tree::{Call, Expr};
use std::ops::Range;

impl Checker<'_> {
    /// A function with its arguments.
    pub(super) fn call(&mut self, call: &Call, _range: &Range<usize>) -> Value {
        let before = std::mem::replace(&mut self.is_in_aggregate, true);
        for argument in &call.arguments {
            self.value(argument);
        }
        self.is_in_aggregate = before;
        Value::UNKNOWN
    }

    /// `of[at]`
    pub(super) fn element(&mut self, of: &Expr, at: &Expr, _range: &Range<usize>) -> Value {
        self.value(of);
        self.value(at);
        Value::UNKNOWN
    }
}
