//! What only the whole project can tell of its SQL: in which schema of a search path a table is, what a `CASCADE` takes
//! along, and where the rows of external tables are.
//!
//! Takes the resolved pipelines of an environment and adds to what their tasks touch, so that all that comes after
//! knows tables by one name and data in all places where it is. Most projects have nothing of the kind.

mod called;
mod dropped;
mod external;
mod path;
mod refreshed;

use super::{Connection, Pipeline, Scope, Script, Task, Touch};
use crate::diagnostic::Diagnostics;
use crate::kind::contract::SqlUse;
use crate::lang::value::TableName;
use crate::plan::Place;
use crate::scope::NotUnderstood;
use crate::sql::Access;
use rayon::prelude::*;

/// Settles what the pipelines of an environment touch.
pub(super) fn settle(scope: &Scope<'_>, pipelines: &mut [Pipeline<'_>], diagnostics: &mut Diagnostics) {
    let is_any = |is_so: fn(&crate::sql::Script) -> bool| {
        let has_any = |pipeline: &Pipeline<'_>| {
            let mut scripts = pipeline.tasks.iter().flat_map(|task| &task.scripts);
            scripts.any(|text| is_so(&text.script))
        };
        pipelines.par_iter().any(has_any)
    };
    let is_loose = is_any(|script| script.statements.iter().any(|one| one.loose.is_some()));
    let makes_schema = |task: &Task<'_>| task.kind.makes_external_schema().is_some();
    let is_external = is_any(|script| !script.external.is_empty())
        || pipelines.iter().any(|pipeline| pipeline.tasks.iter().any(makes_schema));
    if is_loose {
        called::settle(scope, pipelines);
        path::settle(scope, pipelines, diagnostics);
    }
    hidden(scope, pipelines, diagnostics);
    if is_external {
        external::settle(scope, pipelines);
    }
    if is_loose {
        dropped::settle(scope, pipelines);
    }
    refreshed::check(scope, pipelines, diagnostics);
}

/// Says of each step that touches what no text tells.
fn hidden(scope: &Scope<'_>, pipelines: &[Pipeline<'_>], diagnostics: &mut Diagnostics) {
    for task in pipelines.iter().flat_map(|pipeline| &pipeline.tasks) {
        let SqlUse::Statements(how) = task.kind.sql() else { continue };
        if how.not_understood == NotUnderstood::Refused {
            for script in &task.scripts {
                script.hidden_tables(scope.files.sources(), task.name, diagnostics);
            }
        }
    }
}

/// The SQL of a task, with its connection.
fn sql<'t, 'a>(task: &'t Task<'a>) -> Option<(Connection<'a>, &'t Script<'a>)> {
    Some((task.connection?, task.sql()?))
}

/// Names a table of a connection as the project does.
fn table(scope: &Scope<'_>, connection: &Connection<'_>, schema: &str, table: &str) -> Place {
    let name = TableName { schema: schema.to_owned(), table: table.to_owned() };
    scope.one_name(Place::Table { connection: connection.name.to_owned(), name }, None)
}

/// Adds touches that are not there yet.
fn add(task: &mut Task<'_>, touches: impl IntoIterator<Item = Touch>) {
    for touch in touches {
        let is_same = |other: &Touch| other.access == touch.access && other.dataset == touch.dataset;
        if !task.touches.iter().any(is_same) {
            task.touches.push(touch);
        }
    }
}

/// Says whether a task makes some data.
fn makes(task: &Task<'_>, dataset: &Place) -> bool {
    task.touches.iter().any(|touch| touch.access == Access::Creates && touch.dataset == *dataset)
}
