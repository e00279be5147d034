//! The user's statements.

use super::AthenaSqlStep;
use crate::kind::contract::{Lowered, Lowering, folder, statements};
use crate::lang::value::TableName;
use crate::plan::{Job, Place, Work};
use crate::scope::Data;
use crate::service::athena::job::PRIMARY;
use crate::service::athena::job::RunAthena;
use crate::service::redshift::statement::Statement;
use crate::sql::Access;
use crate::template::Template;
use crate::text::Spanned;

pub(super) fn lower(step: &AthenaSqlStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let text = |value: &Option<Spanned<String>>| value.as_ref().map(|value| value.value.clone());
    let statements = statements(cx, cx.task.scripts.first()?)?;
    let run = RunAthena {
        workgroup: text(&step.workgroup).unwrap_or_else(|| PRIMARY.to_owned()),
        catalog: text(&step.catalog),
        database: text(&step.database),
        output: step.output.as_ref().map(|output| place(&cx.template(&output.value.0))),
        statements: statements.into_iter().map(|Statement(text)| text).collect(),
        reuse_minutes: step.reuse.as_ref().and_then(|age| u32::try_from(age.value.0.div_ceil(60)).ok()),
        most_bytes: step.max_scan.as_ref().map(|limit| limit.value.0),
        reads: tables(cx, |access| matches!(access, Access::Reads | Access::Needs)),
        writes: written(step, cx),
    };
    Some(Lowered::work(Work::Job(Job::RunAthena(Box::new(run)))))
}

/// Athena writes below what it is told, which is a folder.
fn place(output: &Template) -> Template {
    match output.as_text() {
        Some(text) => Template::text(folder(text)),
        None if output.to_string().ends_with('/') => output.clone(),
        None => output.clone().join(Template::text("/")),
    }
}

/// The tables that are changed, and those whose files are written anew though their rows stay.
fn written(step: &AthenaSqlStep, cx: &Lowering<'_, '_>) -> Vec<String> {
    let mut names = tables(cx, |access| !matches!(access, Access::Reads | Access::Needs));
    let statements = cx.task.scripts.iter().flat_map(|script| &script.script.statements);
    let maintaining =
        statements.filter(|statement| statement.begins("optimize") || statement.begins("vacuum"));
    for target in maintaining.flat_map(|statement| &statement.uses).map(|item| &item.target) {
        if let Some(Data::Catalog(TableName { schema, table })) = step.data(target) {
            names.push(format!("{schema}.{table}"));
        }
    }
    names.sort();
    names.dedup();
    names
}

/// The tables of the catalog that are touched so, each once.
fn tables(cx: &Lowering<'_, '_>, is: impl Fn(Access) -> bool) -> Vec<String> {
    let touched = cx.task.touches.iter().filter(|touch| is(touch.access));
    let mut names: Vec<String> = touched
        .filter_map(|touch| match &touch.dataset {
            Place::CatalogTable(TableName { schema, table }) => Some(format!("{schema}.{table}")),
            Place::Prefix(_) | Place::Table { .. } => None,
        })
        .collect();
    names.sort();
    names.dedup();
    names
}
