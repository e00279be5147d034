//! `long-dag-id`: MWAA's API takes paths of 64 characters, `/dags/ID/clearTaskInstances` among them.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Pipeline, Scope};

/// What is left of 64 characters.
const LONGEST: usize = 39;

pub(super) fn check(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    let name = &pipeline.spec.pipeline;
    if name.value.len() > LONGEST {
        diagnostics.push(
            Diagnostic::new(
                Code::LongDagId,
                name.span,
                format!("the pipeline's name has {} characters, more than {LONGEST}", name.value.len()),
            )
            .note("MWAA's API takes paths of 64 characters: runs of this DAG cannot be cleared through it")
            .help("shorten the name"),
        );
    }
}
