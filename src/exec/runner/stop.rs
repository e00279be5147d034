//! How a task ends before its job does: what runs is cancelled or left, as the step says.

use super::Run;
use super::found::{ended_as_found, stopped};
use super::grace::{ANSWER, ended_within, looking};
use super::job::{Attempt, Handle, RemoteJob, SecondStart};
use crate::exec::outcome::Failure;
use crate::exec::time;
use crate::lang::shared::OnKill;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::time::Duration;

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
    /// The start that is under way, or whose answer is not known.
    pub starting: RefCell<Option<Attempt>>,
    pub held: RefCell<Held<H>>,
    /// Until when a run of another attempt may be missing in a listing, beside one that was found.
    pub unseen_until: Cell<Option<Duration>>,
}

/// The run that the task has.
pub(super) enum Held<H> {
    Nothing,
    /// It is waited for.
    Run(H),
    /// It has failed, and the service may start it again by itself.
    Failed(H),
    /// It has succeeded.
    Done(H),
}

impl<H> Default for State<H> {
    fn default() -> Self {
        Self {
            starting: RefCell::new(None),
            held: RefCell::new(Held::Nothing),
            unseen_until: Cell::new(None),
        }
    }
}

impl<H> State<H> {
    /// Lets a driver go on until no start is under way, for a little while: the answer to it says what to cancel.
    pub(super) async fn settle(&self, driving: impl Future) {
        let settled = async {
            while self.starting.borrow().is_some() {
                time::sleep(Duration::from_millis(20)).await;
            }
        };
        let either = async {
            tokio::select! {
                biased;
                _ = driving => {}
                () = settled => {}
            }
        };
        let _ = time::timeout(ANSWER, either).await;
    }
}

/// Ends what runs, and says what has become of it.
pub(super) async fn end<J: RemoteJob>(
    job: &mut J,
    run: &Run<'_>,
    state: &State<J::Handle>,
    why: Why,
) -> Failure {
    let what = match &*state.held.borrow() {
        Held::Run(handle) | Held::Failed(handle) | Held::Done(handle) => {
            format!("{} {handle} may go on: {}", J::NOUN, job.link(handle))
        }
        Held::Nothing => format!("a {} may go on: {}", J::NOUN, job.place()),
    };
    let left = ended_within(run.context).saturating_sub(ANSWER);
    match time::timeout(left, ended(job, run, state)).await {
        Ok(said) => why.failure(said),
        Err(_) => why.failure(format_args!("AWS did not do in time what it was asked for: {what}")),
    }
}

async fn ended<J: RemoteJob>(job: &mut J, run: &Run<'_>, state: &State<J::Handle>) -> String {
    let noun = J::NOUN;
    let (held, starting) = (state.held.replace(Held::Nothing), state.starting.take());
    let starting = starting.filter(|_| !broken!(ForgetsTheStart));
    match (held, starting) {
        (Held::Run(handle), _) => {
            let said = stopped(job, run, &handle).await;
            match state.unseen_until.get().filter(|_| handle.is_lasting()) {
                Some(until) => said + &beside(job, run, &handle, until).await,
                None => said,
            }
        }
        (Held::Done(handle), _) => format!("{noun} {handle} had succeeded already"),
        (Held::Failed(handle), _) => {
            match ended_as_found(job, run, Some(handle.clone()), looking(run.context)).await {
                Ok(Some(stopped)) => stopped.said,
                Ok(None) => format!(
                    "{noun} {handle} has failed; whether the service starts it again by itself is not to be seen yet: {}",
                    job.place()
                ),
                Err(why) => why,
            }
        }
        // An attempt or a look before may have started one.
        (Held::Nothing, None) if run.context.try_number > 1 || run.looks.is_later() => {
            match ended_as_found(job, run, None, looking(run.context)).await {
                Ok(Some(stopped)) => stopped.said,
                Ok(None) => {
                    let place = job.place();
                    format!(
                        "this attempt has started no {noun}, and none of an attempt before is to be seen in {place}"
                    )
                }
                Err(why) => why,
            }
        }
        (Held::Nothing, None) => format!("no {noun} was started"),
        (Held::Nothing, Some(attempt)) => unanswered(job, run, &attempt).await,
    }
}

/// Ends what another attempt may have started beside a run that was found, as far as it is to be seen.
async fn beside<J: RemoteJob>(job: &mut J, run: &Run<'_>, handle: &J::Handle, until: Duration) -> String {
    let asked = run.clock.now();
    match ended_as_found(job, run, Some(handle.clone()), Duration::ZERO).await {
        Ok(Some(stopped)) => format!("; {}", stopped.said),
        Ok(None) if until <= asked => String::new(),
        Ok(None) => format!("; a {} that another attempt has started may go on: {}", J::NOUN, job.place()),
        Err(why) => format!("; {why}"),
    }
}

/// Ends what a start without an answer may have started.
async fn unanswered<J: RemoteJob>(job: &mut J, run: &Run<'_>, attempt: &Attempt) -> String {
    // Where a second start is answered with the first one's run, it tells what to cancel.
    let tells = job.second_start() == SecondStart::IsTheSame && run.on_kill == OnKill::Cancel;
    match ended_as_found(job, run, None, if tells { Duration::ZERO } else { looking(run.context) }).await {
        // A second start tells of what the first one has begun.
        Ok(Some(stopped)) if !(tells && stopped.had_all_ended) => return stopped.said,
        Ok(_) => {}
        Err(why) => return why,
    }
    if tells && let Ok(handle) = job.start(attempt).await {
        return stopped(job, run, &handle).await;
    }
    format!("a {} was being started, and none is to be seen yet: look at {}", J::NOUN, job.place())
}
