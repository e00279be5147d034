//! `bound-view`: a table is dropped or renamed, and a view holds on to it.
//!
//! A view without `WITH NO SCHEMA BINDING` is bound to the table itself: Redshift refuses to drop the table without
//! `CASCADE`, which takes the view away with it, and a renamed table takes the view along.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::Place;
use crate::resolve::edges::{Views, touched};
use crate::resolve::{Project, Scope, Script, Task};
use crate::sql::{Access, SqlStatement};
use crate::text::FileId;
use std::collections::HashMap;

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    if !project.has_views {
        return;
    }
    let views = Views::new(&project.pipelines);
    for (pipeline, whole) in project.pipelines.iter().enumerate() {
        for task in &whole.tasks {
            let Some(script) = task.sql() else { continue };
            for end in ends(task, script) {
                for (view, maker) in views.bound_to(end.table) {
                    let is_dropped = whole.tasks.iter().any(|task| drops(task, view));
                    // Made again by the same pipeline, which makes it of the new table.
                    let is_renewed = end.how != How::Drops && maker == pipeline;
                    if !is_dropped && !is_renewed {
                        diagnostics.push(finding(scope, script, task.name, &end, view));
                    }
                }
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// `DROP TABLE`, which fails.
    Drops,
    /// `DROP TABLE ... CASCADE`.
    Cascades,
    /// `RENAME TO`.
    Renames,
}

/// A statement that ends a table.
struct End<'p> {
    table: &'p Place,
    how: How,
    statement: &'p SqlStatement,
}

/// The tables that a script drops or renames; what it drops under a new name is known by the old one.
fn ends<'p>(task: &'p Task<'_>, script: &'p Script<'_>) -> Vec<End<'p>> {
    let mut ends = Vec::new();
    let mut renamed: HashMap<&Place, &Place> = HashMap::new();
    for statement in &script.script.statements {
        let mut words = statement.text.split_whitespace().map(str::to_lowercase);
        let first = words.next().unwrap_or_default();
        let how = match first.as_str() {
            "drop" if words.next().as_deref() != Some("table") => continue,
            "drop" if words.next_back().as_deref() == Some("cascade") => How::Cascades,
            "drop" => How::Drops,
            "alter" => How::Renames,
            _ => continue,
        };
        for table in touched(task, statement, Access::Ends) {
            let table = renamed.remove(table).unwrap_or(table);
            if how == How::Renames
                && let Some(new) = touched(task, statement, Access::Creates).next()
            {
                renamed.insert(new, table);
            }
            ends.push(End { table, how, statement });
        }
    }
    ends
}

/// Says whether a task drops a view, be it to make it anew.
fn drops(task: &Task<'_>, view: &Place) -> bool {
    let Some(script) = task.sql() else { return false };
    let mut statements = script.script.statements.iter();
    statements.any(|statement| touched(task, statement, Access::Ends).any(|ended| ended == view))
}

fn finding(scope: &Scope<'_>, script: &Script<'_>, step: &str, end: &End<'_>, view: &Place) -> Diagnostic {
    let used = end.statement.uses.iter().find(|item| item.access == Access::Ends);
    let range = used.map_or(end.statement.range.clone(), |item| item.range.clone());
    let (does, follows) = match end.how {
        How::Drops => ("drops", "Redshift refuses to drop a table that a view is bound to"),
        How::Cascades => {
            ("drops", "`CASCADE` takes the view away, and nothing in this pipeline makes it again")
        }
        How::Renames => ("renames", "the view goes with the table, and shows the rows under its new name"),
    };
    let message = format!("step `{step}` {does} {}, which the view {view} is bound to", end.table);
    Diagnostic::new(Code::BoundView, script.locate(scope.files.sources(), range), message)
        .note(follows)
        .help("make the view `WITH NO SCHEMA BINDING`, or drop it before and make it again afterwards")
}
