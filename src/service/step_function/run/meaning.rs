//! What the state of an execution means, and what is told of one that has failed.

use super::api::{Event, Execution};
use crate::exec::outcome::Failure;
use crate::exec::runner::Phase;
use serde_json::Value;

/// Says what a state means, for a task that waits for the end or does not.
pub(super) fn phase(execution: &Execution, no_wait: bool) -> Phase {
    match execution.status.as_str() {
        "RUNNING" if no_wait => Phase::Succeeded,
        state @ ("RUNNING" | "PENDING_REDRIVE") => Phase::Running(state.to_owned()),
        "SUCCEEDED" => Phase::Succeeded,
        "FAILED" | "TIMED_OUT" | "ABORTED" => Phase::Failed(failure(execution)),
        other => Phase::Unknown(other.to_owned()),
    }
}

/// Errors of the state machine itself, which are there again at the next attempt (Step Functions Developer Guide, "Error
/// names").
const FOR_GOOD: &[&str] = &[
    "States.DataLimitExceeded",
    "States.IntrinsicFailure",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ResultPathMatchFailure",
    "States.Runtime",
];

/// Why an execution has failed.
pub(super) fn failure(execution: &Execution) -> Failure {
    let Execution { arn, status, error, cause, .. } = execution;
    let error = error.as_deref().unwrap_or_default();
    let told: Vec<&str> = [error, cause.as_deref().unwrap_or_default().trim()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    let why = if told.is_empty() { String::new() } else { format!(": {}", told.join(": ")) };
    let message = format!("execution {arn} ended as {status}{why}");
    if status == "FAILED" && FOR_GOOD.contains(&error) {
        Failure::for_good(message)
    } else {
        Failure::retry(message)
    }
}

/// Says where an execution has failed: the newest event that is a failure of something in it, and the state in which
/// that happened.
pub(super) fn where_failed(events: &[Event]) -> Option<String> {
    let failed = events.iter().find(|event| is_failure(event))?;
    let told =
        failed.rest.iter().find(|(name, _)| name.ends_with("EventDetails")).map(|(_, details)| details);
    let text = |name: &str| told.and_then(|told| told.get(name)).and_then(Value::as_str).unwrap_or_default();
    let mut line = match state(events, failed) {
        Some(state) => format!("{} in the state `{state}`", failed.kind),
        None => failed.kind.clone(),
    };
    for part in
        [text("resourceType"), text("error"), text("cause")].into_iter().filter(|part| !part.is_empty())
    {
        line.push_str(": ");
        line.push_str(part);
    }
    Some(line)
}

/// The end of the whole execution is no failure of something in it.
fn is_failure(event: &Event) -> bool {
    let is_one = ["Failed", "TimedOut", "Aborted"].iter().any(|end| event.kind.ends_with(end));
    is_one && !event.kind.starts_with("Execution")
}

/// The state in which something happened: the newest that was entered on the way to it.
fn state<'e>(events: &'e [Event], event: &Event) -> Option<&'e str> {
    let mut next = event.previous_event_id;
    // Each event comes after the one before it, and there are no more of them than were read.
    for _ in events {
        let event = events.iter().find(|event| event.id == next)?;
        if let Some(entered) = event.rest.get("stateEnteredEventDetails") {
            return entered.get("name")?.as_str();
        }
        next = event.previous_event_id;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::outcome::Exit;
    use serde_json::json;

    fn execution(status: &str, error: &str) -> Execution {
        let text =
            json!({"executionArn": "arn:e", "status": status, "error": error, "cause": "out of rows\n"});
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn every_state_of_an_execution_has_a_meaning() {
        let of = |status| phase(&execution(status, ""), false);
        for status in ["RUNNING", "PENDING_REDRIVE"] {
            assert_eq!(of(status), Phase::Running(status.to_owned()));
        }
        assert_eq!(of("SUCCEEDED"), Phase::Succeeded);
        assert_eq!(of("DREAMING"), Phase::Unknown("DREAMING".to_owned()));
        assert_eq!(phase(&execution("RUNNING", ""), true), Phase::Succeeded);
        for (status, error, exit) in [
            ("FAILED", "Etl.NoRows", Exit::Retry),
            ("FAILED", "States.TaskFailed", Exit::Retry),
            ("FAILED", "States.Runtime", Exit::ForGood),
            ("TIMED_OUT", "", Exit::Retry),
            ("ABORTED", "", Exit::Retry),
        ] {
            for no_wait in [false, true] {
                let Phase::Failed(failure) = phase(&execution(status, error), no_wait) else { panic!() };
                assert_eq!(failure.exit, exit, "{status} {error}");
                let named = if error.is_empty() { String::new() } else { format!("{error}: ") };
                assert_eq!(failure.message, format!("execution arn:e ended as {status}: {named}out of rows"));
            }
        }
    }

    #[test]
    fn a_failure_has_its_state() {
        let events: Vec<Event> = serde_json::from_value(json!([
            {"id": 5, "previousEventId": 4, "type": "ExecutionFailed", "executionFailedEventDetails": {"error": "E"}},
            {"id": 4, "previousEventId": 3, "type": "TaskFailed",
             "taskFailedEventDetails": {"resourceType": "lambda", "error": "E", "cause": "c"}},
            {"id": 3, "previousEventId": 2, "type": "TaskScheduled"},
            {"id": 2, "previousEventId": 1, "type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Load"}},
        ]))
        .unwrap();
        assert_eq!(where_failed(&events).as_deref(), Some("TaskFailed in the state `Load`: lambda: E: c"));
        assert_eq!(
            where_failed(&events[..2]).as_deref(),
            Some("TaskFailed: lambda: E: c"),
            "the state is not among the events that were read"
        );
        assert_eq!(where_failed(&events[..1]), None);
        let round = json!([
            {"id": 1, "previousEventId": 2, "type": "TaskFailed"}, {"id": 2, "previousEventId": 1, "type": "x"},
        ]);
        assert_eq!(
            where_failed(&serde_json::from_value::<Vec<Event>>(round).unwrap()).as_deref(),
            Some("TaskFailed")
        );
    }
}
