//! The execution.

use super::StepFunctionStep;
use crate::kind::contract::{Kind, Lowered, Lowering};
use crate::plan::{Job, Work};
use crate::service::step_function::job::RunStateMachine;
use crate::template::Json;

pub(super) fn lower(step: &StepFunctionStep, cx: &Lowering<'_, '_>) -> Lowered {
    let input = step.input.as_ref().map_or_else(Json::default, |input| input.json(&|text| cx.template(text)));
    Lowered::work(Work::Job(Job::RunStateMachine(Box::new(RunStateMachine {
        state_machine: step.state_machine.value.0.clone(),
        input,
        express: step.is_express(),
        no_wait: !step.wait(),
        idempotent: step.idempotent(),
        members: step.members().iter().map(|name| name.value.clone()).collect(),
    }))))
}
