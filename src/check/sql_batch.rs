//! `sql-limit` and `sql-transaction`: statements go to Redshift in one batch of the Data API.
//!
//! From the Redshift Data API's `BatchExecuteStatement`: up to 40 statements, one transaction unless each
//! is committed by itself; a statement has at most 100 KB.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Action, Pipeline, Scope, SqlText};
use crate::sql::{SqlStatement, Verb};

const MOST_STATEMENTS: usize = 40;
const LONGEST_STATEMENT: usize = 100_000;

pub(super) fn check(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        match &task.action {
            Action::Sql { step, script, .. } => {
                let in_transaction = step.transaction.as_ref().is_none_or(|transaction| transaction.value);
                limits(scope, task.name, script, diagnostics);
                for statement in &script.script.statements {
                    transaction(scope, script, statement, in_transaction, diagnostics);
                }
            }
            Action::Check { queries, .. } => {
                for query in queries {
                    limits(scope, task.name, query, diagnostics);
                }
            }
            Action::Wait(_)
            | Action::Crawl { .. }
            | Action::GlueJob { .. }
            | Action::Copy { .. }
            | Action::Bash { .. }
            | Action::Operator(_) => {}
        }
    }
}

fn limits(scope: &Scope<'_>, step: &str, script: &SqlText<'_>, diagnostics: &mut Diagnostics) {
    let statements = &script.script.statements;
    if let Some(first) = statements.get(MOST_STATEMENTS) {
        let span = script.locate(scope.files.sources(), first.range.clone());
        diagnostics.push(
            Diagnostic::new(
                Code::SqlLimit,
                span,
                format!(
                    "step `{step}` has {} statements; Redshift's Data API takes {MOST_STATEMENTS}",
                    statements.len()
                ),
            )
            .label(format!("statement {}", MOST_STATEMENTS + 1))
            .help("make two steps of it"),
        );
    }
    for statement in statements.iter().filter(|statement| statement.text.len() > LONGEST_STATEMENT) {
        diagnostics.push(
            Diagnostic::new(
                Code::SqlLimit,
                script.locate(scope.files.sources(), statement.range.start..statement.range.start + 1),
                format!(
                    "this statement has {} bytes; Redshift's Data API takes {LONGEST_STATEMENT}",
                    statement.text.len()
                ),
            )
            .help("load long lists of values from a file"),
        );
    }
}

fn transaction(
    scope: &Scope<'_>,
    script: &SqlText<'_>,
    statement: &SqlStatement,
    in_transaction: bool,
    diagnostics: &mut Diagnostics,
) {
    let word = statement.text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let (message, help) = match statement.verb {
        Verb::TransactionControl => (
            format!("`{word}` cannot stand here: dagc begins and ends the transaction"),
            "take it away; all statements of a step take effect together, unless it says `transaction: false`",
        ),
        Verb::Commits if in_transaction => (
            format!(
                "`{word}` commits, so that the statements around it would no longer take effect together"
            ),
            "write `DELETE FROM` instead, or `transaction: false`",
        ),
        Verb::Alone if in_transaction => (
            format!("Redshift refuses `{word}` inside a transaction"),
            "put it into a step of its own with `transaction: false`",
        ),
        Verb::Commits | Verb::Alone | Verb::Query | Verb::Other => return,
    };
    let end = statement.range.start + word.len();
    let span = script.locate(scope.files.sources(), statement.range.start..end);
    diagnostics.push(Diagnostic::new(Code::SqlTransaction, span, message).help(help));
}
