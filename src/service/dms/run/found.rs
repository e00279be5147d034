//! The runs that there are, by the tag of a replication and by how it stands. Without effects.

use super::handle::RunHandle;
use super::mark::Mark;
use super::meaning::{self, Stand};
use super::state::State;
use crate::exec::key::Key;
use crate::exec::looks::Span;
use crate::exec::outcome::Failure;
use crate::exec::runner::{Found, Phase};
use crate::service::dms::job::IfRunning;
use std::time::{Duration, SystemTime};

/// Says whether the run that is marked so is over. One that has not been started has not run since the mark was written.
pub(super) fn has_ended(state: &State, mark: &Mark) -> bool {
    meaning::stand(state) == Stand::Idle && state.trace().has_run_since(mark.before)
}

/// The run that is marked so, if it was started, and those of its generation that had failed before it. `ended` says how it
/// has ended.
pub(super) fn marked(
    state: &State,
    mark: &Mark,
    generation: i64,
    is_same: bool,
    ended: Option<Phase>,
) -> Vec<Found<RunHandle>> {
    let found = |run: String, phase: Phase, span: Span| Found {
        handle: RunHandle { arn: state.arn.clone(), run: Some(run) },
        generation,
        is_same,
        attempt: None,
        phase,
        span,
    };
    let failed = || Phase::Failed(Failure::retry("it has failed before".to_owned()));
    let before =
        (0..mark.number).rev().map(|number| found(mark.run_before(number), failed(), Span::default()));
    let is_over = ended.is_some();
    let newest = phase(state, ended).map(|phase| found(mark.run(), phase, span(state, mark, is_over)));
    newest.into_iter().chain(before).collect()
}

/// Where the run stands that is marked, if it was started.
fn phase(state: &State, ended: Option<Phase>) -> Option<Phase> {
    match meaning::stand(state) {
        Stand::Runs => Some(Phase::Running(state.status.clone())),
        Stand::Stops => Some(Phase::Stopping(state.status.clone())),
        Stand::Unknown => Some(Phase::Unknown(state.status.clone())),
        Stand::Idle => ended,
        Stand::Changes | Stand::Goes => None,
    }
}

/// When it ran, as far as that is told already.
fn span(state: &State, mark: &Mark, is_over: bool) -> Span {
    let trace = state.trace();
    let at = |milliseconds: u64| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds));
    Span {
        started: at(trace.started).filter(|_| trace.started > mark.before.started),
        ended: at(trace.stopped).filter(|_| is_over && trace.stopped > mark.before.stopped),
    }
}

/// What runs and is none of this task's: it is waited for, taken, or refused.
pub(super) fn other(
    state: &State,
    if_running: IfRunning,
    generation: i64,
) -> Result<Option<Found<RunHandle>>, Failure> {
    let (name, status) = (&state.name, state.status.clone());
    let phase = match (meaning::stand(state), if_running) {
        (Stand::Idle, _) => return Ok(None),
        (Stand::Goes, _) => {
            return Err(Failure::for_good(format!("replication {name} is being deleted")));
        }
        (Stand::Unknown, _) => {
            return Err(Failure::for_good(format!(
                "replication {name} is in the state `{status}`, which this dagc does not know: nothing is started"
            )));
        }
        (Stand::Changes | Stand::Stops, _) | (Stand::Runs, IfRunning::Wait) => Phase::Stopping(status),
        (Stand::Runs, IfRunning::Adopt) => Phase::Running(status),
        (Stand::Runs, IfRunning::Fail) => {
            return Err(Failure::retry(format!(
                "replication {name} is {status} already, and the step says `if_running: fail`"
            )));
        }
    };
    Ok(Some(of_others(state, generation, phase)))
}

/// Others have marked it, and nothing has run since: they start it, or have just done so, or have died before.
pub(super) fn pending(state: &State, mark: Option<&Mark>, key: &Key) -> Option<Found<RunHandle>> {
    let mark = mark.filter(|mark| key.kin(&mark.key).is_none())?;
    if meaning::stand(state) != Stand::Idle || state.trace().has_run_since(mark.before) {
        return None;
    }
    let phase = Phase::Stopping(format!("{}, and about to be started by another task", state.status));
    Some(of_others(state, key.generation(), phase))
}

/// A run of others, which is looked at as one that does what the task is to do.
fn of_others(state: &State, generation: i64, phase: Phase) -> Found<RunHandle> {
    let handle = RunHandle { arn: state.arn.clone(), run: None };
    Found { handle, generation, is_same: true, attempt: None, phase, span: Span::default() }
}

#[cfg(test)]
mod tests {
    use super::super::mark::Trace;
    use super::*;
    use crate::exec::outcome::Exit;

    fn seen(status: &str, started: f64) -> State {
        State {
            arn: "arn:t".to_owned(),
            name: "orders".to_owned(),
            status: status.to_owned(),
            migration: "full-load".to_owned(),
            started: Some(started),
            ..State::default()
        }
    }

    fn mark(token: &str) -> Mark {
        Mark::of(token, Trace { started: 1_000, ..Trace::default() }).unwrap()
    }

    #[test]
    fn what_runs_for_others_is_waited_for_taken_or_refused() {
        for (status, if_running, expected) in [
            ("running", IfRunning::Wait, Some(Phase::Stopping("running".to_owned()))),
            ("running", IfRunning::Adopt, Some(Phase::Running("running".to_owned()))),
            ("modifying", IfRunning::Adopt, Some(Phase::Stopping("modifying".to_owned()))),
            ("stopping", IfRunning::Fail, Some(Phase::Stopping("stopping".to_owned()))),
            ("stopped", IfRunning::Fail, None),
        ] {
            let found = other(&seen(status, 1.0), if_running, 1).unwrap();
            assert_eq!(found.map(|found| found.phase), expected, "{status} {if_running:?}");
        }
        for (status, if_running, exit) in [
            ("running", IfRunning::Fail, Exit::Retry),
            ("deleting", IfRunning::Wait, Exit::ForGood),
            ("odd", IfRunning::Wait, Exit::ForGood),
        ] {
            assert_eq!(other(&seen(status, 1.0), if_running, 1).unwrap_err().exit, exit, "{status}");
        }
    }

    #[test]
    fn a_run_that_is_marked_is_found_with_those_that_failed_before() {
        let mark = mark("key-2");
        let found = |status: &str, started: f64| {
            let state = seen(status, started);
            let ended = has_ended(&state, &mark).then(|| meaning::ended(&state));
            marked(&state, &mark, 1, true, ended)
        };
        let runs = |found: &[Found<RunHandle>]| -> Vec<String> {
            found.iter().map(|found| found.handle.run.clone().unwrap_or_default()).collect()
        };
        // Nothing has run since the mark was written: the two before it have failed.
        let none = found("stopped", 1.0);
        assert_eq!(runs(&none), ["key-1", "key-0"]);
        assert!(none.iter().all(|found| matches!(found.phase, Phase::Failed(_)) && found.is_same));
        // It runs, also while its new beginning is not told yet.
        for started in [1.0, 2.0] {
            let found = found("running", started);
            assert_eq!(runs(&found), ["key-2", "key-1", "key-0"]);
            assert_eq!(found[0].phase, Phase::Running("running".to_owned()));
            assert_eq!(found[0].span.started.is_some(), started > 1.0);
        }
        // It has run, and has failed.
        let failed = found("failed", 2.0);
        assert_eq!(runs(&failed), ["key-2", "key-1", "key-0"]);
        assert!(matches!(failed[0].phase, Phase::Failed(_)));
    }
}
