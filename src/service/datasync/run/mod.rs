//! Executions of tasks of DataSync.
//!
//! An execution is marked by a tag, which it has from its start on. Executions are listed in no order that is documented and
//! without their times, so that the tags of all of them are read when there is none that goes on; each is read once in a look.
//! DataSync runs one execution of a task at a time and puts a second one behind it: a second start would transfer twice.
//!
//! | module | gives |
//! | --- | --- |
//! | [`api`] | the calls |
//! | [`meaning`] | what the state of an execution means |

mod api;
mod meaning;

use super::filter::Filter;
use super::job::{self, RunTransfer};
use crate::aws::{self, AwsError, Kind};
use crate::exec::key::{Identity, Key, content};
use crate::exec::log::Log;
use crate::exec::looks::Span;
use crate::exec::outcome::{Ended, Failure, Outputs, Trouble};
use crate::exec::runner::{self, Attempt, Cancelled, Found, Phase, RemoteJob};
use crate::exec::start::{Start, in_region};
use crate::template::{RunValues, Template};
use api::{Api, Execution, Filters, Listed};
use aws_config::SdkConfig;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

/// For how long an execution that was started may not be listed, or not with its tag. DataSync's documents say nothing.
const LISTING_LAG: Duration = Duration::from_secs(10);

/// Runs the task of a step.
pub(crate) async fn run(
    spec: &RunTransfer,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let job = TransferJob::new(start.config, spec, start.values)?;
    let run = (start.run)(job.identity());
    runner::run(job, run, stop).await
}

/// An execution.
pub(crate) struct TransferJob {
    api: Api,
    region: String,
    spec: RunTransfer,
    /// The ARN of the task, when it is known.
    task: Option<String>,
    filters: Filters,
    /// The marks that were read, by the ARNs of the executions.
    marks: HashMap<String, Option<String>>,
    last: Option<Execution>,
}

impl TransferJob {
    /// Makes the job of a step.
    pub(crate) fn new(config: &SdkConfig, spec: &RunTransfer, values: &RunValues) -> Result<Self, Failure> {
        let region = aws::region(config);
        in_region(&spec.task, spec.task.region(), &region)?;
        let filter = |filter: Filter, patterns: &[Template]| {
            let rendered: Result<Vec<_>, _> = patterns.iter().map(|one| one.render(values)).collect();
            filter.joined(&rendered?).map_err(Failure::for_good)
        };
        Ok(Self {
            api: Api::new(config),
            region,
            filters: Filters {
                include: filter(Filter::Include, &spec.include)?,
                exclude: filter(Filter::Exclude, &spec.exclude)?,
                only_changed: spec.only_changed,
            },
            task: spec.task.arn(),
            spec: spec.clone(),
            marks: HashMap::new(),
            last: None,
        })
    }

    /// What an execution is known by.
    pub(crate) fn identity(&self) -> Identity {
        let Filters { include, exclude, only_changed } = &self.filters;
        let mode = only_changed.map_or("", |only| if only { "changed" } else { "all" });
        let [include, exclude] = [include, exclude].map(|filter| filter.as_deref().unwrap_or_default());
        Identity {
            kind: "run_transfer",
            target: vec![self.region.clone(), self.spec.task.name.clone()],
            content: content([include, exclude, mode]),
        }
    }

    /// The ARN of the task.
    async fn task(&mut self) -> Result<String, AwsError> {
        if let Some(task) = &self.task {
            return Ok(task.clone());
        }
        let task = self.api.task(&self.spec.task).await?;
        self.task = Some(task.clone());
        Ok(task)
    }

    /// Finds those of this task instance among some executions.
    async fn own(&mut self, key: &Key, listed: &[Listed]) -> Result<Vec<Found<String>>, AwsError> {
        let unread = listed.iter().map(|one| &one.arn).filter(|arn| !self.marks.contains_key(*arn));
        let unread: Vec<String> = unread.cloned().collect();
        self.marks.extend(self.api.marks(unread).await?);
        let mut found = Vec::new();
        for one in listed {
            let mark = self.marks.get(&one.arn).and_then(Option::as_deref);
            let Some(kinship) = mark.and_then(|mark| key.kin(mark.rsplit_once('-')?.0)) else { continue };
            let execution = self.api.look(&one.arn).await?;
            found.push(Found {
                phase: meaning::phase(&execution, self.spec.may_lose),
                span: Span { started: execution.started(), ended: execution.ended() },
                handle: one.arn.clone(),
                generation: kinship.generation,
                is_same: kinship.content == key.content(),
                attempt: None,
            });
        }
        Ok(found)
    }
}

impl RemoteJob for TransferJob {
    type Handle = String;

    const NOUN: &'static str = "execution";

