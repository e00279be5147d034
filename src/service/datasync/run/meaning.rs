//! What the state of an execution means.

use super::api::{Execution, Failed};
use crate::exec::outcome::Failure;
use crate::exec::runner::Phase;

/// Says whether a state is one of those that do not change any more.
pub(super) fn is_over(status: &str) -> bool {
    matches!(status, "SUCCESS" | "ERROR")
}

/// Says what a state means, for a task that may lose files or may not.
pub(super) fn phase(execution: &Execution, may_lose: bool) -> Phase {
    match execution.status.as_str() {
        state @ ("QUEUED" | "LAUNCHING" | "PREPARING" | "TRANSFERRING" | "VERIFYING") => {
            Phase::Running(state.to_owned())
        }
        state @ "CANCELLING" => Phase::Stopping(state.to_owned()),
        "SUCCESS" => match lost(execution).filter(|_| !may_lose) {
            Some(lost) => Phase::Failed(Failure::retry(format!(
                "execution {} ended as SUCCESS, and {lost}: its page in the console and its log say which",
                execution.arn
            ))),
            None => Phase::Succeeded,
        },
        "ERROR" => Phase::Failed(Failure::retry(why(execution))),
        other => Phase::Unknown(other.to_owned()),
    }
}

/// How many files and folders have failed.
pub(super) fn failed(execution: &Execution) -> u64 {
    let sum = |of: &Failed| of.list + of.prepare + of.transfer + of.verify + of.delete;
    sum(&execution.files_failed) + sum(&execution.folders_failed)
}

/// What an execution has lost, though it has succeeded.
pub(super) fn lost(execution: &Execution) -> Option<String> {
    match (failed(execution), execution.result.verify_status.as_deref()) {
        (0, Some("ERROR")) => Some("what it has transferred could not be verified".to_owned()),
        (0, _) => None,
        (1, _) => Some("1 file or folder has failed".to_owned()),
        (many, _) => Some(format!("{many} files and folders have failed")),
    }
}

fn why(execution: &Execution) -> String {
    let result = &execution.result;
    let told = [&result.error_code, &result.error_detail].into_iter().flatten().map(|part| part.trim());
    let told: Vec<&str> = told.filter(|part| !part.is_empty()).collect();
    let why = if told.is_empty() { String::new() } else { format!(": {}", told.join(": ")) };
    format!("execution {} ended as ERROR{why}", execution.arn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(execution: Value) -> Phase {
        phase(&serde_json::from_value(execution).unwrap(), false)
    }

    #[test]
    fn every_state_of_an_execution_has_a_meaning() {
        for state in ["QUEUED", "LAUNCHING", "PREPARING", "TRANSFERRING", "VERIFYING"] {
            assert_eq!(of(json!({"Status": state})), Phase::Running(state.to_owned()));
            assert!(!is_over(state));
        }
        assert_eq!(of(json!({"Status": "CANCELLING"})), Phase::Stopping("CANCELLING".to_owned()));
        assert_eq!(of(json!({"Status": "SUCCESS"})), Phase::Succeeded);
        assert_eq!(of(json!({"Status": "DREAMING"})), Phase::Unknown("DREAMING".to_owned()));
    }

    #[test]
    fn what_has_failed_is_told() {
        for (execution, said) in [
            (json!({"Status": "ERROR"}), "execution arn:e ended as ERROR"),
            (
                json!({"Status": "ERROR", "Result": {"ErrorCode": "AccessDenied", "ErrorDetail": "no role\n"}}),
                "execution arn:e ended as ERROR: AccessDenied: no role",
            ),
            (
                json!({"Status": "SUCCESS", "FilesFailed": {"Transfer": 2}, "FoldersFailed": {"List": 1}}),
                "ended as SUCCESS, and 3 files and folders have failed",
            ),
            (json!({"Status": "SUCCESS", "Result": {"VerifyStatus": "ERROR"}}), "could not be verified"),
        ] {
            let mut execution = execution;
            execution["TaskExecutionArn"] = json!("arn:e");
            let Phase::Failed(failure) = of(execution.clone()) else { panic!("{execution}") };
            assert!(failure.message.contains(said), "{failure}");
            let may_lose = phase(&serde_json::from_value(execution.clone()).unwrap(), true);
            assert_eq!(may_lose == Phase::Succeeded, execution["Status"] == "SUCCESS");
        }
    }
}
