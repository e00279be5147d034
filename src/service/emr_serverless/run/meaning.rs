//! What the states of runs and of applications mean.

use super::api::{Application, Run};
use crate::exec::outcome::Failure;
use crate::exec::runner::Phase;

/// Says what the state of a run means.
pub(super) fn phase(run: &Run) -> Phase {
    match run.state.as_str() {
        state @ ("SUBMITTED" | "QUEUED" | "PENDING" | "SCHEDULED" | "RUNNING") => {
            Phase::Running(state.to_owned())
        }
        state @ "CANCELLING" => Phase::Stopping(state.to_owned()),
        "SUCCESS" => Phase::Succeeded,
        state @ ("FAILED" | "CANCELLED") => {
            let why = run.state_details.trim();
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            Phase::Failed(Failure::retry(format!("EMR Serverless run {} ended as {state}{why}", run.id)))
        }
        other => Phase::Unknown(other.to_owned()),
    }
}

/// Says whether a state is one of those that do not change any more.
pub(super) fn is_over(run: &Run) -> bool {
    matches!(run.state.as_str(), "SUCCESS" | "FAILED" | "CANCELLED")
}

/// What is to be done about an application before something is run on it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Readiness {
    /// It takes runs.
    Ready,
    /// It is to be started.
    Idle,
    /// It will be in another state before long.
    Changing,
    /// It takes none any more.
    Gone(String),
}

/// Says what the state of an application means.
pub(super) fn readiness(application: &Application) -> Readiness {
    let starts_by_itself = application.auto_start_configuration.enabled;
    match application.state.as_str() {
        "STARTED" => Readiness::Ready,
        "CREATED" | "STOPPED" if starts_by_itself => Readiness::Ready,
        "CREATED" | "STOPPED" => Readiness::Idle,
        "TERMINATED" => {
            let named = application.name.as_deref().unwrap_or(&application.id);
            let why = application.state_details.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
            Readiness::Gone(format!("the application `{named}` is TERMINATED{why}; name one that is there"))
        }
        // `CREATING`, `STARTING`, `STOPPING`, and what is still to come.
        _ => Readiness::Changing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_state_of_a_run_has_a_meaning() {
        let of = |state: &str| {
            let run = json!({"jobRunId": "00r", "state": state, "stateDetails": "no such file\n"});
            let run: Run = serde_json::from_value(run).unwrap();
            (phase(&run), is_over(&run))
        };
        for state in ["SUBMITTED", "QUEUED", "PENDING", "SCHEDULED", "RUNNING"] {
            assert_eq!(of(state), (Phase::Running(state.to_owned()), false));
        }
        assert_eq!(of("CANCELLING"), (Phase::Stopping("CANCELLING".to_owned()), false));
        assert_eq!(of("SUCCESS"), (Phase::Succeeded, true));
        assert_eq!(of("DREAMING"), (Phase::Unknown("DREAMING".to_owned()), false));
        for state in ["FAILED", "CANCELLED"] {
            let (Phase::Failed(failure), true) = of(state) else { panic!("{state}") };
            assert_eq!(failure.message, format!("EMR Serverless run 00r ended as {state}: no such file"));
        }
    }

    #[test]
    fn every_state_of_an_application_has_a_meaning() {
        let of = |state: &str, enabled: bool| {
            let application = json!({"applicationId": "00f", "name": "etl", "state": state,
                "autoStartConfiguration": {"enabled": enabled}});
            readiness(&serde_json::from_value(application).unwrap())
        };
        for state in ["CREATED", "STOPPED"] {
            assert_eq!(of(state, true), Readiness::Ready);
            assert_eq!(of(state, false), Readiness::Idle);
        }
        for state in ["CREATING", "STARTING", "STOPPING", "DREAMING"] {
            assert_eq!(of(state, true), Readiness::Changing);
        }
        assert_eq!(of("STARTED", false), Readiness::Ready);
        let Readiness::Gone(why) = of("TERMINATED", true) else { panic!() };
        assert_eq!(why, "the application `etl` is TERMINATED; name one that is there");
    }
}
