//! `glue_job`: its machines, arguments, script and libraries; names, keys and times that Glue takes.

mod arguments;
mod flex_worker;
mod iceberg;
mod inputs;
mod libraries;
mod redshift;
mod version;
mod worker_type;

use super::transform::rules as transform;
use super::{GlueJobStep, GlueJobType, WriteSpec};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::{at_most_one, chosen, chosen_of, first_line, key, missing, unused};
use crate::kind::shared::names::GLUE;
use crate::kind::shared::{columns, glue, partition};
use crate::objects::wildcard;

/// The longest time that Glue gives a job, in seconds: seven days (Glue API, `StartJobRun`).
const LONGEST: u64 = 7 * 24 * 60 * 60;

pub(super) fn check(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    keys(step, cx, diagnostics);
    range(step, cx, diagnostics);
    needed(step, cx, diagnostics);
    names(step, cx, diagnostics);
    written(step, cx, diagnostics);
    existing_job(step, diagnostics);
    timeout(cx, diagnostics);
    arguments::check(step, cx, diagnostics);
    flex_worker::check(step, cx, diagnostics);
    iceberg::check(step, cx, diagnostics);
    inputs::check(step, cx, diagnostics);
    libraries::check(step, diagnostics);
    redshift::check(step, cx, diagnostics);
    if let Some(operations) = &step.transform {
        transform::check(step, operations, worker_type::version(cx, step), cx, diagnostics);
    }
    worker_type::check(step, cx, diagnostics);
}

/// Keys that exclude each other: a job that exists has some of them already.
fn keys(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let what = &cx.what();
    let job = key("job", step.job.as_ref());
    chosen(&step.given(), GlueJobStep::CHOICES, cx, diagnostics);
    if step.made_of().is_none() {
        // A job that exists has these already.
        let connection = step.connections.iter().flatten().next();
        let library = step.libraries.iter().flatten().next();
        for other in [
            key("name", step.name.as_ref()),
            key("role", step.role.as_ref()),
            key("max_concurrent", step.max_concurrent.as_ref()),
            key("connections", connection),
            key("libraries", library),
        ] {
            at_most_one(what, [job, other], diagnostics);
        }
    }
    if let Some(write) = &step.write {
        let what = format!("`write` of {what}");
        chosen_of(&what, first_line(write.span), &write.given(), WriteSpec::CHOICES, diagnostics);
    }
    if step.r#type.as_ref().is_some_and(|kind| kind.value == GlueJobType::PythonShell) {
        let bookmark = step.bookmark.as_ref().filter(|bookmark| bookmark.value.0.as_text() != Some("false"));
        let kind = key("type: python_shell", step.r#type.as_ref());
        at_most_one(what, [kind, key("bookmark", bookmark)], diagnostics);
        at_most_one(what, [kind, step.made_of().filter(|(key, _)| *key == "transform")], diagnostics);
    }
}

/// What lies between two runs is read by one whose bookmark pauses (Glue Developer Guide, "AWS Glue job parameters").
fn range(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(range) = &step.bookmark_range else { return };
    let word = step.bookmark.as_ref().map(|bookmark| (bookmark.value.0.as_text(), bookmark.span));
    match word {
        Some((None | Some("pause"), _)) => {}
        Some((Some(_), at)) => {
            let why = "only a run whose bookmark pauses reads what lies between two others";
            diagnostics.push(unused("bookmark_range", range.span, why, Some((at, "it does not pause"))));
        }
        None => diagnostics.push(missing(
            cx,
            "bookmark",
            "`bookmark: pause` beside `bookmark_range`",
            "take `bookmark_range` away",
        )),
    }
}

/// What a job needs that publishing makes.
fn needed(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some((_, at)) = step.made_of() else { return };
    glue::role(step.role.is_some(), cx, diagnostics);
    if cx.scope.spec.glue.as_ref().is_none_or(|glue| glue.assets.is_none()) {
        let environment = &cx.scope.environment;
        diagnostics.push(
            Diagnostic::new(
                Code::MissingKey,
                at,
                format!("environment `{}` does not say where scripts are published", environment.value),
            )
            .also(environment.span, "this environment")
            .help("add `glue: {assets: s3://BUCKET/PREFIX/}` to it in dagc.yaml"),
        );
    }
}

fn names(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let lists = step.connections.iter().flatten();
    let names = [&step.job, &step.name, &step.security_configuration];
    for name in names.into_iter().flatten().chain(lists) {
        GLUE.check(Some(name), diagnostics);
    }
    if step.made_of().is_some() && step.name.is_none() {
        own_name(cx, diagnostics);
    }
}

/// The name that a job gets of its project, pipeline and step.
fn own_name(cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let task = cx.task;
    let name = format!("{}-{}-{}", cx.scope.project, cx.pipeline, task.id);
    if !(GLUE.holds)(&name) {
        let message =
            format!("the job of step `{}` would have a name of {} characters", task.name, name.len());
        diagnostics.push(
            Diagnostic::new(Code::InvalidName, task.span, message)
                .note(format!("it would be called `{name}`"))
                .help(format!("give it one: `name: ...`; {}", GLUE.help)),
        );
    }
}

/// What it writes: a folder, by columns that can make folders.
fn written(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(write) = &step.write else { return };
    let by = write.partition_by.as_deref().unwrap_or_default();
    columns::once("partition_by", by, diagnostics);
    if step.writes_iceberg().is_none() {
        for column in by {
            columns::folder(column, diagnostics);
        }
        partition::values(by, write.partition.as_ref(), cx, diagnostics);
    }
    let path = write.path.as_ref();
    if let Some((path, c)) = path.and_then(|path| Some((path, wildcard(&path.value.0)?))) {
        let message = format!("step `{}` writes to a pattern", cx.task.name);
        diagnostics.push(
            Diagnostic::new(Code::PathPattern, path.span, message)
                .label(format!("`{c}` would be part of the name"))
                .help("write the folder"),
        );
    }
}

/// What is said of a Glue job that exists, and that a run of it cannot change.
fn existing_job(step: &GlueJobStep, diagnostics: &mut Diagnostics) {
    let Some(job) = step.job.as_ref().filter(|_| step.made_of().is_none()) else { return };
    let version = step.glue_version.as_ref().map(|version| ("glue_version", version.span));
    let is_shell = step.r#type.as_ref().is_some_and(|kind| kind.value == GlueJobType::PythonShell);
    let capacity = step.workers.as_ref().and_then(|workers| workers.capacity.as_ref()).filter(|_| is_shell);
    for (key, at) in version.into_iter().chain(capacity.map(|capacity| ("capacity", capacity.span))) {
        let why = "the job exists already, and its runs take it from there";
        diagnostics.push(unused(key, at, why, Some((job.span, "this job"))));
    }
}

/// A job may not take longer than Glue lets it.
fn timeout(cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let task = cx.task;
    if task.settings.policy.timeout.is_none_or(|seconds| seconds <= LONGEST) {
        return;
    }
    let own = task.step.and_then(|step| step.common().timeout.as_ref()).map(|timeout| timeout.span);
    let message = format!("step `{}` may take longer than the 7 days that Glue gives a job", task.name);
    let diagnostic = Diagnostic::new(Code::InvalidDuration, own.unwrap_or_else(|| cx.at()), message);
    diagnostics.push(match own {
        Some(_) => diagnostic.help("write `timeout: 7d` or less"),
        None => diagnostic
            .help("its timeout is that of `defaults`: give it one of its own, `timeout: 7d` or less"),
    });
}
