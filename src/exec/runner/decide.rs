//! What is done with the runs that were found.

use super::first_look::{FirstLook, held};
use super::job::{Found, Handle, Phase};
pub(super) use super::next::{Before, Next};
use super::next::{does_the_same, is_own};

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

/// Says whether a run goes on, as far as is known, and was not told to stop.
pub(super) fn goes_on(phase: &Phase) -> bool {
    matches!(phase, Phase::Running(_) | Phase::Unknown(_))
}
