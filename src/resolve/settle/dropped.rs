//! `DROP ... CASCADE` and `DROP SCHEMA ... CASCADE`: what goes with that which is named.

use super::{add, makes, sql, table};
use crate::plan::Place;
use crate::resolve::edges::Views;
use crate::resolve::{Pipeline, Scope, Task, Touch};
use crate::sql::{Access, SqlStatement, Target};
use crate::text::Span;
use std::collections::BTreeSet;

/// Adds the ends of what goes along. What a task makes itself it makes behind the drop.
pub(super) fn settle(scope: &Scope<'_>, pipelines: &mut [Pipeline<'_>]) {
    let mut ends: Vec<(usize, usize, Vec<Touch>)> = Vec::new();
    let drops = Drops { scope, pipelines, views: Views::new(pipelines) };
    for (pipeline, whole) in pipelines.iter().enumerate() {
        for (task, resolved) in whole.tasks.iter().enumerate() {
            let ended = drops.of_task(resolved);
            if !ended.is_empty() {
                ends.push((pipeline, task, ended));
            }
        }
    }
    for (pipeline, task, ended) in ends {
        add(&mut pipelines[pipeline].tasks[task], ended);
    }
}

struct Drops<'p, 'a> {
    scope: &'p Scope<'a>,
    pipelines: &'p [Pipeline<'a>],
    views: Views<'p>,
}

impl Drops<'_, '_> {
    fn of_task(&self, task: &Task<'_>) -> Vec<Touch> {
        let Some((connection, text)) = sql(task) else { return Vec::new() };
        let mut ended = Vec::new();
        for statement in &text.script.statements {
            let Some(loose) = statement.loose.as_ref().filter(|loose| loose.cascades) else { continue };
            let sources = self.scope.files.sources();
            let named = named(statement).map(|(schema, name, range)| {
                (table(self.scope, &connection, schema, name), text.locate(sources, range.clone()))
            });
            let named: Vec<(Place, Span)> = named.collect();
            let place = text.locate(sources, statement.words.1.clone());
            let mut gone: Vec<(Place, Span)> = Vec::new();
            for schema in &loose.dropped {
                let any = table(self.scope, &connection, schema, "");
                gone.extend(self.of_schema(&any).into_iter().map(|table| (table, place)));
            }
            let tables: Vec<Place> = named.iter().chain(&gone).map(|(table, _)| table.clone()).collect();
            let first = named.first().map_or(place, |(_, place)| *place);
            gone.extend(self.views.dependents(&tables).into_iter().map(|view| (view.clone(), first)));
            ended.extend(gone);
        }
        let ends = ended.into_iter().filter(|(dataset, _)| !makes(task, dataset));
        let touch =
            |(dataset, span)| Touch { access: Access::Ends, dataset, span, external: false, by_name: false };
        ends.map(touch).collect()
    }

    /// All that the project makes in a schema, which a table without a name stands for.
    fn of_schema(&self, any: &Place) -> BTreeSet<Place> {
        let Place::Table { connection: wanted, name: in_schema } = any else { return BTreeSet::new() };
        let touches =
            self.pipelines.iter().flat_map(|pipeline| &pipeline.tasks).flat_map(|task| &task.touches);
        let made = touches.filter(|touch| touch.access == Access::Creates || touch.access.gives_rows());
        let tables = made.map(|touch| &touch.dataset).filter(|dataset| match dataset {
            Place::Table { connection, name } => connection == wanted && name.schema == in_schema.schema,
            Place::Prefix(_) | Place::CatalogTable(_) | Place::Database { .. } => false,
        });
        tables.cloned().collect()
    }
}

/// The tables that a statement drops by name: schema, table, place.
fn named(statement: &SqlStatement) -> impl Iterator<Item = (&str, &str, &std::ops::Range<usize>)> {
    let ends = statement.uses.iter().filter(|item| item.access == Access::Ends);
    ends.filter_map(|item| match &item.target {
        Target::Table { schema, table, .. } => Some((schema.as_str(), table.as_str(), &item.range)),
        Target::Prefix(_) => None,
    })
}
