//! The names of columns from one operation to the next, as far as they are known: `unknown-column`, and names that two
//! columns would have.
//!
//! They are known where a source says its `columns`; what is not known is not complained of. Names are the same whatever the
//! size of their letters, as they are to Spark.

use super::Operations;
use super::value::Order;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::glue_job::GlueJobStep;
use crate::kind::shared::columns::is_same;
use crate::scope::{Data, Input};
use crate::text::{Span, Spanned};

/// The columns at a place: none where they are not known.
pub(super) type Names = Option<Vec<String>>;

/// What is known while one operation after the other is looked at.
pub(super) struct Flow<'f, 'a> {
    /// The columns.
    pub(super) columns: Names,
    inputs: &'f [Input<'a>],
    diagnostics: &'f mut Diagnostics,
}

/// Follows the columns of a step through its operations to what it writes.
pub(super) fn check(
    step: &GlueJobStep,
    operations: &Operations,
    cx: &Checking<'_, '_>,
    diagnostics: &mut Diagnostics,
) {
    let columns = cx.task.inputs.first().and_then(columns_of);
    let mut flow = Flow { columns, inputs: &cx.task.inputs, diagnostics };
    for operation in &operations.list {
        operation.kind.flow(&mut flow);
    }
    flow.need_all(step.write.iter().flat_map(|write| write.partition_by.iter().flatten()));
}

/// The columns of a source that says them: what lies in its files besides is not read.
fn columns_of(input: &Input<'_>) -> Names {
    match &input.data {
        Data::Files { columns: Some(columns), .. } => Some(columns.names().map(str::to_owned).collect()),
        Data::Files { columns: None, .. } | Data::Catalog(_) | Data::Table { .. } => None,
    }
}

impl Flow<'_, '_> {
    /// Says that a column must be there.
    pub(super) fn need(&mut self, column: &Spanned<String>) {
        self.need_at(&column.value, column.span);
    }

    /// Says that columns must be there.
    pub(super) fn need_all<'c>(&mut self, columns: impl IntoIterator<Item = &'c Spanned<String>>) {
        columns.into_iter().for_each(|column| self.need(column));
    }

    /// Says that rows are ordered by columns, which must be there.
    pub(super) fn need_orders<'c>(&mut self, orders: impl IntoIterator<Item = &'c Spanned<Order>>) {
        orders.into_iter().for_each(|order| self.need_at(&order.value.column, order.span));
    }

    fn need_at(&mut self, name: &str, at: Span) {
        if let Some(known) = self.columns.as_ref().filter(|known| !has(known, name)) {
            self.diagnostics.push(unknown(name, at, known));
        }
    }

    /// Returns the columns of other rows; none where they are not known.
    pub(super) fn other(&self, with: &str) -> Names {
        let input = self.inputs.iter().find(|input| input.name == Some(with))?;
        columns_of(input)
    }

    /// Says that a column of other rows must be there.
    pub(super) fn need_in(&mut self, column: &Spanned<String>, known: Option<&Vec<String>>) {
        if let Some(known) = known.filter(|known| !has(known, column)) {
            self.diagnostics.push(unknown(column, column.span, known));
        }
    }

    /// Adds a column, or replaces it.
    pub(super) fn set(&mut self, name: &str) {
        if let Some(columns) = self.columns.as_mut().filter(|columns| !has(columns, name)) {
            columns.push(name.to_owned());
        }
    }

    /// Adds a column whose name none may have that is there.
    pub(super) fn add(&mut self, name: &str, at: Span) {
        let Some(columns) = &mut self.columns else { return };
        if has(columns, name) {
            let message = format!("there would be two columns `{name}`");
            self.diagnostics.push(
                Diagnostic::new(Code::TransformOption, at, message)
                    .help("give this one another name, or take the other one away first: `drop`"),
            );
        } else {
            columns.push(name.to_owned());
        }
    }

    /// Takes a column away.
    pub(super) fn remove(&mut self, name: &str) {
        if let Some(columns) = &mut self.columns {
            columns.retain(|column| !is_same(column, name));
        }
    }

    /// Reports something else.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// Says whether a name is among columns.
pub(super) fn has(columns: &[String], name: &str) -> bool {
    columns.iter().any(|column| is_same(column, name))
}

fn unknown(name: &str, at: Span, known: &[String]) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::UnknownColumn, at, format!("there is no column `{name}` here"));
    diagnostic.suggest(name, known.iter().map(String::as_str))
}
