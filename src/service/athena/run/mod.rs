//! SQL in Athena, one statement after the other.
//!
//! `StartQueryExecution` takes a token: the same one gives the same query back, also when that has failed. It is made
//! of the key and the number of failed queries before, so that a lost answer is answered by starting again. How long
//! Athena knows a token is not documented; so a statement carries the key in its first line as well, a comment, by
//! which it is found again among the queries of its workgroup (`ListQueryExecutions`, whose lag is not documented
//! either). Statements whose parser takes no comment, and those whose result may be one of before, are found by their
//! token alone: [`Query::start`] passes over those that have failed.
//!
//! | module | gives |
//! | --- | --- |
//! | [`api`] | the calls |
//! | [`check`] | what the queries of a check give |
//! | [`mark`] | the key in the text of a statement |
//! | [`meaning`] | what the state of a query means |
//! | [`sequence`] | statements one after the other |

mod api;
mod check;
mod mark;
mod meaning;
mod sequence;

use super::job::{self, LONGEST_STATEMENT, RunAthena};
use crate::aws::{self, AwsError};
use crate::exec::checks::{Check, complete, tell};
use crate::exec::context::RunContext;
use crate::exec::key::{Identity, Key, content};
use crate::exec::log::Log;
use crate::exec::looks::Span;
use crate::exec::mask::Mask;
use crate::exec::outcome::{Ended, Failure, Outputs, Trouble};
use crate::exec::runner::{Attempt, Cancelled, Found, Phase, RemoteJob, SecondStart};
use crate::exec::start::Start;
use crate::sql::{Dialect, write};
use crate::template::RunValues;
use api::{Api, Context, ResultPlace, Reuse, ReuseByAge, StartQueryExecution};
use aws_config::SdkConfig;
use meaning::{Limit, phase};
use serde_json::json;
use std::collections::BTreeSet;
use std::future::Future;
use std::time::{Duration, SystemTime};

/// For how long a query that was started may not be listed.
const LISTING_LAG: Duration = Duration::from_secs(10);

/// How long a query may run at most, by the greatest quota (Athena User Guide, "Service Quotas": DML, 240 minutes).
const LONGEST_QUERY: Duration = Duration::from_hours(4);

/// How far the clocks of Airflow and Athena may differ.
const SKEW: Duration = Duration::from_mins(10);

/// How many failed queries of one token after the other are passed over.
const MOST_FAILED: usize = 50;

/// Runs the statements of a step.
pub(crate) async fn run(
    spec: &RunAthena,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let jobs = jobs(start.config, spec, start.values, start.context)?;
    sequence::run(jobs, start.run, stop).await
}

/// Gives the jobs of a step: one for each statement, or each query of a check.
pub(crate) fn jobs(
    config: &SdkConfig,
    spec: &RunAthena,
    values: &RunValues,
    context: &RunContext,
) -> Result<Vec<Query>, Failure> {
    let (checks, sqls) = texts(spec, values)?;
    let output = spec.output.as_ref().map(|output| output.render(values)).transpose()?;
    let place = output.as_deref().unwrap_or_default();
    let reuse = spec.reuse_minutes.map(|minutes| minutes.to_string()).unwrap_or_default();
    let up_to = |n: usize| content([place, &reuse].into_iter().chain(sqls[..n].iter().map(String::as_str)));
    let contents: Vec<String> = (1..=sqls.len()).map(up_to).collect();
    let siblings: BTreeSet<String> = contents.iter().cloned().collect();
    let began = SystemTime::now();
    let job = |((sql, content), check): ((&String, &String), Option<Check>)| {
        mark::validate(sql)?;
        Ok(Query {
            api: Api::new(config),
            region: aws::region(config),
            spec: spec.clone(),
            output: output.clone(),
            sql: sql.clone(),
            content: content.clone(),
            check,
            siblings: siblings.iter().filter(|other| *other != content).cloned().collect(),
            mask: Mask::new(&values.params, &values.outputs),
            horizon: horizon(context, began),
            began,
            last: None,
            is_stopped: false,
        })
    };
    sqls.iter().zip(&contents).zip(checks).map(job).collect()
}

/// Completes the statements; those of a check with what each of them asks.
fn texts(spec: &RunAthena, values: &RunValues) -> Result<(Vec<Option<Check>>, Vec<String>), Failure> {
    if let Some(check) = &spec.check {
        let all = complete(check, values, Dialect::Athena)?.into_iter();
        return Ok(all.map(|(check, sql)| (Some(check), sql)).unzip());
    }
    let render = |text| write::render_as(text, values, Dialect::Athena);
    let sqls: Vec<String> = spec.statements.iter().map(render).collect::<Result<_, _>>()?;
    Ok((vec![None; sqls.len()], sqls))
}

