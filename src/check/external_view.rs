//! `sql-dialect`: a view is bound to a table that lies outside of Redshift.
//!
//! From the Redshift Database Developer Guide, "CREATE VIEW": a view of an external table is made `WITH NO SCHEMA BINDING`.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::ViewKind;
use crate::resolve::edges::makes_view;
use crate::resolve::{Project, Scope, Task};
use crate::sql::{Access, Target};
use crate::text::FileId;
use std::collections::HashSet;

/// A connection, an external schema of it, and a table where not all of the schema is meant.
type Outside<'p> = (&'p str, String, Option<String>);

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    if !project.has_views {
        return;
    }
    let tasks = || project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks);
    let outside: HashSet<Outside<'_>> = tasks().flat_map(outside).collect();
    for task in tasks() {
        let (Some(connection), Some(script)) = (task.connection, task.sql()) else { continue };
        let is_outside = |schema: &str, table: &str| {
            let name = |table| (connection.name, schema.to_owned(), table);
            outside.contains(&name(None)) || outside.contains(&name(Some(table.to_owned())))
        };
        let statements = script.script.statements.iter();
        let bound = statements
            .filter(|one| makes_view(&one.text) == Some(ViewKind::Plain) && !is_of_catalog(&one.text));
        for item in bound.flat_map(|one| &one.uses).filter(|item| item.access == Access::Reads) {
            let Target::Table { schema, table, .. } = &item.target else { continue };
            if !is_outside(schema, table) {
                continue;
            }
            let span = script.locate(scope.files.sources(), item.range.clone());
            let message = format!("Redshift binds no view to an external table, and {schema}.{table} is one");
            diagnostics.push(
                Diagnostic::new(Code::SqlDialect, span, message)
                    .help("write `WITH NO SCHEMA BINDING` behind the query of the view"),
            );
        }
    }
}

/// The external schemas and tables that a task makes.
fn outside<'p>(task: &'p Task<'_>) -> Vec<Outside<'p>> {
    let Some(connection) = task.connection else { return Vec::new() };
    let by_key = task.kind.makes_external_schema().map(|made| (connection.name, made.schema, None));
    let scripts = task.sql().into_iter().flat_map(|script| &script.script.external);
    let by_sql = scripts.map(|one| (connection.name, one.schema.clone(), one.table.clone()));
    by_key.into_iter().chain(by_sql).collect()
}

/// `CREATE EXTERNAL VIEW` makes a view of the Data Catalog.
fn is_of_catalog(statement: &str) -> bool {
    let words = statement.split_whitespace().take_while(|word| !word.eq_ignore_ascii_case("view"));
    words.into_iter().any(|word| word.eq_ignore_ascii_case("external"))
}
