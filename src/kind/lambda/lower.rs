//! The invocation.

use super::LambdaStep;
use crate::kind::contract::{Lowered, Lowering};
use crate::plan::{Job, Work};
use crate::service::lambda::job::InvokeFunction;
use crate::template::Json;

pub(super) fn lower(step: &LambdaStep, cx: &Lowering<'_, '_>) -> Lowered {
    let payload =
        step.payload.as_ref().map_or_else(Json::default, |payload| payload.json(&|text| cx.template(text)));
    Lowered::work(Work::Job(Job::InvokeFunction(Box::new(InvokeFunction {
        function: step.function.value.0.clone(),
        payload,
        no_wait: step.wait.as_ref().is_some_and(|wait| !wait.value),
        idempotent: step.idempotent.as_ref().is_some_and(|is| is.value),
        members: step.outputs.iter().flat_map(|names| &names.0).map(|name| name.value.clone()).collect(),
    }))))
}
