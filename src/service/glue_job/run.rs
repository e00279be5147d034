//! Runs of Glue jobs.
//!
//! `StartJobRun` has no client token, so the key travels as the argument `--dagc-key`, and a run is found
//! by reading `GetJobRuns`, newest first, back to the time before which no run of this DAG run can have
//! begun and still go on.

mod definition;
mod measure;
mod retries;
mod state;

use super::arguments::{BOOKMARK, arguments as made};
use super::job::{self, Bookmark, RunGlueJob};
use crate::aws::operation::{Request, requests};
use crate::aws::{self, AwsError, Kind};
use crate::exec::cloudwatch::{Ended, Follower, Followers, Logs, Metrics};
use crate::exec::context::RunContext;
use crate::exec::key::{Identity, Key, content};
use crate::exec::log::Log;
use crate::exec::outcome::{self as task, Failure, Outputs, Trouble};
use crate::exec::runner::{self, Attempt, Cancelled, Found, Phase, RemoteJob, SecondStart};
use crate::exec::start::Start;
use crate::service::console;
use crate::service::glue::listing_lag;
use crate::template::RunValues;
use aws_config::SdkConfig;
use aws_sdk_glue::types::{ExecutionClass, JobRun, WorkerType};
use definition::Definition;
pub(crate) use retries::{no_longer_awaited, retry_seen_within};
use serde_json::json;
use state::{dpu_seconds, log_group, phase, span, started};
use std::collections::BTreeMap;
use std::future::Future;
use std::time::{Duration, SystemTime};

/// The argument that carries the key.
const KEY: &str = "--dagc-key";

/// The argument that says which attempt of the task has started the run. A run that Glue has started again by
/// itself has that of the run before.
const ATTEMPT: &str = "--dagc-attempt";

/// Glue's longest default timeout, in minutes. Runs are looked for no less far back, as a deploy may have shortened the
/// timeout, and as a run may wait for its slot.
const DEFAULT_TIMEOUT: u32 = 48 * 60;

/// How far the clocks of Airflow and Glue may differ.
const SKEW: Duration = Duration::from_mins(10);

requests! {
    aws_sdk_glue::batch_stop_job_run[BatchStopJobRunFluentBuilder BatchStopJobRunOutput BatchStopJobRunError]
        = job::BATCH_STOP_JOB_RUN;
    aws_sdk_glue::get_job_run[GetJobRunFluentBuilder GetJobRunOutput GetJobRunError]
        = job::GET_JOB_RUN;
    aws_sdk_glue::get_job_runs[GetJobRunsFluentBuilder GetJobRunsOutput GetJobRunsError]
        = job::GET_JOB_RUNS, pages set_next_token next_token;
    aws_sdk_glue::reset_job_bookmark[ResetJobBookmarkFluentBuilder ResetJobBookmarkOutput ResetJobBookmarkError]
        = job::RESET_JOB_BOOKMARK;
    aws_sdk_glue::start_job_run[StartJobRunFluentBuilder StartJobRunOutput StartJobRunError]
        = job::START_JOB_RUN;
}

