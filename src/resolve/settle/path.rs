//! Names without a schema in a session with several: `SET search_path TO a, b`.
//!
//! Redshift takes the first schema that has such a table. dagc knows the tables that the project makes or declares:
//! where one schema has it, that is the one. Where several have it, reading counts as reading all of them, and
//! for a change the user is asked.

use super::{sql, table};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::{SqlUse, of_sql};
use crate::plan::Place;
use crate::resolve::{Connection, Data, Pipeline, Scope, Script, Task, Touch};
use crate::scope::NotUnderstood;
use crate::sql::{Access, Loose, SqlStatement, Target, Use};
use std::collections::HashSet;
use std::ops::Range;

/// Gives each such name its schema, and the tasks what they touch then.
pub(super) fn settle(scope: &Scope<'_>, pipelines: &mut [Pipeline<'_>], diagnostics: &mut Diagnostics) {
    let made = made(scope, pipelines);
    // Where a pipeline is not understood, it may make what is asked for.
    let is_whole = pipelines.iter().all(|pipeline| !pipeline.incomplete);
    for pipeline in pipelines {
        let declared = declared(scope, pipeline);
        for task in &mut pipeline.tasks {
            let (SqlUse::Statements(how), Some(connection)) = (task.kind.sql(), task.connection) else {
                continue;
            };
            let Some(script) = task.meaning.scripts.first_mut() else { continue };
            if script.script.statements.iter().all(|statement| names(statement).is_none()) {
                continue;
            }
            let before = touches(scope, &connection, script);
            let known = Known { scope, connection: &connection, made: &made, declared: &declared };
            let mut unclear = Vec::new();
            for statement in &mut script.script.statements {
                known.settle(statement, &mut unclear);
            }
            let is_told = how.not_understood == NotUnderstood::Passes;
            for (candidates, range) in unclear.into_iter().filter(|_| is_whole && !is_told).take(1) {
                diagnostics.push(unclear_name(scope, task.meaning.name, script, &candidates, range));
            }
            let after = touches(scope, &connection, script);
            replace(task, &before, after, &declared);
        }
    }
}

/// What the names of a statement without a schema can mean, if there are such.
fn names(statement: &SqlStatement) -> Option<&Loose> {
    statement.loose.as_deref().filter(|loose| !loose.names.is_empty())
}

fn is_named(loose: &Loose, item: &Use) -> bool {
    loose.names.contains(&item.range)
}

/// The tables that the project makes for sure: names of which the schema is open make none but with `CREATE`.
fn made(scope: &Scope<'_>, pipelines: &[Pipeline<'_>]) -> HashSet<Place> {
    let mut made = HashSet::new();
    for task in pipelines.iter().flat_map(|pipeline| &pipeline.tasks) {
        let open = sql(task).map(|(connection, text)| open(scope, &connection, text)).unwrap_or_default();
        let makes = |touch: &&Touch| {
            touch.access == Access::Creates || (touch.access.gives_rows() && !open.contains(&touch.dataset))
        };
        made.extend(task.touches.iter().filter(makes).map(|touch| touch.dataset.clone()));
    }
    made
}

/// The tables that SQL names without a schema.
fn open(scope: &Scope<'_>, connection: &Connection<'_>, text: &Script<'_>) -> HashSet<Place> {
    let named = text.script.statements.iter().filter_map(|statement| Some((names(statement)?, statement)));
    let uses = named.flat_map(|(loose, one)| one.uses.iter().filter(|item| is_named(loose, item)));
    let tables = uses.filter_map(|item| match &item.target {
        Target::Table { schema, table: name, .. } => Some(table(scope, connection, schema, name)),
        Target::Prefix(_) => None,
    });
    tables.collect()
}

pub(super) fn declared(scope: &Scope<'_>, pipeline: &Pipeline<'_>) -> HashSet<Place> {
    let sources = pipeline.spec.sources().iter().filter_map(|(_, source)| Data::of_source(source));
    sources.map(|data| scope.one_name(data.dataset(), None)).collect()
}

pub(super) fn touches(scope: &Scope<'_>, connection: &Connection<'_>, text: &Script<'_>) -> Vec<Touch> {
    let touches = of_sql(scope, connection, text);
    let runs_as = scope.reached_as(connection);
    let named = |touch: Touch| Touch { dataset: scope.one_name(touch.dataset, runs_as), ..touch };
    touches.into_iter().map(named).collect()
}

