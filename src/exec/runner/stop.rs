//! How a task ends before its job does: what runs is cancelled or left, as the step says.

use super::Run;
use super::decide::started_by_us;
use super::job::{Handle, RemoteJob};
use crate::exec::outcome::Failure;
use crate::spec::shared::OnKill;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::time::Duration;

/// After SIGTERM: how long the answer to a start that is under way is waited for, and when all is over.
/// Airflow 3 gives 5 seconds.
const ANSWER: Duration = Duration::from_millis(1_500);
pub(super) const ENDED: Duration = Duration::from_secs(4);

/// Why a task ends before its job does.
#[derive(Clone, Copy)]
pub(super) enum Why {
    Sigterm,
    /// The task has taken as many seconds as it may.
    TimeIsOver(u64),
}

impl Why {
    fn failure(self, what: impl fmt::Display) -> Failure {
        match self {
            Self::Sigterm => Failure::cancelled(format!("stopped by SIGTERM; {what}")),
            Self::TimeIsOver(_) => Failure::retry(format!("{self}; {what}")),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sigterm => f.write_str("SIGTERM"),
            Self::TimeIsOver(seconds) => write!(f, "the task's time of {seconds} s is over"),
        }
    }
}

/// What the driver of a job has come to; outlives it.
pub(super) struct State<H> {
    /// A start is under way, or was sent and its answer is not known.
    pub starting: Cell<bool>,
    /// The run that is waited for.
    pub handle: RefCell<Option<H>>,
}

impl<H> Default for State<H> {
    fn default() -> Self {
        Self { starting: Cell::new(false), handle: RefCell::new(None) }
    }
}

impl<H> State<H> {
    /// Lets a driver go on until no start is under way, for a little while: the answer to it says what to cancel.
    pub(super) async fn settle(&self, driving: impl Future) {
        let settled = async {
            while self.starting.get() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let either = async {
            tokio::select! {
                _ = driving => {}
                () = settled => {}
            }
        };
        let _ = tokio::time::timeout(ANSWER, either).await;
    }
}

/// Ends what runs, and says what has become of it.
pub(super) async fn end<J: RemoteJob>(
    job: &mut J,
    run: &Run<'_>,
    state: &State<J::Handle>,
    why: Why,
) -> Failure {
    let ending = async { why.failure(ended(job, run, state).await) };
    let left = ENDED.saturating_sub(ANSWER);
    tokio::time::timeout(left, ending)
        .await
        .unwrap_or_else(|_| why.failure(format_args!("AWS did not answer in time: a {} may go on", J::NOUN)))
}

async fn ended<J: RemoteJob>(job: &mut J, run: &Run<'_>, state: &State<J::Handle>) -> String {
    let noun = J::NOUN;
    let mut handle = state.handle.borrow_mut().take();
    if handle.is_none() && state.starting.get() {
        match job.find(&run.key).await {
            Ok(found) => handle = started_by_us(found),
            Err(trouble) => {
                let trouble = Failure::from(trouble).message;
                return format!("a {noun} may have been started, and cannot be looked for: {trouble}");
            }
        }
        if handle.is_none() {
            return format!("a {noun} was being started, and none is to be seen yet");
        }
    }
    let Some(handle) = handle else { return format!("no {noun} was started") };
    match run.on_kill {
        OnKill::Leave => format!("{noun} {handle} goes on, as `on_kill: leave` says"),
        OnKill::Cancel if !handle.is_own() => {
            format!("{noun} {handle} goes on, because it was not started by this task")
        }
        OnKill::Cancel => match job.cancel(&handle).await {
            Ok(()) => format!("{noun} {handle} was told to stop"),
            Err(error) => format!("failed to stop {noun} {handle}, which may go on: {error}"),
        },
    }
}
