//! How a task comes to its run: it finds one, or starts one once.
//!
//! A state machine without effects: it takes what was seen and what time it is, and gives what is done next.
//! Times are those since the task began.

use super::decide::{Before, Earlier, FirstLook, Next, Open, Settling, decide};
use super::job::{Cancelled, Found, Handle, Listing, Phase, SecondStart};
use super::seen::Seen;
use crate::aws::{AwsError, Kind, Pace};
use crate::exec::log::{Log, Said};
use crate::exec::outcome::{Failure, Trouble};
use crate::lang::shared::OnKill;
use std::time::Duration;

/// How often a start is tried whose answers are lost.
const LOST_STARTS: u32 = 3;

/// How long a process may go on, and start something, after its attempt seems to be over: Airflow reaches it with its
/// next heartbeat.
const STRAGGLERS: Duration = Duration::from_secs(10);

/// How often a run that is listed as running is looked at itself when that fails.
const LOOKS_AT_A_RUN: u32 = 5;

/// How long to look for a run before a second start is sent that does no harm.
const SOON: Duration = Duration::from_secs(2);

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
    /// A run of it that has succeeded, and that may be of before the task was cleared.
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
            self.whole(since)
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
        let Facts { generation, first_look, earlier, .. } = self.facts;
        earlier.disown(&mut known, generation);
        let mut next = decide(&known, generation, first_look);
        let mut before = Before::of(&known, generation);
        earlier.trust(&mut before, &known, generation);
        self.misses_some = !earlier.are_seen(&before);
        if let Next::Start(there) = &mut next {
            *there = before;
        }
        let is_doubtful =
            |found: &&Found<H>| found.phase == Phase::Succeeded && self.has_doubtful_mark(found);
        self.doubtful = known.iter().find(is_doubtful).map(|found| found.handle.clone());
        self.listed = listing;
        // A deploy has come between the looks of this attempt: the one before may have just started something.
        let whole = self.whole(Duration::ZERO);
        if first_look.is_some()
            && known.iter().any(|found| !found.is_same)
            && let Some((settling, Then::Act)) = &mut self.settling
        {
            settling.extend(whole);
        }
        if let Next::Adopt(handle) = &next
            && known.iter().any(|found| found.handle == *handle && self.is_to_be_confirmed(found))
            && !broken!(BelievesTheListing)
        {
            return Step::Confirm(handle.clone());
        }
        self.settled(next, asked, now)
    }

    /// The run that is listed as running was looked at itself: its listing may be behind.
    pub(super) fn confirmed(&mut self, handle: H, polled: Phase, now: Duration) -> Step<H> {
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
    pub(super) fn unconfirmed(&mut self, handle: H, trouble: &Trouble) -> Step<H> {
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

    fn adopt(&mut self, handle: H, polled: Option<Phase>) -> Step<H> {
        self.facts.log.info(format!("found {} {handle}: going on with it", self.facts.noun));
        Step::Adopt(handle, polled)
    }

    /// Says whether a run that was there before this process has started one may be of before the task was cleared.
    fn has_doubtful_mark(&self, found: &Found<H>) -> bool {
        let Facts { generation, earlier, first_look, .. } = self.facts;
        !self.has_started && earlier.doubts(found, generation, first_look) && !broken!(TrustsTheMark)
    }

    /// Says whether only the time of its end tells whether a run that is over is of before.
    fn may_be_of_before(&self, found: &Found<H>) -> bool {
        self.facts.earlier.may_be_of_a_deleted_run(found) || self.has_doubtful_mark(found)
    }

    /// Says whether a run is to be looked at itself before it is adopted, because it may be over.
    fn is_to_be_confirmed(&self, found: &Found<H>) -> bool {
        match &found.phase {
            Phase::Running(_) => true,
            Phase::Unknown(_) => self.may_be_of_before(found),
            Phase::Stopping(_) | Phase::Succeeded | Phase::Failed(_) => false,
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
        let Some((settling, then)) = &mut self.settling else { return self.act(next) };
        // When what runs now has ended, it is still to be settled what there is beside it.
        let waits = matches!(next, Next::Await(..) | Next::Replace(..) | Next::ReplaceUnknown(..));
        if waits && !broken!(SettlesTooSoon) {
            return self.act(next);
        }
        if let Some(pause) = settling.pause(&next, asked, now) {
            return Step::Look(pause);
        }
        match then {
            Then::Act => {}
            Then::GiveUp(error) if matches!(next, Next::Start(_)) => {
                let (lost, Facts { noun, place, .. }) = (self.lost, &self.facts);
                return Step::Fail(Failure::retry(format!(
                    "{error}: gave up after {lost} starts without an answer; no {noun} of them is to be seen in {place}"
                )));
            }
            Then::GiveUp(_) | Then::TrustTheRefusal => self.may_have_started = false,
            Then::TrustTheTime => {
                if self.in_doubt.is_some_and(|until| until <= asked) {
                    self.in_doubt = None;
                    self.may_have_started = false;
                }
            }
        }
        self.settling = None;
        self.act(next)
    }

    /// The start was answered with this error.
    pub(super) fn not_started(&mut self, error: AwsError, now: Duration) -> Step<H> {
        let (noun, log) = (self.facts.noun, self.facts.log);
        // After an ambiguous answer the start counts as under way until the job has been looked for.
        self.may_have_started = is_ambiguous(error.kind) || self.in_doubt.is_some();
        match error.kind {
            Kind::Throttled => {
                self.waits_for.say(log, format!("{error}: slowing down"));
                self.pace.slow_down();
                Step::Look(self.pace.wait())
            }
            Kind::Busy => {
                // What is running may be what the start without an answer has begun.
                if let Some(until) = self.in_doubt.take() {
                    log.info(format!("{error}: a {noun} is running; looking whether it is this task's"));
                    let left = until.saturating_sub(now);
                    return self.settle(
                        Open::NoneSince(self.before.failed),
                        left,
                        Then::TrustTheRefusal,
                        now,
                    );
                }
                self.waits_for.say(log, format!("{error}: nothing was started; waiting for a free slot"));
                Step::Look(self.pace.wait())
            }
            Kind::Ambiguous | Kind::Conflict => {
                self.lost += 1;
                log.warning(format!("{error}: the {noun} may have been started; looking for it"));
                let Facts { lag, second_start, .. } = self.facts;
                self.in_doubt = Some(now + lag);
                let open = Open::NoneSince(self.before.failed);
                if self.lost == LOST_STARTS {
                    return self.settle(open, lag, Then::GiveUp(error), now);
                }
                // That a second start is not refused tells nothing of a first run that is over.
                let waits = second_start == SecondStart::Doubles || error.kind == Kind::Conflict;
                self.settle(open, if waits { lag } else { SOON.min(lag) }, Then::TrustTheTime, now)
            }
            Kind::Unavailable
            | Kind::Credentials
            | Kind::BadCredentials
            | Kind::NotFound
            | Kind::Denied
            | Kind::Invalid => Step::Fail(error.into()),
        }
    }

    /// The run was told to stop, or not, because it may have ended in the meantime.
    pub(super) fn cancelled(&mut self, handle: H, answer: Result<Cancelled, AwsError>) -> Step<H> {
        match answer {
            Ok(Cancelled::WasTold | Cancelled::HadEnded) => self.cancelled = Some(handle),
            Err(error) if error.kind == Kind::Invalid || error.kind.may_pass_later() => {
                self.facts.log.warning(error.to_string());
            }
            Err(error) => return Step::Fail(error.into()),
        }
        Step::Look(self.pace.wait())
    }

    /// Says whether a run that must not go on is told to stop: once.
    fn is_cancelling(&self, handle: &H) -> bool {
        self.facts.on_kill == OnKill::Cancel && handle.is_own() && self.cancelled.as_ref() != Some(handle)
    }

    fn settle(&mut self, open: Open<H>, limit: Duration, then: Then, now: Duration) -> Step<H> {
        let starts_again = broken!(StartsAgainAtOnce) && matches!(open, Open::NoneSince(_));
        let limit = if starts_again { Duration::ZERO } else { limit };
        self.settling = Some((Settling::new(open, now, limit, self.facts.pace.clone()), then));
        Step::Look(Duration::ZERO)
    }

    fn act(&mut self, next: Next<H>) -> Step<H> {
        let (noun, log) = (self.facts.noun, self.facts.log);
        match next {
            Next::Adopt(handle) if self.doubtful.as_ref() == Some(&handle) => {
                let place = &self.facts.place;
                let other = if self.misses_some {
                    format!("; another {noun} that was started before may go on")
                } else {
                    String::new()
                };
                return Step::Fail(Failure::for_good(format!(
                    "{noun} {handle} has succeeded before, and as the task's retries were changed, Airflow does not tell \
                     whether it was cleared since: nothing is started{other}. To have it done again, clear it once more, \
                     else mark it as succeeded: {place}"
                )));
            }
            Next::Adopt(handle) | Next::AdoptOld(handle) => return self.adopt(handle, None),
            Next::Await(handle, name) => {
                self.waits_for.say(log, format!("{noun} {handle} is {name}: waiting until it has ended"));
            }
            Next::Replace(handle, name) => {
                let what = replaced(noun, &handle, &name);
                if self.is_cancelling(&handle) {
                    log.warning(format!("{what}: cancelling it, as `on_kill: cancel` says"));
                    return Step::Cancel(handle);
                }
                self.waits_for.say(log, format!("{what}: waiting until it has ended"));
            }
            Next::ReplaceUnknown(handle, name) => {
                let what = replaced(noun, &handle, &name);
                if self.is_cancelling(&handle) {
                    log.warning(format!("{what}: cancelling it, as `on_kill: cancel` says"));
                    return Step::Cancel(handle);
                }
                return Step::Fail(Failure::retry(format!(
                    "{what}, a state which this dagc does not know: it goes on, and nothing is started beside it; end \
                     it, or use a dagc that knows the state: {}",
                    self.facts.place
                )));
            }
            Next::Start(before) => {
                self.before = before;
                self.has_started = true;
                return Step::Start(self.before.failed);
            }
        }
        Step::Look(self.pace.wait())
    }
}

fn replaced(noun: &str, handle: &impl Handle, state: &str) -> String {
    format!("{noun} {handle}, which this task has started before it was changed or cleared, is {state}")
}

/// Says whether a start that was answered so may have been done, now or by an attempt before: a token that
/// is refused because it was used for another request belongs to what that one has started.
fn is_ambiguous(kind: Kind) -> bool {
    matches!(kind, Kind::Ambiguous | Kind::Conflict)
}
