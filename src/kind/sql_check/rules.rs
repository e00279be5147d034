//! What `sql_check` expects: a table, and something of it.

use super::{Expectation, SqlCheckStep};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::columns;
use crate::kind::shared::statements::{longest, most, one_query, params};
use crate::text::Span;

pub(super) fn check(step: &SqlCheckStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    needs(cx.task.name, cx.at(), step, diagnostics);
    for query in &cx.task.scripts {
        most(cx.scope, cx.task.name, query, diagnostics);
        longest(cx.scope, query, diagnostics);
    }
    params(None, cx, diagnostics);
    expected(step, diagnostics);
    for query in &cx.task.scripts {
        one_query(query, "a check is one query that gives the offending rows", cx, diagnostics);
    }
    for expectation in &step.expect {
        values(expectation, diagnostics);
    }
}

fn expected(step: &SqlCheckStep, diagnostics: &mut Diagnostics) {
    for expectation in &step.expect {
        match expectation {
            Expectation::Unique(names) | Expectation::NotNull(names) => {
                for column in names {
                    columns::redshift(column, diagnostics);
                }
            }
            Expectation::Accepted(names) => {
                names.0.iter().for_each(|(column, _)| columns::redshift(column, diagnostics));
            }
            Expectation::Fresh(fresh) => columns::redshift(&fresh.column, diagnostics),
            Expectation::Rows(_) | Expectation::Sql(_) => {}
        }
    }
}

fn needs(name: &str, at: Span, step: &SqlCheckStep, diagnostics: &mut Diagnostics) {
    if step.expect.is_empty() {
        diagnostics.push(
            Diagnostic::new(Code::MissingKey, at, format!("step `{name}` expects nothing"))
                .help("add something under `expect`, such as `rows: \">= 1\"`"),
        );
    }
    let of_table = step.expect.iter().any(|expectation| !matches!(expectation, Expectation::Sql(_)));
    if step.of.is_none() && of_table {
        diagnostics.push(
            Diagnostic::new(
                Code::MissingKey,
                at,
                format!("step `{name}` does not say which table it checks"),
            )
            .label("`of` is missing")
            .help("add `of:` with a step or a table"),
        );
    }
}

fn values(expectation: &Expectation, diagnostics: &mut Diagnostics) {
    match expectation {
        Expectation::Accepted(columns) => {
            for (column, values) in &columns.0 {
                if values.is_empty() {
                    diagnostics.push(
                        Diagnostic::new(
                            Code::MissingKey,
                            column.span,
                            format!("no value of `{}` would be accepted", column.value),
                        )
                        .help("list the values that it may have"),
                    );
                }
                for value in values.iter().filter(|value| value.value.0.contains("{{")) {
                    diagnostics.push(Diagnostic::new(
                        Code::TemplateNotAllowed,
                        value.span,
                        "`{{ ... }}` cannot stand here: the value must be known when compiling",
                    ));
                }
            }
        }
        // A list without columns has no place of its own: decoding keeps its items only.
        Expectation::Rows(_)
        | Expectation::Unique(_)
        | Expectation::NotNull(_)
        | Expectation::Fresh(_)
        | Expectation::Sql(_) => {}
    }
}
