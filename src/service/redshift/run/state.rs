//! What the service says of a statement.

use super::passing;
use crate::exec::outcome::Failure;
use crate::exec::runner::Phase;
use aws_sdk_redshiftdata::operation::describe_statement::DescribeStatementOutput;
use aws_sdk_redshiftdata::types::{StatementStatusString, SubStatementData};

pub(super) fn phase(state: &str, id: &str, error: Option<&str>) -> Phase {
    match state {
        "SUBMITTED" | "PICKED" | "STARTED" => Phase::Running(state.to_owned()),
        "FINISHED" => Phase::Succeeded,
        "FAILED" | "ABORTED" => {
            let why = error.filter(|error| !error.is_empty());
            let message = format!(
                "Redshift statement {id} ended as {state}{}",
                why.map(|error| format!(": {}", error.trim())).unwrap_or_default()
            );
            // What was cancelled from outside may pass when tried again, and so may what has met another.
            let may_pass = state == "ABORTED" || error.is_some_and(passing::may_pass_later);
            Phase::Failed(if may_pass { Failure::retry(message) } else { Failure::for_good(message) })
        }
        other => Phase::Unknown(other.to_owned()),
    }
}

/// Says which part of a statement has not succeeded, though the whole of it says so.
pub(super) fn unfinished(described: &DescribeStatementOutput) -> Option<Failure> {
    let parts = described.sub_statements();
    let finished = |part: &&SubStatementData| {
        part.status.as_ref().map(StatementStatusString::as_str) == Some("FINISHED")
    };
    let (at, part) = parts.iter().enumerate().find(|(_, part)| !finished(part))?;
    let state = part.status.as_ref().map_or("in no state", StatementStatusString::as_str);
    let why = part.error.as_deref().unwrap_or_default();
    let message = format!(
        "Redshift statement {} has ended, but its statement {} of {} is {state}: {why}",
        described.id,
        at + 1,
        parts.len()
    );
    Some(if passing::may_pass_later(why) { Failure::retry(message) } else { Failure::for_good(message) })
}
