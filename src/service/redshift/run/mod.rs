//! SQL through the Redshift Data API: scripts, loads, checks.
//!
//! A statement carries the key in `StatementName`, by which `ListStatements` finds it again, and a
//! `ClientToken` made of the key and the number of failed statements before it: two starts with the same
//! token are one statement, so a lost answer is answered by starting again. Statements and their results
//! are kept for 24 hours, tokens for 8.
//!
//! | module | gives |
//! | --- | --- |
//! | [`complete`] | the jobs of a step: what is sent, and what it is known by |
//! | [`api`], [`state`] | the calls; what they say of a statement |
//! | [`batch`] | what is sent: SQL, each piece with its role |
//! | [`load`] | loads: listing and manifest |
//! | [`load_sql`], [`copy`], [`ledger`], [`merge`] | their SQL: the transaction, its COPY, what was loaded before, merges |
//! | [`check`] | checks and how their results are read |
//! | [`unload`] | UNLOAD: its SQL, what it has written |
//! | [`view`], [`view_state`] | materialized views: their SQL; what is in place |
//! | [`schema`] | external schemas: their SQL; what is in place |
//! | [`sequence`] | statements that are no transaction, one after the other |
//! | [`region`] | what COPY is told of the region of its files |
//! | [`explain`], [`passing`] | what a failure means, COPY's errors; which failures may pass |

mod api;
mod batch;
mod check;
mod complete;
mod copy;
mod explain;
mod ledger;
mod load;
mod load_sql;
mod merge;
mod passing;
mod region;
mod schema;
mod sequence;
mod state;
mod unload;
mod view;
mod view_state;

use super::job::{self, RedshiftConnection, RunSql};
use crate::aws::s3::Buckets;
use crate::aws::{AwsError, Kind, Pace};
use crate::exec::key::{Identity, Key};
use crate::exec::log::Log;
use crate::exec::looks::{Clock, Looks, Span};
use crate::exec::mask::Mask;
use crate::exec::outcome::{Ended, Failure, Outputs, Trouble};
use crate::exec::runner::{Attempt, Cancelled, Found, Phase, Prepared, RemoteJob, SecondStart};
use crate::exec::shown;
use crate::exec::start::Start;
use api::Api;
#[cfg(test)]
pub(crate) use api::LONG_POLL;
use aws_sdk_redshiftdata::operation::describe_statement::DescribeStatementOutput;
use aws_sdk_redshiftdata::primitives::DateTime;
use batch::{Batch, Role};
use complete::Body;
pub(crate) use complete::jobs;
use serde_json::json;
use state::{phase, unfinished};
use std::collections::BTreeSet;
use std::future::Future;
use std::time::{Duration, SystemTime};

/// For how long a statement that was started may not be listed.
const LISTING_LAG: Duration = Duration::from_secs(10);

/// Runs the SQL of a step.
pub(crate) async fn run(
    spec: &RunSql,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let jobs = jobs(start.config, spec, start.values)?;
    sequence::run(jobs, start.run, stop).await
}

/// SQL of a step.
pub(crate) struct SqlJob {
    api: Api,
    s3: Buckets,
    region: String,
    /// What of the run must not be shown.
    mask: Mask,
    /// The hash of what the SQL does.
    content: String,
    /// Which statement of how many it is, where each is sent by itself.
    place: Option<(usize, usize)>,
    /// What the other statements of the step do.
    siblings: BTreeSet<String>,
    body: Body,
    /// What is sent; for a load, known when its files are.
    batch: Option<Batch>,
    /// The files of a load that this process has started.
    loading: Option<load::Prepared>,
    /// The attempt for which a view was looked at.
    looked_for: Option<String>,
    last: Option<DescribeStatementOutput>,
    /// The service takes no more callers that wait.
    is_impatient: bool,
}

impl SqlJob {
    /// What a statement is known by.
    pub(crate) fn identity(&self) -> Identity {
        let RedshiftConnection { workgroup, cluster, database, db_user, secret } = &self.api.connection;
        let target = [workgroup, cluster, &Some(database.clone()), db_user, secret];
        let target = target.into_iter().map(|part| part.clone().unwrap_or_default());
        Identity {
            kind: "run_sql",
            target: std::iter::once(self.region.clone()).chain(target).collect(),
            content: self.content.clone(),
        }
    }

