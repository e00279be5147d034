//! Runs of replications of DMS.
//!
//! DMS takes no token, has no ids of runs and runs a replication once at a time. A run is marked by a tag of the replication,
//! which is written before the start and says when the replication had run before ([`mark`]): what it has run since is this
//! run, or none. So a lost answer starts nothing twice. A replication that runs with the mark of another task instance, or
//! with none, is waited for, taken or refused, as `if_running` says. What is not told apart is a run that a person starts
//! between the writing of the mark and the start, which takes milliseconds.
//!
//! | module | gives |
//! | --- | --- |
//! | [`api`], [`wire`] | the calls |
//! | [`state`], [`tables`] | what they tell of a replication, and of its tables |
//! | [`handle`], [`mark`] | what a run is known by, and its tag |
//! | [`how`] | how it is started, and whether it ends |
//! | [`meaning`] | what its state means, its end, and its tables |
//! | [`found`] | the runs that there are, by the tag and the state |

mod api;
mod found;
mod handle;
mod how;
mod mark;
mod meaning;
mod state;
mod tables;
mod wire;

use super::job::{self, Replicate, ReplicationStart};
use crate::aws::{self, AwsError, Kind};
use crate::exec::key::{Identity, Key, Kinship, content};
use crate::exec::log::Log;
use crate::exec::mask::Mask;
use crate::exec::outcome::{Ended, Failure, Outputs, Trouble};
use crate::exec::runner::{self, Attempt, Cancelled, Found, Phase, Prepared, RemoteJob};
use crate::exec::start::{Start, in_region};
use crate::exec::time::Instant;
use crate::service::console;
use crate::template::RunValues;
use api::Api;
use aws_config::SdkConfig;
use handle::RunHandle;
use how::Positions;
use mark::{Mark, Trace};
use meaning::Stand;
use state::State;
use std::future::Future;
use std::time::Duration;
use tables::Tables;

/// For how long what was started may not be seen. DMS's documents say nothing.
const LISTING_LAG: Duration = Duration::from_secs(10);

/// For how long a replication that was started may be seen as it was before.
const BEGINS_WITHIN: Duration = Duration::from_secs(30);

/// Runs the replication of a step.
pub(crate) async fn run(
    spec: &Replicate,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let job = ReplicationJob::new(start.config, spec, start.values)?;
    let run = (start.run)(job.identity());
    Box::pin(runner::run(job, run, stop)).await
}

/// A run of a replication.
pub(crate) struct ReplicationJob {
    api: Api,
    region: String,
    spec: Replicate,
    positions: Positions,
    mask: Mask,
    /// The replication as it was seen last.
    state: State,
    /// Its tables at the end.
    tables: Option<Tables>,
    /// When it had run before this task's run.
    before: Trace,
    /// The tag that this process has written, and what it has found before.
    written: Option<(Option<String>, String)>,
    /// Since when what was started is seen as it was before.
    unbegun_since: Option<Instant>,
    /// Since when it is seen with the mark of others who are about to start it.
    pending_since: Option<Instant>,
}

impl ReplicationJob {
    /// Makes the job of a step.
    pub(crate) fn new(config: &SdkConfig, spec: &Replicate, values: &RunValues) -> Result<Self, Failure> {
        let region = aws::region(config);
        in_region(&spec.replication, spec.replication.region(), &region)?;
        Ok(Self {
            api: Api::new(config, &spec.replication),
            region,
            positions: Positions::of(spec, values)?,
            mask: Mask::new(&values.params, &values.outputs),
            spec: spec.clone(),
            state: State::default(),
            tables: None,
            before: Trace::default(),
            written: None,
            unbegun_since: None,
            pending_since: None,
        })
    }

    /// What a run is known by.
    pub(crate) fn identity(&self) -> Identity {
        let replication = &self.spec.replication;
        let service = if replication.is_serverless() { "serverless" } else { "task" };
        let Positions { from, until } = &self.positions;
        let [from, until] = [from, until].map(|position| position.as_deref().unwrap_or_default());
        let start = self.spec.start.map_or("", ReplicationStart::as_str);
        let wait = if self.spec.goes_on { "running" } else { "end" };
        Identity {
            kind: "replicate",
            target: vec![self.region.clone(), service.to_owned(), replication.name().to_owned()],
            content: content([start, from, until, wait]),
        }
    }

    async fn look(&mut self) -> Result<(), AwsError> {
        self.state = Box::pin(self.api.look(false)).await?;
        Ok(())
    }

