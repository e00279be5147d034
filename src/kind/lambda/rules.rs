//! `lambda`: what Lambda takes, and keys that ask for what it does not do.

use super::LambdaStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::members;
use crate::service::lambda::job::{LONGEST_EVENT, LONGEST_PAYLOAD, OUTPUTS};

pub(super) fn check(step: &LambdaStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    members::names(step.outputs.as_ref(), OUTPUTS, diagnostics);
    let waits = step.wait.as_ref().is_none_or(|wait| wait.value);
    let most = if waits { LONGEST_PAYLOAD } else { LONGEST_EVENT };
    members::longest(step.payload.as_ref(), ("Lambda", most), cx, diagnostics);
    region(step, cx, diagnostics);
    outputs(step, diagnostics);
}

/// Each environment has its own functions.
fn region(step: &LambdaStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let own = step.function.value.0.region();
    let (Some(own), Some(region)) = (own, &cx.scope.spec.region) else { return };
    if own != region.value.0 {
        let message = format!("this function is in `{own}`, and the environment in `{}`", region.value.0);
        diagnostics.push(
            Diagnostic::new(Code::LambdaOption, step.function.span, message)
                .also(region.span, "the environment's region")
                .help("name one of this region; by its name alone it is found in each environment's own"),
        );
    }
}

/// What is not waited for gives nothing.
fn outputs(step: &LambdaStep, diagnostics: &mut Diagnostics) {
    let Some(wait) = step.wait.as_ref().filter(|wait| !wait.value) else { return };
    if let Some(name) = step.outputs.as_ref().and_then(|names| names.0.first()) {
        let message = format!("nobody waits for the output `{}`", name.value);
        diagnostics.push(
            Diagnostic::new(Code::LambdaOption, name.span, message)
                .also(wait.span, "the task is done when Lambda has taken the event")
                .help("take `outputs` away, or `wait: false`"),
        );
    }
}
