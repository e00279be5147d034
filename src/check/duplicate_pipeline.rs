//! `duplicate-pipeline`: two pipelines of one name would be one DAG.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::document::PipelineSpec;
use crate::text::FileId;
use std::collections::HashMap;

/// Keeps the first pipeline of each name and reports the others.
pub fn unique_pipelines(
    specs: Vec<(FileId, PipelineSpec)>,
    diagnostics: &mut Diagnostics,
) -> Vec<(FileId, PipelineSpec)> {
    let mut first = HashMap::with_capacity(specs.len());
    let mut unique: Vec<(FileId, PipelineSpec)> = Vec::with_capacity(specs.len());
    for (file, spec) in specs {
        let name = &spec.pipeline;
        match first.get(&name.value.0) {
            None => {
                first.insert(name.value.0.clone(), name.span);
                unique.push((file, spec));
            }
            Some(span) => diagnostics.push(
                Diagnostic::new(
                    Code::DuplicatePipeline,
                    name.span,
                    format!("there is a pipeline `{}` already", name.value.0),
                )
                .also(*span, "the first one")
                .help("give one of them another name; it is the id of the DAG"),
            ),
        }
    }
    unique
}
