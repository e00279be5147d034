//! How a task comes to its run: it finds one, or starts one once.
//!
//! A state machine without effects: it takes what was seen and what time it is, and gives what is done next.
//! Times are those since the task began.

mod act;
mod confirm;
mod refused;

use super::decide::{Before, Next, decide};
use super::earlier::Earlier;
use super::first_look::FirstLook;
use super::job::{Found, Handle, Listing, Phase, SecondStart};
use super::seen::Seen;
use super::settle::{Open, Settling};
use crate::aws::{AwsError, Pace};
use crate::exec::log::{Log, Said};
use crate::exec::outcome::Failure;
use crate::lang::shared::OnKill;
use std::time::Duration;

/// How long a process may go on, and start something, after its attempt seems to be over: Airflow reaches it with its
/// next heartbeat.
const STRAGGLERS: Duration = Duration::from_secs(10);

/// What is known before the first look.
pub(super) struct Facts<'a> {
    /// What a run is called in the log.
    pub noun: &'static str,
    pub generation: i64,
    /// The first look of this attempt; none in the first look.
    pub first_look: Option<FirstLook>,
    /// The attempts and looks that may have started a run.
    pub earlier: Earlier,
    /// How much time lies between the newest of them and this one, at least.
    pub since: Duration,
    /// For how long a run that was started may not be found.
    pub lag: Duration,
    pub second_start: SecondStart,
    pub on_kill: OnKill,
    /// The intervals between two looks.
    pub pace: Pace,
    /// Where a person sees all runs.
    pub place: String,
    pub log: &'a Log<'a>,
}

/// What is done next.
#[derive(Debug)]
pub(super) enum Step<H> {
    /// The task's runs are looked for, after a pause.
    Look(Duration),
    /// A run is started, and so many of its generation have failed before.
    Start(usize),
    /// A run is cancelled.
    Cancel(H),
    /// This run, which is listed as running, is looked at itself.
    Confirm(H),
    /// This run, which was found, is the task's; with how it was when it was looked at.
    Adopt(H, Option<Phase>),
    /// The task fails.
    Fail(Failure),
}

/// The way to a run.
pub(super) struct Acquiring<'a, H> {
    facts: Facts<'a>,
    pace: Pace,
    seen: Seen<H>,
    /// The newest listing.
    listed: Listing<H>,
    /// What others may have started is not all in it.
    misses_some: bool,
    /// The run of it that is to be adopted, where it has succeeded and may be of before the task was cleared.
    doubtful: Option<H>,
    /// This process has sent a start.
    has_started: bool,
    /// The looks that are to settle something, and what comes then.
    settling: Option<(Settling<H>, Then)>,
    /// The runs that there were before the newest start.
    before: Before<H>,
    /// How many starts have had no clear answer.
    lost: u32,
    /// Until when a run may turn up that one of them has begun.
    in_doubt: Option<Duration>,
    may_have_started: bool,
    waits_for: Said,
    cancelled: Option<H>,
    /// How often a look at a run that is listed has failed.
    unconfirmed: u32,
}

/// What comes when something is settled.
enum Then {
    /// What was found decides.
    Act,
    /// What a refusal has left open is known: the start before it has done nothing that is not seen.
    TrustTheRefusal,
    /// The start is known to have done nothing when the listing has had its time.
    TrustTheTime,
    /// The task fails with this error, unless something was found.
    GiveUp(AwsError),
}

impl<'a, H: Handle> Acquiring<'a, H> {
    /// Before anything was looked at.
    pub(super) fn new(facts: Facts<'a>) -> Self {
        Self {
            pace: facts.pace.clone(),
            seen: Seen::new(facts.lag),
            listed: Listing { found: Vec::new(), asked: Duration::ZERO },
            misses_some: false,
            doubtful: None,
            has_started: false,
            facts,
            settling: None,
            before: Before::default(),
            lost: 0,
            in_doubt: None,
            may_have_started: false,
            waits_for: Said::default(),
            cancelled: None,
            unconfirmed: 0,
        }
    }

    /// Says whether a start was sent of which it is not known whether it was done.
    pub(super) fn may_have_started(&self) -> bool {
        self.may_have_started
    }

    /// Says whether there were attempts or looks before that may have started a run.
    pub(super) fn follows_others(&self) -> bool {
        let Earlier { of_generation, of_earlier_generations, .. } = self.facts.earlier;
        of_generation + of_earlier_generations > 0
    }

    /// When all is listed that was started until so long before this process began, and by others that Airflow had
    /// not reached yet.
    fn whole(&self, before: Duration) -> Duration {
        let lag = self.facts.lag;
        (lag + lag.min(STRAGGLERS)).saturating_sub(before)
    }

    /// Until when what others have started may be missing in a listing; none when all is seen that there can be.
    pub(super) fn unseen_until(&self) -> Option<Duration> {
        self.misses_some.then(|| self.whole(Duration::ZERO))
    }