    async fn find(&mut self, key: &Key) -> Result<Vec<Found<String>>, Trouble> {
        let task = self.task().await?;
        let listed = self.api.listed(&task).await?;
        let (over, open): (Vec<_>, Vec<_>) =
            listed.into_iter().partition(|one| meaning::is_over(&one.status));
        let mut found = self.own(key, &open).await?;
        // A tag may be late.
        for one in &open {
            if self.marks.get(&one.arn) == Some(&None) {
                self.marks.remove(&one.arn);
            }
        }
        // What goes on and does the same is taken whatever was before it.
        if !found.iter().any(|one| one.is_same && matches!(one.phase, Phase::Running(_))) {
            found.append(&mut self.own(key, &over).await?);
        }
        found.sort_by_key(|found| std::cmp::Reverse(found.span.started));
        Ok(found)
    }

    async fn start(&mut self, attempt: &Attempt) -> Result<String, Trouble> {
        let task = self.task().await?;
        match self.api.start(task, attempt.token(), self.filters.clone()).await {
            // An agent that is away, and a queue that is full, are refused as what is wrong for good is.
            Err(error) if error.kind == Kind::Invalid => Err(Failure::retry(error.to_string()).into()),
            started => Ok(started?),
        }
    }

    async fn poll(&mut self, handle: &String) -> Result<Phase, Trouble> {
        let execution = self.api.look(handle).await?;
        let phase = meaning::phase(&execution, self.spec.may_lose);
        self.last = Some(execution);
        Ok(phase)
    }

    async fn cancel(&mut self, handle: &String) -> Result<Cancelled, AwsError> {
        let mut error = match self.api.cancel(handle).await {
            Err(error) if error.kind == Kind::Invalid => error,
            told => return told.map(|()| Cancelled::WasTold),
        };
        let has_ended =
            self.api.look(handle).await.is_ok_and(|execution| meaning::is_over(&execution.status));
        // That it is not known just after its start proves nothing.
        error.kind = Kind::Unavailable;
        if has_ended { Ok(Cancelled::HadEnded) } else { Err(error) }
    }

    async fn outputs(&mut self, handle: &String, log: &Log<'_>) -> Result<Outputs, Trouble> {
        let execution = match self.last.take() {
            Some(execution) => execution,
            None => self.api.look(handle).await?,
        };
        if let Some(lost) = meaning::lost(&execution) {
            log.warning(format!("{lost}: its page in the console and its log say which"));
        }
        let count = |count: Option<u64>| count.map_or(Value::Null, Value::from);
        let outputs = [
            ("files", json!(execution.files_transferred)),
            ("bytes", json!(execution.bytes_transferred)),
            ("deleted", count(execution.files_deleted)),
            ("skipped", count(execution.files_skipped)),
            ("verified", count(execution.files_verified)),
            ("failed", json!(meaning::failed(&execution))),
        ];
        Ok(outputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn link(&self, handle: &String) -> String {
        job::link(&self.region, handle)
    }

    fn place(&self) -> String {
        job::place(&self.region, self.task.as_deref())
    }

    fn lag(&self) -> Duration {
        LISTING_LAG
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::client::unconnected;
    use crate::exec::outcome::Exit;

    fn job(region: &'static str, spec: &str) -> Result<TransferJob, Failure> {
        TransferJob::new(&unconnected(region), &serde_json::from_str(spec).unwrap(), &RunValues::default())
    }

    #[test]
    fn an_execution_is_known_by_its_task_and_what_it_transfers() {
        let identity = |region, spec| job(region, spec).unwrap().identity();
        let own = identity("eu-west-1", r#"{"task": "nightly", "include": ["/a", "/b"]}"#);
        for (region, spec) in
            [("eu-west-2", r#"{"task": "nightly"}"#), ("eu-west-1", r#"{"task": "weekly"}"#)]
        {
            assert_ne!(identity(region, spec).target, own.target, "{spec}");
        }
        for spec in [
            r#"{"task": "nightly"}"#,
            r#"{"task": "nightly", "exclude": ["/a", "/b"]}"#,
            r#"{"task": "nightly", "include": ["/a", "/b"], "only_changed": false}"#,
        ] {
            assert_eq!(identity("eu-west-1", spec).target, own.target);
            assert_ne!(identity("eu-west-1", spec).content, own.content, "{spec}");
        }
    }

    #[test]
    fn what_cannot_be_started_is_not() {
        let other = r#"{"task": "arn:aws:datasync:us-east-1:111122223333:task/task-0123456789abcdef0"}"#;
        let pattern = r#"{"task": "nightly", "include": ["a"]}"#;
        for (spec, expected) in [(other, "is in us-east-1"), (pattern, "begins with `/`")] {
            let Err(failure) = job("eu-west-1", spec) else { panic!("{expected}") };
            assert_eq!(failure.exit, Exit::ForGood);
            assert!(failure.message.contains(expected), "{failure}");
        }
    }
}
