//! Several who write the same data.

use super::{Order, name};
use crate::plan::{Place, Why};
use crate::resolve::edges::reach::ranks;
use crate::resolve::edges::{At, Graph, Reach};
use std::borrow::Cow;
use std::collections::HashMap;

impl Order<'_, '_> {
    /// Several writers of the same data are fine when each two of them are in an order, or both add rows only.
    pub(super) fn writers(&self, graph: &mut Graph) {
        let is_shared = |at: At| {
            let [_, appends, writes] = self.makers(at).of_pipeline(self.pipeline);
            appends.len() + writes.len() > 1
        };
        if !self.touches().any(|at| self.touch(at).access.gives_rows() && is_shared(at)) {
            return;
        }
        let rank = ranks(&graph.edges, self.tasks.len());
        let reach = Reach::new(&graph.edges, self.tasks.len());
        // By table: who does not only add rows. With a thousand loads that append it is nobody.
        let mut changers: HashMap<&Place, Vec<At>> = HashMap::new();
        for at in self.touches() {
            let item = self.touch(at);
            let [_, appends, writes] = self.makers(at).of_pipeline(self.pipeline);
            if !item.access.gives_rows() || !is_shared(at) {
                continue;
            }
            let all = || appends.iter().chain(writes).copied();
            let rivals: Cow<'_, [At]> = if self.role(at).only_appends() {
                let is_changer = |other: &At| !self.role(*other).only_appends();
                let changers =
                    changers.entry(&item.dataset).or_insert_with(|| all().filter(is_changer).collect());
                Cow::Borrowed(changers)
            } else {
                Cow::Owned(all().collect())
            };
            let others = || rivals.iter().copied().filter(|other| other.task != at.task);
            // The one that comes last before this one: those before it come before this one, too.
            let before = others().filter(|other| reach.reaches(other.task, at.task));
            if let Some(before) = before.max_by_key(|other| rank[other.task]) {
                graph.add(before.task, at.task, Why::Rewrite(name(&item.dataset)), item.span);
            }
            let is_unordered =
                |other: &At| !reach.reaches(other.task, at.task) && !reach.reaches(at.task, other.task);
            let earlier = others().filter(|other| other.task < at.task).filter(is_unordered);
            graph.unordered.extend(earlier.min().map(|other| (at, other)));
        }
    }
}
