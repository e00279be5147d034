//! What `sql_check` expects: a table, and something of it.

use super::{Expectation, SqlCheckStep};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::{key, unused};
use crate::kind::shared::statements::{longest, most, one_query, params};
use crate::kind::shared::{athena, columns};
use crate::text::{Span, Spanned};

pub(super) fn check(step: &SqlCheckStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    needs(cx.task.name, cx.at(), step, diagnostics);
    of_the_other(step, diagnostics);
    if step.is_of_athena() {
        step.own().check(cx, diagnostics);
        cx.task.scripts.iter().for_each(|query| athena::longest(query, cx, diagnostics));
        expected(step, columns::catalog, diagnostics);
    } else {
        for query in &cx.task.scripts {
            most(cx.scope, cx.task.name, query, diagnostics);
            longest(cx.scope, query, diagnostics);
        }
        params(None, cx, diagnostics);
        expected(step, columns::redshift, diagnostics);
    }
    for query in &cx.task.scripts {
        one_query(query, "a check is one query that gives the offending rows", cx, diagnostics);
    }
    for expectation in &step.expect {
        values(expectation, diagnostics);
    }
}

/// Says which keys are of the one who is not asked.
fn of_the_other(step: &SqlCheckStep, diagnostics: &mut Diagnostics) {
    let because = step.engine.as_ref().map(|engine| (engine.span, "who is asked"));
    let (why, others) = if step.is_of_athena() {
        ("Athena is asked, which has no connection", vec![key("into", step.into.as_ref())])
    } else {
        let others = vec![
            key("workgroup", step.workgroup.as_ref()),
            key("database", step.database.as_ref()),
            key("output", step.output.as_ref()),
            key("max_scan", step.max_scan.as_ref()),
        ];
        ("it is of checks with `engine: athena`", others)
    };
    for (name, span) in others.into_iter().flatten() {
        diagnostics.push(unused(name, span, why, because));
    }
}

fn expected(
    step: &SqlCheckStep,
    column: fn(&Spanned<String>, &mut Diagnostics),
    diagnostics: &mut Diagnostics,
) {
    for expectation in &step.expect {
        match expectation {
            Expectation::Unique(names) | Expectation::NotNull(names) => {
                for name in names {
                    column(name, diagnostics);
                }
            }
            Expectation::Accepted(names) => {
                names.0.iter().for_each(|(name, _)| column(name, diagnostics));
            }
            Expectation::Fresh(fresh) => column(&fresh.column, diagnostics),
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
