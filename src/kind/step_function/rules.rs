//! `step_function`: what Step Functions takes, and keys that ask for what it does not do.

use super::StepFunctionStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::members;
use crate::service::step_function::job::{LONGEST_INPUT, OUTPUTS};

pub(super) fn check(step: &StepFunctionStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    members::names(step.outputs.as_ref(), OUTPUTS, diagnostics);
    members::longest(step.input.as_ref(), ("Step Functions", LONGEST_INPUT), cx, diagnostics);
    region(step, cx, diagnostics);
    outputs(step, diagnostics);
    idempotent(step, diagnostics);
}

/// An execution is started in the state machine's own region.
fn region(step: &StepFunctionStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let own = step.state_machine.value.0.region();
    let (Some(own), Some(region)) = (own, &cx.scope.spec.region) else { return };
    if own != region.value.0 {
        let message =
            format!("this state machine is in `{own}`, and the environment in `{}`", region.value.0);
        diagnostics.push(
            Diagnostic::new(Code::StateMachineOption, step.state_machine.span, message)
                .also(region.span, "the environment's region")
                .help("name one of this region; by its name alone it is found in each environment's own"),
        );
    }
}

/// What is not waited for gives nothing.
fn outputs(step: &StepFunctionStep, diagnostics: &mut Diagnostics) {
    let Some(wait) = step.wait.as_ref().filter(|wait| !wait.value) else { return };
    if let Some(name) = step.outputs.as_ref().and_then(|names| names.0.first()) {
        let message = format!("nobody waits for the output `{}`", name.value);
        diagnostics.push(
            Diagnostic::new(Code::StateMachineOption, name.span, message)
                .also(wait.span, "the task is done when the execution has begun")
                .help("take `outputs` away, or `wait: false`"),
        );
    }
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
