//! The one way in which all remote jobs run: find, start once, wait, cancel, explain.
//!
//! Takes a [`RemoteJob`], the [`Run`] and a future that is ready when the task shall stop; gives outputs, or
//! says that the job goes on, or a failure. A job that is found running is adopted, whatever generation it
//! belongs to; one of this generation that has succeeded is adopted too, and so is whatever an earlier look
//! of this attempt has left running; one that is stopping is waited for. All this holds for jobs that do what
//! the task does now: one of the same task instance with other SQL or arguments, which a deploy has left
//! running, is cancelled or waited for, as the step says, and never counts as this task's. When the answer to
//! a start is lost, the job is looked for as long as the service's listing may lag, before it is started
//! again. Throttling only slows down.
//!
//! | module | gives |
//! | --- | --- |
//! | [`job`] | what a service must be able to do |
//! | [`decide`] | what is done with the runs that were found |
//! | [`first_look`] | what a later look finds of what the first one has left running |
//! | [`earlier`] | what attempts before may have started, and what of it counts |
//! | [`settle`] | what is looked for further, and until when |
//! | [`seen`] | what was seen before, where a listing goes back |
//! | [`acquire`] | the way to a run: find it or start it once |
//! | [`watch`] | what each look at a run means |
//! | [`patience`] | for how long calls are repeated |
//! | [`facts`] | what is known before the first look |
//! | [`drive`] | the effects: sends, sleeps, asks the clock |
//! | [`follow`] | the run by which a service has followed one that has failed |
//! | [`stop`] | SIGTERM, and time that is over |
//! | [`found`] | what is found to go on then, told to stop or left |
//! | [`once`] | calls of which nobody can find out later what came of them |
//! | [`own`] | work that no service runs: the worker does it itself, in steps that may be done again |
//! | [`broken`] | whether a test has broken one of these, to show that `simulation` notices |
//!
//! `decide`, `first_look`, `earlier`, `settle`, `seen`, `acquire`, `watch` and `patience` send nothing, wait for nothing and
//! ask no clock: they take what was seen and the time since the task began.

#[macro_use]
mod broken;

mod acquire;
#[cfg(test)]
pub(crate) mod breaks;
mod decide;
mod drive;
mod earlier;
mod facts;
mod first_look;
mod follow;
mod found;
mod grace;
mod job;
mod listing;
mod next;
mod once;
mod own;
mod patience;
mod seen;
mod settle;
mod stop;
mod watch;

pub(crate) use broken::broken;
pub(crate) use job::{Attempt, Cancelled, Found, Handle, Phase, Prepared, RemoteJob, SecondStart};
pub(crate) use once::{Once, once};
pub(crate) use own::{at_once, by_itself, patiently};
pub(crate) use patience::Reach;

use super::RunContext;
use super::key::Key;
use super::log::Log;
use super::looks::{Clock, Looks};
use super::outcome::{Ended, Failure};
use super::time;
use crate::lang::shared::OnKill;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;
use stop::{State, Why};

/// Whose job it is and how it is run.
pub(crate) struct Run<'a> {
    pub key: Key,
    pub context: &'a RunContext,
    pub on_kill: OnKill,
    pub reach: Reach,
    pub looks: Looks,
    pub clock: Clock,
    pub log: &'a Log<'a>,
}

impl Run<'_> {
    /// Is ready when the task's time is over; never for a task that stays in its slot.
    pub(crate) async fn time_is_over(&self) {
        match self.looks.left(self.clock.now()) {
            Some(left) => time::sleep(left).await,
            None => std::future::pending().await,
        }
    }
}

/// Runs a job to its end, or to the end of the look, or until `stop` is ready or the task's time is over.
pub(crate) async fn run<J: RemoteJob>(
    mut job: J,
    run: Run<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let state = State::default();
    let why = {
        let mut driving = pin!(drive::drive(&mut job, &run, &state));
        let why = tokio::select! {
            biased;
            ended = &mut driving => return ended,
            () = stop => Why::Sigterm,
            () = run.time_is_over() => Why::TimeIsOver(run.looks.limit()),
        };
        run.log.warning(format!("{why}: the task is to stop"));
        state.settle(driving).await;
        why
    };
    Err(stop::end(&mut job, &run, &state, why).await)
}

/// Returns seconds with one decimal.
pub(crate) fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests;
