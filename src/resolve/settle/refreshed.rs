//! `REFRESH` of a materialized view that the project does not make: what it reads is in nobody's text.

use super::{sql, table};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::Place;
use crate::resolve::{Pipeline, Scope, Task};
use crate::sql::{Access, Target};
use std::cell::LazyCell;
use std::collections::HashSet;

/// Says it once for each step, unless the step says what it reads.
pub(super) fn check(scope: &Scope<'_>, pipelines: &[Pipeline<'_>], diagnostics: &mut Diagnostics) {
    // Asked for by the first refresh: most projects have none.
    let made: LazyCell<HashSet<&Place>, _> = LazyCell::new(|| made(pipelines));
    for task in pipelines.iter().flat_map(|pipeline| &pipeline.tasks) {
        let Some((connection, text)) = sql(task).filter(|_| !is_told(task)) else { continue };
        let refreshes = text.script.statements.iter().filter(|statement| statement.begins("refresh "));
        let unknown = refreshes.flat_map(|statement| &statement.uses).find_map(|item| match &item.target {
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

fn is_told(task: &Task<'_>) -> bool {
    task.statements().is_some_and(|(_, how)| how.says_reads)
}

/// What the project makes.
fn made<'p>(pipelines: &'p [Pipeline<'_>]) -> HashSet<&'p Place> {
    let touches = pipelines.iter().flat_map(|pipeline| &pipeline.tasks).flat_map(|task| &task.touches);
    touches.filter(|touch| touch.access == Access::Creates).map(|touch| &touch.dataset).collect()
}
