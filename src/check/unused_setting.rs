//! `unused-setting`: settings that another setting makes void.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Action, Pipeline, Scope, Task};
use crate::source::{Span, Spanned};
use crate::spec::leaf::Clock;
use crate::spec::pipeline::Schedule;
use crate::spec::project::EnvironmentSpec;
use crate::spec::step::{OnSchemaChange, Recrawl, StepSpec};

/// Says that a setting does nothing, and because of which.
fn unused(key: &str, at: Span, why: &str, because: Option<(Span, &str)>) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::UnusedSetting, at, format!("`{key}` does nothing here: {why}"));
    let diagnostic = match because {
        Some((span, label)) => diagnostic.also(span, label),
        None => diagnostic,
    };
    diagnostic.help(format!("take `{key}` away"))
}

/// Looks at an environment of the project file.
pub(super) fn environment(spec: &EnvironmentSpec, diagnostics: &mut Diagnostics) {
    if let (Some(mwaa), Some(key)) = (&spec.mwaa, &spec.kms_key) {
        let because = Some((mwaa.span, "this environment"));
        diagnostics.push(unused("kms_key", key.span, "the key is read from MWAA", because));
    }
}

/// Looks at a pipeline and its steps.
pub(super) fn pipeline(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    let spec = pipeline.spec;
    let schedule = spec.schedule.as_ref();
    let untimed = schedule.filter(|schedule| match &schedule.schedule {
        Schedule::Clock(Clock::Manual) | Schedule::After(_) => true,
        Schedule::Clock(Clock::Cron(_) | Clock::Every(_)) => false,
    });
    if let (Some(catchup), Some(schedule)) = (spec.catchup.as_ref().filter(|catchup| catchup.value), untimed)
    {
        let because = Some((schedule.span, "the schedule"));
        let why = "without a clock there are no intervals to catch up with";
        diagnostics.push(unused("catchup", catchup.span, why, because));
    }
    for task in &pipeline.tasks {
        if let Some(step) = task.step {
            common(task, step, diagnostics);
        }
        if let Action::Crawl { step, inputs } = &task.action {
            let update = step.on_schema_change.as_ref();
            let update = update.filter(|change| change.value == OnSchemaChange::Update);
            let new = step.recrawl.as_ref().filter(|recrawl| recrawl.value == Recrawl::NewFolders);
            if let (Some(update), Some(new)) = (update, new) {
                let why = "a crawler that looks at new folders only does not change tables";
                diagnostics.push(unused("on_schema_change", update.span, why, Some((new.span, "here"))));
            }
            if inputs.is_empty() && step.from.is_none() && !task.incomplete {
                let why = "the crawler exists already, and dagc does not change it";
                for (key, at) in definition(step) {
                    diagnostics.push(unused(key, at, why, Some((step.crawler.span, "this crawler"))));
                }
            }
        }
    }
}

/// The keys of a crawler that dagc makes.
fn definition(step: &crate::spec::step::GlueCrawlerStep) -> Vec<(&'static str, Span)> {
    fn at<T>(key: &'static str, value: Option<&Spanned<T>>) -> Option<(&'static str, Span)> {
        value.map(|value| (key, value.span))
    }
    [
        at("database", step.database.as_ref()),
        at("role", step.role.as_ref()),
        at("table_prefix", step.table_prefix.as_ref()),
        at("recrawl", step.recrawl.as_ref()),
        at("on_schema_change", step.on_schema_change.as_ref()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Settings that every step may have.
fn common(task: &Task<'_>, step: &StepSpec, diagnostics: &mut Diagnostics) {
    if let (Some(on_kill), false) = (step.common().on_kill.as_ref(), step.kind.has_job()) {
        let why = "it is the worker that runs this step, not a service whose job could go on";
        diagnostics.push(unused("on_kill", on_kill.span, why, Some((step.kind_span, "the step"))));
    }
    if let Some(delay) = &*step.common().retry_delay
        && task.settings.retries == Some(0)
    {
        let because = step.common().retries.as_ref().map(|retries| (retries.span, "here"));
        diagnostics.push(unused("retry_delay", delay.span, "the step is never tried again", because));
    }
}
