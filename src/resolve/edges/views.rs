//! Views: who reads one reads the tables behind it, who refreshes one does, and who drops a table with all that
//! depends on it drops the views on it.

use crate::plan::Dataset;
use crate::resolve::{Pipeline, Task};
use crate::sql::{Access, SqlStatement, Target};
use std::collections::{HashMap, HashSet};

/// The views that a project makes.
#[derive(Debug, Default)]
pub struct Views<'p> {
    behind: HashMap<&'p Dataset, View<'p>>,
}

#[derive(Debug, Default)]
struct View<'p> {
    /// What its query reads.
    tables: Vec<&'p Dataset>,
    kind: Kind,
    /// The pipeline that makes it.
    pipeline: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Plain,
    /// It looks its tables up when it is read, and stays when they are dropped.
    Late,
    /// It holds rows of its own, which `REFRESH` makes anew.
    Materialized,
}

impl<'p> Views<'p> {
    /// Gathers the views of all pipelines.
    pub fn new(pipelines: &'p [Pipeline<'_>]) -> Self {
        let mut views = Self::default();
        for (n, pipeline) in pipelines.iter().enumerate() {
            for task in &pipeline.tasks {
                views.push(n, task);
            }
        }
        views
    }

    /// Says whether there is none, as in most projects.
    pub fn is_empty(&self) -> bool {
        self.behind.is_empty()
    }

    fn push(&mut self, pipeline: usize, task: &'p Task<'_>) {
        let Some(script) = task.sql() else { return };
        for statement in &script.script.statements {
            let Some(kind) = makes_view(&statement.text) else { continue };
            let Some(view) = touched(task, statement, Access::Creates).next() else { continue };
            let view = self.behind.entry(view).or_default();
            view.kind = kind;
            view.pipeline = pipeline;
            view.tables.extend(touched(task, statement, Access::Reads));
        }
    }

    /// Says whether some data is a view of the project's.
    pub fn is_view(&self, dataset: &Dataset) -> bool {
        self.behind.contains_key(dataset)
    }

    /// Finds the views that are bound to a table, each with the pipeline that makes it.
    pub fn bound_to(&self, table: &Dataset) -> Vec<(&'p Dataset, usize)> {
        let bound =
            self.behind.iter().filter(|(_, view)| view.kind != Kind::Late && view.tables.contains(&table));
        let mut bound: Vec<(&Dataset, usize)> = bound.map(|(name, view)| (*name, view.pipeline)).collect();
        bound.sort_by_key(|(name, _)| name.to_string());
        bound
    }

    /// Finds the tables whose rows a task sees when it touches a view so, through any number of views.
    pub fn tables(&self, access: Access, view: &Dataset) -> Vec<&'p Dataset> {
        let sees = |view: &View<'_>| match access {
            Access::Reads => view.kind != Kind::Materialized,
            Access::Appends => view.kind == Kind::Materialized,
            Access::Creates
            | Access::Alters
            | Access::Writes
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
                open.extend(self.behind.get(table).filter(|view| view.kind != Kind::Materialized));
            }
        }
        found
    }

    /// Finds the views that go with tables which are dropped with `CASCADE`, in the order of their names.
    pub(in crate::resolve) fn dependents(&self, dropped: &[Dataset]) -> Vec<&'p Dataset> {
        let mut gone: HashSet<&Dataset> = dropped.iter().collect();
        let mut found: Vec<&Dataset> = Vec::new();
        loop {
            let goes = |view: &View<'_>| {
                view.kind != Kind::Late && view.tables.iter().any(|table| gone.contains(*table))
            };
            let more = self.behind.iter().filter(|(name, view)| !gone.contains(**name) && goes(view));
            let more: Vec<&'p Dataset> = more.map(|(name, _)| *name).collect();
            if more.is_empty() {
                found.sort_unstable();
                return found;
            }
            gone.extend(&more);
            found.extend(more);
        }
    }
}

/// Says whether a statement makes a view, and which kind of one.
fn makes_view(statement: &str) -> Option<Kind> {
    let mut words = statement.split_whitespace();
    let mut kind = Kind::Plain;
    words.next()?.eq_ignore_ascii_case("create").then_some(())?;
    loop {
        let word = words.next()?;
        let is = |known: &str| word.eq_ignore_ascii_case(known);
        match () {
            () if is("view") => {
                return Some(if kind == Kind::Plain && is_late(words) { Kind::Late } else { kind });
            }
            () if is("materialized") => kind = Kind::Materialized,
            () if is("or") || is("replace") || is("external") => {}
            () => return None,
        }
    }
}

/// Says whether a view's words end so that it looks its tables up when it is read.
fn is_late<'t>(words: impl DoubleEndedIterator<Item = &'t str>) -> bool {
    let mut last = words.rev();
    LATE.iter().rev().all(|word| last.next().is_some_and(|last| last.eq_ignore_ascii_case(word)))
}

/// What makes a view look its tables up when it is read.
const LATE: [&str; 4] = ["with", "no", "schema", "binding"];

/// Finds what a statement touches among what its task does: there the names are those of the project. What a task
/// makes anew it has touched, too.
pub fn touched<'p>(
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
