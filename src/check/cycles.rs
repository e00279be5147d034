//! `dependency-cycle` and `pipeline-cycle`: what waits for itself never starts.
//!
//! Every strongly connected component is reported once, as one ring through it that begins at the task
//! that is written first. Across pipelines those count that are scheduled by the assets of others, or that a
//! step of others starts: a pipeline with a clock starts anyway, and may well read what yesterday's run of a later one has
//! left.

mod cure;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::Why;
use crate::resolve::edges::Index;
use crate::resolve::{Project, Scope, Task};
use crate::text::{FileId, Span};
use cure::{Cure, Patient};
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::OnceLock;

/// Reports cycles of tasks in each pipeline.
pub(super) fn inside(_: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    // Made when there is a ring only: it holds what the whole project makes.
    let index: OnceLock<Index<'_>> = OnceLock::new();
    let found: Vec<Diagnostic> = (0..project.pipelines.len())
        .into_par_iter()
        .flat_map_iter(|pipeline| {
            let tasks = &project.pipelines[pipeline].tasks;
            let edges = project.graphs[pipeline].edges.keys().copied();
            let rings = rings(tasks.len(), edges, |task| tasks[task].span);
            rings
                .into_iter()
                .map(|(ring, component)| {
                    let index = index.get_or_init(|| Index::new(&project.pipelines));
                    in_pipeline(&Patient { project, index, pipeline }, &ring, &component)
                })
                .collect::<Vec<_>>()
        })
        .collect();
    for diagnostic in found {
        diagnostics.push(at_the_reference(diagnostic));
    }
}

/// Marks the reference where a step names itself: that is what is wrong, and not the step.
fn at_the_reference(mut diagnostic: Diagnostic) -> Diagnostic {
    if let [reference] = diagnostic.secondary.as_mut_slice() {
        "this step".clone_into(&mut reference.message);
        std::mem::swap(&mut reference.span, &mut diagnostic.primary.span);
        "names itself".clone_into(&mut diagnostic.primary.message);
    }
    diagnostic
}

fn in_pipeline(patient: &Patient<'_, '_>, ring: &[usize], component: &HashSet<usize>) -> Diagnostic {
    let tasks = &patient.project.pipelines[patient.pipeline].tasks;
    let graph = &patient.project.graphs[patient.pipeline];
    let name = |task: usize| &tasks[task].id;
    let path: Vec<&str> = ring.iter().chain(&ring[..1]).map(|task| name(*task).as_str()).collect();
    let message = match ring {
        [one] => format!("step `{}` comes after itself", name(*one)),
        _ => format!("steps wait for each other: {}", path.join(" -> ")),
    };
    let mut diagnostic = Diagnostic::new(Code::DependencyCycle, tasks[ring[0]].span, message);
    let mut dropped = None;
    let mut all_named = true;
    for (n, from) in ring.iter().enumerate() {
        let edge = (*from, ring[(n + 1) % ring.len()]);
        all_named &= graph.is_named(edge);
        if let Some(reason) = graph.edges.get(&edge).and_then(|reasons| reasons.first()) {
            let why = format!("`{}` comes after `{}`: {}", name(edge.1), name(*from), reason.why);
            diagnostic = diagnostic.also(reason.span, why);
            if let Why::Drop(table) | Why::Empty(table) = &reason.why {
                dropped = Some(table.clone());
            }
        }
    }
    let cures = if all_named { None } else { patient.cures(ring, component) };
    // Of two steps either may be meant to come first.
    if let ([one, other], Some([cure])) = (ring, cures.as_deref())
        && !graph.is_named((*one, *other))
        && !graph.is_named((*other, *one))
    {
        diagnostic = diagnostic.note(format!(
            "if `{}` is to come first, `after: {0}` belongs on step `{}`: a mark that is kept for the next run comes \
             last",
            cure.second, cure.first
        ));
    }
    diagnostic.help(match (cures, dropped) {
        (Some(cures), _) => told(&cures),
        (None, Some(table)) => format!("let a step of its own drop or empty {table}, after all who use it"),
        (None, None) if all_named => "take one of these references away".to_owned(),
        (None, None) => "take one of these references away, or make two steps of one".to_owned(),
    })
}

/// Names the edges that are in the way, and what turns them around.
fn told(cures: &[Cure]) -> String {
    let in_the_way: Vec<String> = cures
        .iter()
        .map(|cure| {
            format!(
                "`{0}` comes after `{1}` only because of {2}: if it is to come first, add `after: {0}` to step `{1}`",
                cure.first, cure.second, cure.why
            )
        })
        .collect();
    in_the_way.join("; and ")
}

/// Why a pipeline starts after another one, or in its course.
enum Starts<'p> {
    /// Data of the other one does, by the index of the link.
    Link(usize),
    /// A step of the other one does.
    Step(&'p Task<'p>, Span),
}

