//! How a task ends: its outputs, or a failure with an exit code.

use crate::aws::{AwsError, Kind};
use crate::sql::write::Unfilled;
use crate::template::MissingValue;
use serde_json::{Map, Value};

/// What a task gives: the object on the last line of stdout, which Airflow keeps.
pub type Outputs = Map<String, Value>;

/// How a task ends that has not failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// It is done, with these outputs.
    Done(Outputs),
    /// Its job goes on, and this look at it is over: what is known so far, with the seconds until the next
    /// look as `next_look`.
    GoesOn(Outputs),
}

impl Ended {
    /// Returns the exit code and what is printed.
    pub fn into_parts(self) -> (Exit, Outputs) {
        match self {
            Self::Done(outputs) => (Exit::Done, outputs),
            Self::GoesOn(outputs) => (Exit::GoesOn, outputs),
        }
    }
}

/// The exit codes of `exec`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The job succeeded.
    Done,
    /// The command, the environment or the plan cannot be used.
    Usage,
    /// A bug of dagc.
    Bug,
    /// Failed; may pass when tried again.
    Retry,
    /// Failed for good.
    ForGood,
    /// The job goes on; the task is to be run again for the next look.
    GoesOn,
    /// Skipped. No job says so yet; the operator knows it.
    Skipped,
    /// Ended by SIGTERM.
    Cancelled,
}

impl Exit {
    /// Returns the number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Usage => 64,
            Self::Bug => 70,
            Self::Retry => 75,
            Self::ForGood => 78,
            Self::GoesOn => 98,
            Self::Skipped => 99,
            Self::Cancelled => 143,
        }
    }
}

/// How and why a task failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// Why, in one line.
    pub message: String,
}

impl Failure {
    /// The command, the environment or the plan cannot be used.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// Failed; may pass when tried again.
    pub fn retry(message: impl Into<String>) -> Self {
        Self { exit: Exit::Retry, message: message.into() }
    }

    /// Failed for good.
    pub fn for_good(message: impl Into<String>) -> Self {
        Self { exit: Exit::ForGood, message: message.into() }
    }

    /// Ended by SIGTERM.
    pub fn cancelled(message: impl Into<String>) -> Self {
        Self { exit: Exit::Cancelled, message: message.into() }
    }
}

impl From<AwsError> for Failure {
    fn from(error: AwsError) -> Self {
        let message = match error.kind {
            Kind::Denied => {
                // AWS's own words name the action that is missing, which need not be that of the call.
                let named = error.message.split_once("not authorized to perform: ").map(|(_, rest)| rest);
                let named = named.and_then(|rest| rest.split_whitespace().next());
                let needed = error.operation.actions();
                format!("{error}; the worker's role needs {}", named.unwrap_or(&needed))
            }
            Kind::BadCredentials => format!(
                "{error}; AWS does not take this worker's credentials: look at its role, and at AWS_ACCESS_KEY_ID and \
                 its like in its environment"
            ),
            Kind::Credentials => format!("{error}; the worker has no valid AWS credentials"),
            _ => error.to_string(),
        };
        if error.kind.may_pass_later() { Self::retry(message) } else { Self::for_good(message) }
    }
}

impl From<Unfilled> for Failure {
    fn from(unfilled: Unfilled) -> Self {
        Self::for_good(unfilled.to_string())
    }
}

impl From<MissingValue> for Failure {
    fn from(missing: MissingValue) -> Self {
        Self::for_good(missing.to_string())
    }
}

/// What stops one call of a job: an error of AWS, which the runner weighs, or a failure of the task.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    Aws(AwsError),
    Failed(Failure),
}

impl From<AwsError> for Trouble {
    fn from(error: AwsError) -> Self {
        Self::Aws(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Aws(error) => error.into(),
            Trouble::Failed(failure) => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ExecuteStatement` needs more than its own action.
    #[test]
    fn a_refusal_names_the_action_that_aws_names() {
        let error = |message: &str| AwsError {
            operation: crate::service::redshift::job::EXECUTE_STATEMENT,
            kind: Kind::Denied,
            code: None,
            message: message.to_owned(),
            request_id: None,
            bucket_region: None,
        };
        for (message, expected) in [
            (
                "User: arn:x is not authorized to perform: redshift-serverless:GetCredentials on resource: y",
                "the worker's role needs redshift-serverless:GetCredentials",
            ),
            ("Access denied", "the worker's role needs redshift-data:ExecuteStatement"),
        ] {
            let failure = Failure::from(error(message));
            assert!(failure.message.ends_with(expected), "{failure}");
        }
    }

    /// The name of a code in the operator. Whoever adds a code is led here by the compiler.
    fn name(exit: Exit) -> &'static str {
        match exit {
            Exit::Done => "DONE",
            Exit::Usage => "USAGE",
            Exit::Bug => "BUG",
            Exit::Retry => "RETRYABLE",
            Exit::ForGood => "FOR_GOOD",
            Exit::GoesOn => "GOES_ON",
            Exit::Skipped => "SKIPPED",
            Exit::Cancelled => "CANCELLED",
        }
    }

    /// Returns what stands between two texts in each line that has both, with the number after it.
    fn numbers<'t>(text: &'t str, start: &'t str, middle: &'t str) -> impl Iterator<Item = (&'t str, u8)> {
        text.lines().filter_map(move |line| {
            let (word, rest) = line.strip_prefix(start)?.split_once(middle)?;
            Some((word, rest.split_whitespace().next()?.parse().ok()?))
        })
    }

    #[test]
    fn the_operator_and_the_page_know_the_same_codes_and_no_others() {
        const OPERATOR: &str = include_str!("../../dag_templates/dagc_airflow_v1.py");
        const PAGE: &str = include_str!("../../docs/worker.md");
        let all = [
            Exit::Done,
            Exit::Usage,
            Exit::Bug,
            Exit::Retry,
            Exit::ForGood,
            Exit::GoesOn,
            Exit::Skipped,
            Exit::Cancelled,
        ];
        let ours: Vec<(&str, u8)> = all.iter().map(|exit| (name(*exit), exit.code())).collect();
        assert_eq!(numbers(OPERATOR, "EXIT_", " = ").collect::<Vec<_>>(), ours);
        let page: Vec<u8> = numbers(PAGE, "|", " ").map(|(_, number)| number).collect();
        assert_eq!(page, ours.iter().map(|(_, code)| *code).collect::<Vec<_>>());
    }
}