/// Runs a job.
pub(crate) async fn run(
    spec: &RunGlueJob,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<task::Ended, Failure> {
    let job = GlueJob::new(start.config, spec, start.values, start.context)?;
    let run = (start.run)(job.identity());
    runner::run(job, run, stop).await
}

/// A run of a job.
pub(crate) struct GlueJob {
    glue: aws_sdk_glue::Client,
    logs: Logs,
    metrics: Metrics,
    region: String,
    spec: RunGlueJob,
    arguments: BTreeMap<String, String>,
    /// The job forgets what it has read before the run starts.
    resets: bool,
    /// Runs that began before this are not looked at.
    horizon: SystemTime,
    /// When the first look of this attempt ended, which has passed on the log up to then.
    logged_until: Option<SystemTime>,
    followers: Option<Followers<2>>,
    last: Option<JobRun>,
    definition: Definition,
}

impl GlueJob {
    /// Completes the arguments.
    pub(crate) fn new(
        config: &SdkConfig,
        spec: &RunGlueJob,
        values: &RunValues,
        context: &RunContext,
    ) -> Result<Self, Failure> {
        let mut arguments = BTreeMap::new();
        for (name, value) in made(spec) {
            arguments.insert(name, value.render(values)?);
        }
        let mut resets = false;
        if let Some(Bookmark::Word(word)) = &spec.bookmark {
            let word = word.render(values)?;
            arguments.insert(BOOKMARK.to_owned(), option(&word)?.to_owned());
            resets = word == "reset";
        }
        let began = context.began().unwrap_or_else(SystemTime::now);
        let timeout = Duration::from_mins(spec.timeout_minutes.unwrap_or(0).max(DEFAULT_TIMEOUT).into());
        Ok(Self {
            glue: aws_sdk_glue::Client::new(config),
            logs: Logs::new(config),
            metrics: Metrics::new(config),
            region: aws::region(config),
            spec: spec.clone(),
            arguments,
            resets,
            horizon: began.checked_sub(timeout + SKEW).unwrap_or(SystemTime::UNIX_EPOCH),
            logged_until: context.first_look_ended(),
            followers: None,
            last: None,
            definition: Definition::unread(config),
        })
    }
}

impl GlueJob {
    /// What a run is known by.
    pub(crate) fn identity(&self) -> Identity {
        let RunGlueJob {
            job,
            // The arguments are made of these.
            inputs: _,
            output: _,
            arguments: _,
            bookmark: _,
            bookmark_range: _,
            autoscale: _,
            worker_type,
            workers,
            execution_class,
            security_configuration,
            timeout_minutes,
            definition,
            listing_lag: _,
            // It changes when a run starts, not what it does.
            queue: _,
        } = &self.spec;
        let arguments = self.arguments.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        let texts = [worker_type, execution_class, security_configuration, definition];
        let texts = texts.map(|text| text.as_deref().unwrap_or_default());
        let numbers = format!("{workers:?} {timeout_minutes:?}");
        let mut parts = vec![content(arguments), content(texts), numbers];
        parts.extend(self.resets.then(|| "resets".to_owned()));
        let content = content(parts.iter().map(String::as_str));
        Identity { kind: "run_glue_job", target: vec![self.region.clone(), job.clone()], content }
    }
}

impl RemoteJob for GlueJob {
    type Handle = String;

    const NOUN: &'static str = "Glue job run";

    async fn find(&mut self, key: &Key) -> Result<Vec<Found<String>>, Trouble> {
        let mut pages = aws::pages(self.glue.get_job_runs().job_name(&self.spec.job).max_results(200));
        let mut found = Vec::new();
        'pages: while let Some(page) = pages.next().await? {
            for run in page.job_runs.unwrap_or_default() {
                if started(&run).is_some_and(|at| at < self.horizon) {
                    break 'pages;
                }
                let mark = run.arguments.as_ref().and_then(|arguments| arguments.get(KEY));
                if let (Some(kinship), Some(handle)) = (mark.and_then(|mark| key.kin(mark)), run.id.clone()) {
                    let is_same = kinship.content == key.content();
                    let (generation, span) = (kinship.generation, span(&run));
                    let attempt = run.arguments.as_ref().and_then(|arguments| arguments.get(ATTEMPT));
                    let attempt = attempt.and_then(|attempt| attempt.parse().ok());
                    let phase = match phase(&run) {
                        Phase::Failed(_) if self.is_about_to_be_retried(&run, span).await? => {
                            Phase::Stopping("about to be started again by Glue".to_owned())
                        }
                        phase => phase,
                    };
                    found.push(Found { handle, generation, is_same, attempt, phase, span });
                }
            }
        }
        no_longer_awaited(&mut found);
        Ok(found)
    }

    async fn start(&mut self, attempt: &Attempt) -> Result<String, Trouble> {
        if self.resets {
            self.reset().await?;
        }
        let spec = &self.spec;
        let minutes = spec.timeout_minutes.and_then(|minutes| i32::try_from(minutes).ok());
        let workers = spec.workers.and_then(|workers| i32::try_from(workers).ok());
        let mut request = self
            .glue
            .start_job_run()
            .job_name(&spec.job)
            .arguments(KEY, attempt.key.to_string())
            .arguments(ATTEMPT, attempt.of_task.to_string())
            .set_timeout(minutes)
            .set_job_run_queuing_enabled(spec.queue.then_some(true))
            .set_number_of_workers(workers)
            .set_worker_type(spec.worker_type.as_deref().map(WorkerType::from))
            .set_execution_class(spec.execution_class.as_deref().map(ExecutionClass::from))
            .set_security_configuration(spec.security_configuration.clone());
        for (name, value) in &self.arguments {
            request = request.arguments(name, value);
        }
        Ok(aws::send(request).await?.job_run_id.unwrap_or_default())
    }

    async fn poll(&mut self, handle: &String) -> Result<Phase, Trouble> {
        let request = self.glue.get_job_run().job_name(&self.spec.job).run_id(handle);
        let Some(run) = aws::send(request).await?.job_run else {
            return Ok(Phase::Unknown("no run in the answer".to_owned()));
        };
        let phase = phase(&run);
        self.last = Some(run);
        Ok(phase)
    }

    async fn follow(&mut self, handle: &String, log: &Log<'_>) {
        let Some(followers) = followers(&mut self.followers, self.last.as_ref(), handle, self.logged_until)
        else {
            return;
        };
        followers.follow(&self.logs, log).await;
    }

    async fn cancel(&mut self, handle: &String) -> Result<Cancelled, AwsError> {
        let request = self.glue.batch_stop_job_run().job_name(&self.spec.job).job_run_ids(handle);
        let operation = request.operation();
        let answer = aws::send(request).await?;
        // A refusal of one run comes inside of an answer that is fine.
        match answer.errors().first().and_then(|error| error.error_detail.as_ref()) {
            None => Ok(Cancelled::WasTold),
            Some(detail) => Err(AwsError {
                operation,
                kind: Kind::Invalid,
                code: detail.error_code.clone(),
                message: detail.error_message.clone().unwrap_or_default(),
                request_id: None,
                bucket_region: None,
            }),
        }
    }

    async fn explain(&mut self, handle: &String, failure: Failure, log: &Log<'_>) -> Failure {
        self.finish_log(handle, Ended::Failed, log).await;
        self.advise(&failure.message, log);
        if let Some(run) = &self.last {
            let link = console::log_stream(&self.region, &format!("{}/error", log_group(run)), handle);
            log.info(format!("its whole log: {link}"));
        }
        failure
    }

    async fn outputs(&mut self, handle: &String, log: &Log<'_>) -> Result<Outputs, Trouble> {
        self.finish_log(handle, Ended::Succeeded, log).await;
        let mut outputs = self.measure(log).await;
        outputs.insert("dpu_seconds".to_owned(), json!(self.last.as_ref().and_then(dpu_seconds)));
        Ok(outputs)
    }

    fn link(&self, handle: &String) -> String {
        job::link(&self.region, &self.spec.job, handle)
    }

    fn place(&self) -> String {
        job::place(&self.region, &self.spec.job)
    }

    fn lag(&self) -> Duration {
        listing_lag(self.spec.listing_lag)
    }

    /// Glue refuses a second run of a job with `MaxConcurrentRuns` 1 while the first one goes on; but that it does
    /// not refuse it does not tell that there was none.
    fn second_start(&self) -> SecondStart {
        SecondStart::Doubles
    }

    async fn follows_within(&mut self) -> Duration {
        let attempt = self.last.as_ref().map_or(0, |run| run.attempt);
        let lag = self.lag();
        match self.definition.max_retries(&self.spec.job).await {
            Ok(Some(most)) if attempt >= most => Duration::ZERO,
            Ok(_) | Err(_) => retry_seen_within(lag),
        }
    }
}

