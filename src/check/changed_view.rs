//! `sql-dialect`: rows are written into what the project makes as a view.
//!
//! From the Redshift Database Developer Guide: "CREATE VIEW" (views are read), "DELETE" and "TRUNCATE", which take
//! materialized views, too, as does `ALTER TABLE ... APPEND FROM`; from Athena's: "INSERT INTO", whose target is a table.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::{SqlUse, ViewKind};
use crate::plan::Place;
use crate::resolve::edges::{Views, makes_view, place_of};
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
            let takes_rows_away = access == Access::Empties || first.eq_ignore_ascii_case("delete");
            if kind != ViewKind::Materialized || !takes_rows_away {
                diagnostics.push(finding(task, place, kind, span));
            }
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
