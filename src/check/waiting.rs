//! `short-interval` of sources, waits that cannot come to a good end, and `waiting` where nothing waits for it.

use super::conflict;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::source::WaitSettings;
use crate::lang::waiting::{SHORTEST_INTERVAL, short_interval};
use crate::resolve::{Action, Pipeline, Scope};
use crate::text::Spanned;

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
    for (_, source) in pipeline.spec.sources() {
        let Some(settings) = source.wait.as_ref().and_then(|wait| wait.settings.as_ref()) else { continue };
        check_marker(settings.marker.as_ref(), diagnostics);
        looks_once(settings, diagnostics);
    }
}

/// A marker is one object: its name stands behind the prefix as it is.
fn check_marker(marker: Option<&Spanned<String>>, diagnostics: &mut Diagnostics) {
    let Some(marker) = marker else { return };
    let help = "write its name, such as `_SUCCESS`; without `marker` any object will do";
    let message = match marker.value.find(['*', '?', '[']) {
        _ if marker.value.is_empty() || marker.ends_with('/') => "a marker has a name".to_owned(),
        Some(at) => {
            format!("a marker is one object, and `{}` in its name stands for itself", &marker.value[at..=at])
        }
        None => return,
    };
    diagnostics.push(Diagnostic::new(Code::InvalidName, marker.span, message).help(help));
}

/// Says that there is no second look within the time.
fn looks_once(settings: &WaitSettings, diagnostics: &mut Diagnostics) {
    let (Some(every), Some(timeout)) = (&settings.every, &settings.timeout) else { return };
    if every.value.0 >= timeout.value.0 {
        diagnostics.push(
            Diagnostic::new(Code::InvalidDuration, every.span, "it would look once, and wait for nothing")
                .also(timeout.span, "it ends before the second look")
                .help("look more often, or let it wait longer"),
        );
    }
}
