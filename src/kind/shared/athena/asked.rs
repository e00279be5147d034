//! What the statements of a step ask for, for the rights that they need: each statement by itself, whatever comes of all.

use super::Settings;
use crate::kind::contract::{Lowering, files_of_sql};
use crate::lang::value::TableName;
use crate::plan::Place;
use crate::scope::Data;
use crate::service::athena::job::RunAthena;
use crate::sql::{Access, Asked, Deed, DoneTo, SqlStatement};
use crate::template::Template;
use std::collections::{BTreeMap, BTreeSet};

/// Adds it to the job.
pub(super) fn add(run: &mut RunAthena, settings: &Settings<'_>, cx: &Lowering<'_, '_>) {
    let mut all = All::default();
    for statement in cx.task.scripts.iter().flat_map(|script| &script.script.statements) {
        all.uses(settings, statement);
        if let Some(asked) = &statement.asked {
            all.asked(settings, statement, asked);
        }
    }
    for touch in &cx.task.touches {
        all.touched(touch.access, &touch.dataset);
    }
    let files = |paths: BTreeSet<String>| -> Vec<Template> {
        paths.iter().filter_map(|path| Template::parse(path).ok()).map(|path| cx.template(&path)).collect()
    };
    run.reads = all.reads.into_iter().collect();
    run.writes = all.writes.into_iter().collect();
    run.does = all.does;
    run.files_read = files(all.files_read);
    run.files_written = files(all.files_written);
    run.foreign = all.foreign.into_iter().collect();
}

#[derive(Default)]
struct All {
    reads: BTreeSet<String>,
    writes: BTreeSet<String>,
    does: BTreeMap<Deed, BTreeSet<String>>,
    files_read: BTreeSet<String>,
    files_written: BTreeSet<String>,
    foreign: BTreeSet<String>,
}

impl All {
    fn uses(&mut self, settings: &Settings<'_>, statement: &SqlStatement) {
        for item in &statement.uses {
            match settings.data(&item.target) {
                Some(Data::Catalog(table)) if is_reading(item.access) => {
                    self.reads.insert(told(&table.name));
                }
                Some(Data::Catalog(_) | Data::Files { .. } | Data::Table { .. } | Data::Jdbc { .. }) => {}
                None => self.foreign.extend(settings.foreign(&item.target)),
            }
        }
    }

    fn asked(&mut self, settings: &Settings<'_>, statement: &SqlStatement, asked: &Asked) {
        for (deed, to) in &asked.deeds {
            let name = match to {
                DoneTo::Other(name) => Some(name.clone()),
                DoneTo::Database(name) => settings.own_database(name),
                DoneTo::Table(n) => {
                    statement.uses.get(*n).and_then(|item| match settings.data(&item.target)? {
                        Data::Catalog(table) => Some(told(&table.name)),
                        Data::Files { .. } | Data::Table { .. } | Data::Jdbc { .. } => None,
                    })
                }
            };
            let Some(name) = name else { continue };
            if matches!(to, DoneTo::Table(_)) {
                self.writes.insert(name.clone());
            }
            self.does.entry(*deed).or_default().insert(name);
        }
        if let Some((access, place)) = &asked.place
            && let Some(Data::Files { path, .. }) = files_of_sql(place)
        {
            let files = if is_reading(*access) { &mut self.files_read } else { &mut self.files_written };
            files.insert(path.to_string());
        }
    }

    /// What the statements touch taken together, and what the step lists: of a table that only the list names it is not
    /// known what is done.
    fn touched(&mut self, access: Access, dataset: &Place) {
        match dataset {
            Place::CatalogTable(name) if is_reading(access) => {
                self.reads.insert(told(name));
            }
            Place::CatalogTable(name) => {
                let name = told(name);
                if self.writes.insert(name.clone()) {
                    for deed in [Deed::MakesTable, Deed::AddsRows, Deed::ChangesRows] {
                        self.does.entry(deed).or_default().insert(name.clone());
                    }
                }
            }
            Place::Prefix(path) if is_reading(access) => {
                self.files_read.insert(path.clone());
            }
            Place::Prefix(path) => {
                self.files_written.insert(path.clone());
            }
            Place::Table { .. } | Place::Database { .. } => {}
        }
    }
}

fn is_reading(access: Access) -> bool {
    matches!(access, Access::Reads | Access::Needs)
}

fn told(TableName { schema, table }: &TableName) -> String {
    format!("{schema}.{table}")
}
