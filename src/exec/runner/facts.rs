//! What a process knows before its first look: by what Airflow tells, and by what the service's job says of itself.

use super::Run;
use super::acquire::Facts;
use super::earlier::Earlier;
use super::first_look::FirstLook;
use super::job::RemoteJob;
use jiff::Timestamp;
use std::time::{Duration, SystemTime};

/// Gives what is known before the first look.
pub(super) fn facts<'a, J: RemoteJob>(job: &J, run: &'a Run<'_>) -> Facts<'a> {
    Facts {
        noun: J::NOUN,
        generation: run.key.generation(),
        first_look: first_look(run),
        earlier: earlier(run),
        since: since(run),
        lag: job.lag(),
        second_start: job.second_start(),
        on_kill: run.on_kill,
        pace: job.pace(),
        place: job.place(),
        log: run.log,
    }
}

/// How much time lies between the newest attempt or look before this one and now, at least. What lies between two attempts is not
/// known: a person may have cleared the task a second ago, and the plan's delay may not have been that of the attempt before.
fn since(run: &Run<'_>) -> Duration {
    if !run.looks.is_later() {
        return Duration::ZERO;
    }
    let now = run.clock.now();
    if broken!(ReckonsWithTheStart) { run.looks.elapsed(now) } else { run.looks.since_the_one_before(now) }
}

pub(super) fn earlier(run: &Run<'_>) -> Earlier {
    let is_later = run.looks.is_later();
    let time = |at: Option<Timestamp>| at.and_then(|at| SystemTime::try_from(at).ok());
    Earlier {
        newest: run.context.try_number - i64::from(!is_later),
        of_generation: run.context.earlier_attempts() + usize::from(is_later),
        of_earlier_generations: run.context.attempts_of_earlier_generations(),
        in_looks: run.looks.are_many(),
        run_began: time(run.context.run_started),
        generation_began: time(run.context.generation_started),
    }
}

pub(super) fn first_look(run: &Run<'_>) -> Option<FirstLook> {
    run.looks.first_ended().map(|ended| FirstLook { ended, attempt: run.context.try_number })
}
