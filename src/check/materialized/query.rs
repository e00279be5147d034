//! `sql-dialect`: what Redshift takes in no query of a materialized view, be it that of a `materialized_view` step or of a
//! statement.
//!
//! From the Redshift Database Developer Guide, "CREATE MATERIALIZED VIEW", limitations: views without rows of their own,
//! system tables, temporary tables, functions of the user's, `ORDER BY`, `LIMIT` and `OFFSET`, functions that only the leader
//! node has; and mutable functions where Redshift is to refresh the view by itself. What lies outside of the project is not
//! known here.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::ViewKind;
use crate::resolve::edges::{Views, made_routine, makes_view, place_of};
use crate::resolve::{Project, Scope, Script, Task};
use crate::sql::{Access, Kept, SqlStatement, Target, kept};
use std::collections::HashSet;
use std::ops::Range;

/// Functions that the leader node has, and no other.
const ON_LEADER: &[&str] = &[
    "current_schema",
    "current_schemas",
    "has_database_privilege",
    "has_schema_privilege",
    "has_table_privilege",
];

/// What is wrong: where, in words, with the cure.
type Wrong = (Range<usize>, String, &'static str);

/// Looks at each such query of a project.
pub(super) fn check(
    scope: &Scope<'_>,
    project: &Project<'_>,
    views: &Views<'_>,
    diagnostics: &mut Diagnostics,
) {
    let tasks = || project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks);
    let routines = || {
        let scripts = tasks().flat_map(|task| &task.scripts);
        let statements = scripts.flat_map(|script| &script.script.statements);
        statements.filter_map(|statement| made_routine(&statement.text)).collect::<HashSet<String>>()
    };
    // Asked for by the first materialized view: most projects have none.
    let made = std::cell::LazyCell::new(routines);
    for task in tasks() {
        for (script, statement, itself) in queries(task) {
            let read = kept(&statement.text);
            let mut found: Vec<Wrong> = tables(task, statement, views).collect();
            found.extend(text(&read, &made, statement, itself));
            for (range, message, help) in found {
                let span = script.locate(scope.files.sources(), range);
                diagnostics.push(Diagnostic::new(Code::SqlDialect, span, message).help(help));
            }
        }
    }
}

/// The statements of a task that are or have the query of a materialized view; and whether its step says that Redshift
/// refreshes it by itself.
fn queries<'t, 'a>(task: &'t Task<'a>) -> impl Iterator<Item = (&'t Script<'a>, &'t SqlStatement, bool)> {
    let step = task.kind.makes_view().filter(|made| made.kind == ViewKind::Materialized);
    let scripts = task.scripts.iter().filter(|script| script.complete);
    let all = scripts.flat_map(|script| script.script.statements.iter().map(move |one| (script, one)));
    let runs = task.sql().is_some();
    let is_one = move |statement: &SqlStatement| {
        step.is_some() || (runs && makes_view(&statement.text) == Some(ViewKind::Materialized))
    };
    let itself = step.is_some_and(|made| made.refreshes_itself);
    all.filter(move |(_, statement)| is_one(statement)).map(move |(script, one)| (script, one, itself))
}

/// The tables of which Redshift makes none.
fn tables<'t>(
    task: &'t Task<'_>,
    statement: &'t SqlStatement,
    views: &'t Views<'_>,
) -> impl Iterator<Item = Wrong> + 't {
    let reads = statement.uses.iter().filter(|item| item.access == Access::Reads);
    let standard = reads.filter_map(|item| {
        let place = place_of(task, item).filter(|place| views.is_standard(place))?;
        let message = format!("Redshift makes no materialized view of a view, and {place} is one");
        Some((
            item.range.clone(),
            message,
            "write the tables behind it, or make it a `materialized_view` as well",
        ))
    });
    standard.chain(statement.apart.iter().filter_map(|item| {
        let Target::Table { schema, table, .. } = &item.target else { return None };
        let (message, help) = if item.target.is_temporary() {
            (
                format!("Redshift makes no materialized view of a temporary table, and {table} is one"),
                "write its query as `WITH` into that of the view, or make it a table that stays",
            )
        } else {
            let dot = if schema.is_empty() { "" } else { "." };
            (
                format!(
                    "Redshift makes no materialized view of a system table, and {schema}{dot}{table} is one"
                ),
                "copy its rows into a table in a step of its own",
            )
        };
        Some((item.range.clone(), message, help))
    }))
}

/// What the text of a query has and may not.
fn text(read: &Kept, made: &HashSet<String>, statement: &SqlStatement, refreshes_itself: bool) -> Vec<Wrong> {
    let place = |range: &Range<usize>| statement.range.start + range.start..statement.range.start + range.end;
    let mut found: Vec<Wrong> = Vec::new();
    if let Some((clause, range)) = &read.clause {
        let message = format!("Redshift has no `{clause}` in the query of a materialized view");
        let help = "sort and cut where the view is read; `sortkey` sorts its rows as they are kept";
        found.push((place(range), message, help));
    }
    for (name, range) in &read.functions {
        let plain = name.strip_prefix("pg_catalog.").unwrap_or(name);
        let is_made = made.contains(name) || made.contains(&format!("public.{name}"));
        if ON_LEADER.contains(&plain) {
            let message =
                format!("Redshift has no `{}` in the query of a materialized view", plain.to_uppercase());
            found.push((place(range), message, "only the leader node has it: write the value itself"));
        } else if is_made || name.strip_prefix("public.").is_some_and(|name| made.contains(name)) {
            let message = format!(
                "Redshift calls no function of the user's in the query of a materialized view, and `{name}` is one"
            );
            found.push((place(range), message, "write what the function does into the query"));
        }
    }
    if let Some((name, range)) = &read.mutable
        && (refreshes_itself || read.refreshes_itself.is_some())
    {
        let message = format!(
            "Redshift refreshes no view by itself whose query has `{name}`, which changes while the rows do not"
        );
        let help = "take it away, or have the view refreshed by a step";
        found.push((place(range), message, help));
    }
    found
}
