//! SQL through the Redshift Data API: scripts, loads, checks.
//!
//! A statement carries the key in `StatementName`, by which `ListStatements` finds it again, and a
//! `ClientToken` made of the key and the number of failed statements before it: two starts with the same
//! token are one statement, so a lost answer is answered by starting again. Statements and their results
//! are kept for 24 hours, tokens for 8.
//!
//! | module | gives |
//! | --- | --- |
//! | [`api`] | the calls |
//! | [`batch`] | what is sent: SQL, each piece with its role |
//! | [`load`] | loads: listing and manifest |
//! | [`load_sql`], [`copy`], [`ledger`], [`merge`] | their SQL: the transaction, its COPY, what was loaded before, merges |
//! | [`check`] | checks and how their results are read |
//! | [`unload`] | UNLOAD: its SQL, what it has written |
//! | [`view`], [`view_state`] | materialized views: their SQL; what is in place |
//! | [`sequence`] | statements that are no transaction, one after the other |
//! | [`region`] | what COPY is told of the region of its files |
//! | [`explain`], [`passing`] | what a failure means, COPY's errors; which failures may pass |

mod api;
mod batch;
mod check;
mod copy;
mod explain;
mod ledger;
mod load;
mod load_sql;
mod merge;
mod passing;
mod region;
mod sequence;
mod unload;
mod view;
mod view_state;

use super::job::{self, RedshiftConnection, RunSql, SqlBody};
use super::load::Load;
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
use crate::sql::write;
use crate::template::RunValues;
use api::Api;
#[cfg(test)]
pub(crate) use api::LONG_POLL;
use aws_config::SdkConfig;
use aws_sdk_redshiftdata::operation::describe_statement::DescribeStatementOutput;
use aws_sdk_redshiftdata::primitives::DateTime;
use aws_sdk_redshiftdata::types::{StatementStatusString, SubStatementData};
use batch::{Batch, Role, Sql};
use serde_json::json;
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

