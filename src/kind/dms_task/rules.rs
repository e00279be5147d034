//! `dms_task`: keys that exclude each other, positions that DMS takes, and where its replications are.

use super::{DmsTaskStep, WaitsFor};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::{chosen, unused};
use crate::kind::shared::members;
use crate::service::dms::position::{self, STOP_EXAMPLE};

pub(super) fn check(step: &DmsTaskStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    chosen(&step.given(), DmsTaskStep::CHOICES, cx, diagnostics);
    if let Some(task) = &step.task {
        let named = ("task", task.value.0.region());
        members::elsewhere(named, task.span, Code::DmsOption, cx, diagnostics);
    }
    if let Some(config) = &step.serverless {
        let named = ("replication", config.value.0.region());
        members::elsewhere(named, config.span, Code::DmsOption, cx, diagnostics);
    }
    positions(step, diagnostics);
    let waits = step.wait.as_ref().filter(|wait| wait.value == WaitsFor::Running);
    if let (Some(until), Some(waits)) = (&step.until, waits) {
        let why = "the task is done while the replication goes on, and nobody sees where it stops";
        diagnostics.push(unused("wait", waits.span, why, Some((until.span, "it stops here"))));
    }
}

/// What is known of a position before a run fills it in.
fn positions(step: &DmsTaskStep, diagnostics: &mut Diagnostics) {
    if let Some(until) = &step.until {
        let fixed = until.value.as_text();
        let known = fixed.unwrap_or_else(|| until.value.static_prefix());
        if let Some(why) = position::wrong_stop(known, fixed.is_none()) {
            let message = format!("DMS stops at no such position: {why}");
            diagnostics.push(
                Diagnostic::new(Code::DmsOption, until.span, message)
                    .help(format!("write `until: \"{STOP_EXAMPLE}\"`")),
            );
        }
    }
    if let Some(from) = &step.from
        && let Some(Err(why)) = from.value.as_text().map(position::start)
    {
        let message = format!("DMS begins at no such position: {why}");
        diagnostics.push(Diagnostic::new(Code::DmsOption, from.span, message).help(
            "write a moment such as `{{ data_interval_start }}`, a checkpoint, or a number of the log",
        ));
    }
}
