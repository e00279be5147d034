//! What a run is known by: a replication has no ids of its runs.

use crate::exec::runner::Handle;
use std::fmt;

/// A run of a replication: one that is marked, or whatever runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunHandle {
    pub(super) arn: String,
    /// What tells it from others; none of a run that is somebody else's.
    pub(super) run: Option<String>,
}

impl fmt::Display for RunHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

impl Handle for RunHandle {
    fn is_own(&self) -> bool {
        self.run.is_some()
    }

    /// One run of somebody else's is not told from the next.
    fn is_lasting(&self) -> bool {
        self.run.is_some()
    }
}