/// Reports cycles of pipelines that start each other.
pub(super) fn across(_: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let edges = starts(project);
    let span = |pipeline: usize| project.pipelines[pipeline].spec.pipeline.span;
    for (ring, _) in rings(project.pipelines.len(), edges.keys().copied(), span) {
        let name = |pipeline: usize| project.pipelines[pipeline].spec.pipeline.value.0.as_str();
        let path: Vec<&str> = ring.iter().chain(&ring[..1]).map(|pipeline| name(*pipeline)).collect();
        let steps = || ring.iter().enumerate().map(|(n, from)| (*from, ring[(n + 1) % ring.len()]));
        let is_endless = steps().any(|edge| matches!(edges.get(&edge), Some(Starts::Step(..))));
        let message = match path.as_slice() {
            [one, _] if is_endless => format!("pipeline `{one}` starts itself, without end"),
            path if is_endless => format!("pipelines start each other without end: {}", path.join(" -> ")),
            path => {
                format!("pipelines start only after each other, so that none starts: {}", path.join(" -> "))
            }
        };
        let mut diagnostic = Diagnostic::new(Code::PipelineCycle, span(ring[0]), message);
        for edge in steps() {
            diagnostic = match edges.get(&edge) {
                Some(Starts::Link(link)) => {
                    let why = &project.links.links[*link];
                    let text = format!(
                        "`{}` starts after `{}.{}`: {}",
                        why.to_pipeline, why.from_pipeline, why.from_task, why.why
                    );
                    diagnostic.also(project.links.spans[*link], text)
                }
                Some(Starts::Step(task, span)) => {
                    let text = format!("`{}.{}` starts `{}`", name(edge.0), task.name, name(edge.1));
                    diagnostic.also(*span, text)
                }
                None => diagnostic,
            };
        }
        let by_data = steps().find_map(|edge| match edges.get(&edge) {
            Some(Starts::Link(_)) => Some(name(edge.1)),
            Some(Starts::Step(..)) | None => None,
        });
        diagnostics.push(diagnostic.help(match by_data {
            Some(one) if is_endless => {
                format!("give `{one}` a `schedule` of its own, or take one of these starts away")
            }
            None if is_endless => "take one of these starts away".to_owned(),
            _ => "give one of them a `schedule` of its own".to_owned(),
        }));
    }
}

/// Finds which pipelines start which, and why.
fn starts<'p>(project: &'p Project<'p>) -> BTreeMap<(usize, usize), Starts<'p>> {
    let pipelines = project.pipelines.iter().enumerate();
    let index: HashMap<&str, usize> =
        pipelines.clone().map(|(n, pipeline)| (pipeline.spec.pipeline.value.0.as_str(), n)).collect();
    let mut edges = BTreeMap::new();
    for (n, link) in project.links.links.iter().enumerate() {
        if link.asset.is_some() {
            let edge = (index[link.from_pipeline.as_str()], index[link.to_pipeline.as_str()]);
            edges.entry(edge).or_insert(Starts::Link(n));
        }
    }
    for (n, pipeline) in pipelines {
        for task in &pipeline.tasks {
            if let Some(started) = task.kind.starts()
                && let Some(other) = index.get(started.name)
            {
                edges.entry((n, *other)).or_insert(Starts::Step(task, started.span));
            }
        }
    }
    edges
}

/// Finds a ring through every strongly connected component, the shortest one from its first member; gives it
/// with the component.
fn rings(
    count: usize,
    edges: impl Iterator<Item = (usize, usize)>,
    span: impl Fn(usize) -> Span,
) -> Vec<(Vec<usize>, HashSet<usize>)> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(count, count);
    let nodes: Vec<NodeIndex> = (0..count).map(|_| graph.add_node(())).collect();
    for (from, to) in edges {
        graph.add_edge(nodes[from], nodes[to], ());
    }
    let mut rings: Vec<(Vec<usize>, HashSet<usize>)> = tarjan_scc(&graph)
        .into_iter()
        .filter(|component| component.len() > 1 || graph.contains_edge(component[0], component[0]))
        .filter_map(|component| {
            let first = component.iter().min_by_key(|node| span(node.index()))?;
            let ring = shortest_ring(&graph, &component, *first)?;
            Some((ring, component.iter().map(|node| node.index()).collect()))
        })
        .collect();
    rings.sort_by_key(|(ring, _)| span(ring[0]));
    rings
}

fn shortest_ring(graph: &DiGraph<(), ()>, component: &[NodeIndex], first: NodeIndex) -> Option<Vec<usize>> {
    let component: HashSet<NodeIndex> = component.iter().copied().collect();
    let mut before: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([first]);
    while let Some(node) = queue.pop_front() {
        let mut next: Vec<NodeIndex> =
            graph.neighbors(node).filter(|next| component.contains(next)).collect();
        next.sort_unstable();
        for next in next {
            if next == first {
                let mut ring = vec![node.index()];
                let mut at = node;
                while at != first {
                    at = *before.get(&at)?;
                    ring.push(at.index());
                }
                ring.reverse();
                return Some(ring);
            }
            if let std::collections::btree_map::Entry::Vacant(entry) = before.entry(next) {
                entry.insert(node);
                queue.push_back(next);
            }
        }
    }
    None
}
