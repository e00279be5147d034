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
            Phase::Running(name) | Phase::Unknown(name) => {
                return Next::Replace(found.handle.clone(), name.clone());
            }
            Phase::Stopping(name) => return Next::Await(found.handle.clone(), name.clone()),
            Phase::Succeeded | Phase::Failed(_) => {}
        }
    }
    // A look ends only while the task's job is running: what was running then is that job, however it has
    // ended since, and whatever its generation is. So is what a later look has started.
    if let Some(at) = first_look_ended {
        let held = Span::nearest(&same, |found| found.span, at);
        if let Some(held) = held.or_else(|| same.iter().find(|found| found.span.is_after(at))) {
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
    match own.iter().find(ended) {
        Some(found) => Next::Adopt(found.handle.clone()),
        None => Next::Start(Before { failed: own.len(), all: found.len() }),
    }
}

/// Returns what is stopped with the task, of what was found after a start without an answer.
pub(super) fn started_by_us<H>(found: Vec<Found<H>>) -> Option<H> {
    let goes_on = |phase: &Phase| matches!(phase, Phase::Running(_) | Phase::Unknown(_));
    found.into_iter().find(|found| found.is_same && goes_on(&found.phase)).map(|found| found.handle)
}

/// What is looked for further, because what was started may not be visible yet.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Open<H> {
    /// Fewer runs of this generation than there were attempts.
    FewerFailed(usize),
    /// Fewer runs of all generations than there were attempts.
    FewerInAll(usize),
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
            (Self::FewerFailed(expected), Next::Start(before)) => before.failed < *expected,
            (Self::FewerInAll(expected), Next::Start(before)) => before.all < *expected,
            (Self::NoneSince(failed), Next::Start(before)) => before.failed == *failed,
            (Self::FewerFailed(_) | Self::FewerInAll(_) | Self::NoneSince(_), _) => false,
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
