//! What attempts before this one may have started, by Airflow's numbers and its times: whether all of it is seen, and what of
//! it counts as this generation's.
//!
//! The numbers alone do not tell. A deploy that changes the retries moves what they say of a clearing, and a run of the DAG that is
//! deleted and made again begins them anew.

use super::decide::Before;
use super::first_look::FirstLook;
use super::job::{Found, Phase};
use crate::exec::looks::SKEW;
use crate::exec::outcome::Failure;
use std::time::SystemTime;

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
        // A deleted run of the DAG had attempts and marks with the same numbers, too.
        let has_begun_before = self.generation_began.is_some_and(|began| found.span.is_before(began));
        let may_be_of_before = has_begun_before
            || found.attempt.map_or(self.of_generation == 0, |attempt| self.is_behind(attempt));
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

    /// Leaves to what there is before a start what surely is of this run of the DAG: a deleted one had attempts with the same
    /// numbers, which may go on, and as clocks differ, what was over just before this one began may seem to be of it.
    pub(super) fn trust<H: Clone>(self, before: &mut Before<H>, found: &[Found<H>], generation: i64) {
        let Some(began) = self.run_began.filter(|_| !broken!(TrustsTheAttempt)) else { return };
        let was_behind = |found: &Found<H>| {
            found.generation != generation && found.attempt.is_some_and(|attempt| self.is_behind(attempt))
        };
        let is_late = |found: &Found<H>| {
            found.span.ended.is_none_or(|ended| ended > began + SKEW) && !found.span.is_before(began)
        };
        let sure: Vec<_> = found.iter().filter(|it| was_behind(it) || is_late(it)).cloned().collect();
        let sure = Before::of(&sure, generation);
        let none = |attempt: Option<i64>| attempt.map(|_| 0);
        before.attempt = sure.attempt.or(none(before.attempt));
        before.same = (sure.same.0.or(none(before.same.0)), sure.same.1);
        (before.all, before.seen) = (sure.all, sure.seen);
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
            None if self.of_generation > 0 => before.seen >= self.of_generation,
            None => all >= self.of_earlier_generations,
        }
    }
}
