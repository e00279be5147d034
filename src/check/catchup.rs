//! `missing-key`: `catchup` without the day from which on it catches up.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::document::pipeline::Schedule;
use crate::lang::value::Clock;
use crate::resolve::{Pipeline, Scope};

pub(super) fn check(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    let spec = pipeline.spec;
    let Some(catchup) = spec.catchup.as_ref().filter(|catchup| catchup.value) else { return };
    let is_timed = spec.schedule.as_ref().is_some_and(|schedule| {
        matches!(schedule.schedule, Schedule::Clock(Clock::Cron(_) | Clock::Every(_)))
    });
    if is_timed && spec.start_date.is_none() && !spec.start_date.broken {
        diagnostics.push(
            Diagnostic::new(
                Code::MissingKey,
                catchup.span,
                format!(
                    "pipeline `{}` catches up with all days since its start, and does not say when that is",
                    spec.pipeline.value.0
                ),
            )
            .label("`start_date` is missing")
            .help("add `start_date:` with the first day that it works on, such as `start_date: 2026-01-01`"),
        );
    }
}