    /// The first step. An attempt that was killed, or a look before, may have started a run that is not visible
    /// yet.
    pub(super) fn began(&mut self, now: Duration) -> Step<H> {
        let Facts { earlier, lag, since, second_start, .. } = self.facts;
        let was_cleared = earlier.of_generation == 0 && earlier.of_earlier_generations > 0;
        let limit = if was_cleared && second_start == SecondStart::DoesNoHarm {
            self.in_doubt = Some(now + lag);
            Duration::ZERO
        } else {
            // A later statement of a script is begun when what there was before the first has had its time.
            self.whole(since).saturating_sub(now)
        };
        let limit = if broken!(TrustsTheFirstLook) { Duration::ZERO } else { limit };
        self.settle(Open::Unseen(earlier), limit, Then::Act, now)
    }

    /// These runs of the task instance are there.
    pub(super) fn found(&mut self, listing: Listing<H>, now: Duration) -> Step<H> {
        let found = if broken!(ForgetsToLook) { Vec::new() } else { listing.found };
        let listing = Listing { found, ..listing };
        let asked = listing.asked;
        let mut known =
            if broken!(ForgetsWhatItSaw) { listing.found.clone() } else { self.seen.listed(&listing, now) };
        self.listed = listing;
        let Facts { generation, first_look, earlier, .. } = self.facts;
        earlier.disown(&mut known, generation);
        let next = self.weighed(decide(&known, generation, first_look), &known);
        self.look_for_the_looks(&known);
        if let Next::Adopt(handle) = &next
            && known.iter().any(|found| found.handle == *handle && self.is_to_be_confirmed(found))
            && !broken!(BelievesTheListing)
        {
            return Step::Confirm(handle.clone());
        }
        self.settled(next, asked, now)
    }

    /// Holds what is known against what attempts before may have started: what is missing, and what is in doubt.
    fn weighed(&mut self, mut next: Next<H>, known: &[Found<H>]) -> Next<H> {
        let Facts { generation, earlier, .. } = self.facts;
        let mut before = Before::of(known, generation);
        earlier.trust(&mut before, known, generation);
        let is_own =
            |found: &Found<H>| found.generation == generation && !earlier.may_be_of_a_deleted_run(found);
        // What is found after a start without an answer may be of a deleted run of the DAG, and not what that has begun.
        let misses_own = self.may_have_started && !known.iter().any(is_own);
        self.misses_some = misses_own || !earlier.are_seen(&before);
        if let Next::Start(there) = &mut next {
            *there = before;
        }
        let is_doubtful = |found: &Found<H>| {
            matches!(&next, Next::Adopt(handle) if *handle == found.handle)
                && found.phase == Phase::Succeeded
                && self.has_doubtful_mark(found)
        };
        self.doubtful = known.iter().find(|found| is_doubtful(found)).map(|found| found.handle.clone());
        next
    }

    /// A deploy has come between the looks of this attempt: the one before may have just started something.
    fn look_for_the_looks(&mut self, known: &[Found<H>]) {
        let whole = self.whole(Duration::ZERO);
        if self.facts.first_look.is_some()
            && known.iter().any(|found| !found.is_same)
            && let Some((settling, Then::Act)) = &mut self.settling
        {
            settling.extend(whole);
        }
    }

    /// What is done next, when nothing is to be settled any more.
    fn settled(&mut self, next: Next<H>, asked: Duration, now: Duration) -> Step<H> {
        // What this attempt has started has failed: it is for Airflow to try again.
        if let Next::Start(Before { failed, newest: Some(newest), .. }) = &next
            && self.may_have_started
            && *failed > self.before.failed
            && !broken!(StartsTwiceInOneAttempt)
        {
            return self.adopt(newest.clone(), None);
        }
        let Some((settling, _)) = &mut self.settling else { return self.act(next) };
        // When what runs now has ended, it is still to be settled what there is beside it.
        let waits = matches!(next, Next::Await(..) | Next::Replace(..) | Next::ReplaceUnknown(..));
        if waits && !broken!(SettlesTooSoon) {
            return self.act(next);
        }
        if let Some(pause) = settling.pause(&next, asked, now) {
            return Step::Look(pause);
        }
        self.concluded(next, asked)
    }

    /// What was to be settled is, as far as it can be.
    fn concluded(&mut self, next: Next<H>, asked: Duration) -> Step<H> {
        match self.settling.take() {
            None | Some((_, Then::Act)) => {}
            Some((_, Then::GiveUp(error))) if matches!(next, Next::Start(_)) => {
                let (lost, Facts { noun, place, .. }) = (self.lost, &self.facts);
                return Step::Fail(Failure::retry(format!(
                    "{error}: gave up after {lost} starts without an answer; no {noun} of them is to be seen in {place}"
                )));
            }
            Some((_, Then::GiveUp(_) | Then::TrustTheRefusal)) => self.may_have_started = false,
            Some((_, Then::TrustTheTime)) => {
                if self.in_doubt.is_some_and(|until| until <= asked) {
                    self.in_doubt = None;
                    self.may_have_started = false;
                }
            }
        }
        self.act(next)
    }

    fn settle(&mut self, open: Open<H>, limit: Duration, then: Then, now: Duration) -> Step<H> {
        let starts_again = broken!(StartsAgainAtOnce) && matches!(open, Open::NoneSince(_));
        let limit = if starts_again { Duration::ZERO } else { limit };
        self.settling = Some((Settling::new(open, now, limit, self.facts.pace.clone()), then));
        Step::Look(Duration::ZERO)
    }
}
