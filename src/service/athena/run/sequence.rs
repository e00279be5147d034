//! The statements of a step, one after the other: Athena has no transactions.
//!
//! Each has a key of its own, whose content is that of all statements up to it; so an attempt finds those that were done
//! before it, and goes on with the next.

use super::{Query, check};
use crate::exec::key::Identity;
use crate::exec::outcome::{Ended, Failure, Outputs};
use crate::exec::runner::{self, Run};
use serde_json::{Value, json};
use std::future::Future;
use std::pin::pin;

/// Runs them to the end of the last one, or of the first that fails.
pub(super) async fn run<'a>(
    jobs: Vec<Query>,
    run_of: impl Fn(Identity) -> Run<'a>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let mut stop = pin!(stop);
    let total = jobs.len();
    let is_check = jobs.first().is_some_and(|job| job.check.is_some());
    let mut all = Outputs::new();
    let mut failed = Vec::new();
    for (n, job) in jobs.into_iter().enumerate() {
        let run = run_of(job.identity());
        let log = run.log;
        if total > 1 {
            log.info(format!("statement {} of {total}:", n + 1));
        }
        let mut outputs = match Box::pin(runner::run(job, run, stop.as_mut())).await {
            Ok(Ended::Done(outputs)) => outputs,
            Ok(goes_on @ Ended::GoesOn(_)) => return Ok(goes_on),
            Err(failure) if n == 0 => return Err(failure),
            Err(failure) => return Err(Failure { message: stopped(&failure.message, n), ..failure }),
        };
        failed.extend(check::violation(&mut outputs));
        all = joined(&all, outputs);
    }
    let all = if is_check { check::ended(all, &failed, total)? } else { all };
    Ok(Ended::Done(all))
}

/// Says what stays and where the next attempt goes on.
fn stopped(message: &str, done: usize) -> String {
    let before = if done == 1 { "statement 1 is".to_owned() } else { format!("statements 1 to {done} are") };
    let next = done + 1;
    format!(
        "{message}; {before} done, nothing after statement {next} was sent: another attempt goes on with statement \
         {next}, a cleared task begins anew"
    )
}

/// The outputs of several statements: what they have scanned and written together, and the rest of the last one.
fn joined(before: &Outputs, mut outputs: Outputs) -> Outputs {
    for name in ["bytes_scanned", "rows"] {
        let count = |outputs: &Outputs| outputs.get(name).and_then(Value::as_u64);
        if let Some(earlier) = count(before) {
            outputs.insert(name.to_owned(), json!(earlier + count(&outputs).unwrap_or_default()));
        }
    }
    if before.get("adopted") == Some(&json!(false)) {
        outputs.insert("adopted".to_owned(), json!(false));
    }
    outputs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_stays() {
        assert!(stopped("no", 1).starts_with("no; statement 1 is done, nothing after statement 2 was sent"));
        assert!(stopped("no", 2).contains("statements 1 to 2 are done"));
    }

    #[test]
    fn counts_are_of_all_statements() {
        let outputs = |bytes: u64, rows: Option<u64>, adopted: bool| {
            let outputs = json!({ "bytes_scanned": bytes, "rows": rows, "adopted": adopted, "value": bytes.to_string() });
            outputs.as_object().cloned().unwrap_or_default()
        };
        let all = joined(&joined(&Outputs::new(), outputs(2, Some(4), false)), outputs(3, None, true));
        assert_eq!(
            Value::Object(all),
            json!({ "bytes_scanned": 5, "rows": 4, "adopted": false, "value": "3" })
        );
    }
}
