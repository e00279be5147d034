//! What is done with the runs that were found.

use super::job::{Found, Handle, Phase};
use crate::aws::Pace;
use crate::exec::looks::{SKEW, Span};
use crate::exec::outcome::Failure;
use std::time::{Duration, SystemTime};

/// What is done with what was found.
#[derive(Debug, PartialEq)]
pub(super) enum Next<H> {
    /// Goes on with this run.
    Adopt(H),
    /// The same, if no other run turns up: this one may be of an attempt before.
    AdoptOld(H),
    /// Waits until this run has ended; with its state.
    Await(H, String),
    /// Ends this run, or waits until it has ended: it is this task's and does something else than the task
    /// does now; with its state.
    Replace(H, String),
    /// The same for a run whose state says nothing of when it ends.
    ReplaceUnknown(H, String),
    /// Starts one.
    Start(Before<H>),
}

/// The runs that there are, before a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Before<H> {
    /// Those of this generation that do what the task does now: before a start, they have failed.
    pub failed: usize,
    /// Those of all generations.
    pub all: usize,
    /// The newest of those of this generation.
    pub newest: Option<H>,
    /// The newest attempt that has started one of them, as far as that can be known.
    pub attempt: Option<i64>,
    /// The newest that has started one of them that does what the task does now, and how many of these there are.
    pub same: (Option<i64>, usize),
}

impl<H> Default for Before<H> {
    fn default() -> Self {
        Self { failed: 0, all: 0, newest: None, attempt: None, same: (None, 0) }
    }
}

impl<H: Clone> Before<H> {
    /// Counts the runs that were found, the newest first.
    pub(super) fn of(found: &[Found<H>], generation: i64) -> Self {
        let same: Vec<_> = found.iter().filter(|found| does_the_same(found)).collect();
        let own: Vec<_> = same.iter().filter(|found| is_own(found, generation)).collect();
        Self {
            failed: own.len(),
            all: found.len(),
            newest: own.first().map(|found| found.handle.clone()),
            attempt: found.iter().filter_map(|found| found.attempt).max(),
            same: (same.iter().filter_map(|found| found.attempt).max(), same.len()),
        }
    }
}

/// Decides by the runs of this task instance, the newest first.
pub(super) fn decide<H: Handle>(
    found: &[Found<H>],
    generation: i64,
    first_look: Option<FirstLook>,
) -> Next<H> {
    let (same, other): (Vec<_>, Vec<_>) = found.iter().partition(|found| does_the_same(found));
    if let Some(found) = same.iter().find(|found| matches!(found.phase, Phase::Running(_))) {
        return Next::Adopt(found.handle.clone());
    }
    for found in other {
        match &found.phase {
            Phase::Running(name) => return Next::Replace(found.handle.clone(), name.clone()),
            Phase::Unknown(name) if found.span.ended.is_none() => {
                return Next::ReplaceUnknown(found.handle.clone(), name.clone());
            }
            Phase::Stopping(name) => return Next::Await(found.handle.clone(), name.clone()),
            Phase::Unknown(_) | Phase::Succeeded | Phase::Failed(_) => {}
        }
    }
    if let Some(held) = first_look.and_then(|look| held(found, generation, look)) {
        return held;
    }
    for found in &same {
        if let Phase::Stopping(name) = &found.phase
            && !broken!(OvertakesAStop)
        {
            return Next::Await(found.handle.clone(), name.clone());
        }
    }
    // One of before the task was cleared may go on in a state that is not known.
    for found in same.iter().filter(|found| found.generation != generation && found.span.ended.is_none()) {
        if let Phase::Unknown(name) = &found.phase
            && !broken!(TakesTheUnknownForOver)
        {
            return Next::ReplaceUnknown(found.handle.clone(), name.clone());
        }
    }
    // An unknown state is adopted so that it is reported by name.
    let ended = |found: &&&Found<H>| matches!(found.phase, Phase::Succeeded | Phase::Unknown(_));
    if let Some(found) = same.iter().filter(|found| is_own(found, generation)).find(ended) {
        return Next::Adopt(found.handle.clone());
    }
    Next::Start(Before::of(found, generation))
}

fn does_the_same<H>(found: &Found<H>) -> bool {
    found.is_same || broken!(TakesAnyContent)
}

fn is_own<H>(found: &Found<H>, generation: i64) -> bool {
    found.generation == generation || broken!(TakesAnyGeneration)
}

/// What a later look knows of the first one of its attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct FirstLook {
    /// When it ended, by Airflow's clock.
    pub ended: SystemTime,
    pub attempt: i64,
}

