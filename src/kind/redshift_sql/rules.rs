//! `redshift_sql`: statements go to Redshift in one batch of the Data API, one transaction unless each is committed by
//! itself.
//!
//! A statement by itself, and each of a step that says `transaction: false`, goes by `ExecuteStatement`, which has a
//! session of its own. `unload-again`: an UNLOAD to the same place in every run, which fails where it finds the files of
//! the one before.

use super::RedshiftSqlStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::statements::{ALONE, longest, most, params};
use crate::scope::{Scope, Script};
use crate::sql::{Access, SqlStatement, Target, Verb};
use crate::text::Span;
use std::ops::Range;

pub(super) fn check(step: &RedshiftSqlStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    params(step.params.as_ref(), cx, diagnostics);
    for script in &cx.task.scripts {
        batch(step, script, cx, diagnostics);
        unloads(script, cx, diagnostics);
    }
}

fn batch(step: &RedshiftSqlStep, script: &Script<'_>, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let scope = cx.scope;
    let statements = &script.script.statements;
    if step.is_together() {
        most(scope, cx.task.name, script, diagnostics);
    } else {
        sessions(scope, script, diagnostics);
    }
    longest(scope, script, diagnostics);
    controls(scope, script, diagnostics);
    // One by itself is sent by itself.
    let is_batch = step.is_together() && statements.len() > 1;
    for statement in statements {
        transaction(scope, script, statement, is_batch, diagnostics);
    }
    if let (Some(begin), Some(told)) = (&script.script.transaction, &step.transaction)
        && !told.value
    {
        two_wills(scope, script, begin.clone(), told.span, diagnostics);
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

/// A step is one transaction, or none; what is no `BEGIN` and `COMMIT` around it is told once.
fn controls(scope: &Scope<'_>, script: &Script<'_>, diagnostics: &mut Diagnostics) {
    let statements = &script.script.statements;
    let mut controls = statements.iter().filter(|statement| statement.verb == Verb::TransactionControl);
    let Some(first) = controls.next() else { return };
    let second = controls.clone().find(|statement| is_begin(first) && is_begin(statement));
    if let Some(second) = second {
        diagnostics.push(two_transactions(scope, script, first, second));
        return;
    }
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

fn is_begin(statement: &SqlStatement) -> bool {
    statement.begins("begin") || statement.begins("start")
}

fn two_transactions(
    scope: &Scope<'_>,
    script: &Script<'_>,
    first: &SqlStatement,
    second: &SqlStatement,
) -> Diagnostic {
    let span = |statement: &SqlStatement| script.locate(scope.files.sources(), statement.words.1.clone());
    Diagnostic::new(
        Code::SqlTransaction,
        span(second),
        "a second transaction begins here, and a step is one",
    )
    .also(span(first), "the first one")
    .help(
        "make a step of each, the second `after` the first; or let all statements take effect together, without \
         `BEGIN` and `COMMIT`",
    )
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

/// UNLOADs that would overwrite the files of the run before.
fn unloads(script: &Script<'_>, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    for statement in script.script.statements.iter().filter(|statement| fails_again(statement)) {
        let mut written = statement.uses.iter().filter(|item| item.access == Access::Writes);
        let Some(written) = written.find(|item| is_constant(&item.target)) else { continue };
        let message = format!(
            "the UNLOAD of step `{}` fails in the next run: its files are there already",
            cx.task.name
        );
        diagnostics.push(
            Diagnostic::new(
                Code::UnloadAgain,
                script.locate(cx.scope.files.sources(), written.range.clone()),
                message,
            )
            .help("write `CLEANPATH` behind it, or the day of the run into the path"),
        );
    }
}

fn is_constant(target: &Target) -> bool {
    matches!(target, Target::Prefix(path) if !path.contains("{{"))
}

/// UNLOAD fails where it would overwrite, unless it is told otherwise.
fn fails_again(statement: &SqlStatement) -> bool {
    let mut words = statement.text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let is = |word: &str, expected: &str| word.eq_ignore_ascii_case(expected);
    words.next().is_some_and(|word| is(word, "unload"))
        && !words.any(|word| is(word, "cleanpath") || is(word, "allowoverwrite"))
}
