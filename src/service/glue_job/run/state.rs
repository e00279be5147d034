//! What Glue says of a run: how it stands, when it ran, what it has cost, where its log is.

use crate::exec::looks::Span;
use crate::exec::outcome::Failure;
use crate::exec::runner::Phase;
use aws_sdk_glue::types::{ExecutionClass, JobRun};
use std::time::SystemTime;

pub(super) fn span(run: &JobRun) -> Span {
    let ended = run.completed_on.and_then(|at| SystemTime::try_from(at).ok());
    Span { started: started(run), ended }
}

pub(super) fn started(run: &JobRun) -> Option<SystemTime> {
    run.started_on.and_then(|at| SystemTime::try_from(at).ok())
}

/// The group of the run's logs; a security configuration changes it.
pub(super) fn log_group(run: &JobRun) -> String {
    let group = run.log_group_name.as_deref().unwrap_or("/aws-glue/jobs");
    group.trim_end_matches('/').to_owned()
}

/// What the run has cost: as measured, where workers come and go, else its time by its capacity.
pub(super) fn dpu_seconds(run: &JobRun) -> Option<f64> {
    run.dpu_seconds.or_else(|| Some(f64::from(run.execution_time) * run.max_capacity?))
}

/// Says whether Glue has taken fewer workers when there was less to do: it measures the time of those alone, and of spare
/// machines.
pub(super) fn was_scaled(run: &JobRun) -> bool {
    run.dpu_seconds.is_some() && run.execution_class != Some(ExecutionClass::Flex)
}

pub(super) fn phase(run: &JobRun) -> Phase {
    let state = run.job_run_state.as_ref().map_or("", |state| state.as_str());
    let failed = || {
        let id = run.id.as_deref().unwrap_or_default();
        let why = run.error_message.as_deref().filter(|message| !message.is_empty());
        let why = why.map(|message| format!(": {}", message.trim())).unwrap_or_default();
        Phase::Failed(Failure::retry(format!("Glue job run {id} ended as {state}{why}")))
    };
    match state {
        "STARTING" | "RUNNING" | "WAITING" => Phase::Running(state.to_owned()),
        "STOPPING" => Phase::Stopping(state.to_owned()),
        "SUCCEEDED" => Phase::Succeeded,
        // A person, or the kill of an earlier attempt, has stopped it: that is no success.
        "FAILED" | "TIMEOUT" | "ERROR" | "EXPIRED" | "STOPPED" => failed(),
        other => Phase::Unknown(other.to_owned()),
    }
}