/// Finds what this attempt has, of what does not run. A look ends only while the task's job is running: what was
/// running then is that job, however it has ended since, and whatever its generation is. So is what a later look has
/// started.
fn held<H: Handle>(found: &[Found<H>], generation: i64, look: FirstLook) -> Option<Next<H>> {
    let ended =
        found.iter().filter(|found| does_the_same(found) && !matches!(found.phase, Phase::Stopping(_)));
    if broken!(TakesTheNearest) {
        let same: Vec<_> = ended.collect();
        let held = Span::nearest(&same, |found| found.span, look.ended);
        return held.map(|held| Next::Adopt(held.handle.clone()));
    }
    let is_own = |found: &&Found<H>| found.generation == generation;
    let of_attempt = ended.clone().find(|found| found.attempt == Some(look.attempt));
    // As clocks differ, what was over by then may seem to have been running.
    let is_sure = |found: &&Found<H>| found.span.ended.is_some_and(|ended| ended > look.ended + SKEW);
    let before = before(found, generation, look);
    let is_before = |found: &Found<H>| before.is_some_and(|before| before.handle == found.handle);
    let near = ended.clone().filter(|found| found.span.is_near(look.ended));
    let candidates = || near.clone().filter(|found| is_own(found) || is_before(found));
    let later = || ended.clone().filter(is_own).find(|found| found.span.is_after(look.ended));
    if let Some(sure) = of_attempt
        .or_else(|| candidates().find(is_sure))
        .or_else(|| if candidates().next().is_none() { later() } else { None })
    {
        return Some(Next::Adopt(sure.handle.clone()));
    }
    candidates().next().map(|found| Next::AdoptOld(found.handle.clone()))
}

/// Finds the run of another generation that the first look may have left running: the newest by then, as each ends
/// before the next one begins; none where this generation has runs of its own. What had ended by then is what this
/// generation is to do again.
fn before<H>(found: &[Found<H>], generation: i64, look: FirstLook) -> Option<&Found<H>> {
    let has_own = found.iter().any(|found| found.generation == generation);
    let was_running = found.iter().any(|found| found.span.is_at(look.ended));
    let mut near = found.iter().filter(|found| found.span.is_near(look.ended));
    near.next().filter(|_| was_running && !has_own)
}

/// Says whether a run goes on, as far as is known, and was not told to stop.
pub(super) fn goes_on(phase: &Phase) -> bool {
    matches!(phase, Phase::Running(_) | Phase::Unknown(_))
}

/// What is looked for further, because what was started may not be visible yet.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Open<H> {
    /// Not all is seen that attempts before this one may have started.
    Unseen(Earlier),
    /// No other run of this generation than those that had failed before the start.
    NoneSince(usize),
    /// No run that has followed this one.
    NoneAfter(H),
}

impl<H: Handle> Open<H> {
    /// Says whether what is to be done may change by looking again.
    pub(super) fn is(&self, next: &Next<H>) -> bool {
        match (self, next) {
            (Self::NoneAfter(handle), Next::Adopt(other)) => other == handle,
            (Self::NoneAfter(_), _) | (Self::Unseen(_), Next::AdoptOld(_)) => true,
            (Self::Unseen(earlier), Next::Start(before)) => !earlier.are_seen(before),
            (Self::NoneSince(failed), Next::Start(before)) => before.failed == *failed,
            (Self::Unseen(_) | Self::NoneSince(_), _) => false,
        }
    }
}

/// Attempts that may have started runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Earlier {
    /// The newest of them.
    pub newest: i64,
    /// How many attempts and looks of this generation there were.
    pub of_generation: usize,
    /// How many attempts there were before a person last cleared the task.
    pub of_earlier_generations: usize,
    /// They look without a slot: a deploy between two looks has one attempt start several runs.
    pub in_looks: bool,
    /// When the run of the DAG began, by Airflow's clock.
    pub run_began: Option<SystemTime>,
    /// When the first attempt of this generation began, by Airflow's clock, as far as it tells.
    pub generation_began: Option<SystemTime>,
}

impl Earlier {
    /// Says whether a run that has this generation's mark may be of before the task was cleared: an attempt has started it
    /// that was behind then. Either the task had more retries before, so that Airflow's `max_tries`, which is the mark,
    /// comes to what it was. Or its retries were lowered between two attempts of one generation.
    pub(super) fn doubts<H>(self, found: &Found<H>, generation: i64, look: Option<FirstLook>) -> bool {
        let may_be_of_before = match found.attempt {
            Some(attempt) => self.is_behind(attempt),
            None => {
                self.of_generation == 0
                    || self.generation_began.is_some_and(|began| found.span.is_before(began))
            }
        };
        // A look goes on with what was running when it was cleared.
        let was_running = look.is_some_and(|look| found.span.is_near(look.ended));
        let was_cleared = self.of_earlier_generations > 0;
        was_cleared && found.generation == generation && may_be_of_before && !was_running
    }

