//! `iceberg-files` and `iceberg-table`: steps that take what belongs to a table of Iceberg for files, or for a table of another
//! kind. Which of its files are its data stands in the metadata alone; what is not told of a table there breaks it.

use super::foreign_files::lies_in;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::source::StoredSpec;
use crate::plan::Place;
use crate::resolve::{Data, Project, Scope, Task, Touch};
use crate::sql::Access;
use crate::text::{FileId, Span};
use std::collections::HashSet;

/// A table that is said to be one of Iceberg.
struct Table {
    place: Place,
    /// Where that is said.
    span: Span,
    /// The folder of its files, where it is said.
    location: Option<(String, Span)>,
}

pub(super) fn check(_: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let tables = tables(project);
    if tables.is_empty() {
        return;
    }
    // The steps that one `each` makes are written once.
    let mut marked: HashSet<Span> = HashSet::new();
    let tasks = project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks);
    let found = tasks.flat_map(|task| task.touches.iter().filter_map(|touch| finding(&tables, task, touch)));
    for finding in found.chain(together(&tables)) {
        if marked.insert(finding.primary.span) {
            diagnostics.push(finding);
        }
    }
}

/// What steps write and what sources say.
fn tables(project: &Project<'_>) -> Vec<Table> {
    let mut tables = Vec::new();
    for pipeline in &project.pipelines {
        for task in &pipeline.tasks {
            let Some(iceberg) = task.kind.written().and_then(|written| written.iceberg) else { continue };
            let is_it =
                |touch: &&Touch| touch.access.gives_rows() && matches!(touch.dataset, Place::CatalogTable(_));
            if let Some(touch) = task.touches.iter().find(is_it) {
                let location = iceberg.location.map(|path| (path.value.0.to_string(), path.span));
                tables.push(Table { place: touch.dataset.clone(), span: iceberg.span, location });
            }
        }
        // One that is reached as another may be another's.
        for (_, source) in pipeline.spec.sources().iter().filter(|(_, source)| source.connection.is_none()) {
            let said = source.format.as_ref().and_then(StoredSpec::iceberg);
            if let (Some(span), Some(data @ Data::Catalog(_))) = (said, Data::of_source(source)) {
                tables.push(Table { place: data.into_dataset(), span, location: None });
            }
        }
    }
    tables
}

/// The tables that are said to be of Iceberg.
pub(super) fn places(project: &Project<'_>) -> impl Iterator<Item = Place> {
    tables(project).into_iter().map(|table| table.place)
}

fn finding(tables: &[Table], task: &Task<'_>, touch: &Touch) -> Option<Diagnostic> {
    match &touch.dataset {
        Place::Prefix(path) => {
            let (table, at) = tables.iter().find_map(|table| {
                let (location, at) = table.location.as_ref()?;
                (lies_in(path, location) || lies_in(location, path)).then_some((table, *at))
            })?;
            Some(files(table, at, task, touch, path))
        }
        Place::CatalogTable(_) if touch.access == Access::Creates => {
            let table = tables.iter().find(|table| table.place == touch.dataset)?;
            // Statements say themselves what they make.
            task.sql().is_none().then(|| declared(table, task, touch))
        }
        Place::CatalogTable(_) | Place::Table { .. } | Place::Database { .. } => None,
    }
}

fn files(table: &Table, at: Span, task: &Task<'_>, touch: &Touch, path: &str) -> Diagnostic {
    let name = task.name;
    let (message, cure) = if task.kind.adds_partitions() {
        (
            format!("step `{name}` crawls {path}, where the files of a table of Iceberg are"),
            "a crawler makes tables of its data and of its metadata: the table is in the Data Catalog already, take the step away",
        )
    } else if touch.access.changes_rows() || touch.access == Access::Ends {
        (
            format!("step `{name}` changes files in {path}, where those of a table of Iceberg are"),
            "change the table, by SQL or a `glue_job`; or let the folders lie beside each other",
        )
    } else {
        (
            format!("step `{name}` reads files in {path}, where those of a table of Iceberg are"),
            "some of them are no rows of it any more: read the table",
        )
    };
    Diagnostic::new(Code::IcebergFiles, touch.span, message)
        .also(at, format!("the files of {}", shown(table)))
        .help(cure)
}

fn shown(table: &Table) -> String {
    match &table.place {
        Place::CatalogTable(name) => format!("`{name}`"),
        other => other.to_string(),
    }
}

fn declared(table: &Table, task: &Task<'_>, touch: &Touch) -> Diagnostic {
    let message = format!("step `{}` declares {}, which is a table of Iceberg", task.name, shown(table));
    Diagnostic::new(Code::IcebergTable, touch.span, message)
        .also(table.span, "it is one of Iceberg")
        .note("columns and partitions of such a table stand in its metadata: what the Data Catalog is told of them beside it breaks the table")
        .help("take the step away: whoever writes the table keeps the Data Catalog as it must be")
}

/// Two tables in one folder: what maintains one of them removes the files of the other, which it does not know.
fn together(tables: &[Table]) -> impl Iterator<Item = Diagnostic> {
    let placed = |table: &'_ Table| table.location.clone();
    tables.iter().enumerate().filter_map(move |(n, table)| {
        let (location, at) = placed(table)?;
        let (first, there) = tables[..n].iter().find_map(|first| {
            let (other, there) = placed(first)?;
            let is_same = lies_in(&location, &other) || lies_in(&other, &location);
            (first.place != table.place && is_same).then_some((first, there))
        })?;
        let message = format!("{} and {} would lie in one folder", shown(first), shown(table));
        Some(
            Diagnostic::new(Code::IcebergTable, at, message)
                .also(there, "the other one")
                .note("files that one of them does not know are removed when it is maintained: they are the other's")
                .help("give each table a folder of its own, beside each other"),
        )
    })
}
