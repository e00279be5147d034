//! Lowering: resolved pipelines to plans. What a step becomes its kind says.
//!
//! Takes pipelines in which no rule has found an error; gives the plan of the project. Nothing is checked
//! here: what a step needs is there, or a rule would have said so. Where one has not, that is a bug, and said
//! so of the pipeline's file.

mod dag;
mod data;

use crate::diagnostic::{Diagnostics, guarded};
use crate::kind::contract::{Lowering, Outputs as OfKind};
use crate::lang::step::{OutputKind, Outputs, StepHead};
use crate::plan::{
    self, AirflowHints, OutputForm, OutputOf, Place, Plan, ProjectPlan, Task, Work, namespace,
};
use crate::resolve::edges::{Graph, Links};
use crate::resolve::{self, NoData, Pipeline, Project, Scope, no_data};
use crate::scope::RunsAs;
use crate::sql::Access;
use crate::text::FileId;
use rayon::prelude::*;

/// Makes the plan of those pipelines of a project that are wanted; none when the checks have missed
/// something, which is a bug.
pub fn lower(
    scope: &Scope<'_>,
    project: Project<'_>,
    is_wanted: &(dyn Fn(FileId) -> bool + Sync),
    diagnostics: &mut Diagnostics,
) -> Option<ProjectPlan> {
    let Project { pipelines, graphs, links, has_views: _ } = project;
    let no_data = no_data(scope.spec, &pipelines);
    // What a pipeline holds is freed as soon as its plan is made: the next plan takes its place in memory.
    let made: Vec<Result<Plan, Diagnostics>> = pipelines
        .into_par_iter()
        .zip(graphs)
        .enumerate()
        .filter(|(_, (pipeline, _))| is_wanted(pipeline.file))
        .map(|(n, (pipeline, graph))| {
            let mut found = Diagnostics::default();
            let plan = guarded(&mut found, pipeline.file, |found| {
                let made = plan(scope, &no_data, &links, n, &pipeline, graph);
                made.map_err(|missing| found.bug(pipeline.file, missing)).ok()
            });
            plan.flatten().ok_or(found)
        })
        .collect();
    let mut pipelines = Vec::with_capacity(made.len());
    for made in made {
        match made {
            Ok(plan) => pipelines.push(plan),
            Err(found) => diagnostics.append(found),
        }
    }
    pipelines.sort_by(|a, b| a.dag.id.cmp(&b.dag.id));
    diagnostics.bugs().is_empty().then(|| ProjectPlan {
        project: scope.project.to_owned(),
        namespace: namespace(scope.project),
        environment: dag::environment(scope),
        pipelines,
        links: links.links,
        is_partial: false,
    })
}

/// Makes the plan of a pipeline, or says what the checks have missed.
fn plan(
    scope: &Scope<'_>,
    no_data: &NoData,
    links: &Links,
    index: usize,
    pipeline: &Pipeline<'_>,
    graph: Graph,
) -> Result<Plan, String> {
    let mut places = Lines::new(&scope.files.sources().file(pipeline.file).text);
    let mut resources = Vec::new();
    let mut tasks = Vec::with_capacity(pipeline.tasks.len());
    for (n, task) in pipeline.tasks.iter().enumerate() {
        let others = task.outputs.iter();
        let outputs = others.map(|(step, other)| (step.as_str(), pipeline.tasks[*other].id.as_str()));
        let cx = Lowering {
            scope,
            no_data,
            pipeline: &pipeline.spec.pipeline.value.0,
            task: &task.meaning,
            outputs: outputs.collect(),
        };
        let lowered = task.kind.lower(&cx);
        let missing = || format!("step `{}` lacks something that no check asks for", task.name);
        let mut lowered = lowered.ok_or_else(missing)?;
        let uses = (resources.len()..resources.len() + lowered.resources.len()).collect();
        resources.append(&mut lowered.resources);
        let outlets = links.outlets.get(&(index, n)).into_iter().flatten().cloned().collect();
        let mut made = make_task(pipeline, task, places.line_of(task.span.start as usize), lowered.work);
        made.uses = uses;
        made.airflow.outlets = outlets;
        tasks.push(made);
    }
    let edges = graph
        .edges
        .into_iter()
        .map(|(edge, reasons)| (edge, reasons.into_iter().map(|reason| reason.why).collect()))
        .collect();
    let dag = dag::dag(scope, pipeline, links.schedules[index].clone());
    let plan =
        Plan::new(dag, resources, tasks, edges).map_err(|_| "a cycle that no check sees".to_owned())?;
    Ok(plan.with_data(data::catalog(pipeline)))
}

