//! Which pipelines start after which: an order between them is there only where data or `after` starts one.

use crate::document::pipeline::Schedule;
use crate::lang::value::Clock;
use crate::resolve::Project;
use std::collections::{HashMap, HashSet, VecDeque};

/// Which pipelines start after which.
pub(super) struct Schedules {
    after: Vec<Vec<usize>>,
    known: HashMap<usize, HashSet<usize>>,
    /// The place of each pipeline in an order that keeps all schedules.
    rank: Vec<usize>,
    /// Whether only a person starts it, who gives it its order, too.
    is_manual: Vec<bool>,
}

impl Schedules {
    pub(super) fn new(project: &Project<'_>) -> Self {
        let names: HashMap<&str, usize> = project
            .pipelines
            .iter()
            .enumerate()
            .map(|(n, pipeline)| (pipeline.spec.pipeline.value.0.as_str(), n))
            .collect();
        let mut after = vec![Vec::new(); project.pipelines.len()];
        for link in project.links.links.iter().filter(|link| link.asset.is_some()) {
            after[names[link.from_pipeline.as_str()]].push(names[link.to_pipeline.as_str()]);
        }
        let rank = ranks(&after);
        let is_manual = project.pipelines.iter().map(|pipeline| {
            let schedule = pipeline.spec.schedule.as_ref().map(|schedule| &schedule.schedule);
            matches!(schedule, Some(Schedule::Clock(Clock::Manual)))
        });
        Self { after, known: HashMap::new(), rank, is_manual: is_manual.collect() }
    }

    /// Says whether only a person starts a pipeline.
    pub(super) fn is_manual(&self, pipeline: usize) -> bool {
        self.is_manual[pipeline]
    }

    pub(super) fn reaches(&mut self, from: usize, to: usize) -> bool {
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

    pub(super) fn are_ordered(&mut self, one: usize, other: usize) -> bool {
        self.reaches(one, other) || self.reaches(other, one)
    }

    /// Returns the place of a pipeline in an order that keeps all schedules.
    pub(super) fn rank(&self, pipeline: usize) -> usize {
        self.rank[pipeline]
    }
}

/// Ranks nodes so that edges go up; those on a ring, which is reported, come last.
fn ranks(after: &[Vec<usize>]) -> Vec<usize> {
    let mut waiting = vec![0_usize; after.len()];
    for to in after.iter().flatten() {
        waiting[*to] += 1;
    }
    let mut ready: VecDeque<usize> = (0..after.len()).filter(|n| waiting[*n] == 0).collect();
    let mut rank = vec![after.len(); after.len()];
    let mut next = 0;
    while let Some(node) = ready.pop_front() {
        rank[node] = next;
        next += 1;
        for to in &after[node] {
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                ready.push_back(*to);
            }
        }
    }
    rank
}
