//! `multiple-writers`: two tasks write the same data, and nothing says which comes last.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::Lineage;
use crate::resolve::lineage::At;
use crate::resolve::{Scope, Touch};
use crate::source::{FileId, Span};
use std::collections::{HashMap, HashSet};

pub(super) fn check(_: &Scope<'_>, lineage: &Lineage<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let mut marked: HashSet<Span> = HashSet::new();
    let mut after: Option<Schedules> = None;
    for graph in &lineage.graphs {
        for (second, first) in &graph.unordered {
            // The steps that one `each` makes are written once.
            if marked.insert(touch(lineage, *second).span) {
                diagnostics.push(in_one_pipeline(lineage, *first, *second));
            }
        }
        for (second, first) in &graph.shared {
            let schedules = after.get_or_insert_with(|| Schedules::new(lineage));
            let ordered = schedules.reaches(first.pipeline, second.pipeline)
                || schedules.reaches(second.pipeline, first.pipeline);
            if !ordered && marked.insert(touch(lineage, *second).span) {
                diagnostics.push(across_pipelines(lineage, *first, *second));
            }
        }
    }
}

fn touch<'l>(lineage: &'l Lineage<'_>, at: At) -> &'l Touch {
    &lineage.pipelines[at.pipeline].tasks[at.task].touches[at.touch]
}

fn in_one_pipeline(lineage: &Lineage<'_>, first: At, second: At) -> Diagnostic {
    let name = |at: At| lineage.pipelines[at.pipeline].tasks[at.task].name;
    let data = &touch(lineage, second).dataset;
    let diagnostic = Diagnostic::new(
        Code::MultipleWriters,
        touch(lineage, second).span,
        format!("steps `{}` and `{}` both write {data}, in no order", name(first), name(second)),
    )
    .label("written here");
    let (here, there) = (touch(lineage, second).span, touch(lineage, first).span);
    if here == there {
        return diagnostic.help("let each of them write something of its own");
    }
    diagnostic.also(there, "and here").help(format!(
        "if `{0}` comes second, add `after: {1}` to it",
        name(second),
        name(first)
    ))
}

fn across_pipelines(lineage: &Lineage<'_>, first: At, second: At) -> Diagnostic {
    let name = |at: At| {
        let pipeline = &lineage.pipelines[at.pipeline];
        format!("{}.{}", pipeline.spec.pipeline.value.0, pipeline.tasks[at.task].name)
    };
    let data = &touch(lineage, second).dataset;
    Diagnostic::new(
        Code::MultipleWriters,
        touch(lineage, second).span,
        format!("`{}` and `{}` both write {data}, in no order", name(first), name(second)),
    )
    .label("written here")
    .also(touch(lineage, first).span, "and here")
    .help(format!(
        "let one pipeline write it, or start one after the other: `schedule: {{after: [{}]}}`",
        name(first)
    ))
}

/// Which pipelines start after which.
struct Schedules {
    after: Vec<Vec<usize>>,
    known: HashMap<usize, HashSet<usize>>,
}

impl Schedules {
    fn new(lineage: &Lineage<'_>) -> Self {
        let names: HashMap<&str, usize> = lineage
            .pipelines
            .iter()
            .enumerate()
            .map(|(n, pipeline)| (pipeline.spec.pipeline.value.0.as_str(), n))
            .collect();
        let mut after = vec![Vec::new(); lineage.pipelines.len()];
        for link in lineage.links.links.iter().filter(|link| link.asset.is_some()) {
            after[names[link.from_pipeline.as_str()]].push(names[link.to_pipeline.as_str()]);
        }
        Self { after, known: HashMap::new() }
    }

    fn reaches(&mut self, from: usize, to: usize) -> bool {
        let after = &self.after;
        let reached = self.known.entry(from).or_insert_with(|| {
            let mut reached = HashSet::new();
            let mut stack = vec![from];
            while let Some(node) = stack.pop() {
                stack.extend(after[node].iter().filter(|next| reached.insert(**next)));
            }
            reached
        });
        reached.contains(&to)
    }
}
