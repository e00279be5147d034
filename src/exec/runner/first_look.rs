//! What a later look finds of what the first one of its attempt has left running.

use super::job::{Found, Handle, Phase};
use super::next::{Next, does_the_same};
use crate::exec::looks::{SKEW, Span};
use std::time::SystemTime;

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
pub(super) fn held<H: Handle>(found: &[Found<H>], generation: i64, look: FirstLook) -> Option<Next<H>> {
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