/// Gives the jobs of a step: one, or one for each statement where they are no transaction.
pub(crate) fn jobs(config: &SdkConfig, spec: &RunSql, values: &RunValues) -> Result<Vec<SqlJob>, Failure> {
    let whole = SqlJob::new(config, spec, values)?;
    Ok(match &whole.batch {
        Some(batch) if !batch.transaction && batch.sqls.len() > 1 => {
            let batches = batch.one_by_one();
            let total = batches.len();
            let contents = batch.contents_up_to_each();
            let siblings: BTreeSet<String> = contents.iter().cloned().collect();
            let job = |(n, (batch, content)): (usize, (Batch, String))| SqlJob {
                siblings: siblings.iter().filter(|other| **other != content).cloned().collect(),
                content,
                batch: Some(batch),
                place: Some((n, total)),
                ..SqlJob::of(config, &spec.connection, Body::Script, values)
            };
            batches.into_iter().zip(contents).enumerate().map(job).collect()
        }
        _ => vec![whole],
    })
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

/// What the SQL is for.
enum Body {
    Script,
    Load(Box<load::LoadJob>),
    Check(Vec<check::Check>),
    Unload,
    View(Box<view::ViewJob>),
}

impl SqlJob {
    /// Completes the SQL.
    pub(crate) fn new(config: &SdkConfig, spec: &RunSql, values: &RunValues) -> Result<Self, Failure> {
        let (body, batch) = match &spec.body {
            SqlBody::Script { statements, transaction, params } => {
                let mut sqls = Vec::new();
                for statement in statements {
                    sqls.push(Sql::new(Role::Script, write::render(&statement.0, values)?));
                }
                let mut batch = Batch { sqls, transaction: *transaction, params: Vec::new() };
                // The Data API refuses values that no statement names.
                let named: BTreeSet<String> = batch
                    .sqls
                    .iter()
                    .flat_map(|sql| write::parameters(&sql.text))
                    .map(str::to_owned)
                    .collect();
                for (name, value) in params.iter().filter(|(name, _)| named.contains(*name)) {
                    batch.params.push((name.clone(), value.render(values)?));
                }
                batch.write_empty();
                (Body::Script, Some(batch))
            }
            SqlBody::Check(check) => {
                let (checks, sqls) = check::complete(check, values)?;
                (Body::Check(checks), Some(Batch { sqls, transaction: true, params: Vec::new() }))
            }
            SqlBody::Load(load) => (Body::load(load, values)?, None),
            SqlBody::Unload(unload) => {
                let sqls = vec![Sql::new(Role::Unload, unload::sql(unload, values)?)];
                (Body::Unload, Some(Batch { sqls, transaction: true, params: Vec::new() }))
            }
            SqlBody::MaterializedView(view) => {
                (Body::View(Box::new(view::ViewJob::new(view, values)?)), None)
            }
        };
        if let Some(batch) = &batch {
            batch.validate()?;
        }
        let content = match &body {
            Body::Load(job) => job.content(),
            Body::View(job) => job.content(),
            Body::Script | Body::Check(_) | Body::Unload => {
                batch.as_ref().map(Batch::content).unwrap_or_default()
            }
        };
        Ok(Self { content, batch, ..Self::of(config, &spec.connection, body, values) })
    }

    fn of(config: &SdkConfig, connection: &RedshiftConnection, body: Body, values: &RunValues) -> Self {
        Self {
            content: String::new(),
            place: None,
            siblings: BTreeSet::new(),
            api: Api::new(config, connection),
            s3: Buckets::new(config),
            region: config.region().map_or_else(String::new, ToString::to_string),
            mask: Mask::new(&values.params, &values.outputs),
            body,
            batch: None,
            loading: None,
            looked_for: None,
            last: None,
            is_impatient: false,
        }
    }

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

impl Body {
    fn load(load: &Load, values: &RunValues) -> Result<Self, Failure> {
        Ok(Self::Load(Box::new(load::LoadJob::new(load, values)?)))
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
            Body::Script | Body::Check(_) | Body::Unload | Body::View(_) => return Ok(Prepared::Ready),
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

fn phase(state: &str, id: &str, error: Option<&str>) -> Phase {
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
fn unfinished(described: &DescribeStatementOutput) -> Option<Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::outcome::Exit;

    /// Nothing that is run elsewhere, in another database or as somebody else is this task's.
    #[test]
    fn a_statement_is_known_by_all_of_its_connection() {
        let identity = |region: &'static str, connection: &RedshiftConnection| {
            let config = crate::aws::client::unconnected(region);
            SqlJob::of(&config, connection, Body::Script, &RunValues::default()).identity()
        };
        let own = RedshiftConnection {
            workgroup: Some("etl".to_owned()),
            cluster: None,
            database: "shop".to_owned(),
            db_user: None,
            secret: None,
        };
        let some = || Some("etl".to_owned());
        assert_eq!(identity("eu-west-1", &own), identity("eu-west-1", &own));
        for (region, other) in [
            ("eu-west-2", own.clone()),
            ("eu-west-1", RedshiftConnection { workgroup: Some("bi".to_owned()), ..own.clone() }),
            ("eu-west-1", RedshiftConnection { workgroup: None, cluster: some(), ..own.clone() }),
            ("eu-west-1", RedshiftConnection { database: "bank".to_owned(), ..own.clone() }),
            ("eu-west-1", RedshiftConnection { db_user: some(), ..own.clone() }),
            ("eu-west-1", RedshiftConnection { secret: some(), ..own.clone() }),
        ] {
            assert_ne!(identity("eu-west-1", &own).target, identity(region, &other).target, "{other:?}");
        }
        let cluster = |name: &str| RedshiftConnection {
            workgroup: None,
            cluster: Some(name.to_owned()),
            ..own.clone()
        };
        assert_ne!(
            identity("eu-west-1", &cluster("blue")).target,
            identity("eu-west-1", &cluster("green")).target
        );
    }

    /// As a batch may end whose statements are no transaction.
    #[test]
    fn a_part_that_has_failed_is_a_failure_of_the_whole() {
        let part = |state: &str| {
            let state = StatementStatusString::from(state);
            SubStatementData::builder().id("1:1").status(state).error("disk full").build().unwrap()
        };
        let described = |states: &[&str]| {
            let parts = states.iter().map(|state| part(state)).collect();
            DescribeStatementOutput::builder().id("1").set_sub_statements(Some(parts)).build().unwrap()
        };
        assert_eq!(unfinished(&described(&[])), None);
        assert_eq!(unfinished(&described(&["FINISHED", "FINISHED"])), None);
        for state in ["FAILED", "ABORTED", "STARTED", "NEW"] {
            let failure = unfinished(&described(&["FINISHED", state, "FINISHED"])).unwrap();
            assert!(
                failure.message.contains(&format!("statement 2 of 3 is {state}: disk full")),
                "{failure}"
            );
            assert_eq!(failure.exit, Exit::Retry);
        }
    }

    #[test]
    fn every_state_of_a_statement_has_a_meaning() {
        for state in ["SUBMITTED", "PICKED", "STARTED"] {
            assert_eq!(phase(state, "1", None), Phase::Running(state.to_owned()));
        }
        assert_eq!(phase("FINISHED", "1", None), Phase::Succeeded);
        assert_eq!(phase("PONDERING", "1", None), Phase::Unknown("PONDERING".to_owned()));
        for (state, error, exit) in [
            ("FAILED", Some("ERROR: syntax error at or near \"form\""), Exit::ForGood),
            ("FAILED", Some("ERROR: 1023 DETAIL: Serializable isolation violation on table"), Exit::Retry),
            ("FAILED", None, Exit::ForGood),
            ("ABORTED", None, Exit::Retry),
        ] {
            let Phase::Failed(failure) = phase(state, "1", error) else { panic!("{state}") };
            assert_eq!(failure.exit, exit, "{error:?}");
        }
    }
}
