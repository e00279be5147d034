//! What a service must be able to do so that the runner can run its jobs, and what is seen of a run.

use super::super::key::Key;
use super::super::log::Log;
use super::super::looks::Span;
use super::super::mask::Mask;
use super::super::outcome::{Failure, Outputs, Trouble};
use crate::aws::{AwsError, Pace};
use std::fmt;
use std::time::Duration;

/// What a service calls one run of a job.
pub(crate) trait Handle: Clone + PartialEq + fmt::Display {
    /// Says whether the run is this task's own, to be cancelled with it.
    fn is_own(&self) -> bool {
        true
    }

    /// Says whether each look names the run alike, so that one that was seen is known for good.
    fn is_lasting(&self) -> bool {
        true
    }
}

impl Handle for String {}

/// Something that a service runs.
pub(crate) trait RemoteJob {
    /// What the service calls one run of it.
    type Handle: Handle;

    /// What it is called in the log.
    const NOUN: &'static str;

    /// Finds the runs of this task instance, of all generations, the newest first.
    async fn find(&mut self, key: &Key) -> Result<Vec<Found<Self::Handle>>, Trouble>;

    /// Gets everything ready to be started; sends only what may be sent again.
    async fn prepare(&mut self, _attempt: &Attempt, _log: &Log<'_>) -> Result<Prepared, Trouble> {
        Ok(Prepared::Ready)
    }

    /// Starts a run; is sent once.
    async fn start(&mut self, attempt: &Attempt) -> Result<Self::Handle, Trouble>;

    /// Looks at a run; may take up to half a minute where the service answers when something changes.
    async fn poll(&mut self, handle: &Self::Handle) -> Result<Phase, Trouble>;

    /// Looks at a run, and has the answer at once.
    async fn look(&mut self, handle: &Self::Handle) -> Result<Phase, Trouble> {
        self.poll(handle).await
    }

    /// Passes on what the run has logged; called after each look. Its errors are warnings.
    async fn follow(&mut self, _handle: &Self::Handle, _log: &Log<'_>) {}

    /// Asks the service to stop a run, and no other one.
    async fn cancel(&mut self, handle: &Self::Handle) -> Result<Cancelled, AwsError>;

    /// Says in the log why a run failed. May find that the failure is of another kind than its state says.
    async fn explain(&mut self, _handle: &Self::Handle, failure: Failure, _log: &Log<'_>) -> Failure {
        failure
    }

    /// Returns what a run that succeeded gives, or finds that it has failed after all.
    async fn outputs(&mut self, handle: &Self::Handle, log: &Log<'_>) -> Result<Outputs, Trouble>;

    /// Returns a link to a run in the console.
    fn link(&self, handle: &Self::Handle) -> String;

    /// Returns a link to its runs in the console.
    fn place(&self) -> String;

    /// Returns the intervals between two looks.
    fn pace(&self) -> Pace {
        Pace::growing(Duration::from_secs(1), Duration::from_secs(30))
    }

    /// Returns for how long a run that has been started may be unknown to the service.
    fn unseen(&self) -> Duration {
        Duration::from_mins(1)
    }

    /// Returns for how long a run that has been started may not be found.
    fn lag(&self) -> Duration;

    /// Says what comes of a second start.
    fn second_start(&self) -> SecondStart {
        SecondStart::Doubles
    }

    /// Returns for how long the service may take to start a run that has failed again by itself.
    async fn follows_within(&mut self) -> Duration {
        Duration::ZERO
    }
}

/// What comes of a second start, when the first one may have been done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SecondStart {
    /// Another run, beside the first one or after it.
    #[default]
    Doubles,
    /// Nothing that does harm: it is refused while the first run goes on, and one after it gives the same.
    DoesNoHarm,
    /// It is answered with the first run, when both are of one generation.
    IsTheSame,
}

/// What has become of a run that was to be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancelled {
    /// The service was told to stop it.
    WasTold,
    /// It had ended already.
    HadEnded,
}

/// A run that was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found<H> {
    pub handle: H,
    pub generation: i64,
    /// It does what the task does now.
    pub is_same: bool,
    /// Which attempt has started it, where that can be known.
    pub attempt: Option<i64>,
    pub phase: Phase,
    pub span: Span,
}

/// What a listing shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listing<H> {
    /// The runs, the newest first.
    pub found: Vec<Found<H>>,
    /// When it was asked for: it shows how things stood then, or before, and its answer may take long.
    pub asked: Duration,
}

/// Where a run stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Phase {
    /// It goes on; the state by the service's name.
    Running(String),
    /// It ends before long, without success.
    Stopping(String),
    Succeeded,
    Failed(Failure),
    /// A state that is not known.
    Unknown(String),
}

impl Phase {
    /// Hides secrets in why it has failed, as services repeat what a run was given or has said last.
    pub(crate) fn masked(self, mask: &Mask) -> Self {
        match self {
            Self::Failed(failure) => Self::Failed(Failure { message: mask.text(failure.message), ..failure }),
            phase => phase,
        }
    }
}

/// What is started.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// The key.
    pub key: Key,
    /// Which attempt of the task starts it, over all generations.
    pub of_task: i64,
    /// How many runs of this generation have failed before.
    pub number: usize,
}

impl Attempt {
    /// Returns a name for this start: the same when the same start is tried again, another when the run
    /// before has failed.
    pub(crate) fn token(&self) -> String {
        if broken!(ChangesTheToken) {
            return format!("{}-of-{}", self.key, self.of_task);
        }
        format!("{}-{}", self.key, self.number)
    }
}

/// What getting ready has led to.
pub(crate) enum Prepared {
    Ready,
    /// There is nothing to start; these are the outputs.
    Nothing(Outputs),
}
