//! Views: who reads one reads the tables behind it, who refreshes one does, and who drops a table with all that
//! depends on it drops the views on it.

use crate::kind::contract::SqlUse;
use crate::kind::contract::ViewKind;
use crate::plan::Place;
use crate::resolve::{Pipeline, Task};
use crate::sql::{Access, Dialect, SqlStatement, Target, Use};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};

/// The views that a project makes.
#[derive(Debug, Default)]
pub struct Views<'p> {
    behind: HashMap<&'p Place, View<'p>>,
}

#[derive(Debug, Default)]
struct View<'p> {
    /// What its query reads.
    tables: Vec<&'p Place>,
    kind: ViewKind,
    /// The pipeline that makes it.
    pipeline: usize,
}

impl<'p> Views<'p> {
    /// Gathers the views of all pipelines.
    pub fn new(pipelines: &'p [Pipeline<'_>]) -> Self {
        // To look at all SQL again takes a while, and few statements make a view.
        let made: Vec<Vec<(&Place, View<'_>)>> = pipelines
            .par_iter()
            .enumerate()
            .map(|(n, pipeline)| pipeline.tasks.iter().flat_map(|task| made(n, task)).collect())
            .collect();
        let mut views = Self::default();
        for (name, view) in made.into_iter().flatten() {
            views.add(name, view);
        }
        views
    }

    /// Says whether there is none, as in most projects.
    pub fn is_empty(&self) -> bool {
        self.behind.is_empty()
    }

    /// Adds a view, or what one that is known reads as well.
    fn add(&mut self, name: &'p Place, made: View<'p>) {
        let view = self.behind.entry(name).or_default();
        view.kind = made.kind;
        view.pipeline = made.pipeline;
        view.tables.extend(made.tables);
    }

    /// Says what a view of the project's does with its tables; none for what is no view.
    pub fn kind(&self, dataset: &Place) -> Option<ViewKind> {
        self.behind.get(dataset).map(|view| view.kind)
    }

    /// Says whether some data is a view of the project's.
    pub fn is_view(&self, dataset: &Place) -> bool {
        self.behind.contains_key(dataset)
    }

    /// Says whether some data is a view that has no rows of its own.
    pub fn is_standard(&self, dataset: &Place) -> bool {
        self.behind.get(dataset).is_some_and(|view| view.kind != ViewKind::Materialized)
    }

    /// Finds the views that are bound to a table, each with the pipeline that makes it.
    pub fn bound_to(&self, table: &Place) -> Vec<(&'p Place, usize)> {
        let bound = self
            .behind
            .iter()
            .filter(|(_, view)| view.kind != ViewKind::Late && view.tables.contains(&table));
        let mut bound: Vec<(&Place, usize)> = bound.map(|(name, view)| (*name, view.pipeline)).collect();
        bound.sort_by_key(|(name, _)| name.to_string());
        bound
    }

    /// Finds the tables whose rows a task sees when it touches a view so, through any number of views.
    pub fn tables(&self, access: Access, view: &Place) -> Vec<&'p Place> {
        let sees = |view: &View<'_>| match access {
            Access::Reads => view.kind != ViewKind::Materialized,
            Access::Appends => view.kind == ViewKind::Materialized,
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
                open.extend(self.behind.get(table).filter(|view| view.kind != ViewKind::Materialized));
            }
        }
        found
    }

    /// Finds the views that are bound to tables, through any number of views, in the order of their names: those that go
    /// with the tables where these are dropped with `CASCADE`.
    pub fn dependents(&self, dropped: &[Place]) -> Vec<&'p Place> {
        let mut gone: HashSet<&Place> = dropped.iter().collect();
        let mut found: Vec<&Place> = Vec::new();
        loop {
            let goes = |view: &View<'_>| {
                view.kind != ViewKind::Late && view.tables.iter().any(|table| gone.contains(*table))
            };
            let more = self.behind.iter().filter(|(name, view)| !gone.contains(**name) && goes(view));
            let more: Vec<&'p Place> = more.map(|(name, _)| *name).collect();
            if more.is_empty() {
                found.sort_unstable();
                return found;
            }
            gone.extend(&more);
            found.extend(more);
        }
    }
}

/// Finds the views that a task makes.
fn made<'p>(pipeline: usize, task: &'p Task<'_>) -> Vec<(&'p Place, View<'p>)> {
    let mut found = Vec::new();
    if let Some(made) = task.kind.makes_view() {
        let touched = |access| task.touches.iter().filter(move |touch| touch.access == access);
        if let Some(view) = touched(Access::Creates).next() {
            let tables = touched(Access::Reads).map(|touch| &touch.dataset);
            found.push((&view.dataset, View { tables: tables.collect(), kind: made.kind, pipeline }));
        }
    }
    if !matches!(task.kind.sql(), SqlUse::Statements(_)) {
        return found;
    }
    for statement in task.scripts.iter().flat_map(|script| &script.script.statements) {
        let Some(kind) = makes_view(&statement.text) else { continue };
        // Athena looks the tables of all its views up when they are read.
        let kind = if task.kind.dialect() == Dialect::Athena { ViewKind::Late } else { kind };
        let Some(view) = touched(task, statement, Access::Creates).next() else { continue };
        let tables = touched(task, statement, Access::Reads).collect();
        found.push((view, View { tables, kind, pipeline }));
    }
    found
}

/// Says whether a statement makes a view, and which kind of one.
pub fn makes_view(statement: &str) -> Option<ViewKind> {
    let mut words = statement.split_whitespace();
    let mut kind = ViewKind::Plain;
    words.next()?.eq_ignore_ascii_case("create").then_some(())?;
    loop {
        let word = words.next()?;
        let is = |known: &str| word.eq_ignore_ascii_case(known);
        match () {
            () if is("view") => {
                return Some(if kind == ViewKind::Plain && is_late(words) { ViewKind::Late } else { kind });
            }
            () if is("materialized") => kind = ViewKind::Materialized,
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
) -> impl Iterator<Item = &'p Place> {
    let uses = statement.uses.iter().filter(move |item| item.access == access);
    uses.filter_map(|item| place_of(task, item))
}

/// Finds what a use of a statement is among what its task touches. A name without a database is in Athena that of the
/// step's.
pub fn place_of<'p>(task: &'p Task<'_>, item: &Use) -> Option<&'p Place> {
    let Target::Table { schema, table, .. } = &item.target else { return None };
    let is_it = |dataset: &Place| match dataset {
        Place::Table { name, .. } => name.schema == *schema && name.table == *table,
        Place::CatalogTable(name) => name.table == *table && (name.schema == *schema || schema.is_empty()),
        Place::Prefix(_) | Place::Database { .. } => false,
    };
    let found = || task.touches.iter().filter(|touch| is_it(&touch.dataset));
    let likely = found().find(|touch| touch.access == item.access).or_else(|| found().next());
    likely.map(|touch| &touch.dataset)
}
