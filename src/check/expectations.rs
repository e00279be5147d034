//! What `sql_check` expects: a table, and something of it.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::step::{Expectation, SqlCheckStep};
use crate::resolve::{Action, Pipeline, Scope};
use crate::sql::Verb;
use crate::text::Span;

pub(super) fn check(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        let (Action::Check { step, queries, .. }, Some(spec)) = (&task.action, task.step) else { continue };
        needs(task.name, spec.kind_span, step, diagnostics);
        for query in queries.iter().filter(|query| query.complete) {
            let statements = &query.script.statements;
            let wrong = match statements.as_slice() {
                [one] if one.verb == Verb::Query => continue,
                [one] => (one, "is no query"),
                [_, second, ..] => (second, "is a second statement"),
                [] => continue,
            };
            let span = query.locate(scope.files.sources(), wrong.0.range.clone());
            diagnostics.push(
                Diagnostic::new(
                    Code::SqlSyntax,
                    span,
                    format!("a check is one query that gives the offending rows; this {}", wrong.1),
                )
                .help("write one SELECT"),
            );
        }
        for expectation in &step.expect {
            values(expectation, diagnostics);
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
