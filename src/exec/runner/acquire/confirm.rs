//! A look at a run that is listed as running, before it is adopted: its listing may be behind.

use super::super::job::{Found, Handle, Phase};
use super::{Acquiring, Facts, Step};
use crate::exec::outcome::Trouble;
use std::time::Duration;

/// How often a run that is listed as running is looked at itself when that fails.
const LOOKS_AT_A_RUN: u32 = 5;

impl<H: Handle> Acquiring<'_, H> {
    /// The run that is listed as running was looked at itself: its listing may be behind.
    pub(in super::super) fn confirmed(&mut self, handle: H, polled: Phase, now: Duration) -> Step<H> {
        let is_own = |found: &Found<H>| found.handle == handle && found.generation == self.facts.generation;
        let counts = match &polled {
            Phase::Running(_) | Phase::Unknown(_) => true,
            // When it has ended, which its listing tells, shows whether it is of before.
            Phase::Succeeded => {
                self.listed.found.iter().any(|found| is_own(found) && !self.may_be_of_before(found))
            }
            Phase::Failed(_) | Phase::Stopping(_) => false,
        };
        if counts || !handle.is_lasting() || broken!(ForgetsWhatItSaw) {
            self.settling = None;
            return self.adopt(handle, Some(polled));
        }
        self.seen.polled(&handle, polled, now);
        self.found(self.listed.clone(), now)
    }

    /// The look at the run that is listed as running has failed.
    pub(in super::super) fn unconfirmed(&mut self, handle: H, trouble: &Trouble) -> Step<H> {
        self.unconfirmed += 1;
        match trouble {
            Trouble::Aws(error) if error.kind.may_pass_later() && self.unconfirmed < LOOKS_AT_A_RUN => {
                self.facts.log.warning(format!("{error}: looking again"));
                Step::Look(self.pace.wait())
            }
            // Whoever waits for it weighs the error.
            Trouble::Aws(_) | Trouble::Failed(_) => self.adopt(handle, None),
        }
    }

    /// Says whether a run that was there before this process has started one may be of before the task was cleared.
    pub(super) fn has_doubtful_mark(&self, found: &Found<H>) -> bool {
        let Facts { generation, earlier, first_look, .. } = self.facts;
        !self.has_started && earlier.doubts(found, generation, first_look) && !broken!(TrustsTheMark)
    }

    /// Says whether only the time of its end tells whether a run that is over is of before.
    fn may_be_of_before(&self, found: &Found<H>) -> bool {
        self.facts.earlier.may_be_of_a_deleted_run(found) || self.has_doubtful_mark(found)
    }

    /// Says whether a run is to be looked at itself before it is adopted, because it may be over.
    pub(super) fn is_to_be_confirmed(&self, found: &Found<H>) -> bool {
        match &found.phase {
            Phase::Running(_) => true,
            Phase::Unknown(_) => self.may_be_of_before(found),
            Phase::Stopping(_) | Phase::Succeeded | Phase::Failed(_) => false,
        }
    }
}
