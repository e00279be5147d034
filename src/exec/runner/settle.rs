//! What is looked for further before anything is decided, and until when.

use super::decide::Next;
use super::earlier::Earlier;
use super::job::Handle;
use crate::aws::Pace;
use std::time::Duration;

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
            (Self::NoneAfter(_), _) | (Self::Unseen(_), Next::AdoptOld(_)) => true,
            (Self::Unseen(earlier), Next::Start(before)) => !earlier.are_seen(before),
            (Self::NoneSince(failed), Next::Start(before)) => before.failed == *failed,
            (Self::Unseen(_) | Self::NoneSince(_), _) => false,
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

    /// Goes on until then, at least.
    pub(super) fn extend(&mut self, until: Duration) {
        self.until = self.until.max(until);
    }

    /// Returns the pause before the next look, after one that was asked for and answered then; none when it is
    /// decided.
    pub(super) fn pause(&mut self, next: &Next<H>, asked: Duration, now: Duration) -> Option<Duration> {
        let is_open = asked < self.until && self.open.is(next);
        is_open.then(|| self.pace.wait().min(self.until.saturating_sub(now)))
    }
}
