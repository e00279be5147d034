//! Settings: what a step says, else its pipeline, else the project.

use super::Scope;
use crate::document::PipelineSpec;
use crate::lang::shared::{Defaults, OnKill};
use crate::lang::source::SourceSpec;
use crate::lang::step::CommonSpec;
use crate::lang::waiting::{Waiting, WaitingSpec};
use crate::plan::{AirflowSettings, Policy, Reschedule, TaskSettings};

/// Merges the settings of a task; without a step, those of the whole pipeline.
pub fn merged(scope: &Scope<'_>, pipeline: &PipelineSpec, step: Option<&CommonSpec>) -> TaskSettings {
    let layers = [pipeline.defaults.as_ref(), scope.defaults];
    let first = |get: &dyn Fn(&Defaults) -> Option<u64>| layers.iter().flatten().find_map(|layer| get(layer));
    let small = |value: Option<u64>| value.and_then(|value| u32::try_from(value).ok());
    let text =
        |get: &dyn Fn(&Defaults) -> Option<String>| layers.iter().flatten().find_map(|layer| get(layer));
    let policy = Policy {
        retries: step
            .and_then(|step| step.retries.as_ref().map(|retries| retries.value.0))
            .or_else(|| small(first(&|layer| layer.retries.as_ref().map(|retries| retries.value.0.into())))),
        retry_delay: step
            .and_then(|step| step.retry_delay.as_ref().map(|delay| delay.value.0))
            .or_else(|| first(&|layer| layer.retry_delay.as_ref().map(|delay| delay.value.0))),
        timeout: step
            .and_then(|step| step.timeout.as_ref().map(|timeout| timeout.value.0))
            .or_else(|| first(&|layer| layer.timeout.as_ref().map(|timeout| timeout.value.0))),
    };
    let airflow = AirflowSettings {
        owner: step
            .and_then(|step| step.owner.as_ref().map(|owner| owner.value.0.clone()))
            .or_else(|| pipeline.owner.as_ref().map(|owner| owner.value.0.clone()))
            .or_else(|| text(&|layer| layer.owner.as_ref().map(|owner| owner.value.0.clone()))),
        pool: step
            .and_then(|step| step.pool.as_ref().map(|pool| pool.value.0.clone()))
            .or_else(|| text(&|layer| layer.pool.as_ref().map(|pool| pool.value.0.clone()))),
        priority: step
            .and_then(|step| step.priority.as_ref().map(|priority| priority.value.0))
            .or_else(|| pipeline.priority.as_ref().map(|priority| priority.value.0))
            .or_else(|| {
                small(first(&|layer| layer.priority.as_ref().map(|priority| priority.value.0.into())))
            }),
        on_failure_sns: step
            .and_then(|step| step.on_failure.as_ref().map(|notify| notify.sns.value.0.clone()))
            .or_else(|| text(&|layer| layer.on_failure.as_ref().map(|notify| notify.sns.value.0.clone()))),
    };
    TaskSettings { policy, airflow }
}

/// Merges what happens when a task is killed.
pub(super) fn on_kill(scope: &Scope<'_>, pipeline: &PipelineSpec, step: Option<&CommonSpec>) -> OnKill {
    let layers = [pipeline.defaults.as_ref(), scope.defaults];
    step.and_then(|step| step.on_kill.as_ref())
        .or_else(|| layers.into_iter().flatten().find_map(|layer| layer.on_kill.as_ref()))
        .map_or(OnKill::Cancel, |on_kill| on_kill.value)
}

/// Seconds that the first look stays, and at most between two looks, when nobody says them.
const STAY: u64 = 60;
const EVERY: u64 = 300;

/// Merges how a task waits without a slot.
pub(super) fn reschedule(
    scope: &Scope<'_>,
    pipeline: &PipelineSpec,
    step: Option<&CommonSpec>,
) -> Option<Reschedule> {
    let layers = [pipeline.defaults.as_ref(), scope.defaults];
    let spec: &WaitingSpec = step
        .and_then(|step| step.waiting.as_ref())
        .or_else(|| layers.into_iter().flatten().find_map(|layer| layer.waiting.as_ref()))?;
    let settings = spec.settings.as_ref();
    match spec.waiting {
        Waiting::Worker => None,
        Waiting::Reschedule => Some(Reschedule {
            stay: settings.and_then(|settings| settings.stay.as_ref()).map_or(STAY, |stay| stay.value.0),
            every: settings.and_then(|settings| settings.every.as_ref()).map_or(EVERY, |every| every.value.0),
        }),
    }
}

/// Merges how the wait of a source does without a slot: it looks once each time, as often as the wait says.
pub(super) fn reschedule_of_wait(
    scope: &Scope<'_>,
    pipeline: &PipelineSpec,
    source: &SourceSpec,
) -> Option<Reschedule> {
    let wait = source.wait.as_ref()?;
    let own = wait.settings.as_ref().and_then(|settings| settings.waiting.as_ref());
    let is_rescheduled = match own {
        Some(own) => own.value == Waiting::Reschedule,
        None => reschedule(scope, pipeline, None).is_some(),
    };
    is_rescheduled.then(|| Reschedule { stay: 0, every: wait.every() })
}
