//! `REFRESH` of a materialized view that the project does not make: what it reads is in nobody's text.

use super::{sql, table};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::Dataset;
use crate::resolve::{Action, Pipeline, Scope, Task};
use crate::sql::{Access, Target};

/// Says it once for each step, unless the step says what it reads.
pub(super) fn check(scope: &Scope<'_>, pipelines: &[Pipeline<'_>], diagnostics: &mut Diagnostics) {
    for task in pipelines.iter().flat_map(|pipeline| &pipeline.tasks) {
        let Some((connection, text)) = sql(task).filter(|_| !is_told(task)) else { continue };
        let refreshes = text.script.statements.iter().filter(|statement| is_refresh(&statement.text));
        let unknown = refreshes.flat_map(|statement| &statement.uses).find_map(|item| match &item.target {
            Target::Table { schema, table: name, .. } => {
                let view = table(scope, &connection, schema, name);
                (!is_made(pipelines, &view)).then(|| (format!("{schema}.{name}"), item.range.clone()))
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

fn is_refresh(statement: &str) -> bool {
    statement.trim_start().get(..8).is_some_and(|word| word.eq_ignore_ascii_case("refresh "))
}

fn is_told(task: &Task<'_>) -> bool {
    matches!(&task.action, Action::Sql { step, .. } if step.reads.is_some())
}

fn is_made(pipelines: &[Pipeline<'_>], view: &Dataset) -> bool {
    let touches = pipelines.iter().flat_map(|pipeline| &pipeline.tasks).flat_map(|task| &task.touches);
    touches.into_iter().any(|touch| touch.access == Access::Creates && touch.dataset == *view)
}
