//! Runs that Glue starts again by itself, as the job's definition says.

use super::GlueJob;
use crate::aws;
use crate::exec::looks::Span;
use crate::exec::outcome::Failure;
use crate::exec::runner::{Found, Phase, RemoteJob};
use aws_sdk_glue::types::{Job, JobRun};
use std::time::{Duration, SystemTime};

impl GlueJob {
    /// Reads the job's definition once; none where the worker may not.
    pub(super) async fn definition(&mut self) -> Option<&Job> {
        if matches!(self.definition, Definition::Unread) {
            let answer = aws::send(self.glue.get_job().job_name(&self.spec.job)).await;
            let job = answer.ok().and_then(|answer| answer.job);
            self.definition = job.map_or(Definition::Unknown, |job| Definition::Known(Box::new(job)));
        }
        match &self.definition {
            Definition::Known(job) => Some(job),
            Definition::Unread | Definition::Unknown => None,
        }
    }

    /// Says whether Glue is known to start a run again by itself that has failed just now.
    pub(super) async fn is_about_to_be_retried(&mut self, run: &JobRun, span: Span) -> bool {
        let since = span.ended.and_then(|ended| SystemTime::now().duration_since(ended).ok());
        let state = run.job_run_state.as_ref().map_or("", |state| state.as_str());
        since.is_some_and(|since| since < retry_seen_within(self.lag()))
            && state == "FAILED"
            && self.definition().await.is_some_and(|job| run.attempt < job.max_retries)
    }
}

/// How long Glue may take to start a run that has failed again, where the job has retries of its own.
pub(super) const RETRY_GAP: Duration = Duration::from_mins(2);

/// The definition of a job, as far as it was asked for.
pub(super) enum Definition {
    Unread,
    /// The worker may not read it.
    Unknown,
    Known(Box<Job>),
}

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