    /// Reads the mark. What this process has written may be read late.
    async fn mark(&self) -> Result<Option<Mark>, AwsError> {
        let read = self.api.mark(&self.state.arn).await?;
        let tag = match &self.written {
            Some((old, new)) if *old == read => Some(new.clone()),
            _ => read,
        };
        Ok(tag.as_deref().and_then(Mark::parse))
    }

    /// Finds the run that is marked so, with those of its generation that had failed before it.
    async fn marked(
        &mut self,
        mark: &Mark,
        kinship: Kinship,
        key: &Key,
    ) -> Result<Vec<Found<RunHandle>>, Trouble> {
        self.before = mark.before;
        let ended =
            if found::has_ended(&self.state, mark) { Some(Box::pin(self.judged()).await?) } else { None };
        let is_same = kinship.content == key.content();
        Ok(found::marked(&self.state, mark, kinship.generation, is_same, ended))
    }

    /// Says how the run has ended that is over, or goes on as it is to: by the replication, and then by its tables.
    async fn judged(&mut self) -> Result<Phase, Trouble> {
        let goes_on = self.spec.goes_on && meaning::goes_on(&self.state);
        let phase = if goes_on { Phase::Succeeded } else { meaning::ended(&self.state) };
        if phase != Phase::Succeeded {
            return Ok(phase.masked(&self.mask));
        }
        self.tables = self.tables().await?;
        let lost = meaning::lost(&self.state, self.tables.as_ref()).filter(|_| !self.spec.may_lose);
        Ok(lost.map_or(Phase::Succeeded, |lost| {
            let name = &self.state.name;
            let is = if goes_on { "is running" } else { "has come to its end" };
            Phase::Failed(Failure::retry(format!("replication {name} {is}, and {lost}")))
        }))
    }

    /// Looks at its tables. A serverless one that has given back what it ran on does not tell them.
    async fn tables(&self) -> Result<Option<Tables>, AwsError> {
        match Box::pin(self.api.tables(&self.state.arn)).await {
            Err(error) if matches!(error.kind, Kind::Busy | Kind::NotFound) => Ok(None),
            tables => tables.map(Some),
        }
    }

    /// What was started is seen as it was before: the answer is behind, or it has failed in no time.
    fn unbegun(&mut self) -> Phase {
        let since = *self.unbegun_since.get_or_insert_with(Instant::now);
        let State { name, status, .. } = &self.state;
        if since.elapsed() < BEGINS_WITHIN {
            return Phase::Running(format!("{status}, as before it was started"));
        }
        let why = self.state.why();
        let seconds = BEGINS_WITHIN.as_secs();
        let message =
            format!("replication {name} was started {seconds} s ago, and is {status} as before{why}");
        Phase::Failed(Failure::retry(message)).masked(&self.mask)
    }

    fn link_to(&self) -> String {
        let named = if self.state.name.is_empty() { self.spec.replication.name() } else { &self.state.name };
        job::link(&self.region, self.spec.replication.is_serverless(), named)
    }
}

impl RemoteJob for ReplicationJob {
    type Handle = RunHandle;

    const NOUN: &'static str = "replication";

    async fn find(&mut self, key: &Key) -> Result<Vec<Found<RunHandle>>, Trouble> {
        self.look().await?;
        let mark = self.mark().await?;
        let stand = meaning::stand(&self.state);
        if let Some(pending) = found::pending(&self.state, mark.as_ref(), key) {
            let since = *self.pending_since.get_or_insert_with(Instant::now);
            if since.elapsed() < LISTING_LAG {
                return Ok(vec![pending]);
            }
        }
        // One that is to go on is started once; a task that is cleared finds it running, as any other does.
        let is_of_before = |kinship: &Kinship| self.spec.goes_on && kinship.generation != key.generation();
        let own = mark
            .and_then(|mark| Some((key.kin(&mark.key)?, mark)))
            .filter(|(kinship, _)| stand != Stand::Runs || !is_of_before(kinship));
        let is_ours = own.is_some() && matches!(stand, Stand::Runs | Stand::Stops | Stand::Unknown);
        let mut found = match own {
            Some((kinship, mark)) => Box::pin(self.marked(&mark, kinship, key)).await?,
            None => Vec::new(),
        };
        if !is_ours && let Some(other) = found::other(&self.state, self.spec.if_running, key.generation())? {
            found.insert(0, other);
        }
        Ok(found)
    }

