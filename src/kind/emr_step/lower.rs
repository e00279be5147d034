//! The step that is added.

use super::EmrStepStep;
use crate::kind::contract::{Lowered, Lowering};
use crate::plan::{Job, Work};
use crate::service::emr_step::job::RunEmrStep;

pub(super) fn lower(step: &EmrStepStep, cx: &Lowering<'_, '_>) -> Lowered {
    let words = step.command.as_ref().or(step.arguments.as_ref());
    Lowered::work(Work::Job(Job::RunEmrStep(Box::new(RunEmrStep {
        cluster: step.cluster.value.0.clone(),
        jar: step.jar.as_ref().map(|jar| cx.template(&jar.value)),
        main_class: step.main_class.as_ref().map(|class| class.value.clone()),
        arguments: words.into_iter().flatten().map(|word| cx.template(&word.value)).collect(),
        role: step.role.as_ref().map(|role| role.value.0.clone()),
    }))))
}
