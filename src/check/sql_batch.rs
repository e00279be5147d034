//! `sql-transaction`: changes of external tables that the pipeline itself makes, inside a transaction.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::shared::statements::ALONE;
use crate::resolve::{Pipeline, Scope, Script, Task};
use crate::sql::{Access, External, SqlStatement, Target, Verb};
use std::borrow::Cow;
use std::collections::HashSet;

/// External schemas, and their tables where such a one is meant.
type Lake<'p> = HashSet<(Cow<'p, str>, Option<&'p str>)>;

pub(super) fn check(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    let external = external(pipeline);
    if external.is_empty() {
        return;
    }
    for task in &pipeline.tasks {
        if let Some((script, true)) = task.batch() {
            let others = script.script.statements.iter().filter(|statement| statement.verb == Verb::Other);
            for statement in others {
                in_the_lake(scope, script, statement, &external, diagnostics);
            }
        }
    }
}

/// The external schemas and tables that the pipeline itself makes, without those of Iceberg: the schema, and the table
/// where it is one.
fn external<'p>(pipeline: &'p Pipeline<'_>) -> Lake<'p> {
    let by_keys = pipeline.tasks.iter().filter_map(|task| task.kind.makes_external_schema());
    let by_keys = by_keys.map(|made| (Cow::Owned(made.schema), None));
    let scripts = pipeline.tasks.iter().filter_map(Task::sql);
    let external = scripts.flat_map(|sql| &sql.script.external).filter(|external| !external.iceberg);
    let named = external.map(|External { schema, table, .. }| (Cow::from(schema), table.as_deref()));
    named.chain(by_keys).collect()
}

/// Changes of external tables cannot stand in a transaction: `DROP`, `ALTER`, `INSERT`.
fn in_the_lake(
    scope: &Scope<'_>,
    script: &Script<'_>,
    statement: &SqlStatement,
    external: &Lake<'_>,
    diagnostics: &mut Diagnostics,
) {
    for item in &statement.uses {
        let Target::Table { schema, table, .. } = &item.target else { continue };
        let in_lake = |table: Option<&str>| external.contains(&(Cow::from(schema), table));
        let is_refused = match item.access {
            Access::Ends | Access::Alters => in_lake(None) || in_lake(Some(table)),
            // A table of Iceberg may lie in the same schema.
            Access::Appends => in_lake(Some(table)),
            Access::Creates | Access::Writes | Access::Empties | Access::Reads | Access::Needs => false,
        };
        if is_refused {
            let span = script.locate(scope.files.sources(), item.range.clone());
            let message = format!(
                "Redshift refuses to change the external table `{schema}.{table}` inside a transaction"
            );
            diagnostics.push(Diagnostic::new(Code::SqlTransaction, span, message).help(ALONE));
            return;
        }
    }
}
