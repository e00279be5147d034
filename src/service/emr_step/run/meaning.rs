//! What the state of a step means.

use super::api::Step;
use crate::exec::outcome::Failure;
use crate::exec::runner::Phase;

/// Says what a state means.
pub(super) fn phase(step: &Step) -> Phase {
    match step.status.state.as_str() {
        state @ ("PENDING" | "RUNNING") => Phase::Running(state.to_owned()),
        state @ "CANCEL_PENDING" => Phase::Stopping(state.to_owned()),
        "COMPLETED" => Phase::Succeeded,
        // A cluster that ends interrupts its steps, and cancels those that wait.
        "FAILED" | "CANCELLED" | "INTERRUPTED" => Phase::Failed(Failure::retry(why(step))),
        other => Phase::Unknown(other.to_owned()),
    }
}

/// Says whether a state is one of those that do not change any more.
pub(super) fn is_over(step: &Step) -> bool {
    matches!(step.status.state.as_str(), "COMPLETED" | "FAILED" | "CANCELLED" | "INTERRUPTED")
}

fn why(step: &Step) -> String {
    let details = &step.status.failure_details;
    let told = [&details.reason, &details.message, &step.status.state_change_reason.message];
    let mut words: Vec<&str> = Vec::new();
    for part in told.into_iter().flatten().map(|part| part.trim()) {
        if !part.is_empty() && !words.contains(&part) {
            words.push(part);
        }
    }
    let why = if words.is_empty() { String::new() } else { format!(": {}", words.join(": ")) };
    format!("EMR step {} ended as {}{why}", step.id, step.status.state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn step(status: &Value) -> Step {
        serde_json::from_value(json!({"Id": "s-1", "Status": status})).unwrap()
    }

    #[test]
    fn every_state_of_a_step_has_a_meaning() {
        let of = |state: &str| {
            let step = step(&json!({"State": state}));
            (phase(&step), is_over(&step))
        };
        for state in ["PENDING", "RUNNING"] {
            assert_eq!(of(state), (Phase::Running(state.to_owned()), false));
        }
        assert_eq!(of("CANCEL_PENDING"), (Phase::Stopping("CANCEL_PENDING".to_owned()), false));
        assert_eq!(of("COMPLETED"), (Phase::Succeeded, true));
        assert_eq!(of("DREAMING"), (Phase::Unknown("DREAMING".to_owned()), false));
        for state in ["FAILED", "CANCELLED", "INTERRUPTED"] {
            let (Phase::Failed(failure), true) = of(state) else { panic!("{state}") };
            assert_eq!(failure.message, format!("EMR step s-1 ended as {state}"));
        }
    }

    #[test]
    fn a_failure_has_emrs_words_once() {
        let details =
            json!({"Reason": "Unknown Error.", "Message": "no such file\n", "LogFile": "s3://l/stderr.gz"});
        let reason = json!({"Message": "no such file"});
        let status = json!({"State": "FAILED", "FailureDetails": details, "StateChangeReason": reason});
        assert_eq!(why(&step(&status)), "EMR step s-1 ended as FAILED: Unknown Error.: no such file");
    }
}
