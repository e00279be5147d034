//! `sql-dialect`: a view is made under the name of a table that the project makes.
//!
//! Neither Redshift nor Athena puts a view in the place of a table, be it with `OR REPLACE`.

use super::create_again;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::Place;
use crate::resolve::edges::{makes_view, touched};
use crate::resolve::{Project, Scope, Script, Task};
use crate::sql::{Access, SqlStatement};
use crate::text::{FileId, Span};
use std::collections::HashMap;

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    if !project.has_views {
        return;
    }
    let tasks = || project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks);
    let mut tables: HashMap<&Place, (&str, Span)> = HashMap::new();
    for (task, script, statement) in tasks().flat_map(statements).filter(|(_, _, one)| makes_table(&one.text))
    {
        for made in touched(task, statement, Access::Creates) {
            tables.entry(made).or_insert((task.name, locate(scope, script, statement)));
        }
    }
    let ended = create_again::ends(project);
    for (task, script, statement) in tasks().flat_map(statements) {
        if makes_view(&statement.text).is_none() {
            continue;
        }
        let mut made = touched(task, statement, Access::Creates).filter(|made| !ended.contains(made));
        let Some((made, (maker, table))) = made.find_map(|made| Some((made, tables.get(made)?))) else {
            continue;
        };
        let message = format!("no view takes the place of a table: step `{maker}` makes {made} as one");
        diagnostics.push(
            Diagnostic::new(Code::SqlDialect, locate(scope, script, statement), message)
                .label("made as a view")
                .also(*table, "made as a table")
                .help("give one of them another name, or drop the table for good before"),
        );
    }
}

fn statements<'p, 'a>(
    task: &'p Task<'a>,
) -> impl Iterator<Item = (&'p Task<'a>, &'p Script<'a>, &'p SqlStatement)> {
    let scripts = task.scripts.iter();
    scripts.flat_map(move |script| script.script.statements.iter().map(move |one| (task, script, one)))
}

/// `CREATE TABLE`, `CREATE EXTERNAL TABLE`.
fn makes_table(statement: &str) -> bool {
    let mut words = statement.split_whitespace().map(str::to_ascii_lowercase);
    let is_create = words.next().is_some_and(|word| word == "create");
    is_create && words.find(|word| word != "external").is_some_and(|word| word == "table")
}

/// Where the name of what is made stands.
fn locate(scope: &Scope<'_>, script: &Script<'_>, statement: &SqlStatement) -> Span {
    let named = statement.uses.iter().find(|item| item.access == Access::Creates);
    let range = named.map_or(statement.range.clone(), |item| item.range.clone());
    script.locate(scope.files.sources(), range)
}
