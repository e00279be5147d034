//! Transitive reduction: the edges that a DAG file has to show.

use super::{Edge, Plan, Work};
use crate::lang::shared::TriggerRule;
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

impl Plan {
    /// Returns the edges without those that follow from others, sorted as [`Plan::edges`].
    ///
    /// An edge a -> c may go when there is another way a -> b -> ... -> c and nothing changes for c:
    /// - c must start on `all_success`. It then waits for b, and b cannot have succeeded before a has. With
    ///   any other rule c looks at its direct upstream tasks, or counts them.
    /// - every task between them must start on `all_success`, too: if a fails or is skipped, so are they,
    ///   and so is c, as it would be with the edge. A task with `all_done` would hide a's failure.
    /// - a must be no operator of the user's: one that branches names direct downstream tasks.
    pub fn reduced_edges(&self) -> Vec<Edge<'_>> {
        let all = self.edges();
        let implied = self.implied();
        if implied.is_empty() {
            return all;
        }
        all.into_iter().filter(|edge| !implied.contains(&(edge.from, edge.to))).collect()
    }

    fn implied(&self) -> std::collections::HashSet<(&str, &str)> {
        let strict = |node: NodeIndex| self.graph[node].airflow.trigger_rule == TriggerRule::AllSuccess;
        let words = self.graph.node_count().div_ceil(64);
        // By node: from where it is reached through nodes that are strict, itself among them.
        let mut sources: Vec<Vec<u64>> = vec![Vec::new(); self.graph.node_count()];
        let mut implied = std::collections::HashSet::new();
        for node in self.order.iter().copied() {
            if !strict(node) {
                continue;
            }
            let mut indirect = vec![0_u64; words];
            let mut reached = vec![0_u64; words];
            for before in self.graph.neighbors_directed(node, Direction::Incoming) {
                for (n, bits) in sources[before.index()].iter().enumerate() {
                    indirect[n] |= bits;
                }
                reached[before.index() / 64] |= 1 << (before.index() % 64);
            }
            for edge in self.graph.edges_directed(node, Direction::Incoming) {
                let before = edge.source();
                let is_indirect = indirect[before.index() / 64] >> (before.index() % 64) & 1 == 1;
                let branches = matches!(self.graph[before].work, Work::Operator(_));
                if is_indirect && !branches {
                    implied.insert((self.graph[before].id.as_str(), self.graph[node].id.as_str()));
                }
            }
            for (bits, more) in reached.iter_mut().zip(&indirect) {
                *bits |= more;
            }
            sources[node.index()] = reached;
        }
        implied
    }
}
