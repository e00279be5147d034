//! `id-collision`: two steps that would publish different jobs or crawlers under one name.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Project, Scope, Task};
use crate::text::{FileId, Span};
use std::collections::HashMap;

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let mut known: HashMap<(&str, String), (Span, &Task<'_>)> = HashMap::new();
    for pipeline in &project.pipelines {
        for task in &pipeline.tasks {
            let Some(made) = task.kind.publishes(&pipeline.checking(scope, task)) else { continue };
            let (kind, name, span) = (made.what, made.name, made.span);
            match known.get(&(kind, name.clone())) {
                None => {
                    known.insert((kind, name), (span, task));
                }
                Some((first, other)) if !task.kind.publishes_same(task, other.kind, other) => diagnostics
                    .push(
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