    /// Has the service answer at once where the look at the statement is to end sooner.
    pub(crate) fn within(self, looks: &Looks, clock: Clock) -> Self {
        let poll = Duration::from_secs(api::LONG_POLL.into());
        Self { is_impatient: looks.end_before(poll, clock.now()), ..self }
    }

    /// Shows what is known only when the job starts.
    fn log_sql(&self, batch: &Batch, log: &Log<'_>) {
        let texts: Vec<&str> = batch.sqls.iter().map(|sql| sql.text.as_str()).collect();
        shown::log_sql(&shown::sql(&self.mask, &texts), log);
    }

    /// The roles of the statements that were sent, also by an attempt before this one.
    fn roles(&self) -> Vec<Role> {
        match (&self.body, &self.batch) {
            (Body::Load(job), _) => job.roles(),
            (Body::View(_), _) => view::roles(self.last.as_ref()),
            (Body::Schema(_), _) => vec![Role::MakeSchema],
            (_, Some(batch)) => batch.sqls.iter().map(|sql| sql.role).collect(),
            (_, None) => Vec::new(),
        }
    }
}

impl SqlJob {
    /// Asks where a statement stands, and waits for a change where the service holds the answer back.
    async fn described(&mut self, handle: &str, wait: bool) -> Result<Phase, AwsError> {
        let described = self.api.describe(handle, wait).await?;
        let state = described.status.as_ref().map_or("", |status| status.as_str());
        let phase = match phase(state, handle, described.error.as_deref()) {
            Phase::Succeeded => unfinished(&described).map_or(Phase::Succeeded, Phase::Failed),
            phase => phase,
        };
        self.last = Some(described);
        Ok(match phase {
            // The database repeats what it was sent.
            Phase::Failed(failure) => {
                Phase::Failed(Failure { message: self.mask.sql(&failure.message), ..failure })
            }
            phase => phase,
        })
    }
}

impl RemoteJob for SqlJob {
    type Handle = String;

    const NOUN: &'static str = "Redshift statement";

    async fn find(&mut self, key: &Key) -> Result<Vec<Found<String>>, Trouble> {
        let mut found = Vec::new();
        for statement in self.api.named(&api::name(key.instance())).await? {
            let name = statement.statement_name.as_deref().unwrap_or_default();
            if let Some(kinship) = name.strip_prefix(api::NAME).and_then(|name| key.kin(name)) {
                // Another statement of the step is as it shall be, and is looked at in its turn; one of before a
                // person has cleared the task is ended like all that must not run beside.
                let is_own = kinship.generation == key.generation();
                if is_own && self.siblings.contains(&kinship.content) {
                    continue;
                }
                let state = statement.status.as_ref().map_or("", |status| status.as_str());
                let phase = phase(state, &statement.id, None);
                let time = |at: Option<DateTime>| at.and_then(|at| SystemTime::try_from(at).ok());
                let has_ended = matches!(phase, Phase::Succeeded | Phase::Failed(_));
                let ended = time(statement.updated_at).filter(|_| has_ended);
                let span = Span { started: time(statement.created_at), ended };
                let (generation, is_same) = (kinship.generation, kinship.content == key.content());
                // The client token is for one request, so that a statement cannot tell its attempt: its name
                // would have to, and would make another request of it.
                let attempt = None;
                found.push(Found { handle: statement.id, generation, is_same, attempt, phase, span });
            }
        }
        found.sort_by_key(|found| std::cmp::Reverse(found.span.started));
        Ok(found)
    }

