//! For how long a call that may be repeated is repeated.

use crate::aws::{AwsError, Kind, Pace};
use crate::exec::outcome::Failure;
use std::cell::Cell;
use std::time::Duration;

/// How long a service that has not answered once may be unreachable before the task gives up.
const UNREACHED: Duration = Duration::from_mins(2);

/// How long calls may fail in a row before the task gives up; a job that runs goes on.
pub(super) const BLIND: Duration = Duration::from_mins(10);

/// Whether a service can be reached at all.
pub(crate) struct Reach {
    /// It has answered once.
    pub answered: Cell<bool>,
    /// How long it may be silent before that.
    pub patience: Duration,
}

impl Default for Reach {
    fn default() -> Self {
        Self { answered: Cell::new(false), patience: UNREACHED }
    }
}

impl Reach {
    /// Says whether a service is taken for unreachable that has given no answer for so long.
    pub(crate) fn gives_up(&self, error: &AwsError, silent: Duration) -> bool {
        !self.answered.get() && error.code.is_none() && silent >= self.patience
    }

    /// The region may be wrong, or the network may have no way to it.
    pub(crate) fn failure(&self, error: &AwsError) -> Failure {
        Failure::retry(format!(
            "{error}: there was no answer for {} s; is the region right, and does this worker's network have a way \
             to the service: a NAT gateway, a VPC endpoint, a proxy?",
            self.patience.as_secs()
        ))
    }
}

/// The repetitions of one call. Times are those since the task began.
pub(super) struct Patience {
    began: Duration,
    pace: Pace,
}

impl Patience {
    /// Before the first call.
    pub(super) fn new(now: Duration) -> Self {
        Self { began: now, pace: Pace::growing(Duration::from_secs(1), Duration::from_secs(20)) }
    }

    /// Returns the pause before the call is repeated, or that it is not.
    pub(super) fn pause(
        &mut self,
        error: &AwsError,
        reach: &Reach,
        now: Duration,
    ) -> Result<Duration, Failure> {
        let silent = now.saturating_sub(self.began);
        match error.kind {
            Kind::Throttled => self.pace.slow_down(),
            Kind::Unavailable if reach.gives_up(error, silent) => return Err(reach.failure(error)),
            Kind::Unavailable if silent < BLIND => {}
            _ => return Err(error.clone().into()),
        }
        Ok(self.pace.wait())
    }
}
