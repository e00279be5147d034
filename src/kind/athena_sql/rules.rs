//! `athena_sql`: what Athena takes of a request, and what would fail in the next run.

use super::AthenaSqlStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::athena::longest;
use crate::scope::Script;
use crate::service::athena::job::LONGEST_REUSE;
use crate::sql::{Access, SqlStatement, Target, Verb};

pub(super) fn check(step: &AthenaSqlStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    step.own().check(cx, diagnostics);
    for script in &cx.task.scripts {
        longest(script, cx, diagnostics);
        unloads(script, cx, diagnostics);
        hidden(step, script, cx, diagnostics);
        reuse(step, script, cx, diagnostics);
    }
}

/// What a statement touches that is kept elsewhere, the step says itself.
fn hidden(step: &AthenaSqlStep, script: &Script<'_>, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    if step.reads.is_some() || step.writes.is_some() {
        return;
    }
    let is_told = |statement: &&SqlStatement| {
        let errors = &script.script.errors;
        !errors.iter().any(|error| statement.range.contains(&error.range.start))
    };
    let mut hidden = script.script.statements.iter().filter(|statement| statement.hidden).filter(is_told);
    let Some(statement) = hidden.next() else { return };
    let message =
        format!("which tables this statement of step `{}` reads and writes is not known", cx.task.name);
    let what = if statement.begins("execute") {
        "the workgroup keeps the statement that it runs; one that the same script prepares is known"
    } else {
        "it goes to Athena as it is"
    };
    let span = script.locate(cx.scope.files.sources(), statement.words.1.clone());
    diagnostics.push(
        Diagnostic::new(Code::SqlNotUnderstood, span, message)
            .note(what)
            .help("say it beside `sql`: `reads: [...]` and `writes: [...]`; `reads: []` when it is none"),
    );
}

/// A result of before is given for queries: what writes would not be run.
fn reuse(step: &AthenaSqlStep, script: &Script<'_>, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(reuse) = &step.reuse else { return };
    if reuse.value.0 == 0 {
        diagnostics.push(
            Diagnostic::new(
                Code::AthenaOption,
                reuse.span,
                "no result is as new as this: nothing would be given again",
            )
            .help("write how old a result may be, such as `reuse: 1h`, or take `reuse` away"),
        );
    }
    if reuse.value.0.div_ceil(60) > LONGEST_REUSE.into() {
        diagnostics.push(
            Diagnostic::new(
                Code::AthenaOption,
                reuse.span,
                "Athena gives no result again that is older than a week",
            )
            .help("write `reuse: 7d` or less"),
        );
    }
    let writing = script.script.statements.iter().find(|statement| !is_query(statement));
    if let Some(statement) = writing {
        let message =
            format!("a statement of step `{}` is no query, and `reuse` would not run it", cx.task.name);
        diagnostics.push(
            Diagnostic::new(Code::AthenaOption, reuse.span, message)
                .also(script.locate(cx.scope.files.sources(), statement.words.1.clone()), "it begins here")
                .help("take `reuse` away, or make two steps of it"),
        );
    }
}

fn is_query(statement: &SqlStatement) -> bool {
    statement.verb == Verb::Query
}

/// UNLOAD takes no folder in which something is.
fn unloads(script: &Script<'_>, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let unloads = script.script.statements.iter().filter(|statement| statement.begins("unload"));
    for item in unloads.flat_map(|statement| &statement.uses).filter(|item| item.access == Access::Writes) {
        if !matches!(&item.target, Target::Prefix(path) if !path.contains("{{")) {
            continue;
        }
        let message = format!(
            "the UNLOAD of step `{}` fails in the next run: its files are there already",
            cx.task.name
        );
        diagnostics.push(
            Diagnostic::new(
                Code::UnloadAgain,
                script.locate(cx.scope.files.sources(), item.range.clone()),
                message,
            )
            .help("write the day of the run into the path"),
        );
    }
}
