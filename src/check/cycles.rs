//! `dependency-cycle` and `pipeline-cycle`: what waits for itself never starts.
//!
//! Every strongly connected component is reported once, as one ring through it that begins at the task
//! that is written first. Across pipelines only those count that are scheduled by the assets of others: a
//! pipeline with a clock starts anyway, and may well read what yesterday's run of a later one has left.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::Lineage;
use crate::resolve::{Pipeline, Scope, lineage::Graph};
use crate::source::{FileId, Span};
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Reports cycles of tasks in each pipeline.
pub(super) fn inside(_: &Scope<'_>, lineage: &Lineage<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let found: Vec<Diagnostic> = lineage
        .pipelines
        .par_iter()
        .zip(&lineage.graphs)
        .flat_map_iter(|(pipeline, graph)| in_pipeline(pipeline, graph))
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

fn in_pipeline(pipeline: &Pipeline<'_>, graph: &Graph) -> Vec<Diagnostic> {
    let edges = graph.edges.keys().copied();
    let rings = rings(pipeline.tasks.len(), edges, |task| pipeline.tasks[task].span);
    let name = |task: usize| &pipeline.tasks[task].id;
    rings
        .into_iter()
        .map(|ring| {
            let path: Vec<&str> = ring.iter().chain(&ring[..1]).map(|task| name(*task).as_str()).collect();
            let message = match ring.as_slice() {
                [one] => format!("step `{}` comes after itself", name(*one)),
                _ => format!("steps wait for each other: {}", path.join(" -> ")),
            };
            let mut diagnostic =
                Diagnostic::new(Code::DependencyCycle, pipeline.tasks[ring[0]].span, message);
            for (n, from) in ring.iter().enumerate() {
                let to = ring[(n + 1) % ring.len()];
                if let Some(reason) = graph.edges.get(&(*from, to)).and_then(|reasons| reasons.first()) {
                    let why = format!("`{}` comes after `{}`: {}", name(to), name(*from), reason.why);
                    diagnostic = diagnostic.also(reason.span, why);
                }
            }
            diagnostic.help("take one of these references away")
        })
        .collect()
}

/// Reports cycles of pipelines that schedule each other.
pub(super) fn across(_: &Scope<'_>, lineage: &Lineage<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let index: HashMap<&str, usize> = lineage
        .pipelines
        .iter()
        .enumerate()
        .map(|(n, pipeline)| (pipeline.spec.pipeline.value.0.as_str(), n))
        .collect();
    let mut edges: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (n, link) in lineage.links.links.iter().enumerate() {
        if link.asset.is_some() {
            let edge = (index[link.from_pipeline.as_str()], index[link.to_pipeline.as_str()]);
            edges.entry(edge).or_insert(n);
        }
    }
    let span = |pipeline: usize| lineage.pipelines[pipeline].spec.pipeline.span;
    for ring in rings(lineage.pipelines.len(), edges.keys().copied(), span) {
        let name = |pipeline: usize| lineage.pipelines[pipeline].spec.pipeline.value.0.as_str();
        let path: Vec<&str> = ring.iter().chain(&ring[..1]).map(|pipeline| name(*pipeline)).collect();
        let message =
            format!("pipelines start only after each other, so that none starts: {}", path.join(" -> "));
        let mut diagnostic = Diagnostic::new(Code::PipelineCycle, span(ring[0]), message);
        for (n, from) in ring.iter().enumerate() {
            let to = ring[(n + 1) % ring.len()];
            if let Some(link) = edges.get(&(*from, to)) {
                let why = &lineage.links.links[*link];
                let text = format!(
                    "`{}` starts after `{}.{}`: {}",
                    why.to_pipeline, why.from_pipeline, why.from_task, why.why
                );
                diagnostic = diagnostic.also(lineage.links.spans[*link], text);
            }
        }
        diagnostics.push(diagnostic.help("give one of them a `schedule` of its own"));
    }
}

/// Finds a ring through every strongly connected component: the shortest one from its first member.
fn rings(
    count: usize,
    edges: impl Iterator<Item = (usize, usize)>,
    span: impl Fn(usize) -> Span,
) -> Vec<Vec<usize>> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(count, count);
    let nodes: Vec<NodeIndex> = (0..count).map(|_| graph.add_node(())).collect();
    for (from, to) in edges {
        graph.add_edge(nodes[from], nodes[to], ());
    }
    let mut rings: Vec<Vec<usize>> = tarjan_scc(&graph)
        .into_iter()
        .filter(|component| component.len() > 1 || graph.contains_edge(component[0], component[0]))
        .filter_map(|component| {
            let first = component.iter().min_by_key(|node| span(node.index()))?;
            shortest_ring(&graph, &component, *first)
        })
        .collect();
    rings.sort_by_key(|ring| span(ring[0]));
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
