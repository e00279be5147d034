//! `unused-setting`: settings that another setting makes void.

use crate::diagnostic::Diagnostics;
use crate::document::pipeline::Schedule;
use crate::kind::shared::keys::unused;
use crate::lang::ProjectSpec;
use crate::lang::project::EnvironmentSpec;
use crate::lang::shared::TriggerRule;
use crate::lang::source::SourceSpec;
use crate::lang::step::StepHead;
use crate::lang::value::Clock;
use crate::resolve::{Pipeline, Scope, Task, each_template};
use crate::template::{Expr, Zone};

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
        if let Some(step) = task.step {
            common(task, step, diagnostics);
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
    if pipeline.tasks.iter().all(|task| !task.kind.outputs().has_job()) {
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
    let format = source.format.as_ref().map(|format| ("format", format.span()));
    if let (Some(jdbc), Some((key, at)), None) = (&source.jdbc, format, &source.path) {
        let why = "it is about files, and the source is a table";
        diagnostics.push(unused(key, at, why, Some((jdbc.connection.span, "the table"))));
    }
    let Some(table) = source.table.as_ref().filter(|_| source.path.is_none()) else { return };
    if source.format.as_ref().is_some_and(|format| format.iceberg().is_some()) {
        return;
    }
    let columns = source.columns.as_ref().and_then(|columns| Some(("columns", columns.0.first()?.0.span)));
    for (key, at) in format.into_iter().chain(columns) {
        let why = "it is about files, and the source is a table";
        diagnostics.push(unused(key, at, why, Some((table.span, "the table"))));
    }
}

/// Settings that every step may have.
fn common(task: &Task<'_>, step: &StepHead, diagnostics: &mut Diagnostics) {
    let common = step.common();
    let rule = common.trigger_rule.as_ref().filter(|rule| rule.value == TriggerRule::Always);
    if let (Some(rule), Some(after)) = (rule, common.after.as_ref().and_then(|after| after.0.first())) {
        let why = "with `trigger_rule: always` the step waits for nothing";
        diagnostics.push(unused("after", after.span, why, Some((rule.span, "here"))));
    }
    if let (Some(on_kill), false) = (common.on_kill.as_ref(), task.kind.outputs().has_job()) {
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
