//! `lambda`: what Lambda takes, and keys that ask for what it does not do.

use super::LambdaStep;
use crate::diagnostic::{Code, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::members;
use crate::service::lambda::job::{LONGEST_EVENT, LONGEST_PAYLOAD, OUTPUTS};

pub(super) fn check(step: &LambdaStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    members::names(step.outputs.as_ref(), OUTPUTS, diagnostics);
    let most = if step.wait() { LONGEST_PAYLOAD } else { LONGEST_EVENT };
    members::longest(step.payload.as_ref(), ("Lambda", most), cx, diagnostics);
    let (function, code) = (&step.function, Code::LambdaOption);
    members::elsewhere(("function", function.value.0.region()), function.span, code, cx, diagnostics);
    let done = "the task is done when Lambda has taken the event";
    members::unawaited(step.outputs.as_ref(), step.wait.as_ref(), done, code, diagnostics);
}