/// The lines of a file, where one place after the other is asked for: they are bytes until somebody reads them.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// Returns the line of a byte, from 1. One before the last one is looked for from the beginning.
    fn line_of(&mut self, byte: usize) -> usize {
        if byte < self.at {
            *self = Self::new(self.text);
        }
        let between = self.text.as_bytes().get(self.at..byte).unwrap_or_default();
        self.line += between.iter().map(|byte| usize::from(*byte == b'\n')).sum::<usize>();
        self.at = byte;
        self.line
    }
}

fn make_task(pipeline: &Pipeline<'_>, task: &resolve::Task<'_>, line: usize, work: Work) -> Task {
    let common = task.step.map(StepHead::common);
    let datasets = |is_wanted: fn(Access) -> bool| {
        let touches = || task.touches.iter().filter(|touch| is_wanted(touch.access));
        // With room for these and no more: the plans of all pipelines are kept.
        let mut datasets: Vec<Place> = Vec::with_capacity(touches().count());
        datasets.extend(touches().map(|touch| touch.dataset.clone()));
        datasets.sort_unstable();
        datasets.dedup();
        datasets
    };
    let others = task.outputs.values().map(|other| &pipeline.tasks[*other]);
    let mut outputs_of: Vec<OutputOf> =
        others.map(|other| OutputOf { task: other.id.clone(), form: output_form(other) }).collect();
    outputs_of.sort_unstable();
    outputs_of.dedup();
    Task {
        id: task.id.clone(),
        step: task.name.to_owned(),
        kind: task.kind.name(),
        line,
        description: common.and_then(|common| common.description.as_ref().map(|text| text.value.clone())),
        policy: task.settings.policy.clone(),
        on_kill: task.on_kill,
        runs_as: task.runs_as.map(runs_as),
        airflow: AirflowHints {
            settings: task.settings.airflow.clone(),
            group: common.and_then(|common| common.group.as_ref().map(|group| group.value.0.clone())),
            trigger_rule: task.trigger_rule,
            reschedule: task.reschedule,
            outlets: Vec::new(),
        },
        work,
        reads: datasets(|access| access == Access::Reads),
        writes: datasets(Access::changes_rows),
        creates: datasets(|access| access == Access::Creates),
        uses: Vec::new(),
        outputs_of,
    }
}

/// Who a task runs as, as its worker needs to know it.
fn runs_as(RunsAs { name, spec }: RunsAs<'_>) -> plan::RunsAs {
    plan::RunsAs {
        connection: name.value.clone(),
        role: spec.role.as_ref().map(|role| role.value.0.clone()),
        external_id: spec.external_id.as_ref().map(|id| id.value.0.clone()),
        region: spec.region.as_ref().map(|region| region.value.0.clone()),
    }
}

/// How what a task gives is read.
fn output_form(task: &resolve::Task<'_>) -> OutputForm {
    let otherwise = match task.kind.outputs() {
        OfKind::OfJob(_) | OfKind::OfCode(_) | OfKind::OfAirflow(_) => return OutputForm::Job,
        OfKind::Declared(otherwise) => otherwise,
    };
    match task.kind.declared().map(|outputs| &outputs.outputs) {
        None => otherwise,
        Some(Outputs::One(OutputKind::Text)) => OutputForm::Text,
        Some(Outputs::One(OutputKind::Number)) => OutputForm::Number,
        Some(Outputs::Members(_)) => OutputForm::Members,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_the_last_place_or_anew() {
        let mut lines = Lines::new("a\nbc\n\nd");
        let found: Vec<usize> = [0, 1, 2, 4, 5, 6, 7, 2, 6].map(|byte| lines.line_of(byte)).into();
        assert_eq!(found, [1, 1, 2, 2, 3, 4, 4, 2, 4]);
    }
}
