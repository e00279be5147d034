//! What the states of runs mean.

use super::api::Run;
use crate::exec::outcome::Failure;
use crate::exec::runner::Phase;

/// Says what the state of a run means. That it has succeeded does not say that its rules have passed.
pub(super) fn phase(run: &Run) -> Phase {
    match run.status.as_str() {
        state @ ("STARTING" | "RUNNING") => Phase::Running(state.to_owned()),
        state @ "STOPPING" => Phase::Stopping(state.to_owned()),
        "SUCCEEDED" => Phase::Succeeded,
        state @ ("FAILED" | "STOPPED" | "TIMEOUT") => {
            let why = run.error_string.as_deref().map(str::trim).filter(|why| !why.is_empty());
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            Phase::Failed(Failure::retry(format!("data quality run {} ended as {state}{why}", run.id)))
        }
        other => Phase::Unknown(other.to_owned()),
    }
}

/// Says whether a state is one of those that do not change any more.
pub(super) fn is_over(run: &Run) -> bool {
    matches!(run.status.as_str(), "SUCCEEDED" | "FAILED" | "STOPPED" | "TIMEOUT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_state_has_a_meaning() {
        let of = |state: &str| {
            let run = json!({"RunId": "dqrun-1", "Status": state, "ErrorString": "no table\n"});
            let run: Run = serde_json::from_value(run).unwrap();
            (phase(&run), is_over(&run))
        };
        for state in ["STARTING", "RUNNING"] {
            assert_eq!(of(state), (Phase::Running(state.to_owned()), false));
        }
        assert_eq!(of("STOPPING"), (Phase::Stopping("STOPPING".to_owned()), false));
        assert_eq!(of("SUCCEEDED"), (Phase::Succeeded, true));
        assert_eq!(of("DREAMING"), (Phase::Unknown("DREAMING".to_owned()), false));
        for state in ["FAILED", "STOPPED", "TIMEOUT"] {
            let (Phase::Failed(failure), true) = of(state) else { panic!("{state}") };
            assert_eq!(failure.message, format!("data quality run dqrun-1 ended as {state}: no table"));
        }
    }
}