    /// Says whether an attempt was behind when a person last cleared the task.
    fn is_behind(self, attempt: i64) -> bool {
        usize::try_from(attempt).is_ok_and(|attempt| attempt <= self.of_earlier_generations)
    }

    /// Disowns what was over when the run of the DAG began. Somebody has deleted a run of the same name, which was made
    /// again, and Airflow's numbers begin anew. Where no run tells its attempt, those of before have still used up their
    /// tokens.
    pub(super) fn disown<H>(self, found: &mut Vec<Found<H>>, generation: i64) {
        let Some(began) = self.run_began.filter(|_| !broken!(TrustsTheName)) else { return };
        let is_over = |found: &Found<H>| {
            let goes_on = matches!(found.phase, Phase::Running(_) | Phase::Stopping(_));
            !goes_on && found.span.ended.is_some_and(|ended| ended + SKEW < began)
        };
        found.retain(|found| {
            let is_own = |attempt| found.generation == generation || !self.is_behind(attempt);
            !(is_over(found) && found.attempt.is_some_and(is_own))
        });
        for found in found.iter_mut().filter(|found| found.generation == generation && is_over(found)) {
            found.phase = Phase::Failed(Failure::retry("it is of a run of the DAG that was deleted"));
        }
    }

    /// Leaves to what there is before a start the attempts alone that surely are of this run of the DAG: a deleted one had
    /// some with the same numbers, and as clocks differ, what was over just before this one began may seem to be of it.
    pub(super) fn trust<H: Clone>(self, before: &mut Before<H>, found: &[Found<H>], generation: i64) {
        let Some(began) = self.run_began else { return };
        let was_behind = |found: &Found<H>| {
            found.generation != generation && found.attempt.is_some_and(|attempt| self.is_behind(attempt))
        };
        let is_late = |found: &Found<H>| found.span.ended.is_none_or(|ended| ended > began + SKEW);
        let sure: Vec<_> = found.iter().filter(|it| was_behind(it) || is_late(it)).cloned().collect();
        let sure = Before::of(&sure, generation);
        let none = |attempt: Option<i64>| attempt.map(|_| 0);
        before.attempt = sure.attempt.or(none(before.attempt));
        before.same.0 = sure.same.0.or(none(before.same.0));
    }

    /// Says whether a run has begun before the run of the DAG did: it is of a deleted one, unless it was running then, and
    /// only the time of its end tells.
    pub(super) fn may_be_of_a_deleted_run<H>(self, found: &Found<H>) -> bool {
        self.run_began.is_some_and(|began| found.span.is_before(began)) && !broken!(BelievesTheLook)
    }

    /// Says whether these are all runs that there can be. Where a run tells which attempt has started it, the
    /// newest attempt must be among them: how many have failed tells nothing then, as services start again by
    /// themselves what has failed, and so do people.
    pub(super) fn are_seen<H>(self, before: &Before<H>) -> bool {
        let (attempt, all) = if self.in_looks { before.same } else { (before.attempt, before.all) };
        match attempt {
            Some(attempt) => attempt >= self.newest,
            None if self.of_generation > 0 => before.failed >= self.of_generation,
            None => all >= self.of_earlier_generations,
        }
    }
}

/// Looks that go on until something is decided, or a time is over; at least one.
#[derive(Debug)]
pub(super) struct Settling<H> {
    open: Open<H>,
    until: Duration,
    pace: Pace,
}

impl<H: Handle> Settling<H> {
    /// Begins at `now`, for at most `limit`.
    pub(super) fn new(open: Open<H>, now: Duration, limit: Duration, pace: Pace) -> Self {
        Self { open, until: now + limit, pace }
    }

    /// Goes on until then, at least.
    pub(super) fn extend(&mut self, until: Duration) {
        self.until = self.until.max(until);
    }

    /// Returns the pause before the next look, after one that was asked for and answered then; none when it is
    /// decided.
    pub(super) fn pause(&mut self, next: &Next<H>, asked: Duration, now: Duration) -> Option<Duration> {
        let is_open = asked < self.until && self.open.is(next);
        is_open.then(|| self.pace.wait().min(self.until.saturating_sub(now)))
    }
}
