//! `worker-type`: machines that do not go with the job.
//!
//! From the Glue API's `WorkerType` and the Glue Developer Guide, "Worker types".

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::glue_job::{GlueJobStep, GlueJobType, WorkerType, WorkersSpec};
use crate::text::Spanned;

/// The fewest workers of a Spark job.
const FEWEST: u32 = 2;

pub(super) fn check(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(workers) = &step.workers else { return };
    let shell = step.r#type.as_ref().filter(|kind| kind.value == GlueJobType::PythonShell);
    match shell {
        Some(kind) => python_shell(kind, workers, diagnostics),
        None => spark(step, workers, version(cx, step), diagnostics),
    }
}

/// The version of Glue, where it is known: a job that exists has its own.
pub(super) fn version(cx: &Checking<'_, '_>, step: &GlueJobStep) -> Option<(u32, u32)> {
    let environment = cx.scope.spec.glue.as_ref().and_then(|glue| glue.version.as_ref());
    let version = step.glue_version.as_ref().or(environment.filter(|_| step.job.is_none()))?;
    let (major, minor) = version.value.0.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn python_shell(kind: &Spanned<GlueJobType>, workers: &WorkersSpec, diagnostics: &mut Diagnostics) {
    let given = [
        workers.r#type.as_ref().map(|kind| ("type", kind.span)),
        workers.count.as_ref().map(|count| ("count", count.span)),
        workers.autoscale.as_ref().map(|autoscale| ("autoscale", autoscale.span)),
    ];
    for (key, span) in given.into_iter().flatten() {
        diagnostics.push(
            Diagnostic::new(
                Code::WorkerType,
                span,
                format!("a Python Shell job is one process: it has no `{key}` of workers"),
            )
            .also(kind.span, "the type of the job")
            .help("give it `workers: {capacity: \"0.0625\"}` or `{capacity: \"1\"}`"),
        );
    }
}

fn spark(
    step: &GlueJobStep,
    workers: &WorkersSpec,
    version: Option<(u32, u32)>,
    diagnostics: &mut Diagnostics,
) {
    if let Some(capacity) = &workers.capacity {
        diagnostics.push(
            Diagnostic::new(Code::WorkerType, capacity.span, "a Spark job has workers, not a `capacity`")
                .help("give it `workers: {type: G.1X, count: 2}`, or write `type: python_shell`"),
        );
    }
    if let Some(count) = workers.count.as_ref().filter(|count| count.value < FEWEST) {
        diagnostics.push(
            Diagnostic::new(
                Code::InvalidNumber,
                count.span,
                format!("a Spark job needs {FEWEST} workers at least: one of them drives the others"),
            )
            .help(format!("write `count: {FEWEST}` or more")),
        );
    }
    if let (Some(autoscale), Some((major, minor))) = (
        workers.autoscale.as_ref().filter(|autoscale| autoscale.value),
        version.filter(|version| *version < (3, 0)),
    ) {
        let message = format!("Glue scales workers from version 3.0 on, and the job's is {major}.{minor}");
        diagnostics.push(
            Diagnostic::new(Code::WorkerType, autoscale.span, message)
                .help("raise `glue_version`, or take `autoscale` away"),
        );
    }
    let Some(kind) = &workers.r#type else { return };
    let why = match kind.value {
        WorkerType::Z2X => Some("it is for Ray jobs".to_owned()),
        WorkerType::G025X => Some("it is for streaming jobs".to_owned()),
        WorkerType::Standard if version.is_none_or(|version| version > (2, 0)) && step.job.is_none() => {
            Some("it ended with Glue 2.0".to_owned())
        }
        other => version.filter(|version| *version < since(other)).map(|(major, minor)| {
            let (since_major, since_minor) = since(other);
            format!("it needs Glue {since_major}.{since_minor}, and the job's is {major}.{minor}")
        }),
    };
    if let Some(why) = why {
        diagnostics.push(
            Diagnostic::new(
                Code::WorkerType,
                kind.span,
                format!("a Spark job cannot have workers of type `{}`: {why}", kind.value.as_str()),
            )
            .help("`G.1X` and `G.2X` go with every version"),
        );
    }
}

/// The first version of Glue that has the type.
fn since(kind: WorkerType) -> (u32, u32) {
    match kind {
        WorkerType::Standard | WorkerType::G1X | WorkerType::G2X => (0, 0),
        WorkerType::G025X | WorkerType::G4X | WorkerType::G8X => (3, 0),
        WorkerType::G12X
        | WorkerType::G16X
        | WorkerType::R1X
        | WorkerType::R2X
        | WorkerType::R4X
        | WorkerType::R8X
        | WorkerType::Z2X => (4, 0),
    }
}
