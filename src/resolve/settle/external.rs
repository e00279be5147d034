//! External tables: who reads one reads the files at its place, or the table of the Data Catalog that it is, and who
//! writes one writes those.

use super::{add, table};
use crate::lang::value::TableName;
use crate::plan::Place;
use crate::resolve::{Data, Pattern, Pipeline, Scope, Task, Touch};
use crate::sql::{Access, External, Rows, Target, Use};
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
            for (place, rows) in told(scope, task) {
                let known = places.rows.entry(place).or_default();
                known.extend(rows.filter(|rows| !known.contains(rows)));
            }
        }
        places
    }

    /// The places of a table: its own folders, and the database of its schema.
    fn of<'s>(&'s self, dataset: &Place) -> impl Iterator<Item = &'s Rows> + use<'s> {
        let own = self.rows.get(dataset);
        let schema = match dataset {
            Place::Table { connection, name } => {
                let name = TableName { schema: name.schema.clone(), table: String::new() };
                self.rows.get(&Place::Table { connection: connection.clone(), name })
            }
            Place::Prefix(_) | Place::CatalogTable(_) | Place::Database { .. } => None,
        };
        own.into_iter().chain(schema).flatten()
    }

    /// Says whether dagc knows where the rows of a table are.
    fn are_of(&self, dataset: &Place) -> bool {
        matches!(dataset, Place::Table { .. }) && self.of(dataset).next().is_some()
    }

    /// What a touch of an external table does to the files or the catalog's table behind it.
    fn behind(&self, task: &Task<'_>, touch: &Touch) -> Vec<Touch> {
        match &touch.dataset {
            Place::Table { name, .. } | Place::CatalogTable(name) => self.behind_named(task, touch, name),
            Place::Prefix(_) | Place::Database { .. } => Vec::new(),
        }
    }

    /// The same of a table that the task's SQL calls so.
    fn behind_named(&self, task: &Task<'_>, touch: &Touch, name: &TableName) -> Vec<Touch> {
        let there =
            |dataset, access| Touch { dataset, access, external: true, by_name: false, ..touch.clone() };
        let mut found = Vec::new();
        for rows in self.of(&touch.dataset) {
            match rows {
                Rows::Folder(path) => {
                    let access = on_files(task, touch.access, name);
                    found.extend(access.map(|access| there(Place::Prefix(path.clone()), access)));
                }
                Rows::Database(database) => {
                    let table = TableName { schema: database.clone(), table: name.table.clone() };
                    let table = there(Place::CatalogTable(table), touch.access);
                    found.extend(self.behind_named(task, &table, name));
                    found.push(table);
                }
            }
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
            .filter(|(table, rows)| matches!(table, Place::Table { .. }) && rows.iter().any(lies_there))
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
        Data::Catalog(_) | Data::Table { .. } | Data::Jdbc { .. } => None,
    }
}

/// What a task says of where rows are: of the table, or of the schema as that of a table without a name.
fn told(scope: &Scope<'_>, task: &Task<'_>) -> Vec<(Place, Option<Rows>)> {
    let external = task.scripts.iter().flat_map(|script| &script.script.external);
    let Some(connection) = task.connection else {
        let placed = |external: &External| Some((in_catalog(scope, task, external)?, external.rows.clone()));
        return external.filter_map(placed).collect();
    };
    let in_its_catalog = |rows: Rows| match rows {
        Rows::Database(database) => Rows::Database(scope.database_name(database, task.runs_as)),
        Rows::Folder(_) => rows,
    };
    let placed = |external: &External| {
        let name = external.table.as_deref().unwrap_or_default();
        (table(scope, &connection, &external.schema, name), external.rows.clone().map(in_its_catalog))
    };
    let by_keys = task.kind.makes_external_schema();
    let by_keys = by_keys.map(|made| {
        (table(scope, &connection, &made.schema, ""), Some(in_its_catalog(Rows::Database(made.database))))
    });
    external.map(placed).chain(by_keys).collect()
}

/// The table of the catalog that a statement of Athena's means. What the statement does not say of its name the step does.
fn in_catalog(scope: &Scope<'_>, task: &Task<'_>, external: &External) -> Option<Place> {
    let schema = scope.database_name(external.schema.clone(), task.runs_as);
    let mut touched = task.touches.iter().map(|touch| &touch.dataset);
    let found = touched.find(|dataset| match dataset {
        Place::CatalogTable(name) => {
            Some(&name.table) == external.table.as_ref()
                && (external.schema.is_empty() || name.schema == schema)
        }
        Place::Table { .. } | Place::Prefix(_) | Place::Database { .. } => false,
    });
    found.cloned()
}

/// What a task does to the files of a table: making one makes no files, dropping one takes none away, and new partitions
/// of it are there already. Athena looks for these where the table is.
fn on_files(task: &Task<'_>, access: Access, name: &TableName) -> Option<Access> {
    match access {
        Access::Reads => Some(access),
        Access::Appends | Access::Writes | Access::Empties => {
            let is_of = |item: &Use| {
                let is_named = match &item.target {
                    Target::Table { schema, table, .. } => {
                        *table == name.table && (*schema == name.schema || schema.is_empty())
                    }
                    Target::Prefix(_) => false,
                };
                item.access == access && is_named
            };
            let scripts = task.scripts.iter().flat_map(|script| &script.script.statements);
            let (mut changes, mut looks) = (false, false);
            for statement in scripts.filter(|statement| statement.uses.iter().any(is_of)) {
                let is_registering = statement.begins("alter") || statement.begins("msck");
                changes |= !is_registering;
                looks |= is_registering && task.connection.is_none();
            }
            changes.then_some(access).or(looks.then_some(Access::Reads))
        }
        Access::Creates | Access::Alters | Access::Needs | Access::Ends => None,
    }
}
