//! Runs that Glue starts again by itself, as the job's definition says.

use super::GlueJob;
use crate::aws::AwsError;
use crate::exec::looks::{self, Span};
use crate::exec::outcome::Failure;
use crate::exec::runner::{Found, Phase, RemoteJob};
use aws_sdk_glue::types::JobRun;
use std::time::{Duration, SystemTime};

impl GlueJob {
    /// Says whether Glue may start a run again by itself that has failed just now.
    pub(super) async fn is_about_to_be_retried(
        &mut self,
        run: &JobRun,
        span: Span,
    ) -> Result<bool, AwsError> {
        let state = run.job_run_state.as_ref().map_or("", |state| state.as_str());
        if state != "FAILED" || !is_just_over(span, SystemTime::now(), self.lag()) {
            return Ok(false);
        }
        let most = self.definition.max_retries(&self.spec.job).await?;
        Ok(most.is_none_or(|most| run.attempt < most))
    }
}

/// Says whether a run has ended so lately that one by which Glue has followed it need not be listed. The worker's clock
/// may be behind Glue's, or ahead of it.
fn is_just_over(span: Span, now: SystemTime, lag: Duration) -> bool {
    let since = span.ended.map(|ended| now.duration_since(ended).unwrap_or_default());
    since.is_some_and(|since| since < retry_seen_within(lag) + looks::SKEW)
}

/// How long Glue may take to start a run that has failed again, where the job has retries of its own.
const RETRY_GAP: Duration = Duration::from_mins(2);

/// How long after a failure the run is listed that Glue has started again by itself.
pub(crate) fn retry_seen_within(lag: Duration) -> Duration {
    RETRY_GAP.min(lag) + lag
}

/// What Glue has started again is not waited for any more; takes the newest run first.
pub(crate) fn no_longer_awaited<H>(found: &mut [Found<H>]) {
    for n in 1..found.len() {
        if let (Phase::Stopping(_), Some(ended)) = (&found[n].phase, found[n].span.ended)
            && found[..n].iter().any(|later| later.span.is_after(ended))
        {
            found[n].phase = Phase::Failed(Failure::retry("was started again by Glue"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By a clock that is behind Glue's, a run has ended in time to come.
    #[test]
    fn what_is_just_over_is_so_by_any_clock() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
        let lag = Duration::from_mins(3);
        let before = |seconds| Some(now - Duration::from_secs(seconds));
        for (ended, expected) in [
            (Some(now + Duration::from_secs(20)), true),
            (before(0), true),
            (before(329), true),
            (before(330), false),
            (None, false),
        ] {
            assert_eq!(is_just_over(Span { started: None, ended }, now, lag), expected, "{ended:?}");
        }
    }
}
