//! External tables: who reads one reads the files at its place, or the table of the Data Catalog that it is, and who
//! writes one writes those.

use super::{add, sql, table};
use crate::lang::value::TableName;
use crate::plan::Place;
use crate::resolve::{Data, Pattern, Pipeline, Scope, Task, Touch};
use crate::sql::{Access, Rows, Use};
use std::collections::HashMap;

/// Adds what tasks touch with external tables.
pub(super) fn settle(scope: &Scope<'_>, pipelines: &mut [Pipeline<'_>]) {
    let places = Places::new(scope, pipelines);
    for task in pipelines.iter_mut().flat_map(|pipeline| &mut pipeline.tasks) {
        let mut more = Vec::new();
        for touch in &task.touches {
            more.extend(places.behind(task, touch));
        }
        more.extend(places.crawled(task));
        for touch in &mut task.touches {
            touch.external |= places.are_of(&touch.dataset);
        }
        add(task, more);
    }
}

/// Where the rows of external tables are.
#[derive(Default)]
struct Places {
    /// By the name of a table, or of a schema as that of a table without a name.
    rows: HashMap<Place, Vec<Rows>>,
}

impl Places {
    fn new(scope: &Scope<'_>, pipelines: &[Pipeline<'_>]) -> Self {
        let mut places = Self::default();
        for task in pipelines.iter().flat_map(|pipeline| &pipeline.tasks) {
            places.made_by_keys(scope, task);
        }
        for (connection, text) in pipelines.iter().flat_map(|pipeline| &pipeline.tasks).filter_map(sql) {
            for external in &text.script.external {
                let name = external.table.as_deref().unwrap_or_default();
                let known = places.rows.entry(table(scope, &connection, &external.schema, name)).or_default();
                known.extend(external.rows.clone().filter(|rows| !known.contains(rows)));
            }
        }
        places
    }

    /// Takes the schema that a step makes by keys of its own.
    fn made_by_keys(&mut self, scope: &Scope<'_>, task: &Task<'_>) {
        let (Some(made), Some(connection)) = (task.kind.makes_external_schema(), task.connection) else {
            return;
        };
        let known = self.rows.entry(table(scope, &connection, &made.schema, "")).or_default();
        let rows = Rows::Database(made.database);
        if !known.contains(&rows) {
            known.push(rows);
        }
    }

    /// The places of a table: its own folders, and the database of its schema.
    fn of<'s>(&'s self, dataset: &Place) -> impl Iterator<Item = &'s Rows> + use<'s> {
        let own = self.rows.get(dataset);
        let schema = match dataset {
            Place::Table { connection, name } => {
                let name = TableName { schema: name.schema.clone(), table: String::new() };
                self.rows.get(&Place::Table { connection: connection.clone(), name })
            }
            Place::Prefix(_) | Place::CatalogTable(_) => None,
        };
        own.into_iter().chain(schema).flatten()
    }

    /// Says whether dagc knows where the rows of a table are.
    fn are_of(&self, dataset: &Place) -> bool {
        matches!(dataset, Place::Table { .. }) && self.of(dataset).next().is_some()
    }

    /// What a touch of an external table does to the files or the catalog's table behind it.
    fn behind(&self, task: &Task<'_>, touch: &Touch) -> Vec<Touch> {
        let Place::Table { name, .. } = &touch.dataset else { return Vec::new() };
        let mut found = Vec::new();
        for rows in self.of(&touch.dataset) {
            let dataset = match rows {
                Rows::Folder(path) if touches_files(task, touch.access, name) => Place::Prefix(path.clone()),
                Rows::Folder(_) => continue,
                Rows::Database(database) => {
                    Place::CatalogTable(TableName { schema: database.clone(), table: name.table.clone() })
                }
            };
            found.push(Touch { dataset, external: true, by_name: false, ..touch.clone() });
        }
        found
    }

    /// A crawler of the files adds the partitions that it finds.
    fn crawled(&self, task: &Task<'_>) -> Vec<Touch> {
        if !task.kind.adds_partitions() {
            return Vec::new();
        }
        let paths: Vec<Pattern> = task.inputs.iter().filter_map(|input| path(&input.data)).collect();
        let lies_there = |rows: &Rows| match rows {
            Rows::Folder(folder) => paths.iter().any(|path| path.overlaps(&Pattern::new(folder))),
            Rows::Database(_) => false,
        };
        let mut tables: Vec<&Place> = self
            .rows
            .iter()
            .filter(|(_, rows)| rows.iter().any(lies_there))
            .map(|(table, _)| table)
            .collect();
        tables.sort_unstable();
        let touch = |dataset: &Place| Touch {
            access: Access::Appends,
            dataset: dataset.clone(),
            span: task.span,
            external: true,
            by_name: false,
        };
        tables.into_iter().map(touch).collect()
    }
}

fn path(data: &Data<'_>) -> Option<Pattern> {
    match data {
        Data::Files { path, .. } => Some(Pattern::new(&path.to_string())),
        Data::Catalog(_) | Data::Table { .. } => None,
    }
}

/// Says whether a task does so to the files of a table: making one makes no files, dropping one takes none away, and
/// new partitions of it are there already.
fn touches_files(task: &Task<'_>, access: Access, name: &TableName) -> bool {
    match access {
        Access::Reads => true,
        Access::Appends | Access::Writes | Access::Empties => {
            let Some((_, text)) = sql(task) else { return false };
            text.script.statements.iter().any(|statement| {
                let is_of =
                    |item: &Use| item.access == access && item.target.is_table(&name.schema, &name.table);
                !statement.begins("alter") && statement.uses.iter().any(is_of)
            })
        }
        Access::Creates | Access::Alters | Access::Needs | Access::Ends => false,
    }
}
