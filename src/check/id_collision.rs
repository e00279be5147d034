//! `id-collision`: names that become the same id in Airflow, where tasks and groups share theirs.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Pipeline, Scope, Task};
use std::collections::{BTreeSet, HashMap};

/// Modules that lie beside the DAG files.
const MODULES: &[&str] = &["dagc_airflow_v1"];

pub(super) fn check(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    let name = &pipeline.spec.pipeline;
    if MODULES.contains(&name.value.0.as_str()) {
        diagnostics.push(
            Diagnostic::new(
                Code::IdCollision,
                name.span,
                format!("the DAG file of pipeline `{0}` would replace the module `{0}.py`", name.value.0),
            )
            .help("give the pipeline another name"),
        );
    }
    let mut ids: Ids<'_> = Ids::default();
    for task in &pipeline.tasks {
        collide(&mut ids, task, diagnostics);
    }
    for (source, _) in pipeline.spec.sources() {
        let step = pipeline.spec.steps.steps.iter().find(|step| {
            step.name.value == source.value || (step.instance().is_some() && step.base_name() == source.value)
        });
        if let Some(step) = step {
            diagnostics.push(
                Diagnostic::new(
                    Code::IdCollision,
                    step.name.span,
                    format!("`{}` is a source and a step: `from` could mean either", source.value),
                )
                .also(source.span, "the source")
                .help("give one of them another name"),
            );
        }
    }
    groups(pipeline, &ids, diagnostics);
}

/// The tasks by their ids in Airflow.
type Ids<'t> = HashMap<&'t str, &'t Task<'t>, foldhash::fast::RandomState>;

/// Names a task by what was written.
fn what(task: &Task<'_>) -> String {
    match task.step {
        Some(_) => format!("step `{}`", task.name),
        None => format!("the wait of source `{}`", task.name),
    }
}

fn collide<'t>(ids: &mut Ids<'t>, task: &'t Task<'t>, diagnostics: &mut Diagnostics) {
    let id = task.id.as_str();
    match ids.get(id) {
        None => {
            ids.insert(id, task);
        }
        Some(other) => diagnostics.push(
            Diagnostic::new(
                Code::IdCollision,
                task.span,
                format!("{} has the id `{id}` in Airflow, and so has {}", what(task), what(other)),
            )
            .also(other.span, what(other))
            .help("give one of them another name"),
        ),
    }
}

fn groups(pipeline: &Pipeline<'_>, ids: &Ids<'_>, diagnostics: &mut Diagnostics) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let groups = pipeline.spec.steps.steps.iter().filter_map(|step| step.common().group.as_ref());
    for group in groups {
        let name = group.value.0.as_str();
        if seen.insert(name)
            && let Some(other) = ids.get(name)
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::IdCollision,
                    group.span,
                    format!("group `{name}` has the id of {} in Airflow", what(other)),
                )
                .also(other.span, what(other))
                .help("give one of them another name"),
            );
        }
    }
}