    async fn prepare(&mut self, attempt: &Attempt, log: &Log<'_>) -> Result<Prepared, Trouble> {
        let job = match &self.body {
            Body::Load(job) => job,
            Body::View(job) if self.looked_for.as_deref() != Some(attempt.token().as_str()) => {
                let batch = job.prepare(&self.api, log).await?;
                self.log_sql(&batch, log);
                self.looked_for = Some(attempt.token());
                self.batch = Some(batch);
                return Ok(Prepared::Ready);
            }
            Body::Schema(wanted) if self.looked_for.as_deref() != Some(attempt.token().as_str()) => {
                let batch = match wanted.prepare(&self.api, &self.region, log).await? {
                    schema::Ready::Kept(outputs) => return Ok(Prepared::Nothing(outputs)),
                    schema::Ready::Making(batch) => batch,
                };
                self.log_sql(&batch, log);
                self.looked_for = Some(attempt.token());
                self.batch = Some(batch);
                return Ok(Prepared::Ready);
            }
            Body::Script | Body::Check(_) | Body::Unload | Body::View(_) | Body::Schema(_) => {
                return Ok(Prepared::Ready);
            }
        };
        if self.loading.as_ref().is_some_and(|loading| loading.token == attempt.token()) {
            return Ok(Prepared::Ready);
        }
        match job.prepare(&self.api, &self.s3, attempt, log).await? {
            load::Ready::Nothing(outputs) => Ok(Prepared::Nothing(outputs)),
            load::Ready::Loading(loading, batch) => {
                self.log_sql(&batch, log);
                self.loading = Some(loading);
                self.batch = Some(batch);
                Ok(Prepared::Ready)
            }
        }
    }

    async fn start(&mut self, attempt: &Attempt) -> Result<String, Trouble> {
        let Some(batch) = &self.batch else {
            return Err(Failure::for_good("there is no SQL to run").into());
        };
        Ok(self.api.start(batch, &api::name(&attempt.key.to_string()), &attempt.token()).await?)
    }

    async fn poll(&mut self, handle: &String) -> Result<Phase, Trouble> {
        match self.described(handle, !self.is_impatient).await {
            Ok(phase) => Ok(phase),
            Err(error) => {
                self.is_impatient |= error.kind == Kind::Throttled;
                Err(error.into())
            }
        }
    }

    async fn look(&mut self, handle: &String) -> Result<Phase, Trouble> {
        Ok(self.described(handle, false).await?)
    }

    async fn cancel(&mut self, handle: &String) -> Result<Cancelled, AwsError> {
        self.api.cancel(handle).await
    }

    async fn explain(&mut self, _handle: &String, failure: Failure, log: &Log<'_>) -> Failure {
        match &self.last {
            Some(last) => {
                explain::failed(&self.api, last, &self.roles(), self.place, failure, &self.mask, log).await
            }
            None => failure,
        }
    }

    async fn outputs(&mut self, _handle: &String, log: &Log<'_>) -> Result<Outputs, Trouble> {
        let Some(last) = &self.last else { return Ok(Outputs::new()) };
        match &self.body {
            Body::Script => {
                let mut outputs = Outputs::new();
                outputs.insert("rows".to_owned(), json!(batch::rows_changed(last)));
                Ok(outputs)
            }
            Body::Load(job) => job.outputs(&self.api, last, self.loading.as_ref(), log).await,
            Body::Check(checks) => check::outputs(&self.api, last, checks, log).await,
            Body::Unload => unload::outputs(&self.api, last, log).await,
            Body::View(job) => job.outputs(&self.api, last, log).await,
            Body::Schema(schema) => Ok(schema.outputs(log)),
        }
    }

    fn link(&self, _handle: &String) -> String {
        self.place()
    }

    fn place(&self) -> String {
        let connection = &self.api.connection;
        job::link(&self.region, connection.workgroup.as_deref(), connection.cluster.as_deref())
    }

    /// A look waits for the answer itself, up to half a minute.
    fn pace(&self) -> Pace {
        Pace::growing(Duration::from_millis(100), Duration::from_secs(3))
    }

    fn lag(&self) -> Duration {
        LISTING_LAG
    }

    /// The client token makes one of two starts; but two that differ, because files have come in between, are
    /// refused.
    fn second_start(&self) -> SecondStart {
        SecondStart::IsTheSame
    }
}

#[cfg(test)]
mod tests;
