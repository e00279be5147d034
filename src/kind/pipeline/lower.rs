//! The run that is started.

use super::PipelineStep;
use crate::kind::contract::{Kind, Lowered, Lowering};
use crate::plan::{StartPipeline, Work};

pub(super) fn lower(step: &PipelineStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let started = step.starts()?;
    let params = started.params.iter();
    Some(Lowered::work(Work::Pipeline(StartPipeline {
        dag_id: started.name.to_owned(),
        params: params
            .map(|(name, value)| (name.value.clone(), value.json(&|text| cx.template(text))))
            .collect(),
        logical_date: step.logical_date.as_ref().map(|date| cx.template(&date.value)),
        no_wait: !step.wait(),
        every: step.every().0,
    })))
}
