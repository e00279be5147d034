//! The statements of a step that are no transaction: one after the other.
//!
//! The Data API's own way, a batch with `AUTO_COMMIT`, goes on after a failure. Here the first failure stops
//! what comes after it. Each statement has a key of its own, whose content is that of all statements up to it;
//! so an attempt finds those that were done before it by their names, and goes on with the next.

use super::SqlJob;
use crate::exec::key::Identity;
use crate::exec::outcome::{Ended, Failure, Outputs};
use crate::exec::runner::{self, Run};
use serde_json::{Value, json};
use std::future::Future;
use std::pin::pin;

/// Runs the jobs of a step, of which there are several where the step is no transaction.
pub(crate) async fn run<'a>(
    jobs: Vec<SqlJob>,
    run_of: impl Fn(Identity) -> Run<'a>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let mut stop = pin!(stop);
    let total = jobs.len();
    let mut all = Outputs::new();
    for (n, job) in jobs.into_iter().enumerate() {
        let run = run_of(job.identity());
        let log = run.log;
        if total > 1 {
            log.info(format!("statement {} of {total}:", n + 1));
        }
        let outputs = match Box::pin(runner::run(job.within(&run.looks, run.clock), run, stop.as_mut())).await
        {
            Ok(Ended::Done(outputs)) => outputs,
            Ok(goes_on @ Ended::GoesOn(_)) => return Ok(goes_on),
            Err(failure) if n == 0 => return Err(failure),
            Err(failure) => return Err(Failure { message: stopped(&failure.message, n), ..failure }),
        };
        if total > 1 && outputs["adopted"] == true {
            log.info(format!("statement {} of {total} was done by an attempt before this one", n + 1));
        }
        all = joined(&all, outputs);
    }
    Ok(Ended::Done(all))
}

/// Says what stays and where the next attempt goes on.
fn stopped(message: &str, done: usize) -> String {
    let (done_ones, next) = (
        if done == 1 { "statement 1 is".to_owned() } else { format!("statements 1 to {done} are") },
        done + 1,
    );
    format!(
        "{message}; {done_ones} done and committed, nothing after statement {next} was sent: another attempt goes on \
         with statement {next}, a cleared task begins anew"
    )
}

/// The outputs of several statements: their rows together, and the rest of the last one.
fn joined(before: &Outputs, mut outputs: Outputs) -> Outputs {
    let rows = |outputs: &Outputs| outputs.get("rows").and_then(Value::as_i64);
    if let (Some(sum), Some(own)) = (rows(before), rows(&outputs)) {
        outputs.insert("rows".to_owned(), json!(sum + own));
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
        assert!(
            stopped("no", 1).starts_with("no; statement 1 is done and committed, nothing after statement 2")
        );
        assert!(stopped("no", 2).contains("statements 1 to 2 are done"));
    }

    #[test]
    fn rows_are_counted_together() {
        let outputs = |rows: i64, adopted: bool| {
            let outputs = json!({ "rows": rows, "adopted": adopted, "handle": rows.to_string() });
            outputs.as_object().cloned().unwrap_or_default()
        };
        let all = joined(&joined(&Outputs::new(), outputs(2, false)), outputs(3, true));
        assert_eq!(all["rows"], 5);
        assert_eq!(all["adopted"], false);
        assert_eq!(all["handle"], "3");
    }
}
