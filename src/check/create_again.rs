//! `create-again`: CREATE TABLE AS in every run, and nothing drops the table.
//!
//! It fails where the table is there. Who makes a table once and fills it in each run says so with CREATE TABLE IF NOT
//! EXISTS; a pipeline that only a person starts may well do it once.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::document::pipeline::Schedule;
use crate::lang::value::Clock;
use crate::plan::Place;
use crate::resolve::edges::touched;
use crate::resolve::{Pipeline, Project, Scope, Script, Task};
use crate::sql::{Access, SqlStatement, outer_clause};
use crate::text::{FileId, Span};
use std::collections::HashSet;

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    // The steps that one `each` makes are written once.
    let mut marked: HashSet<Span> = HashSet::new();
    let mut ended: Option<HashSet<&Place>> = None;
    for task in project.pipelines.iter().filter(|pipeline| repeats(pipeline)).flat_map(|all| &all.tasks) {
        for (script, statement) in makers(task) {
            let Some(made) = touched(task, statement, Access::Creates).next() else { continue };
            let ended = ended.get_or_insert_with(|| ends(project));
            let named = statement.uses.iter().find(|item| item.access == Access::Creates);
            let range = named.map_or(statement.range.clone(), |item| item.range.clone());
            let span = script.locate(scope.files.sources(), range);
            if !ended.contains(made) && marked.insert(span) {
                diagnostics.push(finding(task, made, span));
            }
        }
    }
}

/// The tables that the project drops or renames, be it before they are made again by the same step.
pub(super) fn ends<'p>(project: &'p Project<'_>) -> HashSet<&'p Place> {
    let mut ended = HashSet::new();
    for task in project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks) {
        let touches = task.touches.iter().filter(|touch| touch.access == Access::Ends);
        ended.extend(touches.map(|touch| &touch.dataset));
        for statement in task.scripts.iter().flat_map(|script| &script.script.statements) {
            ended.extend(touched(task, statement, Access::Ends));
        }
    }
    ended
}

/// Says whether a pipeline runs more than once by itself.
fn repeats(pipeline: &Pipeline<'_>) -> bool {
    let schedule = pipeline.spec.schedule.as_ref().map(|schedule| &schedule.schedule);
    !matches!(schedule, None | Some(Schedule::Clock(Clock::Manual)))
}

/// The statements of a task that make a table of a query and fail where it is there. What a statement does that its text
/// does not say, such as a procedure, may drop it before.
fn makers<'p>(task: &'p Task<'_>) -> impl Iterator<Item = (&'p Script<'p>, &'p SqlStatement)> {
    let scripts = task.scripts.iter().filter(|script| {
        let statements = &script.script.statements;
        !statements.iter().any(|one| one.hidden || one.begins("call"))
    });
    scripts.flat_map(|script| {
        let statements = script.script.statements.iter().filter(|one| is_create_as(&one.text));
        statements.map(move |statement| (script, statement))
    })
}

/// Says whether a statement is CREATE TABLE AS without IF NOT EXISTS.
fn is_create_as(statement: &str) -> bool {
    let mut words = statement.split_whitespace().map(str::to_ascii_lowercase);
    let mut is = |known: &str| words.next().is_some_and(|word| word == known);
    is("create") && is("table") && !is("if") && outer_clause(statement, "as").is_some()
}

fn finding(task: &Task<'_>, made: &Place, span: Span) -> Diagnostic {
    let message =
        format!("the CREATE TABLE of step `{}` fails in the next run: {made} is there already", task.name);
    Diagnostic::new(Code::CreateAgain, span, message)
        .label("nothing in this project drops it")
        .help("write `drop table if exists` before it, or make it once, `create table if not exists`, and fill it in each run")
}
