//! The fourth layer: what is only better so.

use super::{Order, name, why};
use crate::plan::{Place, Why};
use crate::resolve::Touch;
use crate::resolve::edges::{At, Graph, Index, places};
use crate::sql::Access;
use crate::text::Span;
use petgraph::acyclic::Acyclic;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::HashMap;

impl Order<'_, '_> {
    /// The fourth layer.
    pub(super) fn better(&self, index: &Index<'_>, graph: &mut Graph) {
        graph.gates = self.gates();
        let mut wanted: Vec<(usize, usize, Why, Span)> = Vec::new();
        let mut gated: HashMap<&Place, Vec<At>> =
            graph.gates.iter().map(|gate| (&self.touch(*gate).dataset, Vec::new())).collect();
        if !gated.is_empty() {
            for at in self.touches().filter(|at| self.waits_for_check(*at)) {
                gated.entry(&self.touch(at).dataset).and_modify(|readers| readers.push(at));
            }
            for (at, table) in graph.seen.iter().filter(|(at, _)| self.waits_for_check(*at)) {
                if let Some(readers) = gated.get_mut(table) {
                    readers.push(*at);
                }
            }
        }
        for gate in &graph.gates {
            let dataset = &self.touch(*gate).dataset;
            for reader in gated.get(dataset).into_iter().flatten() {
                let why = Why::Check(name(dataset));
                wanted.push((gate.task, reader.task, why, self.touch(*reader).span));
            }
        }
        // Who adds rows itself analyzes those that it has added.
        let needs = |at: &At| self.touch(*at).access == Access::Needs && !self.role(*at).gives_rows();
        for at in self.touches().filter(needs) {
            let item = self.touch(at);
            let [_, appends, writes] = self.makers(at).of_pipeline(self.pipeline);
            let others = appends.iter().chain(writes).filter(|other| other.task != at.task);
            wanted.extend(others.map(|other| (other.task, at.task, why(&item.dataset), item.span)));
        }
        let places = places::wanted(self.tasks).into_iter();
        let places = places.filter(|(from, to, _)| !graph.edges.contains_key(&(*from, *to)));
        wanted.extend(places.map(|(from, to, why)| (from, to, why, self.tasks[to].span)));
        let started = self.started(index, &graph.seen).into_iter();
        wanted.extend(started.filter(|(from, to, ..)| !graph.edges.contains_key(&(*from, *to))));
        if wanted.is_empty() {
            return;
        }
        let mut whole: DiGraph<(), ()> = DiGraph::with_capacity(self.tasks.len(), graph.edges.len());
        let nodes: Vec<NodeIndex> = self.tasks.iter().map(|_| whole.add_node(())).collect();
        for (from, to) in graph.edges.keys() {
            whole.add_edge(nodes[*from], nodes[*to], ());
        }
        // Where there is a ring already, that is what is to be told.
        let Ok(mut whole) = Acyclic::try_from_graph(whole) else { return };
        for (from, to, why, span) in wanted {
            if whole.try_update_edge(nodes[from], nodes[to], ()).is_ok() {
                graph.add(from, to, why, span);
            }
        }
    }

    /// The checks that others wait for, each with the touch of its table.
    fn gates(&self) -> Vec<At> {
        let mut gates = Vec::new();
        for (n, task) in self.tasks.iter().enumerate() {
            let Some(of) = task.kind.checks().and_then(|checks| checks.blocks) else { continue };
            let is_table = |touch: &Touch| {
                touch.span == of && matches!(touch.dataset, Place::Table { .. } | Place::CatalogTable(_))
            };
            let touch = task.touches.iter().position(is_table);
            gates.extend(touch.map(|touch| At { pipeline: self.pipeline, task: n, touch }));
        }
        gates
    }

    /// Says whether a touch is one that reads data and neither checks nor changes it.
    fn waits_for_check(&self, at: At) -> bool {
        let item = self.touch(at);
        let role = || self.role(at);
        item.access == Access::Reads
            && self.tasks[at.task].kind.checks().is_none()
            && !role().gives_rows()
            && !role().has(Access::Creates)
    }
}
