//! Steps that start other pipelines of the project: what such a run writes is there when a step is done that has waited for
//! it, and what it reads is to be there before.

use super::{Order, why};
use crate::kind::contract::Started;
use crate::plan::{Place, Why};
use crate::resolve::edges::{At, Index, Role, touch};
use crate::sql::Access;
use crate::text::Span;
use std::collections::BTreeMap;

/// Who comes first, who second, why, and where that is written.
pub(super) type Wanted = (usize, usize, Why, Span);

/// The pipelines of which a step starts runs, with whether such a run is over when the step is done.
type Runs = BTreeMap<usize, bool>;

impl Order<'_, '_> {
    /// Finds the edges that steps give which start pipelines. `seen` are the tables that are read through views.
    pub(super) fn started(&self, index: &Index<'_>, seen: &[(At, Place)]) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for (n, task) in self.tasks.iter().enumerate() {
            let Some(started) = task.kind.starts() else { continue };
            let runs = self.runs(&started);
            wanted.extend(self.readers_of(index, n, &runs, seen));
            wanted.extend(self.givers_to(index, n, &runs, started.span));
        }
        wanted
    }

    /// The pipelines that a start leads to, by itself or through the steps of others.
    fn runs(&self, started: &Started<'_>) -> Runs {
        let mut runs = Runs::new();
        let mut open = vec![(started.name, started.waits)];
        while let Some((name, is_over)) = open.pop() {
            let named = self.pipelines.iter().position(|pipeline| pipeline.spec.pipeline.value.0 == name);
            let Some(run) = named.filter(|run| *run != self.pipeline) else { continue };
            if runs.get(&run).is_some_and(|known| *known || !is_over) {
                continue;
            }
            runs.insert(run, is_over);
            let next = self.pipelines[run].tasks.iter().filter_map(|task| task.kind.starts());
            open.extend(next.map(|next| (next.name, is_over && next.waits)));
        }
        runs
    }

    /// Those who read what the runs have written come after the step. Who writes it as well wants an order of the user's.
    fn readers_of(&self, index: &Index<'_>, step: usize, runs: &Runs, seen: &[(At, Place)]) -> Vec<Wanted> {
        let reads = |at: &At| matches!(self.touch(*at).access, Access::Reads | Access::Needs);
        let own = self.touches().filter(reads).map(|at| (at, &self.touch(at).dataset));
        let read = own.chain(seen.iter().map(|(at, table)| (*at, table))).filter(|(at, _)| at.task != step);
        let only_read = read.filter(|(at, data)| {
            let role = Role::of(&self.tasks[at.task], data);
            !role.gives_rows() && !role.has(Access::Creates)
        });
        let is_given = |data: &Place| {
            let makers = index.makers(data);
            makers.all().any(|maker| runs.get(&maker.pipeline) == Some(&true) && self.is_for_others(maker))
        };
        let given = only_read.filter(|(_, data)| is_given(data));
        given.map(|(at, data)| (step, at.task, why(data), self.touch(at).span)).collect()
    }

    /// Those who give what the runs read come before the step, where the runs do not make it themselves.
    fn givers_to(&self, index: &Index<'_>, step: usize, runs: &Runs, span: Span) -> Vec<Wanted> {
        let tasks = runs.keys().flat_map(|run| &self.pipelines[*run].tasks);
        let read = tasks.flat_map(|task| &task.touches).filter(|touch| touch.access == Access::Reads);
        let behind = |data| index.views.tables(Access::Reads, data);
        let read = read.flat_map(|touch| std::iter::once(&touch.dataset).chain(behind(&touch.dataset)));
        let mut wanted = Vec::new();
        for data in read {
            let makers = index.makers(data);
            if makers.all().any(|maker| runs.contains_key(&maker.pipeline)) {
                continue;
            }
            let own = makers.of_pipeline(self.pipeline).into_iter().flatten().copied();
            let givers = own.filter(|giver| giver.task != step && self.is_for_others(*giver));
            wanted.extend(givers.map(|giver| (giver.task, step, why(data), span)));
        }
        wanted
    }

    /// Says whether others see what a task makes.
    fn is_for_others(&self, maker: At) -> bool {
        let task = &self.pipelines[maker.pipeline].tasks[maker.task];
        !Role::of(task, &touch(self.pipelines, maker).dataset).is_private()
    }
}
