//! `paused-cluster`: a step pauses a cluster of Redshift, and another one of the pipeline asks it something, in no order.
//!
//! Pausing ends what runs in the cluster, and a paused one takes no statements.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::edges::Reach;
use crate::resolve::{Pipeline, Project, Scope, Task};
use crate::text::{FileId, Span};
use std::cell::LazyCell;
use std::collections::HashSet;

pub(super) fn check(_: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    // The steps that one `each` makes are written once.
    let mut marked: HashSet<Span> = HashSet::new();
    for (pipeline, graph) in project.pipelines.iter().zip(&project.graphs) {
        let reach = LazyCell::new(|| Reach::new(&graph.edges, pipeline.tasks.len()));
        for (n, pauses) in pipeline.tasks.iter().enumerate() {
            let Some(cluster) = pauses.kind.pauses() else { continue };
            for (user, task) in users(pipeline, pauses, cluster) {
                if !reach.reaches(user, n) && !reach.reaches(n, user) && marked.insert(task.span) {
                    diagnostics.push(finding(task, pauses, cluster));
                }
            }
        }
    }
}

/// The tasks that ask the cluster something. One that is reached otherwise than it is paused is another one.
fn users<'p, 'a>(
    pipeline: &'p Pipeline<'a>,
    pauses: &'p Task<'a>,
    cluster: &'p str,
) -> impl Iterator<Item = (usize, &'p Task<'a>)> {
    let as_whom = |task: &Task<'_>| task.runs_as.map(|runs_as| runs_as.name.value.clone());
    let asks = move |task: &Task<'_>| {
        let own = task.connection.and_then(|connection| connection.spec.cluster.as_ref());
        own.is_some_and(|own| own.value == cluster) && as_whom(task) == as_whom(pauses)
    };
    pipeline.tasks.iter().enumerate().filter(move |(_, task)| asks(task))
}

fn finding(task: &Task<'_>, pauses: &Task<'_>, cluster: &str) -> Diagnostic {
    let base = |task: &Task<'_>| task.step.map_or(task.name, |step| step.base_name()).to_owned();
    Diagnostic::new(
        Code::PausedCluster,
        task.span,
        format!(
            "step `{}` works in cluster `{cluster}`, which `{}` pauses, in no order",
            task.name, pauses.name
        ),
    )
    .label("may find it paused, or be ended by it")
    .also(pauses.span, "pauses it")
    .help(format!("add `after: {}` to `{}`", base(task), base(pauses)))
}
