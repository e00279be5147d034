//! Rules: what is wrong in pipelines whose names are resolved.
//!
//! Takes a resolved pipeline, or all of a project with what is between them; adds diagnostics. One rule a
//! file; the tables below are the order in which they run, and findings are sorted by place afterwards.

mod cycles;
mod duplicate_pipeline;

pub use duplicate_pipeline::unique_pipelines;

use crate::diagnostic::Diagnostics;
use crate::plan::Lineage;
use crate::resolve::{Pipeline, Scope};
use crate::source::FileId;

type PipelineRule = fn(&Scope<'_>, &Pipeline<'_>, &mut Diagnostics);
type ProjectRule = fn(&Scope<'_>, &Lineage<'_>, &[FileId], &mut Diagnostics);

/// Rules that look at one pipeline.
const PIPELINE_RULES: &[PipelineRule] = &[];

/// Rules that look at all pipelines together.
const PROJECT_RULES: &[ProjectRule] = &[cycles::inside, cycles::across];

/// Runs the rules that look at one pipeline.
pub fn pipeline(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for rule in PIPELINE_RULES {
        rule(scope, pipeline, diagnostics);
    }
}

/// Runs the rules that look at all pipelines together. `broken` are the files of pipelines that could not
/// be read.
pub fn project(scope: &Scope<'_>, lineage: &Lineage<'_>, broken: &[FileId], diagnostics: &mut Diagnostics) {
    for rule in PROJECT_RULES {
        rule(scope, lineage, broken, diagnostics);
    }
}
