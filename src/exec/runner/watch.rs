//! How a task waits for its run: what each look at it means.
//!
//! Without effects: it takes what was seen and what time it is, and gives what is done next. Times are those
//! since the task began.

use super::job::{Handle, Phase};
use super::patience::BLIND;
use super::seconds;
use crate::aws::{Kind, Pace};
use crate::exec::Exit;
use crate::exec::log::{Log, Said};
use crate::exec::looks::Looks;
use crate::exec::outcome::{Failure, Trouble};
use std::time::Duration;

/// What is done after a look at a run.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is looked at again, after a pause.
    Again(Duration),
    /// The task's look ends while the run is in this state.
    GoesOn(String),
    /// It has succeeded.
    Succeeded,
    /// It has failed, and its log may say why.
    Failed(Failure),
    /// It cannot be waited for.
    Lost(Failure),
    /// It goes on, and has not been seen for too long.
    OutOfSight(Failure),
    /// The task fails for good while it may go on.
    Abandoned(Failure),
}

/// Waiting for one run.
pub(super) struct Watch<'a> {
    /// The run, by the name it has in the log.
    name: String,
    looks: &'a Looks,
    log: &'a Log<'a>,
    pace: Pace,
    /// Until when the run may be unknown to the service.
    unseen_until: Duration,
    blind_since: Option<Duration>,
    is_in: Said,
}

impl<'a> Watch<'a> {
    /// Begins to wait for a run at `now`, which may be unknown for as long as `unseen`.
    pub(super) fn new(
        name: (&'static str, &impl Handle),
        looks: &'a Looks,
        log: &'a Log<'a>,
        pace: Pace,
        unseen_until: Duration,
    ) -> Self {
        let name = format!("{} {}", name.0, name.1);
        Self { name, looks, log, pace, unseen_until, blind_since: None, is_in: Said::default() }
    }

    /// Says whether the run's own log is read after a look. No look of the task knows how far the one before it
    /// has read: what the job says after the first one is passed on by the last.
    pub(super) fn reads_log(&self, polled: &Result<Phase, Trouble>, now: Duration) -> bool {
        let Ok(phase) = polled else { return false };
        !self.looks.is_later() || self.looks.is_last(now) || !matches!(phase, Phase::Running(_))
    }

    /// The run was looked at.
    pub(super) fn polled(&mut self, polled: Result<Phase, Trouble>, now: Duration) -> Verdict {
        let name = &self.name;
        if polled.is_ok() {
            self.blind_since = None;
        }
        match polled {
            Ok(Phase::Running(state) | Phase::Stopping(state)) => {
                self.is_in.say(self.log, format!("{name} is {state}"));
                let pause = self.pace.wait();
                if self.looks.end_before(pause, now) { Verdict::GoesOn(state) } else { Verdict::Again(pause) }
            }
            Ok(Phase::Succeeded) => {
                let seconds = seconds(self.looks.elapsed(now));
                self.log.info(format!("{name} has succeeded after {seconds} s"));
                Verdict::Succeeded
            }
            Ok(Phase::Failed(_)) if broken!(IsGreenWhenRed) => Verdict::Succeeded,
            Ok(Phase::Failed(_)) if broken!(WaitsForEver) => Verdict::Again(self.pace.wait()),
            Ok(Phase::Failed(failure)) => Verdict::Failed(failure),
            Ok(Phase::Unknown(state)) => Verdict::Abandoned(Failure::for_good(format!(
                "{name} is in the state `{state}`, which this dagc does not know: it counts as failed"
            ))),
            Err(Trouble::Failed(failure)) => Verdict::Lost(failure),
            Err(Trouble::Aws(error)) => match error.kind {
                Kind::Throttled => {
                    self.pace.slow_down();
                    Verdict::Again(self.pace.wait())
                }
                Kind::NotFound if now < self.unseen_until => Verdict::Again(self.pace.wait()),
                kind if kind.may_pass_later() => {
                    let since = *self.blind_since.get_or_insert(now);
                    if now.saturating_sub(since) > BLIND {
                        let message = format!("{error}: lost sight of {name}, which goes on");
                        return Verdict::OutOfSight(Failure { exit: Exit::Retry, message });
                    }
                    self.log.warning(format!("{error}: looking again"));
                    Verdict::Again(self.pace.wait())
                }
                Kind::NotFound => Verdict::Lost(error.into()),
                _ => Verdict::Abandoned(error.into()),
            },
        }
    }
}
