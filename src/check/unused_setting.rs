//! `unused-setting`: settings that another setting makes void.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::ProjectSpec;
use crate::lang::pipeline::Schedule;
use crate::lang::project::EnvironmentSpec;
use crate::lang::shared::TriggerRule;
use crate::lang::source::SourceSpec;
use crate::lang::step::{GlueJobStep, GlueJobType, OnSchemaChange, Recrawl, StepSpec};
use crate::lang::value::Clock;
use crate::resolve::{Action, Pipeline, Scope, Task, each_template};
use crate::template::{Expr, Zone};
use crate::text::{Span, Spanned};

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

/// Looks at the project file.
pub(super) fn project(spec: &ProjectSpec, diagnostics: &mut Diagnostics) {
    let own = || spec.environments.0.iter().map(|(_, environment)| environment.airflow.as_ref());
    if let (Some(airflow), true, Some(Some(first))) =
        (&spec.airflow, own().all(|own| own.is_some()), own().next())
    {
        let because = Some((first.span, "this one holds"));
        let why = "each environment has a version of its own";
        diagnostics.push(unused("airflow", airflow.span, why, because));
    }
}

/// Looks at a pipeline and its steps.
pub(super) fn pipeline(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    clock(scope, pipeline, diagnostics);
    defaults(pipeline, diagnostics);
    for (_, source) in pipeline.spec.sources() {
        of_table(source, diagnostics);
    }
    for task in &pipeline.tasks {
        if let Action::GlueJob { step, .. } = &task.action {
            existing_job(step, diagnostics);
        }
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

/// Settings of the clock, where no clock starts the pipeline. (Its `start_date` still keeps runs of earlier days
/// from being started by hand, and `max_active_runs` holds for every run.)
fn clock(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    let spec = pipeline.spec;
    let because = match spec.schedule.as_ref() {
        Some(schedule) => match &schedule.schedule {
            Schedule::Clock(Clock::Cron(_) | Clock::Every(_)) => return,
            Schedule::Clock(Clock::Manual) | Schedule::After(_) => Some((schedule.span, "the schedule")),
        },
        None if spec.schedule.broken => return,
        None => None,
    };
    if let Some(catchup) = spec.catchup.as_ref().filter(|catchup| catchup.value) {
        let why = "without a clock there are no intervals to catch up with";
        diagnostics.push(unused("catchup", catchup.span, why, because));
    }
    if let Some(zone) = spec.timezone.as_ref().filter(|zone| zone.value.0 != "UTC")
        && !uses_zone(scope, pipeline)
    {
        let why = "no clock starts the pipeline, and no template says `local`";
        diagnostics.push(unused("timezone", zone.span, why, because));
    }
}

/// Says whether something asks for the pipeline's time zone, which is the DAG's: a date with `| local`, or an
/// operator by Airflow's names. In a pipeline with errors it may.
fn uses_zone(scope: &Scope<'_>, pipeline: &Pipeline<'_>) -> bool {
    let sources = scope.files.sources();
    let mut is_local = pipeline.incomplete || sources.file(pipeline.file).text.contains("dag.timezone");
    for task in &pipeline.tasks {
        each_template(task, sources, &mut |template, _| {
            template.visit(&mut |expr| is_local |= matches!(expr, Expr::Date { zone: Zone::Local, .. }));
        });
    }
    is_local
}

/// Settings under `defaults` that no step takes.
fn defaults(pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    let spec = pipeline.spec;
    let Some(defaults) = spec.defaults.as_ref() else { return };
    if let (Some(owner), Some(wins)) = (&defaults.owner, spec.owner.as_ref()) {
        let because = Some((wins.span, "this one holds"));
        diagnostics.push(unused("owner", owner.span, "the pipeline has an `owner`", because));
    }
    if let (Some(priority), Some(wins)) = (&defaults.priority, spec.priority.as_ref()) {
        let because = Some((wins.span, "this one holds"));
        diagnostics.push(unused("priority", priority.span, "the pipeline has a `priority`", because));
    }
    if pipeline.incomplete {
        return;
    }
    if let Some(delay) = &defaults.retry_delay
        && pipeline.tasks.iter().all(|task| task.settings.policy.retries == Some(0))
    {
        let because = defaults.retries.as_ref().map(|retries| (retries.span, "here"));
        diagnostics.push(unused("retry_delay", delay.span, "no step is ever tried again", because));
    }
    if pipeline.tasks.iter().all(|task| task.step.is_some_and(|step| !step.kind.has_job())) {
        let why = "the worker runs all steps, and no service whose job could go on";
        let on_kill = defaults.on_kill.as_ref().map(|on_kill| ("on_kill", on_kill.span));
        let waiting = defaults.waiting.as_ref().map(|waiting| ("waiting", waiting.span));
        for (key, at) in on_kill.into_iter().chain(waiting) {
            diagnostics.push(unused(key, at, why, None));
        }
    }
}

/// What is said of files, of a source that is a table.
fn of_table(source: &SourceSpec, diagnostics: &mut Diagnostics) {
    let Some(table) = source.table.as_ref().filter(|_| source.path.is_none()) else { return };
    let format = source.format.as_ref().map(|format| ("format", format.span));
    let columns = source.columns.as_ref().and_then(|columns| Some(("columns", columns.0.first()?.0.span)));
    for (key, at) in format.into_iter().chain(columns) {
        let why = "it is about files, and the source is a table";
        diagnostics.push(unused(key, at, why, Some((table.span, "the table"))));
    }
}

/// What is said of a Glue job that exists, and that a run of it cannot change.
fn existing_job(step: &GlueJobStep, diagnostics: &mut Diagnostics) {
    let Some(job) = step.job.as_ref().filter(|_| step.script.is_none()) else { return };
    let version = step.glue_version.as_ref().map(|version| ("glue_version", version.span));
    let is_shell = step.r#type.as_ref().is_some_and(|kind| kind.value == GlueJobType::PythonShell);
    let capacity = step.workers.as_ref().and_then(|workers| workers.capacity.as_ref()).filter(|_| is_shell);
    for (key, at) in version.into_iter().chain(capacity.map(|capacity| ("capacity", capacity.span))) {
        let why = "the job exists already, and its runs take it from there";
        diagnostics.push(unused(key, at, why, Some((job.span, "this job"))));
    }
}

/// The keys of a crawler that dagc makes.
fn definition(step: &crate::lang::step::GlueCrawlerStep) -> Vec<(&'static str, Span)> {
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
    let common = step.common();
    let rule = common.trigger_rule.as_ref().filter(|rule| rule.value == TriggerRule::Always);
    if let (Some(rule), Some(after)) = (rule, common.after.as_ref().and_then(|after| after.0.first())) {
        let why = "with `trigger_rule: always` the step waits for nothing";
        diagnostics.push(unused("after", after.span, why, Some((rule.span, "here"))));
    }
    if let (Some(on_kill), false) = (common.on_kill.as_ref(), step.kind.has_job()) {
        let why = "it is the worker that runs this step, not a service whose job could go on";
        diagnostics.push(unused("on_kill", on_kill.span, why, Some((step.kind_span, "the step"))));
    }
    if let Some(delay) = &*step.common().retry_delay
        && task.settings.policy.retries == Some(0)
    {
        let because = step.common().retries.as_ref().map(|retries| (retries.span, "here"));
        diagnostics.push(unused("retry_delay", delay.span, "the step is never tried again", because));
    }
}