/// Queries that were submitted before this are not looked at: none of this run's can go on.
fn horizon(context: &RunContext, began: SystemTime) -> SystemTime {
    let is_first = context.earlier_attempts() + context.attempts_of_earlier_generations() == 0
        && context.first_look_ended().is_none();
    let run = context.began();
    let (since, back) = if is_first { (began, SKEW) } else { (run.unwrap_or(began), LONGEST_QUERY + SKEW) };
    since.checked_sub(back).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// A statement.
pub(crate) struct Query {
    api: Api,
    region: String,
    spec: RunAthena,
    /// The folder of the results.
    output: Option<String>,
    sql: String,
    /// The hash of what it and all before it do.
    content: String,
    /// What it asks, where it is of a check.
    check: Option<Check>,
    /// What the other statements of the step do.
    siblings: BTreeSet<String>,
    mask: Mask,
    horizon: SystemTime,
    /// When this process began.
    began: SystemTime,
    last: Option<api::Query>,
    /// It was told to stop, because it scans too much.
    is_stopped: bool,
}

impl Query {
    /// What a query is known by.
    pub(crate) fn identity(&self) -> Identity {
        let RunAthena { workgroup, catalog, database, .. } = &self.spec;
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        Identity {
            kind: "run_athena",
            target: vec![self.region.clone(), workgroup.clone(), part(catalog), part(database)],
            content: self.content.clone(),
        }
    }

    /// Says whether the key can stand in the statement. A result is given again for the very same text only.
    fn is_marked(&self) -> bool {
        self.spec.reuse_minutes.is_none() && mark::takes_comment(&self.sql)
    }

    fn request(&self, attempt: &Attempt) -> StartQueryExecution {
        let RunAthena { workgroup, catalog, database, .. } = &self.spec;
        let has_context = catalog.is_some() || database.is_some();
        let context = || Context { database: database.clone(), catalog: catalog.clone() };
        StartQueryExecution {
            query_string: if self.is_marked() {
                mark::marked(&self.sql, &attempt.key.to_string())
            } else {
                self.sql.clone()
            },
            client_request_token: attempt.token(),
            work_group: workgroup.clone(),
            query_execution_context: has_context.then(context),
            result_configuration: self
                .output
                .clone()
                .map(|output| ResultPlace { output_location: Some(output) }),
            result_reuse_configuration: self.spec.reuse_minutes.map(|minutes| Reuse {
                result_reuse_by_age_configuration: ReuseByAge { enabled: true, max_age_in_minutes: minutes },
            }),
        }
    }

    fn limit(&self) -> Limit {
        Limit { most_bytes: self.spec.most_bytes }
    }

    fn phase(&self, query: &api::Query) -> Phase {
        match phase(query, self.limit()) {
            // Athena repeats what it was sent.
            Phase::Failed(failure) => {
                Phase::Failed(Failure { message: self.mask.sql(&failure.message), ..failure })
            }
            phase => phase,
        }
    }

    /// Says whether a query that a token gives is one of before this process that has failed.
    async fn is_of_before(&self, id: &str) -> Result<bool, AwsError> {
        let query = self.api.look(id).await?;
        let has_failed = matches!(query.status.state.as_str(), "FAILED" | "CANCELLED");
        Ok(has_failed && query.status.ended().is_some_and(|ended| ended < self.began))
    }
}

impl RemoteJob for Query {
    type Handle = String;

    const NOUN: &'static str = "Athena query";

    async fn find(&mut self, key: &Key) -> Result<Vec<Found<String>>, Trouble> {
        if !self.is_marked() {
            return Ok(Vec::new());
        }
        let horizon = self.horizon;
        let is_recent = |query: &api::Query| query.status.started().is_none_or(|at| at >= horizon);
        let mut found = Vec::new();
        for query in self.api.listed(&self.spec.workgroup, is_recent).await? {
            let Some(kinship) = mark::key(&query.text).and_then(|mark| key.kin(mark)) else { continue };
            let is_own = kinship.generation == key.generation();
            if is_own && self.siblings.contains(&kinship.content) {
                continue;
            }
            let phase = match self.phase(&query) {
                // Whoever adopts it stops it.
                Phase::Stopping(_) => Phase::Running(query.status.state.clone()),
                phase => phase,
            };
            found.push(Found {
                phase,
                span: Span { started: query.status.started(), ended: query.status.ended() },
                handle: query.id,
                generation: kinship.generation,
                is_same: kinship.content == key.content(),
                attempt: None,
            });
        }
        found.sort_by_key(|found| std::cmp::Reverse(found.span.started));
        Ok(found)
    }

    async fn start(&mut self, attempt: &Attempt) -> Result<String, Trouble> {
        let mut attempt = attempt.clone();
        for _ in 0..MOST_FAILED {
            let id = self.api.start(self.request(&attempt)).await?;
            match self.is_of_before(&id).await {
                Ok(true) => attempt.number += 1,
                // It was started, and whoever waits for it looks again.
                Ok(false) | Err(_) => return Ok(id),
            }
        }
        let most = format!("{MOST_FAILED} queries of this task have failed");
        Err(Failure::for_good(format!("{most}: clear it, which begins anew")).into())
    }

    async fn poll(&mut self, handle: &String) -> Result<Phase, Trouble> {
        let query = self.api.look(handle).await?;
        let phase = self.phase(&query);
        if matches!(phase, Phase::Stopping(_)) && !self.is_stopped {
            self.api.stop(handle).await?;
            self.is_stopped = true;
        }
        self.last = Some(query);
        Ok(phase)
    }

    async fn cancel(&mut self, handle: &String) -> Result<Cancelled, AwsError> {
        self.api.stop(handle).await.map(|()| Cancelled::WasTold)
    }

    async fn explain(&mut self, _handle: &String, failure: Failure, log: &Log<'_>) -> Failure {
        if let Some(query) = &self.last {
            for line in meaning::details(query, self.is_writing()) {
                log.info(line);
            }
        }
        failure
    }

    async fn outputs(&mut self, handle: &String, log: &Log<'_>) -> Result<Outputs, Trouble> {
        let Some(query) = self.last.take() else { return Ok(Outputs::new()) };
        if let Some(asked) = &self.check {
            return self.answer(asked, handle, &query, log).await;
        }
        let results = match self.api.results(handle, 2).await {
            Ok(results) => Some(results),
            Err(error) => {
                log.warning(format!("what the query gives is not known: {error}"));
                None
            }
        };
        let scanned = query.statistics.data_scanned_in_bytes;
        log.info(meaning::told(&query, results.as_ref()));
        self.warn_of_limit(scanned, log);
        let mut outputs = Outputs::new();
        let value = results.as_ref().and_then(|results| meaning::first_value(&query, results));
        outputs.insert("bytes_scanned".to_owned(), json!(scanned));
        outputs.insert("rows".to_owned(), json!(results.and_then(|results| results.update_count)));
        outputs.insert("output".to_owned(), json!(query.result_configuration.output_location));
        outputs.insert("value".to_owned(), json!(value));
        Ok(outputs)
    }

    fn link(&self, handle: &String) -> String {
        job::link(&self.region, handle)
    }

    fn place(&self) -> String {
        job::place(&self.region)
    }

    fn lag(&self) -> Duration {
        LISTING_LAG
    }

    fn second_start(&self) -> SecondStart {
        SecondStart::IsTheSame
    }
}

impl Query {
    /// What the result of a check's query says.
    async fn answer(
        &self,
        asked: &Check,
        handle: &str,
        query: &api::Query,
        log: &Log<'_>,
    ) -> Result<Outputs, Trouble> {
        let results = self.api.results(handle, check::rows_read(&asked.kind)).await?;
        let scanned = query.statistics.data_scanned_in_bytes;
        log.info(meaning::told(query, None));
        self.warn_of_limit(scanned, log);
        let (asked, rows) = check::read(asked, results);
        Ok(check::outputs(tell(&asked, &rows, log)?.as_ref(), scanned))
    }

    fn warn_of_limit(&self, scanned: Option<u64>, log: &Log<'_>) {
        if let Some(warning) = self.limit().passed(scanned) {
            log.warning(format!("{warning}: it had ended before it could be stopped"));
        }
    }

    /// Says whether it may leave files behind when it fails.
    fn is_writing(&self) -> bool {
        !self.spec.writes.is_empty()
            || self.sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("unload"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::client::unconnected;
    use crate::template::Template;

    fn spec() -> RunAthena {
        let statements = ["select 1", "select 2"].map(Template::text).to_vec();
        RunAthena { workgroup: "etl".to_owned(), statements, ..RunAthena::default() }
    }

    fn identities(region: &'static str, spec: &RunAthena) -> Vec<Identity> {
        let jobs = jobs(&unconnected(region), spec, &RunValues::default(), &RunContext::default()).unwrap();
        jobs.iter().map(Query::identity).collect()
    }

    #[test]
    fn a_query_is_known_by_its_place_and_by_all_up_to_it() {
        let own = identities("eu-west-1", &spec());
        assert_eq!(own[0].target, own[1].target);
        assert_ne!(own[0].content, own[1].content);
        let text = || Some("lake".to_owned());
        for (region, other) in [
            ("eu-west-2", spec()),
            ("eu-west-1", RunAthena { workgroup: "bi".to_owned(), ..spec() }),
            ("eu-west-1", RunAthena { catalog: text(), ..spec() }),
            ("eu-west-1", RunAthena { database: text(), ..spec() }),
        ] {
            assert_ne!(identities(region, &other)[0].target, own[0].target, "{other:?}");
        }
        for other in [
            RunAthena { output: Some(Template::text("s3://b/x/")), ..spec() },
            RunAthena { reuse_minutes: Some(1), ..spec() },
        ] {
            assert_ne!(identities("eu-west-1", &other)[0].content, own[0].content, "{other:?}");
        }
        // How much it may scan, and what it is known to touch, is no part of what it does.
        let same = RunAthena { most_bytes: Some(1), reads: vec!["a.b".to_owned()], ..spec() };
        assert_eq!(identities("eu-west-1", &same), own);
    }

    #[test]
    fn statements_that_are_too_long_are_not_sent() {
        let long = Template::text("x".repeat(LONGEST_STATEMENT));
        let spec = RunAthena { statements: vec![long], ..spec() };
        let Err(failure) =
            jobs(&unconnected("eu-west-1"), &spec, &RunValues::default(), &RunContext::default())
        else {
            panic!("it is too long")
        };
        assert!(failure.message.contains("262144"), "{failure}");
    }
}
