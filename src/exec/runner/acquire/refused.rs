//! A start that was not answered with a run: what that leaves open.

use super::super::job::{Handle, SecondStart};
use super::super::settle::Open;
use super::{Acquiring, Facts, Step, Then};
use crate::aws::{AwsError, Kind};
use std::time::Duration;

/// How often a start is tried whose answers are lost.
const LOST_STARTS: u32 = 3;

/// How long to look for a run before a second start is sent that does no harm.
const SOON: Duration = Duration::from_secs(2);

impl<H: Handle> Acquiring<'_, H> {
    /// The start was answered with this error.
    pub(in super::super) fn not_started(&mut self, error: AwsError, now: Duration) -> Step<H> {
        // After an ambiguous answer the start counts as under way until the job has been looked for.
        self.may_have_started = is_ambiguous(error.kind) || self.in_doubt.is_some();
        match error.kind {
            Kind::Throttled => {
                self.waits_for.say(self.facts.log, format!("{error}: slowing down"));
                self.pace.slow_down();
                Step::Look(self.pace.wait())
            }
            Kind::Busy => self.busy(&error, now),
            Kind::Ambiguous | Kind::Conflict => self.lost(error, now),
            Kind::Unavailable
            | Kind::Credentials
            | Kind::BadCredentials
            | Kind::NotFound
            | Kind::Denied
            | Kind::Invalid => Step::Fail(error.into()),
        }
    }

    /// What is running may be what the start without an answer has begun.
    fn busy(&mut self, error: &AwsError, now: Duration) -> Step<H> {
        let (noun, log) = (self.facts.noun, self.facts.log);
        let Some(until) = self.in_doubt.take() else {
            self.waits_for.say(log, format!("{error}: nothing was started; waiting for a free slot"));
            return Step::Look(self.pace.wait());
        };
        log.info(format!("{error}: a {noun} is running; looking whether it is this task's"));
        let open = Open::NoneSince(self.before.failed);
        self.settle(open, until.saturating_sub(now), Then::TrustTheRefusal, now)
    }

    /// The start may have been done.
    fn lost(&mut self, error: AwsError, now: Duration) -> Step<H> {
        let Facts { noun, log, lag, second_start, .. } = self.facts;
        self.lost += 1;
        log.warning(format!("{error}: the {noun} may have been started; looking for it"));
        self.in_doubt = Some(now + lag);
        let open = Open::NoneSince(self.before.failed);
        if self.lost == LOST_STARTS {
            return self.settle(open, lag, Then::GiveUp(error), now);
        }
        // That a second start is not refused tells nothing of a first run that is over.
        let waits = second_start == SecondStart::Doubles || error.kind == Kind::Conflict;
        self.settle(open, if waits { lag } else { SOON.min(lag) }, Then::TrustTheTime, now)
    }
}

/// Says whether a start that was answered so may have been done, now or by an attempt before: a token that
/// is refused because it was used for another request belongs to what that one has started.
fn is_ambiguous(kind: Kind) -> bool {
    matches!(kind, Kind::Ambiguous | Kind::Conflict)
}
