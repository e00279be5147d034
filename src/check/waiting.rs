//! `short-interval` of sources, and `waiting` where nothing waits for it.

use super::conflict;
use crate::diagnostic::Diagnostics;
use crate::resolve::{Action, Pipeline, Scope};
use crate::spec::waiting::{SHORTEST_INTERVAL, short_interval};

pub(super) fn check(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        if let Some(step) = task.step
            && let Some(waiting) = step.common().waiting.as_ref()
            && !step.kind.has_job()
        {
            diagnostics.push(
                conflict(
                    &format!("step `{}`", step.name.value),
                    (step.kind.name(), step.kind_span),
                    ("waiting", waiting.span),
                )
                .note("it is the worker that runs this step, not a service that is waited for")
                .help("remove `waiting`"),
            );
        }
        if let Action::Wait(source) = task.action
            && task.reschedule.is_some()
            && let Some(every) = source.wait.as_ref().and_then(|wait| wait.settings.as_ref()?.every.as_ref())
            && every.value.0 < SHORTEST_INTERVAL
        {
            diagnostics.push(short_interval(every));
        }
    }
}
