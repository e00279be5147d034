//! Calls of which nobody can find out later what came of them: the service keeps no list and takes no token.
//!
//! Such a call is made at most once for a task and its generation, by what Airflow tells alone: an attempt after another
//! one of the same generation does not make it, since that one may have. What is known to have done nothing (the service
//! has refused it for now) is made again within the attempt. A person who clears the task says that it is to be done
//! again; and a step that is `idempotent` may be done as often as it takes.

use super::Run;
use super::patience::BLIND;
use crate::aws::{AwsError, Kind, Pace};
use crate::exec::log::Said;
use crate::exec::outcome::{Exit, Failure};
use std::future::Future;
use std::time::Duration;

/// How often a call is made whose answers are lost, where it may be made again.
const LOST_CALLS: u32 = 3;

/// What is called.
pub(crate) struct Once<'a> {
    /// What is done, for the log: "the function `clean` was called".
    pub done: &'a str,
    /// It may be done more than once.
    pub is_idempotent: bool,
    /// Where a person sees what came of it.
    pub place: &'a str,
}

/// Makes such a call, until there is an answer or `stop` is ready or the task's time is over.
pub(crate) async fn once<T, F>(
    run: &Run<'_>,
    once: Once<'_>,
    call: impl Fn() -> F,
    stop: impl Future<Output = ()>,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, AwsError>>,
{
    once.may_begin(run)?;
    tokio::select! {
        biased;
        answer = once.answered(run, call) => answer,
        () = stop => {
            let Once { done, place, .. } = once;
            Err(Failure::cancelled(format!("stopped by SIGTERM; perhaps {done}, and that goes on: {place}")))
        }
        () = run.time_is_over() => {
            let limit = run.looks.limit();
            Err(once.unknown(&format!("the task's time of {limit} s is over")))
        }
    }
}

impl Once<'_> {
    /// An attempt before this one may have made the call.
    fn may_begin(&self, run: &Run<'_>) -> Result<(), Failure> {
        if self.is_idempotent || !run.context.is_retry() {
            return Ok(());
        }
        Err(self.unknown(
            "this is not the first attempt of the task, and the one before has not told what came of it",
        ))
    }

    /// What came of it is not known.
    fn unknown(&self, why: &str) -> Failure {
        let Self { done, place, .. } = self;
        if self.is_idempotent {
            return Failure::retry(format!("{why}; perhaps {done}: {place}"));
        }
        Failure::for_good(format!(
            "{why}; perhaps {done}, and it is not done again: look at {place}, and clear the task to have it done \
             again; a step that may be done more than once says `idempotent: true`"
        ))
    }

    async fn answered<T, F>(&self, run: &Run<'_>, call: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, AwsError>>,
    {
        let mut pace = Pace::growing(Duration::from_secs(1), Duration::from_secs(30));
        let (began, mut lost, mut waits_for) = (run.clock.now(), 0, Said::default());
        loop {
            let error = match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match error.kind {
                Kind::Throttled => {
                    waits_for.say(run.log, format!("{error}: nothing was done; slowing down"));
                    pace.slow_down();
                }
                Kind::Busy => waits_for.say(run.log, format!("{error}: nothing was done; trying again")),
                Kind::Credentials if run.clock.now().saturating_sub(began) < BLIND => {
                    waits_for.say(run.log, format!("{error}: nothing was done; trying again"));
                }
                Kind::Ambiguous | Kind::Unavailable => {
                    lost += 1;
                    if !self.is_idempotent || lost == LOST_CALLS {
                        return Err(self.unknown(&error.to_string()));
                    }
                    run.log.warning(format!("{error}: doing it again, since it is `idempotent`"));
                }
                _ => {
                    // Nothing was done, but the next attempt could not know that.
                    let Failure { exit, message } = error.into();
                    let exit = if exit == Exit::Retry && !self.is_idempotent { Exit::ForGood } else { exit };
                    return Err(Failure { exit, message });
                }
            }
            tokio::time::sleep(pace.wait()).await;
        }
    }
}
