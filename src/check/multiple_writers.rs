//! `multiple-writers`: two tasks write the same data, and nothing says which comes last.

use super::schedules::Schedules;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::edges::{At, Role};
use crate::resolve::{Named, Project, Scope, Touch};
use crate::text::{FileId, Span};
use std::collections::{BTreeMap, HashSet};

pub(super) fn check(_: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let mut marked: HashSet<Span> = HashSet::new();
    let mut after: Option<Schedules> = None;
    for graph in &project.graphs {
        for (second, first) in &graph.unordered {
            // The steps that one `each` makes are written once.
            if marked.insert(touch(project, *second).span) {
                diagnostics.push(in_one_pipeline(project, *first, *second));
            }
        }
        if graph.shared.is_empty() && graph.overlapping.is_empty() {
            continue;
        }
        let schedules = after.get_or_insert_with(|| Schedules::new(project));
        // A pipeline that only a person starts has the order that the person gives it.
        let by_itself = |at: &At| !schedules.is_manual(at.pipeline);
        let overlapping = graph.overlapping.iter().copied();
        let mut pairs: Vec<(At, At)> =
            overlapping.filter(|(one, other)| by_itself(one) && by_itself(other)).collect();
        for writers in &graph.shared {
            let writers: Vec<At> = writers.iter().copied().filter(by_itself).collect();
            neighbours(schedules, project, &writers, &mut pairs);
        }
        for (second, first) in pairs {
            if !schedules.are_ordered(first.pipeline, second.pipeline)
                && marked.insert(touch(project, second).span)
            {
                diagnostics.push(across_pipelines(project, first, second));
            }
        }
    }
}

fn touch<'l>(project: &'l Project<'_>, at: At) -> &'l Touch {
    &project.pipelines[at.pipeline].tasks[at.task].touches[at.touch]
}

fn in_one_pipeline(project: &Project<'_>, first: At, second: At) -> Diagnostic {
    let name = |at: At| project.pipelines[at.pipeline].tasks[at.task].name;
    let data = &touch(project, second).dataset;
    let diagnostic = Diagnostic::new(
        Code::MultipleWriters,
        touch(project, second).span,
        format!("steps `{}` and `{}` both write {data}, in no order", name(first), name(second)),
    )
    .label("written here");
    let (here, there) = (touch(project, second).span, touch(project, first).span);
    let diagnostic = if here == there { diagnostic } else { diagnostic.also(there, "and here") };
    diagnostic.help(cure(project, first, second))
}

/// What the user can write: an order, or where there is none to be had, something else.
fn cure(project: &Project<'_>, first: At, second: At) -> String {
    let pipeline = &project.pipelines[first.pipeline];
    let task = |at: At| &pipeline.tasks[at.task];
    let base = |at: At| task(at).step.map_or(task(at).name, |step| step.base_name());
    let role = Role::of(task(second), &touch(project, second).dataset);
    if base(first) == base(second) {
        let way = if role.is_private() {
            ", in a temporary table for one,"
        } else if task(second).kind.loads(task(second)).is_some() {
            ", add rows only (`mode: append`),"
        } else {
            ""
        };
        return format!(
            "let each of them write something of its own{way} or write the steps out one by one without `each`, each \
             `after` the one before"
        );
    }
    let names = pipeline.spec.names();
    let firsts = pipeline.tasks_of(base(first));
    let reaches_all = |n: &usize| {
        let found = names.tasks(base(first), pipeline.tasks[*n].step);
        matches!(found, Named::Steps(found) if firsts.iter().all(|first| found.contains(first)))
    };
    let after = if pipeline.tasks_of(base(second)).iter().all(reaches_all) {
        base(first).to_owned()
    } else {
        let each: Vec<String> = firsts.iter().map(|n| format!("\"{}\"", pipeline.tasks[*n].name)).collect();
        format!("[{}]", each.join(", "))
    };
    format!("if `{}` comes second, add `after: {after}` to it", base(second))
}

fn across_pipelines(project: &Project<'_>, first: At, second: At) -> Diagnostic {
    let name = |at: At| {
        let pipeline = &project.pipelines[at.pipeline];
        format!("{}.{}", pipeline.spec.pipeline.value.0, pipeline.tasks[at.task].name)
    };
    let data = &touch(project, second).dataset;
    Diagnostic::new(
        Code::MultipleWriters,
        touch(project, second).span,
        format!("`{}` and `{}` both write {data}, in no order", name(first), name(second)),
    )
    .label("written here")
    .also(touch(project, first).span, "and here")
    .help(format!(
        "let one pipeline write it, or start one after the other: `schedule: {{after: [{}]}}`",
        name(first)
    ))
}

/// Adds the pairs of which each must be in an order for all writers of a table to be: neighbours in the order
/// of the schedules, where those that add rows only need none among themselves.
fn neighbours(schedules: &Schedules, project: &Project<'_>, writers: &[At], pairs: &mut Vec<(At, At)>) {
    // By pipeline: a writer of the table, and whether all of them only add rows.
    let mut of_pipeline: BTreeMap<usize, (At, bool)> = BTreeMap::new();
    for at in writers {
        let task = &project.pipelines[at.pipeline].tasks[at.task];
        let appends = Role::of(task, &touch(project, *at).dataset).only_appends();
        let known = of_pipeline.entry(at.pipeline).or_insert((*at, true));
        known.1 &= appends;
    }
    let mut all: Vec<(At, bool)> = of_pipeline.into_values().collect();
    all.sort_by_key(|(at, _)| schedules.rank(at.pipeline));
    let mut push = |one: At, other: At| pairs.push(if one > other { (one, other) } else { (other, one) });
    let mut changer: Option<At> = None;
    let mut appenders: Vec<At> = Vec::new();
    for (at, appends) in all {
        if let Some(changer) = changer {
            push(changer, at);
        }
        if appends {
            appenders.push(at);
            continue;
        }
        for appender in appenders.drain(..) {
            push(appender, at);
        }
        changer = Some(at);
    }
}
