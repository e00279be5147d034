//! The invocation.

use super::LambdaStep;
use crate::kind::contract::{Kind, Lowered, Lowering};
use crate::plan::{Job, Work};
use crate::service::lambda::job::InvokeFunction;
use crate::template::Json;

pub(super) fn lower(step: &LambdaStep, cx: &Lowering<'_, '_>) -> Lowered {
    let payload =
        step.payload.as_ref().map_or_else(Json::default, |payload| payload.json(&|text| cx.template(text)));
    Lowered::work(Work::Job(Job::InvokeFunction(Box::new(InvokeFunction {
        function: step.function.value.0.clone(),
        payload,
        no_wait: !step.wait(),
        idempotent: step.idempotent(),
        members: step.members().iter().map(|name| name.value.clone()).collect(),
    }))))
}
