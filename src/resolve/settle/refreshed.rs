//! `REFRESH` of a materialized view that the project does not make: what it reads is in nobody's text.

use super::{sql, table};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::Place;
use crate::resolve::{Pipeline, Scope, Script, Task};
use crate::sql::{Access, SqlStatement, Target};
use rayon::prelude::*;
use std::cell::LazyCell;
use std::collections::HashSet;

/// Says it once for each step, unless the step says what it reads.
pub(super) fn check(scope: &Scope<'_>, pipelines: &[Pipeline<'_>], diagnostics: &mut Diagnostics) {
    // Asked for by the first refresh: most projects have none.
    let made: LazyCell<HashSet<&Place>, _> = LazyCell::new(|| made(pipelines));
    let refreshing = pipelines.par_iter().flat_map_iter(|pipeline| &pipeline.tasks);
    let refreshing =
        refreshing.filter(|task| sql(task).is_some_and(|(_, text)| refreshes(text).next().is_some()));
    for task in refreshing.collect::<Vec<_>>() {
        let Some((connection, text)) = sql(task).filter(|_| !is_told(task)) else { continue };
        let unknown =
            refreshes(text).flat_map(|statement| &statement.uses).find_map(|item| match &item.target {
                Target::Table { schema, table: name, .. } => {
                    let view = table(scope, &connection, schema, name);
                    (!made.contains(&view)).then(|| (format!("{schema}.{name}"), item.range.clone()))
                }
                Target::Prefix(_) => None,
            });
        let Some((view, range)) = unknown else { continue };
        let message = format!("what the materialized view {view} reads is not known: no step makes it");
        diagnostics.push(
            Diagnostic::new(Code::SqlHiddenTables, text.locate(scope.files.sources(), range), message).help(
                "say it beside `sql`: `reads: [...]`; `reads: []` when it is none of the project's tables",
            ),
        );
    }
}

fn refreshes<'t>(text: &'t Script<'_>) -> impl Iterator<Item = &'t SqlStatement> {
    text.script.statements.iter().filter(|statement| statement.begins("refresh "))
}

fn is_told(task: &Task<'_>) -> bool {
    task.statements().is_some_and(|(_, how)| how.says_reads)
}

/// What the project makes.
fn made<'p>(pipelines: &'p [Pipeline<'_>]) -> HashSet<&'p Place> {
    let touches = pipelines.iter().flat_map(|pipeline| &pipeline.tasks).flat_map(|task| &task.touches);
    touches.filter(|touch| touch.access == Access::Creates).map(|touch| &touch.dataset).collect()
}
