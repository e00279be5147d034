//! What to write so that a ring of steps opens: `after` on the step that is to come second. It is tried before it
//! is told.

use super::rings;
use crate::plan::Why;
use crate::resolve::edges::{Graph, Index, graph_with};
use crate::resolve::{Named, Pipeline, Project, Task};
use std::collections::HashSet;

/// How many rings are opened one after the other: nobody reads a hint that is longer.
const LIMIT: usize = 8;

/// `after: FIRST` on the step `second`, against what `why` says.
#[derive(Debug)]
pub(super) struct Cure {
    pub(super) first: String,
    pub(super) second: String,
    pub(super) why: Why,
}

/// A pipeline whose rings are to be opened.
pub(super) struct Patient<'l, 'a> {
    pub(super) project: &'l Project<'a>,
    pub(super) index: &'l Index<'l>,
    pub(super) pipeline: usize,
}

impl Patient<'_, '_> {
    /// Finds what opens a ring and all that hangs together with it. `None` when `after` alone does not.
    pub(super) fn cures(&self, ring: &[usize], component: &HashSet<usize>) -> Option<Vec<Cure>> {
        let mut graph: Option<Graph> = None;
        let mut ring = ring.to_vec();
        let mut stated: Vec<(usize, usize)> = Vec::new();
        let mut cures = Vec::new();
        for _ in 0..LIMIT {
            let current = graph.as_ref().unwrap_or(&self.project.graphs[self.pipeline]);
            let (step, rest) = self.step(current, &ring, component, &stated)?;
            stated.extend(step.stated);
            cures.push(step.cure);
            match rest {
                None => return Some(cures),
                Some(next) => ring = next,
            }
            graph = Some(step.graph);
        }
        None
    }

    /// Opens one ring; gives the one that is left.
    fn step(
        &self,
        graph: &Graph,
        ring: &[usize],
        component: &HashSet<usize>,
        stated: &[(usize, usize)],
    ) -> Option<(Step, Option<Vec<usize>>)> {
        let known = self.project.graphs[self.pipeline].late.len();
        let mut second_best = None;
        for edge in candidates(graph, ring) {
            let Some(more) = self.after(edge) else { continue };
            let all: Vec<(usize, usize)> = stated.iter().chain(&more).copied().collect();
            let next = graph_with(&self.project.pipelines, self.index, self.pipeline, &all);
            if next.late.len() > known {
                continue;
            }
            let rest = self.ring_within(&next, component);
            let cure = self.cure(graph, edge);
            let is_stuck = rest.as_ref().is_some_and(|rest| candidates(&next, rest).is_empty());
            let step = Step { stated: more, cure, graph: next };
            match rest {
                None => return Some((step, None)),
                Some(rest) if !is_stuck && second_best.is_none() => second_best = Some((step, Some(rest))),
                Some(_) => {}
            }
        }
        second_best
    }

    fn whole(&self) -> &Pipeline<'_> {
        &self.project.pipelines[self.pipeline]
    }

    fn cure(&self, graph: &Graph, (from, to): (usize, usize)) -> Cure {
        let name = |task: usize| base_name(&self.whole().tasks[task]).to_owned();
        let reasons = graph.edges.get(&(from, to));
        let why = reasons.and_then(|reasons| reasons.first()).map_or(Why::After, |reason| reason.why.clone());
        Cure { first: name(to), second: name(from), why }
    }

    /// The pairs of tasks that `after` gives when it names the second task of an edge on the step of the first.
    fn after(&self, (from, to): (usize, usize)) -> Option<Vec<(usize, usize)>> {
        let tasks = &self.whole().tasks;
        let names = self.whole().spec.names();
        let (first, second) = (base_name(&tasks[to]), base_name(&tasks[from]));
        if first == second {
            return None;
        }
        let mut pairs = Vec::new();
        for (n, task) in tasks.iter().enumerate().filter(|(_, task)| base_name(task) == second) {
            let Named::Steps(found) = names.tasks(first, Some(task.step?)) else { return None };
            pairs.extend(found.into_iter().map(|first| (first, n)));
        }
        Some(pairs)
    }

    fn ring_within(&self, graph: &Graph, component: &HashSet<usize>) -> Option<Vec<usize>> {
        let tasks = &self.whole().tasks;
        let rings = rings(tasks.len(), graph.edges.keys().copied(), |task| tasks[task].span);
        rings.into_iter().map(|(ring, _)| ring).find(|ring| ring.iter().any(|task| component.contains(task)))
    }
}

/// One ring opened.
struct Step {
    stated: Vec<(usize, usize)>,
    cure: Cure,
    graph: Graph,
}

/// The edges of a ring that give way to what the user says; first those against the order of the file, in which
/// people write what they mean.
fn candidates(graph: &Graph, ring: &[usize]) -> Vec<(usize, usize)> {
    let edges = (0..ring.len()).map(|n| (ring[n], ring[(n + 1) % ring.len()]));
    let mut edges: Vec<(usize, usize)> = edges.filter(|edge| !graph.is_named(*edge)).collect();
    edges.sort_by_key(|(from, to)| from < to);
    edges
}

/// The step as it is written, without what `each` adds; a wait has its own name.
fn base_name<'a>(task: &Task<'a>) -> &'a str {
    task.step.map_or(task.name, |step| step.base_name())
}
