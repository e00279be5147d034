//! `iceberg-redshift`: what Redshift does not do to tables of Iceberg: write them in one transaction with another table, and
//! load files into them.
//!
//! From the Redshift Database Developer Guide, "Transaction semantics" of Iceberg writes: statements that write one such table may
//! be together in a transaction, where others may not; an older copy of the page lets no second statement be there at all.

use super::iceberg;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::Place;
use crate::resolve::edges::place_of;
use crate::resolve::{Project, Scope, Task};
use crate::sql::{Access, SqlStatement, Target, Use};
use crate::text::{FileId, Span};
use std::collections::HashSet;

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let known = known(project);
    if known.is_empty() {
        return;
    }
    // The steps that one `each` makes are written once.
    let mut marked: HashSet<Span> = HashSet::new();
    for task in project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks) {
        for finding in loaded(task, &known).into_iter().chain(mixed(scope, task, &known)) {
            if marked.insert(finding.primary.span) {
                diagnostics.push(finding);
            }
        }
    }
}

/// The tables of Iceberg that statements make, steps write and sources name.
fn known(project: &Project<'_>) -> HashSet<Place> {
    let tasks = || project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks);
    let made = tasks().filter_map(|task| Some((task, task.sql()?))).flat_map(|(task, sql)| {
        let makes = |statement: &&SqlStatement| statement.words.0 == "using iceberg";
        let statements = sql.script.statements.iter().filter(makes);
        let changed = statements.flat_map(|statement| statement.uses.iter().filter(|item| is_change(item)));
        changed.filter_map(move |item| place_of(task, item).cloned())
    });
    made.chain(iceberg::places(project)).collect()
}

fn is_change(item: &Use) -> bool {
    !matches!(item.access, Access::Reads | Access::Needs)
}

/// COPY has no target but tables of Redshift's own.
fn loaded(task: &Task<'_>, known: &HashSet<Place>) -> Option<Diagnostic> {
    task.kind.loads(task)?;
    let touch =
        task.touches.iter().find(|touch| touch.access.gives_rows() && known.contains(&touch.dataset))?;
    let message =
        format!("step `{}` loads files into {}, which is a table of Iceberg", task.name, touch.dataset);
    Some(
        Diagnostic::new(Code::IcebergRedshift, touch.span, message)
            .note("COPY fills tables of Redshift's own")
            .help("load a table of Redshift's own and `INSERT INTO ... SELECT` from it, or write the table by a `glue_job`"),
    )
}

/// In a transaction a table of Iceberg is written alone.
fn mixed(scope: &Scope<'_>, task: &Task<'_>, known: &HashSet<Place>) -> Option<Diagnostic> {
    let (script, true) = task.batch()? else { return None };
    let statements = &script.script.statements;
    let changes: Vec<&Use> =
        statements.iter().flat_map(|statement| &statement.uses).filter(|item| is_change(item)).collect();
    let of_iceberg = |item: &&&Use| place_of(task, item).is_some_and(|place| known.contains(place));
    let item = changes.iter().find(of_iceberg)?;
    let other = changes.iter().find(|other| other.target != item.target)?;
    let locate = |item: &Use| script.locate(scope.files.sources(), item.range.clone());
    let name = |item: &Use| match &item.target {
        Target::Table { schema, table, .. } => format!("`{schema}.{table}`"),
        Target::Prefix(path) => path.clone(),
    };
    let message =
        format!("{} is a table of Iceberg, which Redshift writes in no transaction with others", name(item));
    Some(
        Diagnostic::new(Code::IcebergRedshift, locate(item), message)
            .also(locate(other), format!("{} is written in the same one", name(other)))
            .help("write it in a step of its own, from tables that are there: what is staged for it stands in a step before it"),
    )
}
