//! `id-collision`: two steps that would publish different jobs or crawlers under one name.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Action, Project, Scope, Task};
use crate::text::{FileId, Span};
use std::collections::HashMap;

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let mut known: HashMap<(&str, String), (Span, &Task<'_>)> = HashMap::new();
    for pipeline in &project.pipelines {
        for task in &pipeline.tasks {
            let (kind, name, span) = match &task.action {
                Action::GlueJob { step, .. } if step.script.is_some() => {
                    let pipeline = &pipeline.spec.pipeline.value.0;
                    let own = || (format!("{}-{pipeline}-{}", scope.project, task.id), task.span);
                    let (name, span) =
                        step.name.as_ref().map_or_else(own, |name| (name.value.clone(), name.span));
                    ("Glue job", name, span)
                }
                Action::Crawl { step, inputs } if !inputs.is_empty() => {
                    ("crawler", step.crawler.value.clone(), step.crawler.span)
                }
                _ => continue,
            };
            match known.get(&(kind, name.clone())) {
                None => {
                    known.insert((kind, name), (span, task));
                }
                Some((first, other)) if !same(task, other) => diagnostics.push(
                    Diagnostic::new(
                        Code::IdCollision,
                        span,
                        format!("two steps would publish the {kind} `{name}`, and not the same one"),
                    )
                    .also(*first, "the first one")
                    .help("give one of them another name"),
                ),
                Some(_) => {}
            }
        }
    }
}

/// A crawler that several pipelines run may be spelled out in each; a job belongs to one step.
fn same(task: &Task<'_>, other: &Task<'_>) -> bool {
    match (&task.action, &other.action) {
        (Action::Crawl { step: a, inputs: a_inputs }, Action::Crawl { step: b, inputs: b_inputs }) => {
            a_inputs == b_inputs
                && a.database == b.database
                && a.role == b.role
                && a.table_prefix == b.table_prefix
                && a.recrawl == b.recrawl
                && a.on_schema_change == b.on_schema_change
        }
        _ => false,
    }
}