    async fn prepare(&mut self, attempt: &Attempt, _log: &Log<'_>) -> Result<Prepared, Trouble> {
        let settings = if how::has_end(&self.spec, &self.state) {
            None
        } else {
            Box::pin(self.api.settings(&self.state.arn)).await?
        };
        if let Some(why) = how::refused(&self.spec, &self.state, settings.as_deref()) {
            return Err(Failure::for_good(why).into());
        }
        let before = self.state.trace();
        let Some(mark) = Mark::of(&attempt.token(), before) else { return Ok(Prepared::Ready) };
        let old = self.api.mark(&self.state.arn).await?;
        self.api.put_mark(&self.state.arn, mark.to_string()).await?;
        self.written = Some((old, mark.to_string()));
        self.before = before;
        Ok(Prepared::Ready)
    }

    async fn start(&mut self, attempt: &Attempt) -> Result<RunHandle, Trouble> {
        let arn = self.state.arn.clone();
        let how = how::start(&self.spec, &self.state);
        Box::pin(self.api.start(&arn, how, &self.positions)).await?;
        self.unbegun_since = None;
        Ok(RunHandle { arn, run: Some(attempt.token()) })
    }

    async fn poll(&mut self, handle: &RunHandle) -> Result<Phase, Trouble> {
        self.look().await?;
        let status = self.state.status.clone();
        let is_as_before = handle.run.is_some() && !self.state.trace().has_run_since(self.before);
        Ok(match meaning::stand(&self.state) {
            Stand::Runs if self.spec.goes_on && meaning::goes_on(&self.state) => {
                Box::pin(self.judged()).await?
            }
            Stand::Runs | Stand::Changes => Phase::Running(status),
            Stand::Stops => Phase::Stopping(status),
            Stand::Unknown => Phase::Unknown(status),
            Stand::Goes => Phase::Failed(Failure::for_good(format!("{handle} is being deleted"))),
            Stand::Idle if is_as_before => self.unbegun(),
            Stand::Idle => Box::pin(self.judged()).await?,
        })
    }

    /// Stops the replication only while this run may be what it runs: somebody else may have started the next one.
    async fn cancel(&mut self, handle: &RunHandle) -> Result<Cancelled, AwsError> {
        self.look().await?;
        let has_run = self.state.trace().has_run_since(self.before);
        let stand = meaning::stand(&self.state);
        if stand == Stand::Idle && has_run {
            return Ok(Cancelled::HadEnded);
        }
        let mark = self.mark().await?;
        if mark.map(|mark| mark.run()) != handle.run {
            return Ok(Cancelled::HadEnded);
        }
        match Box::pin(self.api.stop(&handle.arn)).await {
            // One that has just been started, or is being stopped, cannot be stopped yet, or again.
            Err(mut error) if error.kind == Kind::Busy => {
                error.kind = Kind::Unavailable;
                if stand == Stand::Stops { Ok(Cancelled::WasTold) } else { Err(error) }
            }
            answer => answer.map(|()| Cancelled::WasTold),
        }
    }

    /// Says where its log is, if it has one.
    async fn explain(&mut self, handle: &RunHandle, failure: Failure, log: &Log<'_>) -> Failure {
        let Some(instance) = self.state.instance.clone() else { return failure };
        match Box::pin(self.api.instance(&instance)).await {
            Ok(Some(instance)) => {
                let group = format!("dms-tasks-{instance}");
                let stream = format!("dms-task-{}", handle.arn.rsplit(':').next().unwrap_or_default());
                let link = console::log_stream(&self.region, &group, &stream);
                log.info(format!("its log, if it keeps one: {stream} in {group}: {link}"));
            }
            Ok(None) => {}
            Err(error) => log.warning(format!("where its log is is not known: {error}")),
        }
        failure
    }

    async fn outputs(&mut self, _handle: &RunHandle, log: &Log<'_>) -> Result<Outputs, Trouble> {
        let tables = self.tables.as_ref();
        if let Some(lost) = meaning::lost(&self.state, tables) {
            log.warning(format!("{lost}: its page in the console says more"));
        }
        Ok(meaning::outputs(&self.state, tables))
    }

    fn link(&self, _handle: &RunHandle) -> String {
        self.link_to()
    }

    fn place(&self) -> String {
        self.link_to()
    }

    fn lag(&self) -> Duration {
        LISTING_LAG
    }
}

#[cfg(test)]
mod tests;
