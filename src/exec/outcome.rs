//! How a task ends: its outputs, or a failure with an exit code.

use crate::aws::{AwsError, Kind};
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
                format!("{error}; the worker's role needs {}", error.operation.permissions.join(" and "))
            }
            Kind::Credentials => format!("{error}; the worker has no valid AWS credentials"),
            _ => error.to_string(),
        };
        if error.kind.may_pass_later() { Self::retry(message) } else { Self::for_good(message) }
    }
}

impl From<MissingValue> for Failure {
    fn from(missing: MissingValue) -> Self {
        Self::for_good(missing.to_string())
    }
}

/// What stops one call of a job: an error of AWS, which the runner weighs, or a failure of the task.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
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

    #[test]
    fn the_operator_knows_the_same_codes() {
        const OPERATOR: &str = include_str!("../../dag_templates/dagc_airflow_v1.py");
        for (name, exit) in [
            ("DONE", Exit::Done),
            ("USAGE", Exit::Usage),
            ("BUG", Exit::Bug),
            ("RETRYABLE", Exit::Retry),
            ("FOR_GOOD", Exit::ForGood),
            ("SKIPPED", Exit::Skipped),
            ("CANCELLED", Exit::Cancelled),
        ] {
            let line = format!("\nEXIT_{name} = {}\n", exit.code());
            assert!(OPERATOR.contains(&line), "{line}");
        }
    }
}
