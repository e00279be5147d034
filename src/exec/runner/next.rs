//! What can be done with the runs of a task, and what of them counts.

use super::job::Found;

/// What is done with what was found.
#[derive(Debug, PartialEq)]
pub(super) enum Next<H> {
    /// Goes on with this run.
    Adopt(H),
    /// The same, if no other run turns up: this one may be of an attempt before.
    AdoptOld(H),
    /// Waits until this run has ended; with its state.
    Await(H, String),
    /// Ends this run, or waits until it has ended: it is this task's and does something else than the task
    /// does now; with its state.
    Replace(H, String),
    /// The same for a run whose state says nothing of when it ends.
    ReplaceUnknown(H, String),
    /// Starts one.
    Start(Before<H>),
}

/// The runs that there are, before a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Before<H> {
    /// Those of this generation that do what the task does now: before a start, they have failed.
    pub failed: usize,
    /// Those of them that surely are of this run of the DAG.
    pub seen: usize,
    /// Those of all generations.
    pub all: usize,
    /// The newest of those of this generation.
    pub newest: Option<H>,
    /// The newest attempt that has started one of them, as far as that can be known.
    pub attempt: Option<i64>,
    /// The newest that has started one of them that does what the task does now, and how many of these there are.
    pub same: (Option<i64>, usize),
}

impl<H> Default for Before<H> {
    fn default() -> Self {
        Self { failed: 0, seen: 0, all: 0, newest: None, attempt: None, same: (None, 0) }
    }
}

impl<H: Clone> Before<H> {
    /// Counts the runs that were found, the newest first.
    pub(super) fn of(found: &[Found<H>], generation: i64) -> Self {
        let same: Vec<_> = found.iter().filter(|found| does_the_same(found)).collect();
        let own: Vec<_> = same.iter().filter(|found| is_own(found, generation)).collect();
        Self {
            failed: own.len(),
            seen: own.len(),
            all: found.len(),
            newest: own.first().map(|found| found.handle.clone()),
            attempt: found.iter().filter_map(|found| found.attempt).max(),
            same: (same.iter().filter_map(|found| found.attempt).max(), same.len()),
        }
    }
}

pub(super) fn does_the_same<H>(found: &Found<H>) -> bool {
    found.is_same || broken!(TakesAnyContent)
}

pub(super) fn is_own<H>(found: &Found<H>, generation: i64) -> bool {
    found.generation == generation || broken!(TakesAnyGeneration)
}