/// Takes what the SQL touched before out of a task, and puts in what it touches.
pub(super) fn replace(task: &mut Task<'_>, before: &[Touch], after: Vec<Touch>, declared: &HashSet<Place>) {
    let is_of_sql = |touch: &Touch| {
        before.iter().any(|other| {
            (other.access, &other.dataset, other.span) == (touch.access, &touch.dataset, touch.span)
        })
    };
    task.touches.retain(|touch| !is_of_sql(touch));
    let after = after
        .into_iter()
        .map(|touch| Touch { external: touch.external || declared.contains(&touch.dataset), ..touch });
    task.touches.splice(0..0, after);
}

/// The tables of the project, as one connection names them.
struct Known<'k, 'a> {
    scope: &'k Scope<'a>,
    connection: &'k Connection<'a>,
    made: &'k HashSet<Place>,
    declared: &'k HashSet<Place>,
}

impl Known<'_, '_> {
    /// Of the schemas of a path those that have a table.
    fn schemas(&self, path: &[String], name: &str) -> Vec<String> {
        let has = |schema: &&String| {
            let table = table(self.scope, self.connection, schema, name);
            self.made.contains(&table) || self.declared.contains(&table)
        };
        path.iter().filter(has).cloned().collect()
    }

    /// Gives the names of a statement their schemas; `unclear` gets what a change may be of.
    fn settle(&self, statement: &mut SqlStatement, unclear: &mut Vec<(Vec<String>, Range<usize>)>) {
        let Some(loose) = names(statement).cloned() else { return };
        let renamed = self.renamed(statement, &loose);
        let mut settled = Vec::with_capacity(statement.uses.len());
        for item in std::mem::take(&mut statement.uses) {
            let Target::Table { database, schema, table } = &item.target else {
                settled.push(item);
                continue;
            };
            if !is_named(&loose, &item) {
                settled.push(item);
                continue;
            }
            let path: Vec<String> = std::iter::once(schema).chain(&loose.schemas).cloned().collect();
            let mut found = self.schemas(&path, table);
            let makes = matches!(item.access, Access::Creates | Access::Writes) && renamed.is_some();
            if let Some(schema) = renamed.as_ref().filter(|_| makes) {
                found = vec![schema.clone()];
            }
            let is_change = !matches!(item.access, Access::Reads | Access::Needs | Access::Creates);
            if is_change && found.len() != 1 {
                let names = if found.is_empty() { &path } else { &found };
                unclear.push((
                    names.iter().map(|schema| format!("{schema}.{table}")).collect(),
                    item.range.clone(),
                ));
                found.truncate(1);
            }
            if found.is_empty() {
                found.push(schema.clone());
            }
            settled.extend(found.into_iter().map(|schema| {
                let target = Target::Table { database: database.clone(), schema, table: table.clone() };
                Use { target, ..item.clone() }
            }));
        }
        statement.uses = settled;
    }

    /// `RENAME`: the schema of the old name is that of the new one.
    fn renamed(&self, statement: &SqlStatement, loose: &Loose) -> Option<String> {
        let makes = statement.uses.iter().any(|item| item.access == Access::Creates);
        let old = statement.uses.iter().find(|item| item.access == Access::Ends).filter(|_| makes)?;
        let Target::Table { schema, table, .. } = &old.target else { return None };
        if !is_named(loose, old) {
            return Some(schema.clone());
        }
        let path: Vec<String> = std::iter::once(schema).chain(&loose.schemas).cloned().collect();
        self.schemas(&path, table).into_iter().next().or_else(|| Some(schema.clone()))
    }
}

fn unclear_name(
    scope: &Scope<'_>,
    step: &str,
    script: &Script<'_>,
    candidates: &[String],
    range: Range<usize>,
) -> Diagnostic {
    let span = script.locate(scope.files.sources(), range);
    let message = format!(
        "which table this statement of step `{step}` changes is not known: {}",
        candidates.join(" or ")
    );
    Diagnostic::new(Code::SqlHiddenTables, span, message)
        .note("the search path has several schemas, and Redshift takes the first one that has such a table")
        .help("write the schema before the name")
}
