//! `sql-dialect`: rows of an external table are changed, removed or loaded.
//!
//! From the Redshift Database Developer Guide, "CREATE EXTERNAL TABLE": external tables are read-only but for INSERT. Iceberg's are
//! changed like Redshift's own; whose tables an external schema has is not known, so that those are let through that no
//! step makes.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Project, Scope, Script, Task};
use crate::sql::{Access, SqlStatement, Target};
use crate::text::FileId;
use std::collections::HashSet;

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let tasks = || project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks);
    let external: HashSet<(&str, &str, &str)> = tasks().flat_map(made).collect();
    if external.is_empty() {
        return;
    }
    for task in tasks() {
        let Some(connection) = task.connection else { continue };
        for (script, statement) in changes(task) {
            let changed = statement.uses.iter().find(|item| match &item.target {
                Target::Table { schema, table, .. } => {
                    item.access != Access::Reads && external.contains(&(connection.name, schema, table))
                }
                Target::Prefix(_) => false,
            });
            let Some(changed) = changed else { continue };
            let span = script.locate(scope.files.sources(), changed.range.clone());
            let first = statement.text.split_whitespace().next().unwrap_or_default().to_uppercase();
            let message = format!("Redshift has no {first} of an external table, and this is one");
            diagnostics.push(
                Diagnostic::new(Code::SqlDialect, span, message)
                    .note("rows are added to it by INSERT; its files are changed by who writes them")
                    .help("let a Glue job or Athena write its files anew, or make it a table of Iceberg"),
            );
        }
    }
}

/// The external tables that a task makes, by their connection; not those of Iceberg.
fn made<'p>(task: &'p Task<'_>) -> impl Iterator<Item = (&'p str, &'p str, &'p str)> {
    let connection = task.connection.map(|connection| connection.name);
    let all = task.scripts.iter().flat_map(|script| &script.script.external);
    all.filter(|one| !one.iceberg)
        .filter_map(move |one| Some((connection?, one.schema.as_str(), one.table.as_deref()?)))
}

/// The statements that change rows.
fn changes<'p, 'a>(task: &'p Task<'a>) -> impl Iterator<Item = (&'p Script<'a>, &'p SqlStatement)> {
    const VERBS: [&str; 5] = ["copy", "delete", "merge", "truncate", "update"];
    task.scripts.iter().flat_map(|script| {
        let all = script.script.statements.iter();
        all.filter(|one| VERBS.iter().any(|verb| one.begins(verb))).map(move |one| (script, one))
    })
}
