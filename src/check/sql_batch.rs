//! `sql-limit` and `sql-transaction`: statements go to Redshift in one batch of the Data API.
//!
//! `BatchExecuteStatement` takes so many statements, one transaction unless each is committed by itself. A
//! statement by itself, and each of a step that says `transaction: false`, goes by `ExecuteStatement`, which has a
//! session of its own.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Action, Pipeline, Scope, Script, Task};
use crate::service::redshift::job::{LONGEST_STATEMENT, MOST_STATEMENTS};
use crate::sql::{Access, External, SqlStatement, Target, Verb};
use crate::text::Span;
use std::collections::HashSet;
use std::ops::Range;

const ALONE: &str = "put it into a step of its own: one statement by itself is in no transaction";

pub(super) fn check(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    let external = external(pipeline);
    for task in &pipeline.tasks {
        match &task.action {
            Action::Sql { step, script, .. } => {
                let together = step.transaction.as_ref().is_none_or(|transaction| transaction.value);
                let statements = &script.script.statements;
                if together {
                    most(scope, task.name, script, diagnostics);
                } else {
                    sessions(scope, script, diagnostics);
                }
                longest(scope, script, diagnostics);
                // A statement by itself is sent by itself.
                let in_transaction = together && statements.len() > 1;
                controls(scope, script, diagnostics);
                for statement in statements {
                    transaction(scope, script, statement, in_transaction, diagnostics);
                    if in_transaction && statement.verb == Verb::Other {
                        in_the_lake(scope, script, statement, &external, diagnostics);
                    }
                }
                if let (Some(begin), Some(told)) = (&script.script.transaction, &step.transaction)
                    && !told.value
                {
                    two_wills(scope, script, begin.clone(), told.span, diagnostics);
                }
            }
            Action::Check { queries, .. } => {
                for query in queries {
                    most(scope, task.name, query, diagnostics);
                    longest(scope, query, diagnostics);
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

/// The external schemas and tables that the pipeline itself makes, without those of Iceberg: the schema, and the table
/// where it is one.
fn external<'p>(pipeline: &'p Pipeline<'_>) -> HashSet<(&'p str, Option<&'p str>)> {
    let scripts = pipeline.tasks.iter().filter_map(Task::sql);
    let external = scripts.flat_map(|sql| &sql.script.external).filter(|external| !external.iceberg);
    external.map(|External { schema, table, .. }| (schema.as_str(), table.as_deref())).collect()
}

/// Changes of external tables cannot stand in a transaction: `DROP`, `ALTER`, `INSERT`.
fn in_the_lake(
    scope: &Scope<'_>,
    script: &Script<'_>,
    statement: &SqlStatement,
    external: &HashSet<(&str, Option<&str>)>,
    diagnostics: &mut Diagnostics,
) {
    if external.is_empty() {
        return;
    }
    for item in &statement.uses {
        let Target::Table { schema, table, .. } = &item.target else { continue };
        let in_lake = |table: Option<&str>| external.contains(&(schema.as_str(), table));
        let is_refused = match item.access {
            Access::Ends | Access::Alters => in_lake(None) || in_lake(Some(table)),
            // A table of Iceberg may lie in the same schema.
            Access::Appends => in_lake(Some(table)),
            Access::Creates | Access::Writes | Access::Empties | Access::Reads | Access::Needs => false,
        };
        if is_refused {
            let span = script.locate(scope.files.sources(), item.range.clone());
            let message = format!(
                "Redshift refuses to change the external table `{schema}.{table}` inside a transaction"
            );
            diagnostics.push(Diagnostic::new(Code::SqlTransaction, span, message).help(ALONE));
            return;
        }
    }
}

/// The SQL says that it is a transaction, and the step that it is none.
fn two_wills(
    scope: &Scope<'_>,
    script: &Script<'_>,
    begin: Range<usize>,
    told: Span,
    diagnostics: &mut Diagnostics,
) {
    let span = script.locate(scope.files.sources(), begin);
    diagnostics.push(
        Diagnostic::new(
            Code::SqlTransaction,
            span,
            "the SQL begins a transaction, and its step says that it has none",
        )
        .also(told, "said here")
        .help("take `transaction: false` away, or `BEGIN` and `COMMIT`"),
    );
}

/// Each statement that is sent by itself has a session of its own.
fn sessions(scope: &Scope<'_>, script: &Script<'_>, diagnostics: &mut Diagnostics) {
    let statements = &script.script.statements;
    let before_others = &statements[..statements.len().saturating_sub(1)];
    let Some(first) = before_others.iter().find(|statement| statement.of_session) else { return };
    let span = script.locate(scope.files.sources(), first.words.1.clone());
    diagnostics.push(
        Diagnostic::new(
            Code::SqlTransaction,
            span,
            "what this statement makes is gone before the next one: with `transaction: false` each has a session of its own",
        )
        .note("temporary tables, settings, cursors and prepared statements end with their session")
        .help("put it and the statements that need it into a step without `transaction: false`, or name tables with their schema"),
    );
}

fn most(scope: &Scope<'_>, step: &str, script: &Script<'_>, diagnostics: &mut Diagnostics) {
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
}

fn longest(scope: &Scope<'_>, script: &Script<'_>, diagnostics: &mut Diagnostics) {
    let statements = &script.script.statements;
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

/// A step is one transaction, or none; what is no `BEGIN` and `COMMIT` around it is told once.
fn controls(scope: &Scope<'_>, script: &Script<'_>, diagnostics: &mut Diagnostics) {
    let statements = &script.script.statements;
    let mut controls = statements.iter().filter(|statement| statement.verb == Verb::TransactionControl);
    let Some(first) = controls.next() else { return };
    let (words, range) = &first.words;
    let message = format!("`{words}` cannot stand here: dagc begins and ends the transaction");
    let span = script.locate(scope.files.sources(), range.clone());
    let diagnostic = Diagnostic::new(Code::SqlTransaction, span, message);
    diagnostics.push(match controls.next() {
        None => diagnostic.help(
            "take it away; all statements of a step take effect together, unless it says `transaction: false`",
        ),
        Some(_) => diagnostic.help(
            "make a step of each transaction; all statements of a step take effect together, and one `BEGIN` and \
             `COMMIT` may say so",
        ),
    });
}

fn transaction(
    scope: &Scope<'_>,
    script: &Script<'_>,
    statement: &SqlStatement,
    in_transaction: bool,
    diagnostics: &mut Diagnostics,
) {
    let (words, range) = &statement.words;
    let (message, help) = match statement.verb {
        Verb::Commits if in_transaction => (
            format!(
                "`{words}` commits, so that the statements around it would no longer take effect together"
            ),
            "write `DELETE FROM` instead, or `transaction: false`",
        ),
        Verb::Alone if in_transaction => (format!("Redshift refuses `{words}` inside a transaction"), ALONE),
        Verb::TransactionControl | Verb::Commits | Verb::Alone | Verb::Query | Verb::Other => return,
    };
    let span = script.locate(scope.files.sources(), range.clone());
    diagnostics.push(Diagnostic::new(Code::SqlTransaction, span, message).help(help));
}
