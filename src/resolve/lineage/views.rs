//! Views: who reads one reads the tables behind it, and who refreshes one does.

use crate::plan::Dataset;
use crate::resolve::{Action, Pipeline, Task};
use crate::sql::{Access, SqlStatement, Target};
use std::collections::{HashMap, HashSet};

/// The views that a project makes.
#[derive(Debug, Default)]
pub(super) struct Views<'p> {
    behind: HashMap<&'p Dataset, View<'p>>,
}

#[derive(Debug, Default)]
struct View<'p> {
    /// What its query reads.
    tables: Vec<&'p Dataset>,
    /// It holds rows of its own, which `REFRESH` makes anew.
    is_materialized: bool,
}

impl<'p> Views<'p> {
    /// Gathers the views of all pipelines.
    pub(super) fn new(pipelines: &'p [Pipeline<'_>]) -> Self {
        let mut views = Self::default();
        for task in pipelines.iter().flat_map(|pipeline| &pipeline.tasks) {
            views.push(task);
        }
        views
    }

    /// Says whether there is none, as in most projects.
    pub(super) fn is_empty(&self) -> bool {
        self.behind.is_empty()
    }

    fn push(&mut self, task: &'p Task<'_>) {
        let Action::Sql { script, .. } = &task.action else { return };
        for statement in &script.script.statements {
            let Some(is_materialized) = makes_view(&statement.text) else { continue };
            let Some(view) = touched(task, statement, Access::Creates).next() else { continue };
            let view = self.behind.entry(view).or_default();
            view.is_materialized = is_materialized;
            view.tables.extend(touched(task, statement, Access::Reads));
        }
    }

    /// Finds the tables whose rows a task sees when it touches a view so, through any number of views.
    pub(super) fn tables(&self, access: Access, view: &Dataset) -> Vec<&'p Dataset> {
        let sees = |view: &View<'_>| match access {
            Access::Reads => !view.is_materialized,
            Access::Writes => view.is_materialized,
            Access::Creates
            | Access::Alters
            | Access::Appends
            | Access::Empties
            | Access::Needs
            | Access::Ends => false,
        };
        let mut found = Vec::new();
        let mut known = HashSet::new();
        let mut open: Vec<&View<'p>> = self.behind.get(view).filter(|view| sees(view)).into_iter().collect();
        while let Some(view) = open.pop() {
            for table in view.tables.iter().copied().filter(|table| known.insert(*table)) {
                found.push(table);
                open.extend(self.behind.get(table).filter(|view| !view.is_materialized));
            }
        }
        found
    }
}

/// Says whether a statement makes a view, and whether that is a materialized one.
fn makes_view(statement: &str) -> Option<bool> {
    let mut words = statement.split_whitespace().map(str::to_ascii_lowercase);
    let mut is_materialized = false;
    (words.next()? == "create").then_some(())?;
    loop {
        match words.next()?.as_str() {
            "view" => return Some(is_materialized),
            "materialized" => is_materialized = true,
            "or" | "replace" => {}
            _ => return None,
        }
    }
}

/// Finds what a statement touches among what its task does: there the names are those of the project.
fn touched<'p>(
    task: &'p Task<'_>,
    statement: &SqlStatement,
    access: Access,
) -> impl Iterator<Item = &'p Dataset> {
    statement.uses.iter().filter(move |item| item.access == access).filter_map(|item| {
        let Target::Table { schema, table, .. } = &item.target else { return None };
        let mut datasets = task.touches.iter().map(|touch| &touch.dataset);
        datasets.find(|dataset| match dataset {
            Dataset::Table { name, .. } => name.schema == *schema && name.table == *table,
            Dataset::Prefix(_) | Dataset::CatalogTable(_) => false,
        })
    })
}
