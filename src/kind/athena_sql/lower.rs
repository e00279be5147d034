//! The user's statements.

use super::{AthenaSqlStep, asked};
use crate::kind::contract::{Lowered, Lowering, folder, statements};
use crate::plan::{Job, Work};
use crate::service::athena::job::{PRIMARY, RunAthena};
use crate::service::statement::Statement;
use crate::template::Template;

pub(super) fn lower(step: &AthenaSqlStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let settings = step.settings(cx.scope);
    let statements = statements(cx, cx.task.scripts.first()?)?;
    let mut run = RunAthena {
        workgroup: settings.workgroup.unwrap_or(PRIMARY).to_owned(),
        catalog: settings.catalog.map(str::to_owned),
        database: settings.database.map(str::to_owned),
        output: settings.output.as_ref().map(|output| place(&cx.template(output))),
        statements: statements.into_iter().map(|Statement(text)| text).collect(),
        reuse_minutes: step.reuse.as_ref().and_then(|age| u32::try_from(age.value.0.div_ceil(60)).ok()),
        most_bytes: settings.most_bytes,
        ..RunAthena::default()
    };
    asked::add(&mut run, &settings, cx);
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
