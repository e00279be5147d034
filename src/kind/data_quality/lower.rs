//! The run, and the name of its ruleset, which tells its rules.

use super::DataQualityStep;
use crate::kind::contract::{Lowered, Lowering, short_hash};
use crate::plan::{Job, Work};
use crate::service::data_quality::job::{EvaluateQuality, LONGEST_NAME};

pub(super) fn lower(step: &DataQualityStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let table = DataQualityStep::table(&cx.task.inputs)?;
    let rules = match &step.rules {
        None => None,
        Some(rules) => Some(match rules.path() {
            None => rules.text().trim().to_owned(),
            Some(_) => {
                String::from_utf8(cx.task.file(rules.span())?.content.to_vec()).ok()?.trim().to_owned()
            }
        }),
    };
    let ruleset = match (&rules, &step.ruleset) {
        (Some(rules), _) => name(cx, rules),
        (None, named) => named.as_ref()?.value.clone(),
    };
    let run = EvaluateQuality {
        table: table.name.clone(),
        ruleset,
        rules,
        partitions: step.partitions.as_ref().map(|text| cx.template(&text.value)),
        role: cx.role(step.role.as_ref())?,
        workers: step.workers().0,
        timeout_minutes: cx.timeout_minutes(),
    };
    Some(Lowered::work(Work::Job(Job::EvaluateQuality(Box::new(run)))))
}

/// Other rules have another name, so that what is evaluated is never changed under a run.
fn name(cx: &Lowering<'_, '_>, rules: &str) -> String {
    let hash = short_hash(rules.as_bytes());
    let step = format!("{}-{}-{}", cx.scope.project, cx.pipeline, cx.task.id);
    let step: String = step.chars().take(LONGEST_NAME - hash.len() - 1).collect();
    format!("{step}-{hash}")
}
