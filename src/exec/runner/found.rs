//! What is found to go on when a task ends: it is told to stop, or left, as the step says.

use super::Run;
use super::decide::goes_on;
use super::grace::{AGAIN, ANSWER, ended_within};
use super::job::{Cancelled, Handle, RemoteJob};
use crate::aws::Kind;
use crate::exec::outcome::Failure;
use crate::exec::time;
use crate::lang::shared::OnKill;
use std::time::Duration;

/// What has become of what was found.
pub(super) struct Stopped {
    pub said: String,
    /// All of it had ended.
    pub had_all_ended: bool,
}

/// Ends what is found to go on, looking for so long. One that is listed so may have ended: then another one is looked for.
pub(super) async fn ended_as_found<J: RemoteJob>(
    job: &mut J,
    run: &Run<'_>,
    other_than: Option<J::Handle>,
    limit: Duration,
) -> Result<Option<Stopped>, String> {
    let until = run.clock.now() + limit;
    let (mut known, mut over) = (Vec::from_iter(other_than), None);
    while let Some(handle) = sought(job, run, &known, until.saturating_sub(run.clock.now())).await? {
        let (said, had_ended) = told_to_stop(job, run, &handle).await;
        if !had_ended || !handle.is_lasting() {
            return Ok(Some(Stopped { said, had_all_ended: false }));
        }
        over.get_or_insert(said);
        known.push(handle);
    }
    let (noun, place) = (J::NOUN, job.place());
    Ok(over.map(|said| Stopped {
        said: format!("{said}; whether another {noun} goes on is not to be seen yet: {place}"),
        had_all_ended: true,
    }))
}

/// Looks for what goes on, for so long.
async fn sought<J: RemoteJob>(
    job: &mut J,
    run: &Run<'_>,
    other_than: &[J::Handle],
    limit: Duration,
) -> Result<Option<J::Handle>, String> {
    let began = run.clock.now();
    loop {
        match job.find(&run.key).await {
            Ok(mut found) => {
                found.retain(|found| !other_than.contains(&found.handle) && goes_on(&found.phase));
                // What a deploy has left running is this task's as well.
                found.sort_by_key(|found| !found.is_same);
                if let Some(found) = found.into_iter().next() {
                    return Ok(Some(found.handle));
                }
            }
            Err(trouble) => {
                let (noun, place, trouble) = (J::NOUN, job.place(), Failure::from(trouble).message);
                return Err(format!(
                    "a {noun} may have been started, and cannot be looked for: {trouble}; look at {place}"
                ));
            }
        }
        if run.clock.now().saturating_sub(began) + AGAIN > limit {
            return Ok(None);
        }
        time::sleep(AGAIN).await;
    }
}

/// Stops a run, or leaves it.
pub(super) async fn stopped<J: RemoteJob>(job: &mut J, run: &Run<'_>, handle: &J::Handle) -> String {
    told_to_stop(job, run, handle).await.0
}

/// The same; says whether it had ended.
async fn told_to_stop<J: RemoteJob>(job: &mut J, run: &Run<'_>, handle: &J::Handle) -> (String, bool) {
    let (noun, link) = (J::NOUN, job.link(handle));
    if run.on_kill == OnKill::Leave {
        return (format!("{noun} {handle} goes on, as `on_kill: leave` says: {link}"), false);
    }
    if !handle.is_own() {
        return (format!("{noun} {handle} goes on, because it was not started by this task: {link}"), false);
    }
    let until = run.clock.now() + ended_within(run.context).saturating_sub(ANSWER);
    if broken!(LeavesTheRun) {
        return (format!("{noun} {handle} was told to stop"), false);
    }
    loop {
        match job.cancel(handle).await {
            Ok(Cancelled::WasTold) => return (format!("{noun} {handle} was told to stop"), false),
            Ok(Cancelled::HadEnded) => return (format!("{noun} {handle} had ended already"), true),
            // To tell it twice does no harm.
            Err(error) if is_passing(error.kind) && run.clock.now() + AGAIN < until => {
                time::sleep(AGAIN).await;
            }
            Err(error) => {
                let what =
                    format!("failed to stop {noun} {handle}, which may go on: {error}; look at {link}");
                return (what, false);
            }
        }
    }
}

fn is_passing(kind: Kind) -> bool {
    matches!(kind, Kind::Throttled | Kind::Unavailable | Kind::Ambiguous | Kind::Busy)
}
