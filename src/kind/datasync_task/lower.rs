//! The execution.

use super::{DatasyncTaskStep, OnFailed};
use crate::kind::contract::{Lowered, Lowering};
use crate::plan::{Job, Work};
use crate::service::datasync::job::RunTransfer;
use crate::template::Template;
use crate::text::Spanned;

pub(super) fn lower(step: &DatasyncTaskStep, cx: &Lowering<'_, '_>) -> Lowered {
    let patterns = |patterns: &Option<Vec<Spanned<Template>>>| {
        patterns.iter().flatten().map(|pattern| cx.template(&pattern.value)).collect()
    };
    Lowered::work(Work::Job(Job::RunTransfer(Box::new(RunTransfer {
        task: step.task.value.0.clone(),
        include: patterns(&step.include),
        exclude: patterns(&step.exclude),
        only_changed: step.only_changed.as_ref().map(|only| only.value),
        may_lose: step.on_failed() == OnFailed::Pass,
    }))))
}
