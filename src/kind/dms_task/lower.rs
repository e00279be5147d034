//! The run of the replication.

use super::{DmsTaskStep, OnFailed, WaitsFor};
use crate::kind::contract::{Lowered, Lowering};
use crate::plan::{Job, Work};
use crate::service::dms::job::Replicate;
use crate::service::dms::task::Replication;
use crate::template::Template;
use crate::text::Spanned;

pub(super) fn lower(step: &DmsTaskStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let replication = match (&step.task, &step.serverless) {
        (Some(task), _) => Replication::Task(task.value.0.clone()),
        (None, Some(config)) => Replication::Serverless(config.value.0.clone()),
        (None, None) => return None,
    };
    let position =
        |position: &Option<Spanned<Template>>| position.as_ref().map(|position| cx.template(&position.value));
    Some(Lowered::work(Work::Job(Job::Replicate(Box::new(Replicate {
        replication,
        start: step.start.as_ref().map(|start| start.value),
        from: position(&step.from),
        until: position(&step.until),
        goes_on: step.wait() == WaitsFor::Running,
        if_running: step.if_running(),
        may_lose: step.on_failed() == OnFailed::Pass,
    })))))
}
