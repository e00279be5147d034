//! What is done with the runs that were found.

use super::first_look::{FirstLook, held};
use super::job::{Found, Handle, Phase};

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
    /// Those of them that surely are of this run of the DAG.
    pub seen: usize,
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
        Self { failed: 0, seen: 0, all: 0, newest: None, attempt: None, same: (None, 0) }
    }
}

impl<H: Clone> Before<H> {
    /// Counts the runs that were found, the newest first.
    pub(super) fn of(found: &[Found<H>], generation: i64) -> Self {
        let same: Vec<_> = found.iter().filter(|found| does_the_same(found)).collect();
        let own: Vec<_> = same.iter().filter(|found| is_own(found, generation)).collect();
        Self {
            failed: own.len(),
            seen: own.len(),
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
    running(&same)
        .or_else(|| changed(&other))
        .or_else(|| held(found, generation, first_look?))
        .or_else(|| stopping(&same))
        .or_else(|| unknown(&same, generation))
        .or_else(|| done(&same, generation))
        .unwrap_or_else(|| Next::Start(Before::of(found, generation)))
}

fn running<H: Handle>(same: &[&Found<H>]) -> Option<Next<H>> {
    let running = same.iter().find(|found| matches!(found.phase, Phase::Running(_)))?;
    Some(Next::Adopt(running.handle.clone()))
}

/// The newest of what does something else, and is not over.
fn changed<H: Handle>(other: &[&Found<H>]) -> Option<Next<H>> {
    other.iter().find_map(|found| match &found.phase {
        Phase::Running(name) => Some(Next::Replace(found.handle.clone(), name.clone())),
        Phase::Unknown(name) if found.span.ended.is_none() => {
            Some(Next::ReplaceUnknown(found.handle.clone(), name.clone()))
        }
        Phase::Stopping(name) => Some(Next::Await(found.handle.clone(), name.clone())),
        Phase::Unknown(_) | Phase::Succeeded | Phase::Failed(_) => None,
    })
}

fn stopping<H: Handle>(same: &[&Found<H>]) -> Option<Next<H>> {
    same.iter().filter(|_| !broken!(OvertakesAStop)).find_map(|found| match &found.phase {
        Phase::Stopping(name) => Some(Next::Await(found.handle.clone(), name.clone())),
        _ => None,
    })
}

/// One of before the task was cleared may go on in a state that is not known.
fn unknown<H: Handle>(same: &[&Found<H>], generation: i64) -> Option<Next<H>> {
    let of_before = |found: &&&Found<H>| found.generation != generation && found.span.ended.is_none();
    same.iter().filter(of_before).filter(|_| !broken!(TakesTheUnknownForOver)).find_map(|found| match &found
        .phase
    {
        Phase::Unknown(name) => Some(Next::ReplaceUnknown(found.handle.clone(), name.clone())),
        _ => None,
    })
}

/// What this generation has done. An unknown state is adopted so that it is reported by name.
fn done<H: Handle>(same: &[&Found<H>], generation: i64) -> Option<Next<H>> {
    let is_done = |found: &&&Found<H>| matches!(found.phase, Phase::Succeeded | Phase::Unknown(_));
    let own = same.iter().filter(|found| is_own(found, generation)).find(is_done)?;
    Some(Next::Adopt(own.handle.clone()))
}

pub(super) fn does_the_same<H>(found: &Found<H>) -> bool {
    found.is_same || broken!(TakesAnyContent)
}

fn is_own<H>(found: &Found<H>, generation: i64) -> bool {
    found.generation == generation || broken!(TakesAnyGeneration)
}

/// Says whether a run goes on, as far as is known, and was not told to stop.
pub(super) fn goes_on(phase: &Phase) -> bool {
    matches!(phase, Phase::Running(_) | Phase::Unknown(_))
}
