//! `sql-dialect`: rows are written into what the project makes as a view, or it is taken for a table otherwise.
//!
//! From the Redshift Database Developer Guide: "CREATE VIEW" (views are read), "DELETE" and "TRUNCATE", which take
//! materialized views, too, as does `ALTER TABLE ... APPEND FROM`; "DROP TABLE", "VACUUM", "ALTER TABLE", "REFRESH MATERIALIZED
//! VIEW"; from Athena's: "INSERT INTO", whose target is a table.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::{SqlUse, ViewKind};
use crate::plan::Place;
use crate::resolve::edges::{Views, makes_view, place_of, touched};
use crate::resolve::{Project, Scope, Task};
use crate::sql::{Access, SqlStatement, Target};
use crate::text::{FileId, Span};
use std::collections::HashSet;

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    if !project.has_views {
        return;
    }
    let views = Views::new(&project.pipelines);
    let tasks = || project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks);
    // One name may be now a table and now a view.
    let tables: HashSet<&Place> = tasks().flat_map(tables).collect();
    let kind = |place: &Place| views.kind(place).filter(|_| !tables.contains(place));
    for task in tasks() {
        for (place, access, first, span) in changes(scope, task) {
            let Some(kind) = kind(place) else { continue };
            let is = |word: &str| first.eq_ignore_ascii_case(word);
            // A procedure may refresh it, or take rows away.
            let may_be = access == Access::Empties || is("delete") || is("call");
            if kind != ViewKind::Materialized || !may_be {
                diagnostics.push(finding(task, place, kind, span));
            }
        }
        let Some(script) = task.sql() else { continue };
        // What the script has dropped before is no view any more.
        let mut gone: HashSet<&Place> = HashSet::new();
        for statement in &script.script.statements {
            let places = statement.uses.iter().filter_map(|item| Some((item, place_of(task, item)?)));
            for (item, place) in places.filter(|(_, place)| !gone.contains(place)) {
                let Some((message, help)) =
                    kind(place).and_then(|kind| mistaken(statement, item.access, kind, place))
                else {
                    continue;
                };
                let span = script.locate(scope.files.sources(), item.range.clone());
                diagnostics.push(Diagnostic::new(Code::SqlDialect, span, message).help(help));
            }
            gone.extend(touched(task, statement, Access::Ends));
        }
    }
}

fn statements<'t>(task: &'t Task<'_>) -> impl Iterator<Item = &'t SqlStatement> {
    let runs = matches!(task.kind.sql(), SqlUse::Statements(_));
    task.scripts.iter().filter(move |_| runs).flat_map(|script| &script.script.statements)
}

/// What a task makes that is no view.
fn tables<'p>(task: &'p Task<'_>) -> Vec<&'p Place> {
    if !matches!(task.kind.sql(), SqlUse::Statements(_)) {
        let made = task.touches.iter().filter(|touch| touch.access == Access::Creates);
        return made.filter(|_| task.kind.makes_view().is_none()).map(|touch| &touch.dataset).collect();
    }
    let made = statements(task).filter(|statement| makes_view(&statement.text).is_none());
    let uses = made.flat_map(|statement| &statement.uses).filter(|item| item.access == Access::Creates);
    uses.filter_map(|item| place_of(task, item)).collect()
}

/// What a task changes the rows of: how, by a statement that begins so, and where that is written.
fn changes<'p>(scope: &Scope<'_>, task: &'p Task<'_>) -> Vec<(&'p Place, Access, &'p str, Span)> {
    if task.kind.loads(&task.meaning).is_some() {
        let tables = task.touches.iter().filter(|touch| touch.access.changes_rows());
        return tables.map(|touch| (&touch.dataset, touch.access, "", touch.span)).collect();
    }
    let mut found: Vec<(&Place, Access, &str, Span)> = Vec::new();
    for script in task.scripts.iter().filter(|_| matches!(task.kind.sql(), SqlUse::Statements(_))) {
        for statement in &script.script.statements {
            let first = statement.text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
            let makes = |target: &Target| {
                let mut uses = statement.uses.iter();
                uses.any(|item| item.access == Access::Creates && item.target == *target)
            };
            let changed = statement.uses.iter().filter(|item| item.access.changes_rows());
            for item in changed.filter(|item| !makes(&item.target) && !first.eq_ignore_ascii_case("refresh"))
            {
                let Some(place) = place_of(task, item) else { continue };
                if !found.iter().any(|(known, access, ..)| *known == place && *access == item.access) {
                    let span = script.locate(scope.files.sources(), item.range.clone());
                    found.push((place, item.access, first, span));
                }
            }
        }
    }
    found
}

fn finding(task: &Task<'_>, place: &Place, kind: ViewKind, span: Span) -> Diagnostic {
    let service = task.kind.dialect().name();
    let (what, help) = match kind {
        ViewKind::Materialized => (
            "a materialized view",
            "change the tables behind it; `REFRESH MATERIALIZED VIEW` brings its rows up to date",
        ),
        ViewKind::Plain | ViewKind::Late => ("a view", "change the tables behind it"),
    };
    let message = format!("{service} changes no rows of {what}, and {place} is one");
    Diagnostic::new(Code::SqlDialect, span, message).help(help)
}

/// What a statement wants of a view and only a table has, or only another kind of view: in words, with the cure.
fn mistaken(
    statement: &SqlStatement,
    access: Access,
    kind: ViewKind,
    place: &Place,
) -> Option<(String, &'static str)> {
    let words: Vec<String> = statement.text.split_whitespace().take(4).map(str::to_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_materialized = kind == ViewKind::Materialized;
    match (words.as_slice(), access) {
        (["refresh", ..], Access::Appends) if !is_materialized => Some((
            format!("Redshift refreshes materialized views only, and {place} is none"),
            "take it away: the view has the rows of its tables whenever it is read",
        )),
        (["drop", "table", ..], Access::Ends) => Some((
            format!("`DROP TABLE` drops no view, and {place} is one"),
            if is_materialized { "write `DROP MATERIALIZED VIEW`" } else { "write `DROP VIEW`" },
        )),
        (["vacuum", ..], Access::Needs) if !is_materialized => Some((
            format!("`VACUUM` sorts the rows of a table, and {place} is a view"),
            "name the tables behind it",
        )),
        (["alter", "table", _, "add" | "drop" | "alter"], Access::Alters) => Some((
            format!("`ALTER TABLE` changes no columns of a view, and {place} is one"),
            "change the query of the view",
        )),
        _ => None,
    }
}
