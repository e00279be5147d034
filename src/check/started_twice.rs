//! `started-twice`: a step starts a pipeline, and so does data which the same run gives.
//!
//! Airflow starts a run for each: the one of the step, and one when the assets that schedule it are new.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::Link;
use crate::resolve::{Project, Scope};
use crate::text::{FileId, Span};
use std::collections::{BTreeSet, HashSet};

pub(super) fn check(_: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let starts = starts(project);
    if starts.is_empty() {
        return;
    }
    let linked = project.links.links.iter().zip(&project.links.spans);
    let by_data: Vec<(&Link, Span)> =
        linked.filter(|(link, _)| link.asset.is_some()).map(|(link, span)| (link, *span)).collect();
    let mut told = HashSet::new();
    for start in &starts {
        let twice = by_data.iter().find(|(link, _)| {
            link.to_pipeline == start.started && are_of_one(&starts, &by_data, start, &link.from_pipeline)
        });
        if let Some((link, read)) = twice
            && told.insert(start.started)
        {
            diagnostics.push(finding(project, start, link, *read));
        }
    }
}

/// A step that starts a pipeline of the project.
struct Start<'p> {
    pipeline: &'p str,
    step: &'p str,
    started: &'p str,
    span: Span,
}

fn starts<'p>(project: &'p Project<'p>) -> Vec<Start<'p>> {
    let mut found = Vec::new();
    for pipeline in &project.pipelines {
        for task in &pipeline.tasks {
            if let Some(started) = task.kind.starts().filter(|started| started.is_own) {
                let name = pipeline.spec.pipeline.value.0.as_str();
                found.push(Start {
                    pipeline: name,
                    step: task.name,
                    started: started.name,
                    span: started.span,
                });
            }
        }
    }
    found
}

/// Says whether one run leads to both: the giver is the starter, or one of them starts the other, by steps or by data.
fn are_of_one(starts: &[Start<'_>], by_data: &[(&Link, Span)], start: &Start<'_>, giver: &str) -> bool {
    let leads = |from: &str, to: &str| {
        let (mut known, mut open) = (BTreeSet::from([from.to_owned()]), vec![from.to_owned()]);
        while let Some(name) = open.pop() {
            // What goes by way of the pipeline itself is a ring, which has a finding of its own.
            if name == start.started {
                continue;
            }
            let steps = starts.iter().filter(|one| one.pipeline == name).map(|one| one.started);
            let data = by_data.iter().filter(|(link, _)| link.from_pipeline == name);
            for next in steps.chain(data.map(|(link, _)| link.to_pipeline.as_str())) {
                if known.insert(next.to_owned()) {
                    open.push(next.to_owned());
                }
            }
        }
        known.contains(to)
    };
    giver != start.started && (leads(start.pipeline, giver) || leads(giver, start.pipeline))
}

fn finding(project: &Project<'_>, start: &Start<'_>, link: &Link, read: Span) -> Diagnostic {
    let Start { pipeline, step, started, span } = start;
    let own = project.pipelines.iter().find(|one| one.spec.pipeline.value.0 == *started);
    let message = format!(
        "pipeline `{started}` is started twice: by the step `{step}` of `{pipeline}`, and by what `{}.{}` gives it",
        link.from_pipeline, link.from_task
    );
    let diagnostic = Diagnostic::new(Code::StartedTwice, *span, message).also(read, format!("{}", link.why));
    let is_derived = own.is_some_and(|own| own.spec.schedule.is_none());
    diagnostic.help(if is_derived {
        format!("write `schedule: none` in `{started}`, so that only steps start it, or take the step away")
    } else {
        format!(
            "take the step away, or `{}.{}` out of the `schedule` of `{started}`",
            link.from_pipeline, link.from_task
        )
    })
}
