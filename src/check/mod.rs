//! Rules: what is wrong in pipelines whose names are resolved.
//!
//! Takes an environment, a resolved pipeline, or all of a project with what is between them; adds
//! diagnostics. What is wrong with a step by itself its kind says ([`crate::kind`]); here is what lies between steps,
//! and what is wrong with pipelines and projects. One rule a file; the tables below are the order in which they run, and findings are sorted
//! by place afterwards. A rule never reports what follows from something that has been reported.

mod airflow_version;
mod append_emptied;
mod bound_view;
mod catchup;
mod changed_view;
mod connections;
mod create_again;
mod cycles;
mod data_day;
mod duplicate_pipeline;
mod exactly_one;
mod external_change;
mod external_view;
mod folders;
mod foreign_files;
mod iceberg;
mod iceberg_redshift;
mod id_collision;
mod in_transaction;
mod jdbc;
mod kinds;
mod local_day;
mod long_dag_id;
mod made_of_itself;
mod materialized;
mod missing_region;
mod multiple_writers;
mod names;
mod no_function;
mod nothing_makes;
mod param_value;
mod partition;
mod paused_cluster;
mod project_name;
mod resource_collision;
mod run_by_hand;
mod runs_as;
mod schedules;
mod service_names;
mod shared_airflow;
mod sql_batch;
mod started;
mod started_twice;
mod unordered_marker;
mod unused;
mod unused_file;
mod unused_setting;
mod used_after_drop;
mod view_of_table;
mod waiting;

pub use airflow_version::airflow_version;
pub use duplicate_pipeline::unique_pipelines;
pub use nothing_makes::Suspects;
pub use unused::{CODES as UNUSED, variables as unused_variables};
pub use unused_file::unused_files;

use crate::diagnostic::Diagnostics;
use crate::lang::ProjectSpec;
use crate::lang::project::EnvironmentSpec;
use crate::resolve::{Pipeline, Project, Scope};
use crate::text::FileId;
use rayon::prelude::*;

type FileRule = fn(&ProjectSpec, &mut Diagnostics);
type EnvironmentRule = fn(&EnvironmentSpec, &mut Diagnostics);
type PipelineRule = fn(&Scope<'_>, &Pipeline<'_>, &mut Diagnostics);
type ProjectRule = fn(&Scope<'_>, &Project<'_>, &[FileId], &mut Diagnostics);

/// Rules that look at the project file with all its environments.
const FILE_RULES: &[FileRule] = &[
    folders::check,
    names::project,
    project_name::check,
    service_names::project,
    shared_airflow::check,
    unused_setting::project,
];

/// Rules that look at one environment of the project file.
const ENVIRONMENT_RULES: &[EnvironmentRule] =
    &[exactly_one::environment, partition::environment, runs_as::environment, unused_setting::environment];

/// Rules that look at one pipeline.
const PIPELINE_RULES: &[PipelineRule] = &[
    catchup::check,
    connections::sources,
    exactly_one::pipeline,
    id_collision::check,
    jdbc::pipeline,
    kinds::check,
    local_day::check,
    long_dag_id::check,
    names::pipeline,
    param_value::check,
    partition::pipeline,
    run_by_hand::check,
    runs_as::pipeline,
    sql_batch::check,
    unused_setting::pipeline,
    waiting::check,
    #[cfg(test)]
    panics,
];

/// Falls over a pipeline that is called so: how the rest is checked then is tested with it.
#[cfg(test)]
fn panics(_: &Scope<'_>, pipeline: &Pipeline<'_>, _: &mut Diagnostics) {
    assert!(!pipeline.spec.pipeline.value.0.starts_with("falls_over"), "a rule fell over");
}

/// Rules that look at all pipelines together.
const PROJECT_RULES: &[ProjectRule] = &[
    append_emptied::check,
    bound_view::check,
    changed_view::check,
    create_again::check,
    cycles::across,
    cycles::inside,
    data_day::check,
    external_change::check,
    external_view::check,
    foreign_files::check,
    iceberg::check,
    iceberg_redshift::check,
    in_transaction::check,
    made_of_itself::check,
    materialized::check,
    missing_region::check,
    multiple_writers::check,
    no_function::check,
    nothing_makes::check,
    paused_cluster::check,
    resource_collision::check,
    started::check,
    started_twice::check,
    unordered_marker::check,
    unused::connections,
    unused::inside,
    used_after_drop::check,
    view_of_table::check,
];

/// Runs the rules that look at the project file.
pub fn project_file(spec: &ProjectSpec, diagnostics: &mut Diagnostics) {
    for rule in FILE_RULES {
        rule(spec, diagnostics);
    }
}

/// Runs the rules that look at an environment.
pub fn environment(spec: &EnvironmentSpec, diagnostics: &mut Diagnostics) {
    for rule in ENVIRONMENT_RULES {
        rule(spec, diagnostics);
    }
}

/// Runs the rules that look at one pipeline.
pub fn pipeline(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for rule in PIPELINE_RULES {
        rule(scope, pipeline, diagnostics);
    }
}

/// Runs the rules that look at all pipelines together, side by side. `broken` are the files of pipelines that could
/// not be read.
pub fn project(scope: &Scope<'_>, project: &Project<'_>, broken: &[FileId], diagnostics: &mut Diagnostics) {
    let found = PROJECT_RULES.par_iter().map(|rule| {
        let mut found = Diagnostics::default();
        rule(scope, project, broken, &mut found);
        found
    });
    for found in found.collect::<Vec<Diagnostics>>() {
        diagnostics.append(found);
    }
}
