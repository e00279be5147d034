//! `dependency-cycle`, where a table or a view is made of a query that reads it: it is not there when it is made, and a
//! view of itself has no rows that anybody could find.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Project, Scope, Script, Task};
use crate::sql::{Access, Loose, SqlStatement, Target, Use};
use crate::text::FileId;

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    for task in project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks) {
        for (script, read, name) in of_itself(task) {
            let span = script.locate(scope.files.sources(), read.range.clone());
            let message = format!("{name} is made of itself: the query of step `{}` reads it", task.name);
            diagnostics.push(
                Diagnostic::new(Code::DependencyCycle, span, message)
                    .note("when it is made for the first time, there is no such table")
                    .help("read the table that it shall be made of, or give one of them another name"),
            );
        }
    }
}

/// The reads of a task that read what their own statement makes, with its name.
fn of_itself<'t>(task: &'t Task<'_>) -> Vec<(&'t Script<'t>, &'t Use, String)> {
    let own = task.kind.makes_view().map(|made| made.name);
    let scripts = task.scripts.iter();
    let statements = scripts.flat_map(|script| script.script.statements.iter().map(move |one| (script, one)));
    let mut found = Vec::new();
    for (script, statement) in statements {
        let uses = |access| statement.uses.iter().filter(move |item| item.access == access);
        let makes = |target: &Target| {
            uses(Access::Creates).any(|made| made.target == *target)
                || own.is_some_and(|view| target.is_table(&view.schema, &view.table))
        };
        let read = uses(Access::Reads).find(|read| makes(&read.target) && !is_open(statement, read));
        if let Some((read, name)) = read.and_then(|read| Some((read, name(&read.target)?))) {
            found.push((script, read, name));
        }
    }
    found
}

/// In which schema a name is, is not known; and what a procedure makes, another of its statements may read.
fn is_open(statement: &SqlStatement, read: &Use) -> bool {
    let is_open = |loose: &Loose| loose.calls.is_some() || loose.names.contains(&read.range);
    statement.loose.as_deref().is_some_and(is_open)
}

fn name(target: &Target) -> Option<String> {
    match target {
        Target::Table { schema, table, .. } => Some(format!("{schema}.{table}")),
        Target::Prefix(_) => None,
    }
}
