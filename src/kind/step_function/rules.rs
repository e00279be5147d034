//! `step_function`: what Step Functions takes, and keys that ask for what it does not do.

use super::StepFunctionStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::members;
use crate::service::step_function::job::{LONGEST_INPUT, OUTPUTS};

pub(super) fn check(step: &StepFunctionStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    members::names(step.outputs.as_ref(), OUTPUTS, diagnostics);
    members::longest(step.input.as_ref(), ("Step Functions", LONGEST_INPUT), cx, diagnostics);
    let (machine, code) = (&step.state_machine, Code::StateMachineOption);
    members::elsewhere(("state machine", machine.value.0.region()), machine.span, code, cx, diagnostics);
    let done = "the task is done when the execution has begun";
    members::unawaited(step.outputs.as_ref(), step.wait.as_ref(), done, code, diagnostics);
    idempotent(step, diagnostics);
}

/// A standard execution has a name, by which it is started once in any case.
fn idempotent(step: &StepFunctionStep, diagnostics: &mut Diagnostics) {
    let Some(idempotent) = step.idempotent.as_ref().filter(|_| !step.is_express()) else { return };
    diagnostics.push(
        Diagnostic::new(
            Code::StateMachineOption,
            idempotent.span,
            "a standard state machine is started once by the name of its execution: `idempotent` says nothing of it",
        )
        .help("take it away, or say `type: express` where the state machine is one"),
    );
}
