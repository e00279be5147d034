//! What is done with the runs that were found.

use super::job::{Found, Handle, Phase};
use crate::aws::Pace;
use crate::exec::looks::Span;
use std::time::{Duration, SystemTime};

/// What is done with what was found.
#[derive(Debug, PartialEq)]
pub(super) enum Next<H> {
    /// Goes on with this run.
    Adopt(H),
    /// Waits until this run has ended; with its state.
    Await(H, String),
    /// Ends this run, or waits until it has ended: it is this task's and does something else than the task
    /// does now; with its state.
    Replace(H, String),
    /// The same for a run whose state says nothing of when it ends.
    ReplaceUnknown(H, String),
    /// Starts one.
    Start(Before),
}

/// The runs that there were before a start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Before {
    /// Those of this generation, which have failed.
    pub failed: usize,
    /// Those of all generations.
    pub all: usize,
    /// The newest attempt that has started one of them, as far as that can be known.
    pub attempt: Option<i64>,
    /// The newest one that has started one which does what the task does now.
    pub attempt_of_same: Option<i64>,
}

/// Decides by the runs of this task instance, the newest first.
pub(super) fn decide<H: Handle>(
    found: &[Found<H>],
    generation: i64,
    first_look_ended: Option<SystemTime>,
) -> Next<H> {
    let (same, other): (Vec<_>, Vec<_>) = found.iter().partition(|found| found.is_same);
    if let Some(found) = same.iter().find(|found| matches!(found.phase, Phase::Running(_))) {
        return Next::Adopt(found.handle.clone());
    }
    for found in other {
        match &found.phase {
            Phase::Running(name) => return Next::Replace(found.handle.clone(), name.clone()),
            Phase::Unknown(name) => return Next::ReplaceUnknown(found.handle.clone(), name.clone()),
            Phase::Stopping(name) => return Next::Await(found.handle.clone(), name.clone()),
            Phase::Succeeded | Phase::Failed(_) => {}
        }
    }
    // A look ends only while the task's job is running: what was running then is that job, however it has
    // ended since, and whatever its generation is. So is what a later look has started.
    if let Some(at) = first_look_ended {
        // One of another generation that had ended before it is what this generation is to do again.
        let held: Vec<_> = same
            .iter()
            .filter(|found| found.generation == generation || found.span.is_at(at))
            .copied()
            .collect();
        let held = Span::nearest(&held, |found| found.span, at).copied();
        if let Some(held) = held.or_else(|| same.iter().find(|found| found.span.is_after(at)).copied()) {
            return Next::Adopt(held.handle.clone());
        }
    }
    for found in &same {
        if let Phase::Stopping(name) = &found.phase {
            return Next::Await(found.handle.clone(), name.clone());
        }
    }
    // An unknown state is adopted so that it is reported by name.
    let own: Vec<_> = same.into_iter().filter(|found| found.generation == generation).collect();
    let ended = |found: &&&Found<H>| matches!(found.phase, Phase::Succeeded | Phase::Unknown(_));
    if let Some(found) = own.iter().find(ended) {
        return Next::Adopt(found.handle.clone());
    }
    let attempt = found.iter().filter_map(|found| found.attempt).max();
    let attempt_of_same = found.iter().filter(|found| found.is_same).filter_map(|found| found.attempt).max();
    Next::Start(Before { failed: own.len(), all: found.len(), attempt, attempt_of_same })
}

/// Returns what is stopped with the task, of what was found after a start without an answer.
pub(super) fn goes_on<H>(found: Vec<Found<H>>) -> Option<H> {
    let goes_on = |phase: &Phase| matches!(phase, Phase::Running(_) | Phase::Unknown(_));
    found.into_iter().find(|found| found.is_same && goes_on(&found.phase)).map(|found| found.handle)
}

/// What is looked for further, because what was started may not be visible yet.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Open<H> {
    /// Not all is seen that attempts before this one may have started.
    Unseen(Earlier),
    /// No other run of this generation than those that had failed before the start.
    NoneSince(usize),
    /// No run that has followed this one.
    NoneAfter(H),
}

impl<H: Handle> Open<H> {
    /// Says whether what is to be done may change by looking again.
    pub(super) fn is(&self, next: &Next<H>) -> bool {
        match (self, next) {
            (Self::NoneAfter(handle), Next::Adopt(other)) => other == handle,
            (Self::NoneAfter(_), _) => true,
            (Self::Unseen(earlier), Next::Start(before)) => !earlier.are_seen(*before),
            (Self::NoneSince(failed), Next::Start(before)) => before.failed == *failed,
            (Self::Unseen(_) | Self::NoneSince(_), _) => false,
        }
    }
}

/// Attempts that may have started runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Earlier {
    /// The newest of them.
    pub newest: i64,
    /// How many attempts and looks of this generation there were.
    pub of_generation: usize,
    /// How many attempts there were before a person last cleared the task.
    pub of_earlier_generations: usize,
    /// They look without a slot: a deploy between two looks has one attempt start several runs.
    pub in_looks: bool,
}

impl Earlier {
    /// Says whether these are all runs that there can be. Where a run tells which attempt has started it, the
    /// newest attempt must be among them: how many have failed tells nothing then, as services start again by
    /// themselves what has failed, and so do people.
    fn are_seen(self, before: Before) -> bool {
        match if self.in_looks { before.attempt_of_same } else { before.attempt } {
            Some(attempt) => attempt >= self.newest,
            None if self.of_generation > 0 => before.failed >= self.of_generation,
            None => before.all >= self.of_earlier_generations,
        }
    }
}

/// Looks that go on until something is decided, or a time is over; at least one.
#[derive(Debug)]
pub(super) struct Settling<H> {
    open: Open<H>,
    until: Duration,
    pace: Pace,
}

impl<H: Handle> Settling<H> {
    /// Begins at `now`, for at most `limit`.
    pub(super) fn new(open: Open<H>, now: Duration, limit: Duration, pace: Pace) -> Self {
        Self { open, until: now + limit, pace }
    }

    /// Returns the pause before the next look; none when it is decided.
    pub(super) fn pause(&mut self, next: &Next<H>, now: Duration) -> Option<Duration> {
        let left = self.until.saturating_sub(now);
        (!left.is_zero() && self.open.is(next)).then(|| self.pace.wait().min(left))
    }
}
