//! The statements that maintain a table (Athena User Guide, "Optimize Iceberg tables", "VACUUM").

use super::TableMaintenanceStep;
use crate::kind::contract::{Lowered, Lowering};
use crate::lang::value::TableName;
use crate::plan::{Job, Work};
use crate::scope::Data;
use crate::service::athena::job::RunAthena;
use crate::sql::Deed;
use crate::template::Template;
use std::collections::BTreeSet;

pub(super) fn lower(step: &TableMaintenanceStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let Data::Catalog(table) = &cx.task.inputs.first()?.data else { return None };
    let mut run =
        RunAthena { statements: statements(step, &table.name, cx), ..step.own().settings(cx.scope).job(cx) };
    let named: BTreeSet<String> = [table.name.to_string()].into();
    run.writes = named.iter().cloned().collect();
    // Its metadata is another one afterwards: that is to change its rows, as Athena asks for it.
    run.does.insert(Deed::ChangesRows, named.clone());
    if !properties(step).is_empty() {
        run.does.insert(Deed::AltersTable, named);
    }
    Some(Lowered::work(Work::Job(Job::RunAthena(Box::new(run)))))
}

/// What the table is told to keep, before it is kept to that.
fn properties(step: &TableMaintenanceStep) -> Vec<String> {
    let age = step.keep.as_ref().map(|keep| ("vacuum_max_snapshot_age_seconds", keep.value.0));
    let count =
        step.keep_snapshots.as_ref().map(|keep| ("vacuum_min_snapshots_to_keep", keep.value.0.into()));
    age.into_iter().chain(count).map(|(name, value): (&str, u64)| format!("'{name}' = '{value}'")).collect()
}

fn statements(step: &TableMaintenanceStep, table: &TableName, cx: &Lowering<'_, '_>) -> Vec<Template> {
    let mut statements = Vec::new();
    if step.compact() {
        let whole = Template::text(format!("OPTIMIZE {table} REWRITE DATA USING BIN_PACK"));
        statements.push(match &step.r#where {
            Some(condition) => whole.join(Template::text(" WHERE ")).join(cx.template(&condition.value)),
            None => whole,
        });
    }
    if step.expire() {
        let properties = properties(step);
        if !properties.is_empty() {
            let told = properties.join(", ");
            statements.push(Template::text(format!("ALTER TABLE {table} SET TBLPROPERTIES ({told})")));
        }
        statements.push(Template::text(format!("VACUUM {table}")));
    }
    statements
}
