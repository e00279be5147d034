//! `long-dag-id`: MWAA's API takes paths of 64 characters, `/dags/ID/clearTaskInstances` among them; and
//! `invalid-name` for ids that are longer than any Airflow takes.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::airflow::LONGEST_ID;
use crate::resolve::{Pipeline, Scope};

/// What is left of 64 characters.
const LONGEST: usize = 39;

pub(super) fn check(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    let name = &pipeline.spec.pipeline;
    let length = name.value.len();
    if length > LONGEST_ID {
        diagnostics.push(
            Diagnostic::new(
                Code::InvalidName,
                name.span,
                format!(
                    "the pipeline's name has {length} characters; the id of a DAG has {LONGEST_ID} at most"
                ),
            )
            .help("shorten the name"),
        );
    } else if length > LONGEST {
        diagnostics.push(
            Diagnostic::new(
                Code::LongDagId,
                name.span,
                format!("the pipeline's name has {length} characters, more than {LONGEST}"),
            )
            .note("MWAA's API takes paths of 64 characters: runs of this DAG cannot be cleared through it")
            .help("shorten the name"),
        );
    }
    for task in pipeline.tasks.iter().filter(|task| task.id.len() > LONGEST_ID) {
        diagnostics.push(
            Diagnostic::new(
                Code::InvalidName,
                task.span,
                format!("this task's id has {} characters; Airflow takes {LONGEST_ID}", task.id.len()),
            )
            .help("shorten the name"),
        );
    }
}