impl GlueJob {
    /// Makes the job forget what it has read. A job that has read nothing has nothing to forget.
    async fn reset(&self) -> Result<(), AwsError> {
        match aws::send(self.glue.reset_job_bookmark().job_name(&self.spec.job)).await {
            Err(error) if error.kind != Kind::NotFound => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Passes on what comes of the log after the run's end.
    async fn finish_log(&mut self, handle: &str, ended: Ended, log: &Log<'_>) {
        let followers = followers(&mut self.followers, self.last.as_ref(), handle, self.logged_until);
        if let Some(followers) = followers {
            followers.finish(&self.logs, ended, &self.region, log).await;
        }
    }
}

/// What Glue calls what a run has filled in.
fn option(word: &str) -> Result<&'static str, Failure> {
    Bookmark::option(word).ok_or_else(|| {
        let words = Bookmark::WORDS.join("`, `");
        Failure::for_good(format!("`bookmark` is `{word}` in this run; it can be `{words}`"))
    })
}

/// Returns what follows the log of a run, which is known when the run is.
fn followers<'a>(
    followers: &'a mut Option<Followers<2>>,
    run: Option<&JobRun>,
    handle: &str,
    since: Option<SystemTime>,
) -> Option<&'a mut Followers<2>> {
    let group = log_group(run?);
    let follower = |name| Follower::new(format!("{group}/{name}"), handle).since(since);
    Some(followers.get_or_insert_with(|| Followers(["output", "error"].map(follower))))
}

#[cfg(test)]
mod tests;
