//! The user's statements.

use super::AthenaSqlStep;
use crate::kind::contract::{Lowered, Lowering, statements};
use crate::plan::{Job, Work};
use crate::service::athena::job::RunAthena;
use crate::service::statement::Statement;

pub(super) fn lower(step: &AthenaSqlStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let statements = statements(cx, cx.task.scripts.first()?)?;
    let run = RunAthena {
        statements: statements.into_iter().map(|Statement(text)| text).collect(),
        reuse_minutes: step.reuse.as_ref().and_then(|age| u32::try_from(age.value.0.div_ceil(60)).ok()),
        ..step.own().settings(cx.scope).job(cx)
    };
    Some(Lowered::work(Work::Job(Job::RunAthena(Box::new(run)))))
}
