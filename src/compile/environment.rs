//! One environment: its pipelines resolved, checked and lowered.

use super::project::Prepare;
use super::read::Decoded;
use super::selection::Concern;
use super::{Compiled, Goal, PipelineFile, merge};
use crate::diagnostic::{Diagnostics, Severity, guarded};
use crate::plan::ProjectPlan;
use crate::resolve::{self, FileIndex, Pipeline, Scope};
use crate::text::{FileId, ProjectFiles};
use crate::{check, lower};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Compiles the environments that are asked for.
pub(super) fn environments_of(
    files: &ProjectFiles,
    decoded: Vec<(&Prepare, Vec<Decoded>)>,
    goal: Goal,
    concern: &mut Concern,
    compiled: &mut Compiled,
    all_found: &mut Diagnostics,
) {
    let index = FileIndex::new(files);
    let unreadable = faulty(all_found);
    compiled.checked = decoded.len();
    let mut found: Vec<(&str, Diagnostics)> = Vec::with_capacity(decoded.len());
    let mut learned: Option<Concern> = None;
    for (prepare, decoded) in decoded {
        let written = &compiled.pipelines;
        let input = Input { index: &index, prepare, written, unreadable: &unreadable, goal };
        let mut own = concern.clone();
        let (plan, diagnostics) = environment(&input, decoded, &mut own);
        compiled.plans.extend(plan);
        match &mut learned {
            Some(learned) => learned.join(own),
            None => learned = Some(own),
        }
        found.push((&prepare.name.value, diagnostics));
    }
    if let Some(learned) = learned {
        *concern = learned;
    }
    merge::environments(found, files.project.unwrap_or(FileId(0)), all_found);
    if compiled.plans.len() < compiled.checked {
        compiled.plans.clear();
    }
}

/// Returns the files of pipelines in which there are errors.
fn faulty(found: &Diagnostics) -> BTreeSet<FileId> {
    let errors = found.iter().filter(|finding| finding.code.severity() == Severity::Error);
    errors.filter_map(|finding| finding.owner).collect()
}

/// An environment, and what all share.
struct Input<'a> {
    index: &'a FileIndex<'a>,
    prepare: &'a Prepare,
    written: &'a [PipelineFile],
    /// The files of pipelines whose text was found wrong.
    unreadable: &'a BTreeSet<FileId>,
    goal: Goal,
}

/// Compiles one environment. `concern` learns what there is to know of its pipelines.
fn environment(
    input: &Input<'_>,
    decoded: Vec<Decoded>,
    concern: &mut Concern,
) -> (Option<ProjectPlan>, Diagnostics) {
    let sources = input.index.sources();
    let mut diagnostics = Diagnostics::default();
    let environment = input.prepare;
    let mut specs = Vec::with_capacity(decoded.len());
    let mut broken = Vec::new();
    for decoded in decoded {
        diagnostics.append_of(decoded.file, decoded.diagnostics);
        match decoded.spec {
            Some(spec) => specs.push((decoded.file, spec)),
            None => broken.push(decoded.file),
        }
    }
    // What the project file says wrong of the environment has been reported: its pipelines are not asked.
    let (Some(spec), Some(airflow)) = (&environment.spec, environment.airflow) else {
        diagnostics.drop_incomplete();
        return (None, diagnostics);
    };
    let scope = Scope {
        files: input.index,
        project: &environment.variables.project,
        environment: &environment.name,
        variables: &environment.variables,
        spec,
        defaults: environment.defaults.as_ref(),
        airflow,
    };
    let specs = check::unique_pipelines(specs, &mut diagnostics);
    let resolved: Vec<(FileId, Option<Pipeline<'_>>, Diagnostics)> = specs
        .par_iter()
        .map(|(file, spec)| {
            let mut diagnostics = Diagnostics::default();
            let pipeline = guarded(&mut diagnostics, *file, |diagnostics| {
                let pipeline = resolve::pipeline(&scope, *file, spec, diagnostics);
                check::pipeline(&scope, &pipeline, diagnostics);
                pipeline
            });
            (*file, pipeline, diagnostics)
        })
        .collect();
    let mut pipelines = Vec::with_capacity(resolved.len());
    for (file, pipeline, found) in resolved {
        diagnostics.append_of(file, found);
        match pipeline {
            Some(pipeline) => pipelines.push(pipeline),
            None => broken.push(file),
        }
    }
    let unread = input.written.iter().filter(|written| broken.contains(&written.file));
    let unread = unread.map(|written| written.name.as_str()).collect();
    // What lies between pipelines is nobody's: a bug there names the project file.
    let file = environment.name.span.file;
    let joined = guarded(&mut diagnostics, file, |diagnostics| {
        resolve::project(&scope, pipelines, &unread, diagnostics)
    });
    let Some(project) = joined else { return (None, diagnostics) };
    guarded(&mut diagnostics, file, |diagnostics| {
        check::project(&scope, &project, &broken, diagnostics);
    });
    let mut faulty = faulty(&diagnostics);
    faulty.extend(input.unreadable);
    diagnostics.drop_incomplete();
    concern.learn(&project, input.written, &faulty, sources, &diagnostics);
    let is_wrong = !diagnostics.bugs().is_empty()
        || diagnostics.iter().any(|item| item.code.severity() == Severity::Error && concern.has(item));
    let plan = if is_wrong || input.goal == Goal::Findings {
        project.pipelines.into_par_iter().zip(project.graphs).for_each(drop);
        None
    } else {
        lower::lower(&scope, project, &|file| concern.is_selected(file), &mut diagnostics)
    };
    let plan = plan.map(|plan| ProjectPlan { is_partial: !concern.is_all(), ..plan });
    // Freeing a large project takes as long as a stage: it is done in parallel, too.
    specs.into_par_iter().for_each(drop);
    (plan, diagnostics)
}
