//! What the SQL of a task does to a table beside making it and giving it rows: correcting rows, moving names.

use crate::lang::value::TableName;
use crate::plan::Place;
use crate::resolve::{Task, Touch};
use crate::sql::{Access, SqlStatement, Target, Use};

/// Says whether all changes that the SQL of a task makes to a table are of rows that are there: `UPDATE`, `DELETE`.
pub(super) fn corrects(task: &Task<'_>, table: &Place) -> bool {
    let (Some(script), Place::Table { name, .. }) = (task.sql(), table) else {
        return false;
    };
    let changes = script.script.statements.iter().filter(|statement| {
        let is_changed =
            |item: &Use| item.access == Access::Writes && item.target.is_table(&name.schema, &name.table);
        statement.uses.iter().any(is_changed)
    });
    let corrects = |statement: &SqlStatement| statement.begins("update") || statement.begins("delete");
    let mut changes = changes.peekable();
    changes.peek().is_some() && changes.all(corrects)
}

/// Says whether a step renames a table to a name that others use: then the table is made before, wherever the step
/// stands. What is renamed to be put aside is another table than the one that is made under its name.
pub(super) fn promotes(tasks: &[Task<'_>], task: &Task<'_>, table: &Place) -> bool {
    let (Some(script), Place::Table { name, .. }) = (task.sql(), table) else {
        return false;
    };
    let is = |target: &Target, wanted: &TableName| target.is_table(&wanted.schema, &wanted.table);
    let ends = |statement: &&SqlStatement| {
        statement.uses.iter().any(|item| item.access == Access::Ends && is(&item.target, name))
    };
    let renames = script.script.statements.iter().filter(ends);
    let new = renames.flat_map(|statement| &statement.uses).filter(|item| item.access == Access::Creates);
    let new: Vec<&Target> = new.map(|item| &item.target).collect();
    let is_new = |dataset: &Place| match dataset {
        Place::Table { name, .. } => new.iter().any(|target| is(target, name)),
        Place::Prefix(_) | Place::CatalogTable(_) | Place::Database { .. } => false,
    };
    let uses =
        |touch: &Touch| !matches!(touch.access, Access::Ends | Access::Creates) && is_new(&touch.dataset);
    let others = tasks.iter().filter(|other| other.name != task.name);
    !new.is_empty() && others.flat_map(|other| &other.touches).any(uses)
}
