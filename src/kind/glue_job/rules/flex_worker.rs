//! `flex-worker`: spare machines are for Spark on small workers.
//!
//! From the Glue API's `ExecutionClass` and the Glue Developer Guide, "Flexible execution".

use super::worker_type::version;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::glue_job::{ExecutionClass, GlueJobStep, GlueJobType, WorkerType};

pub(super) fn check(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(class) = step.class.as_ref().filter(|class| class.value == ExecutionClass::Flex) else {
        return;
    };
    let report = |why: String| Diagnostic::new(Code::FlexWorker, class.span, why);
    if let Some(kind) = step.r#type.as_ref().filter(|kind| kind.value == GlueJobType::PythonShell) {
        diagnostics.push(
            report("only Spark jobs run on spare machines".to_owned())
                .also(kind.span, "the type of the job")
                .help("take `class: flex` away"),
        );
        return;
    }
    if let Some((major, minor)) = version(cx, step).filter(|version| *version < (3, 0)) {
        diagnostics.push(
            report(format!("spare machines need Glue 3.0, and the job's is {major}.{minor}"))
                .help("raise `glue_version`, or take `class: flex` away"),
        );
    }
    let kind = step.workers.as_ref().and_then(|workers| workers.r#type.as_ref());
    if let Some(kind) = kind.filter(|kind| !matches!(kind.value, WorkerType::G1X | WorkerType::G2X)) {
        diagnostics.push(
            report(format!("there are no spare machines of type `{}`", kind.value.as_str()))
                .also(kind.span, "the type of the workers")
                .help("use `G.1X` or `G.2X`, or take `class: flex` away"),
        );
    }
}
