//! What was decided is done: a run is adopted, waited for, ended or started.

use super::super::decide::Next;
use super::super::job::{Cancelled, Handle, Phase};
use super::{Acquiring, Step};
use crate::aws::{AwsError, Kind};
use crate::exec::outcome::Failure;
use crate::lang::shared::OnKill;

impl<H: Handle> Acquiring<'_, H> {
    pub(super) fn act(&mut self, next: Next<H>) -> Step<H> {
        let (noun, log) = (self.facts.noun, self.facts.log);
        match next {
            Next::Adopt(handle) if self.doubtful.as_ref() == Some(&handle) => self.refuse(&handle),
            Next::Adopt(handle) | Next::AdoptOld(handle) => self.adopt(handle, None),
            Next::Await(handle, name) => {
                self.waits_for.say(log, format!("{noun} {handle} is {name}: waiting until it has ended"));
                Step::Look(self.pace.wait())
            }
            Next::Replace(handle, name) | Next::ReplaceUnknown(handle, name)
                if self.is_cancelling(&handle) =>
            {
                let what = replaced(noun, &handle, &name);
                log.warning(format!("{what}: cancelling it, as `on_kill: cancel` says"));
                Step::Cancel(handle)
            }
            Next::Replace(handle, name) => {
                let what = replaced(noun, &handle, &name);
                self.waits_for.say(log, format!("{what}: waiting until it has ended"));
                Step::Look(self.pace.wait())
            }
            Next::ReplaceUnknown(handle, name) => Step::Fail(Failure::retry(format!(
                "{}, a state which this dagc does not know: it goes on, and nothing is started beside it; end it, or use \
                 a dagc that knows the state: {}",
                replaced(noun, &handle, &name),
                self.facts.place
            ))),
            Next::Start(before) => {
                self.before = before;
                self.has_started = true;
                Step::Start(self.before.failed)
            }
        }
    }

    /// Neither takes nor does again what may be of before the task was cleared.
    fn refuse(&self, handle: &H) -> Step<H> {
        let (noun, place) = (self.facts.noun, &self.facts.place);
        let other = if self.misses_some {
            format!("; another {noun} that was started before may go on")
        } else {
            String::new()
        };
        Step::Fail(Failure::for_good(format!(
            "{noun} {handle} has succeeded before, and as the task's retries were changed, Airflow does not tell \
             whether it was cleared since: nothing is started{other}. To have it done again, clear it once more, else \
             mark it as succeeded: {place}"
        )))
    }

    pub(super) fn adopt(&mut self, handle: H, polled: Option<Phase>) -> Step<H> {
        self.facts.log.info(format!("found {} {handle}: going on with it", self.facts.noun));
        Step::Adopt(handle, polled)
    }

    /// Says whether a run that must not go on is told to stop: once.
    fn is_cancelling(&self, handle: &H) -> bool {
        self.facts.on_kill == OnKill::Cancel && handle.is_own() && self.cancelled.as_ref() != Some(handle)
    }

    /// The run was told to stop, or not, because it may have ended in the meantime.
    pub(in super::super) fn cancelled(&mut self, handle: H, answer: Result<Cancelled, AwsError>) -> Step<H> {
        match answer {
            Ok(Cancelled::WasTold | Cancelled::HadEnded) => self.cancelled = Some(handle),
            Err(error) if error.kind == Kind::Invalid || error.kind.may_pass_later() => {
                self.facts.log.warning(error.to_string());
            }
            Err(error) => return Step::Fail(error.into()),
        }
        Step::Look(self.pace.wait())
    }
}

fn replaced(noun: &str, handle: &impl Handle, state: &str) -> String {
    format!("{noun} {handle}, which this task has started before it was changed or cleared, is {state}")
}
