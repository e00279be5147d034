//! What the SQL of a task does to a table beside making it and giving it rows: correcting rows, moving names.

use crate::plan::Dataset;
use crate::resolve::{Action, Task, Touch};
use crate::spec::leaf::TableName;
use crate::sql::{Access, SqlStatement, Target};

/// Says whether all changes that the SQL of a task makes to a table are of rows that are there: `UPDATE`, `DELETE`.
pub(super) fn corrects(task: &Task<'_>, table: &Dataset) -> bool {
    let (Action::Sql { script, .. }, Dataset::Table { name, .. }) = (&task.action, table) else {
        return false;
    };
    let changes = script.script.statements.iter().filter(|statement| {
        statement.uses.iter().any(|item| match &item.target {
            Target::Table { schema, table, .. } => {
                item.access == Access::Writes && *schema == name.schema && *table == name.table
            }
            Target::Prefix(_) => false,
        })
    });
    let words: Vec<Option<&str>> = changes.map(|statement| statement.text.trim_start().get(..6)).collect();
    let is_one = |word: &str| word.eq_ignore_ascii_case("update") || word.eq_ignore_ascii_case("delete");
    !words.is_empty() && words.into_iter().all(|word| word.is_some_and(is_one))
}

/// Says whether a step renames a table to a name that others use: then the table is made before, wherever the step
/// stands. What is renamed to be put aside is another table than the one that is made under its name.
pub(super) fn promotes(tasks: &[Task<'_>], task: &Task<'_>, table: &Dataset) -> bool {
    let (Action::Sql { script, .. }, Dataset::Table { name, .. }) = (&task.action, table) else {
        return false;
    };
    let is = |target: &Target, wanted: &TableName| match target {
        Target::Table { schema, table, .. } => *schema == wanted.schema && *table == wanted.table,
        Target::Prefix(_) => false,
    };
    let ends = |statement: &&SqlStatement| {
        statement.uses.iter().any(|item| item.access == Access::Ends && is(&item.target, name))
    };
    let renames = script.script.statements.iter().filter(ends);
    let new = renames.flat_map(|statement| &statement.uses).filter(|item| item.access == Access::Creates);
    let new: Vec<&Target> = new.map(|item| &item.target).collect();
    let is_new = |dataset: &Dataset| match dataset {
        Dataset::Table { name, .. } => new.iter().any(|target| is(target, name)),
        Dataset::Prefix(_) | Dataset::CatalogTable(_) => false,
    };
    let uses =
        |touch: &Touch| !matches!(touch.access, Access::Ends | Access::Creates) && is_new(&touch.dataset);
    let others = tasks.iter().filter(|other| other.name != task.name);
    !new.is_empty() && others.flat_map(|other| &other.touches).any(uses)
}
