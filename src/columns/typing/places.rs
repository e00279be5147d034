//! Where aggregates, windows and generators may stand.

use super::{Checker, Clause};
use crate::columns::catalogue::Class;
use crate::columns::finding::{Finding, FindingKind};
use crate::columns::tree::Call;

impl Checker<'_> {
    /// Says where a function may not stand.
    pub(super) fn place(&mut self, call: &Call, class: Option<Class>) {
        let name = &call.name.text;
        let is_over = call.over.is_some();
        let (told, help) = match (class, self.scope.clause) {
            (Some(Class::Window), _) if !is_over => {
                (format!("`{name}` has no window"), "write `over (partition by ... order by ...)` behind it")
            }
            (_, Clause::Filter) if is_over => (
                format!("`{name}` over a window stands in no condition of rows"),
                "make a column of it before, and take that in the condition",
            ),
            (Some(Class::Aggregate), _) if !is_over && self.is_in_aggregate => (
                format!("the aggregate `{name}` stands in another aggregate"),
                "aggregate twice, one after the other",
            ),
            (Some(Class::Aggregate), Clause::Filter | Clause::Select) if !is_over => (
                format!("the aggregate `{name}` stands where each row has a value"),
                "aggregate rows first, or write `over (partition by ...)` behind it",
            ),
            (Some(Class::Generator), Clause::Filter | Clause::Aggregate) => {
                (format!("`{name}` gives rows, and one value is asked for"), "make a column of it before")
            }
            _ => return,
        };
        self.findings.push(Finding::new(call.name.range.clone(), FindingKind::Misplaced, told).help(help));
    }
}
