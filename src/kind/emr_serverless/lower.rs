//! The run.

use super::EmrServerlessStep;
use crate::kind::contract::{Lowered, Lowering};
use crate::lang::value::S3Path;
use crate::plan::{Job, Work};
use crate::service::emr_serverless::job::{Driver, RunEmrServerless};
use crate::text::Spanned;

pub(super) fn lower(step: &EmrServerlessStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let place = |path: &Spanned<S3Path>| cx.template(&path.value.0);
    let parameters = step.parameters.as_ref().map(|text| cx.template(&text.value));
    let driver = match (&step.entry_point, &step.query_file) {
        (Some(entry), _) => Driver::Spark {
            entry_point: cx.template(&entry.value.0),
            arguments: step.arguments.iter().flatten().map(|word| cx.template(&word.value)).collect(),
            parameters,
        },
        (None, query) => Driver::Hive {
            query_file: place(query.as_ref()?),
            init_file: step.init_file.as_ref().map(place),
            parameters,
        },
    };
    Some(Lowered::work(Work::Job(Job::RunEmrServerless(Box::new(RunEmrServerless {
        application: step.application.value.0.clone(),
        role: step.role.value.0.clone(),
        driver,
        logs: step.logs.as_ref().map(place),
        log_group: step.log_group.as_ref().map(|group| group.value.clone()),
        timeout_minutes: cx.timeout_minutes(),
    })))))
}
