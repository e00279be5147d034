//! Processes of the worker.

use super::world::{Mark, Who};
use crate::exec::outcome::{Ended, Failure, Outputs};
use crate::exec::time::simulated as clock;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub(super) type Driving = Pin<Box<dyn Future<Output = Result<Ended, Failure>>>>;

/// A process of the worker.
pub(super) struct Process {
    pub who: Who,
    pub driving: Option<Driving>,
    pub wakes: Duration,
    /// When SIGTERM comes, and SIGKILL.
    pub term: Duration,
    pub kill: Duration,
    pub is_taken_for_dead: bool,
}

impl Process {
    /// One that begins now.
    pub(super) fn new(who: Who, driving: Driving) -> Self {
        let never = Duration::MAX;
        Self {
            who,
            driving: Some(driving),
            wakes: clock::now(),
            term: never,
            kill: never,
            is_taken_for_dead: false,
        }
    }

    /// When something happens to it.
    pub(super) fn next(&self) -> Duration {
        if self.driving.is_none() { Duration::MAX } else { self.wakes.min(self.term).min(self.kill) }
    }
}

/// How a process has ended.
pub(super) struct End {
    /// Its exit code; none when it was killed.
    pub exit: Option<u8>,
    /// What it gives when it has not failed.
    pub outputs: Outputs,
    pub mark: Mark,
}
