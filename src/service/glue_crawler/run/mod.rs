//! Runs of Glue crawlers.
//!
//! A crawl cannot be marked, and a crawler runs one at a time. What is known is which crawls there were
//! before ours was asked for: those that were listed, and, as the listing lags, all that began no later than
//! the crawler's last one that was over. Another crawl is ours, or as good as ours:
//! it began after this task had looked, when all that it is to find was there. So within one attempt a lost
//! answer never leads to a second crawl. An attempt that comes after another of the same generation takes, for
//! the same reason, the newest crawl that began since the first attempt of the generation did; where Airflow
//! does not tell when that was (2.9, and 3.0 to 3.2), it starts another one. A later look of one attempt takes
//! the crawl that was running when the first look ended. After a person has cleared the task, the first attempt
//! always starts a new crawl. What is not told apart from a crawl of this task's own is one that somebody else
//! starts meanwhile: its success and its failure count.

mod api;
mod handle;
mod listed;
mod own;

use super::job::{self, Crawl, IfRunning};
use crate::aws::{self, AwsError, Kind};
use crate::exec::cloudwatch::Ended;
use crate::exec::context::RunContext;
use crate::exec::key::{Identity, Key, content};
use crate::exec::log::Log;
use crate::exec::looks::Span;
use crate::exec::outcome::{self as task, Failure, Outputs, Trouble};
use crate::exec::runner::{self, Attempt, Cancelled, Found, Phase, RemoteJob, SecondStart, broken};
use crate::exec::start::Start;
use crate::exec::time::{self, Instant};
use crate::service::glue::listing_lag;
pub(crate) use api::{Api, Crawler, State};
use aws_config::SdkConfig;
use aws_sdk_glue::types::CrawlerHistory;
use handle::Before;
pub(crate) use handle::CrawlHandle;
use jiff::Timestamp;
use listed::{has_begun_by, id, phase, span, started, tables};
use serde_json::json;
use std::future::Future;
use std::time::{Duration, SystemTime};

/// How far back crawls are listed when the run does not say when it began.
const RECENT: Duration = Duration::from_hours(24);

/// How far back crawls are listed beyond the beginning of the run, so that one that runs is among them.
const MARGIN: Duration = Duration::from_hours(24);

/// How often a crawl is looked for that is over and is not listed so.
const UNLISTED: Duration = Duration::from_secs(5);

/// How long an answer may take that tells how a crawler stands.
const FRESH: Duration = Duration::from_secs(5);

/// What the last line of a crawl says.
const LAST_LINE: &str = "Crawler has finished running";

/// The outputs that count tables, and what a crawl's summary calls them.
const TABLE_CHANGES: [(&str, &str); 3] =
    [("tables_created", "ADD"), ("tables_updated", "UPDATE"), ("tables_deleted", "DELETE")];

/// Runs a crawl.
pub(crate) async fn run(
    spec: &Crawl,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<task::Ended, Failure> {
    let job = CrawlJob::new(start.config, spec, start.context);
    let run = (start.run)(job.identity());
    let job = job.looked_at_again(run.looks.are_many());
    runner::run(job, run, stop).await
}

/// A run of a crawler.
pub(crate) struct CrawlJob<C> {
    crawler: C,
    region: String,
    spec: Crawl,
    run_started: Option<SystemTime>,
    generation_started: Option<SystemTime>,
    is_retry: bool,
    /// When the first look of this attempt ended, while its crawl was running.
    seen_running: Option<SystemTime>,
    /// A look may end before the crawl does.
    is_looked_at_again: bool,
    /// The crawls that were there before ours was asked for; none while it was not.
    before: Option<Before>,
    /// The crawls that are there, as far as the newest look tells.
    there: Before,
    /// When the newest look began.
    looked_at: Option<Instant>,
    /// Since when the crawler is ready without having listed our crawl.
    unlisted_since: Option<Instant>,
    last: Option<CrawlerHistory>,
}

impl CrawlJob<Api> {
    /// A crawl of a crawler of Glue.
    pub(crate) fn new(config: &SdkConfig, spec: &Crawl, context: &RunContext) -> Self {
        let region = aws::region(config);
        Self::of(Api::new(config, &region, &spec.crawler), region, spec, context)
    }
}

impl<C: Crawler> CrawlJob<C> {
    /// Takes from the context when the run and the generation began.
    pub(crate) fn of(crawler: C, region: String, spec: &Crawl, context: &RunContext) -> Self {
        let time = |at: Option<Timestamp>| at.and_then(|at| SystemTime::try_from(at).ok());
        Self {
            crawler,
            region,
            spec: spec.clone(),
            run_started: time(context.run_started),
            generation_started: time(context.generation_started),
            is_retry: context.is_retry(),
            seen_running: context.first_look_ended(),
            is_looked_at_again: false,
            before: None,
            there: Before::default(),
            looked_at: None,
            unlisted_since: None,
            last: None,
        }
    }

    /// Says whether a look may end before the crawl does: a later one knows its crawl by that it was running then.
    pub(crate) fn looked_at_again(self, is_looked_at_again: bool) -> Self {
        Self { is_looked_at_again, ..self }
    }

    /// Lists the crawls of late, the newest first.
    async fn crawls(&self) -> Result<Vec<CrawlerHistory>, AwsError> {
        let since = match self.run_started {
            Some(started) => started.checked_sub(MARGIN),
            None => SystemTime::now().checked_sub(RECENT),
        };
        let mut crawls = self.crawler.crawls(since.unwrap_or(SystemTime::UNIX_EPOCH)).await?;
        crawls.sort_by_key(|crawl| std::cmp::Reverse(started(crawl)));
        Ok(crawls)
    }

    /// What a crawl is known by: nothing can be told to a crawler.
    pub(crate) fn identity(&self) -> Identity {
        let target = vec![self.region.clone(), self.spec.crawler.clone()];
        Identity { kind: "crawl", target, content: content([]) }
    }

    fn handle(&self, id: Option<String>, is_own: bool) -> CrawlHandle {
        let before = self.before.clone().unwrap_or_else(|| self.there.clone());
        CrawlHandle { crawler: self.spec.crawler.clone(), id, before, is_own }
    }

    /// Says whether what is not listed may be listed yet.
    fn may_be_listed_yet(&mut self) -> bool {
        let since = *self.unlisted_since.get_or_insert_with(Instant::now);
        since.elapsed() < self.lag()
    }
}

impl<C: Crawler> RemoteJob for CrawlJob<C> {
    type Handle = CrawlHandle;

    const NOUN: &'static str = "crawl";

    async fn find(&mut self, key: &Key) -> Result<Vec<Found<CrawlHandle>>, Trouble> {
        self.looked_at = Some(Instant::now());
        let State { name: state, last_started } = self.crawler.state().await?;
        let crawls = self.crawls().await?;
        let listed = crawls.iter().map(|crawl| id(crawl).to_owned()).collect();
        self.there = Before { listed, last_started };
        let generation = key.generation();
        if let Some(own) = self.own(&crawls) {
            let handle = self.handle(Some(id(own).to_owned()), self.is_ours(own));
            let (own_phase, own_span) = (phase(own), span(own));
            if self.is_behind(own, &crawls, &state) && self.may_be_listed_yet() {
                let phase = Phase::Stopping(format!("{state}, and it is not listed so yet"));
                return Ok(vec![found(handle, generation, phase, own_span)]);
            }
            self.unlisted_since = None;
            let mut all = vec![found(handle, generation, own_phase, own_span)];
            // Beside what this attempt has started, by how many there are it is told from what had failed before.
            if let Some(failed) = self.failed_before(&crawls) {
                let handle = self.handle(Some(id(failed).to_owned()), true);
                all.push(found(handle, generation, phase(failed), span(failed)));
            }
            return Ok(all);
        }
        if let Some(before) = &self.before
            && !broken!(ForgetsTheCrawler)
        {
            // Our start was not refused, and what it has begun runs or is over, and is not listed yet.
            if state == "RUNNING" || last_started > before.last_started {
                let handle = self.handle(None, true);
                return Ok(vec![found(handle, generation, Phase::Running(state), Span::default())]);
            }
        }
        if state == "READY" {
            return Ok(Vec::new());
        }
        let running = crawls.iter().find(|crawl| self.is_running(crawl));
        // On a retry, or at a later look, it may be ours: when it is listed, its beginning tells.
        let can_tell = (self.is_retry && self.generation_started.is_some()) || self.seen_running.is_some();
        let running = running.map(|crawl| id(crawl).to_owned());
        if can_tell && running.is_none() && !broken!(WaitsForNoListing) && self.may_be_listed_yet() {
            let handle = self.handle(None, false);
            let phase = Phase::Stopping(format!("{state}, and its crawl is not listed yet"));
            return Ok(vec![found(handle, generation, phase, Span::default())]);
        }
        self.unlisted_since = None;
        let handle = self.handle(running, false);
        let phase = match self.spec.if_running {
            _ if broken!(TakesWhatRuns) => Phase::Running(state),
            _ if state == "STOPPING" && !broken!(TakesWhatWindsUp) => Phase::Stopping(state),
            IfRunning::Adopt => Phase::Running(state),
            IfRunning::Wait => Phase::Stopping(state),
            IfRunning::Fail => {
                return Err(Failure::retry(format!(
                    "crawler {} is {state} already, and the step says `if_running: fail`",
                    self.spec.crawler
                ))
                .into());
            }
        };
        Ok(vec![found(handle, generation, phase, Span::default())])
    }

    async fn start(&mut self, _attempt: &Attempt) -> Result<CrawlHandle, Trouble> {
        // What was there is told by an answer that may have been long on the way.
        if self.looked_at.is_some_and(|at| at.elapsed() > FRESH)
            && let Ok(state) = self.crawler.state().await
        {
            self.there.last_started = state.last_started;
        }
        let in_doubt = self.before.take();
        self.before = Some(self.there.clone());
        let Err(error) = self.crawler.start().await else {
            return Ok(self.handle(None, true));
        };
        if error.kind != Kind::Ambiguous {
            self.before = in_doubt;
        }
        Err(error.into())
    }

    async fn poll(&mut self, handle: &CrawlHandle) -> Result<Phase, Trouble> {
        loop {
            let asked = Instant::now();
            let phase = self.polled(handle).await?;
            // A look must not end when the crawl is over, and this tells how it was some time ago: a later look finds
            // what was running when the one before it ended.
            let is_late = self.unlisted_since.is_some() || asked.elapsed() > FRESH;
            if !(self.is_looked_at_again && is_late && matches!(phase, Phase::Running(_))) {
                return Ok(phase);
            }
            time::sleep(UNLISTED).await;
        }
    }

    /// Stops the crawler only while this crawl may be what it runs: somebody else may have started the next one.
    async fn cancel(&mut self, handle: &CrawlHandle) -> Result<Cancelled, AwsError> {
        let State { name: state, last_started } = self.crawler.state().await?;
        let crawls = self.crawls().await?;
        // One at a time: what has ended since the crawl was found or asked for is this one.
        let is_over = last_started > handle.before.last_started
            || handle.among(&crawls).is_some_and(|crawl| {
                !matches!(phase(crawl), Phase::Running(_) | Phase::Unknown(_))
                    || has_begun_by(crawl, last_started)
            });
        // One that is STOPPING ends by itself, and what comes after it is somebody else's.
        if (is_over && !broken!(StopsAnyCrawl)) || state != "RUNNING" {
            return Ok(Cancelled::HadEnded);
        }
        match self.crawler.stop().await {
            Err(error) if error.code.as_deref().is_some_and(has_ended) => Ok(Cancelled::HadEnded),
            answer => answer.map(|()| Cancelled::WasTold),
        }
    }

    async fn explain(&mut self, _handle: &CrawlHandle, failure: Failure, log: &Log<'_>) -> Failure {
        self.pass_on_log(Ended::Failed, log).await;
        failure
    }

    async fn outputs(&mut self, _handle: &CrawlHandle, log: &Log<'_>) -> Result<Outputs, Trouble> {
        self.pass_on_log(Ended::Succeeded, log).await;
        let summary = self.last.as_ref().and_then(|crawl| crawl.summary.as_deref());
        let changes = TABLE_CHANGES.map(|(_, verb)| tables(summary, verb));
        if let [Some(created), Some(updated), Some(deleted)] = changes {
            log.info(format!("tables created: {created}, updated: {updated}, deleted: {deleted}"));
        } else {
            log.warning(format!(
                "what the crawl has changed is not known: its summary is `{}`",
                summary.unwrap_or_default()
            ));
        }
        let named = TABLE_CHANGES.iter().zip(changes);
        Ok(named.map(|((name, _), count)| ((*name).to_owned(), json!(count))).collect())
    }

    fn link(&self, _handle: &CrawlHandle) -> String {
        job::link(&self.region, &self.spec.crawler)
    }

    fn place(&self) -> String {
        job::link(&self.region, &self.spec.crawler)
    }

    fn lag(&self) -> Duration {
        listing_lag(self.spec.listing_lag)
    }

    /// A crawler that is running refuses to be started, and a second crawl after the first finds the same.
    fn second_start(&self) -> SecondStart {
        SecondStart::DoesNoHarm
    }
}

impl<C: Crawler> CrawlJob<C> {
    /// Looks at a crawl as it is listed, and at the crawler where that tells more.
    async fn polled(&mut self, handle: &CrawlHandle) -> Result<Phase, Trouble> {
        let crawls = self.crawls().await?;
        let crawl = handle.among(&crawls);
        if let Some(crawl) = crawl {
            self.last = Some(crawl.clone());
            let phase = phase(crawl);
            if !self.is_looked_at_again || !matches!(phase, Phase::Running(_)) {
                self.unlisted_since = None;
                return Ok(phase);
            }
        }
        let State { name, last_started } = self.crawler.state().await?;
        let is_over = crawl.is_some_and(|crawl| has_begun_by(crawl, last_started));
        if name != "READY" && !is_over {
            self.unlisted_since = None;
            return Ok(Phase::Running(name));
        }
        if self.may_be_listed_yet() {
            return Ok(Phase::Running(format!("{name}, with the crawl not listed so yet")));
        }
        self.unlisted_since = None;
        let none = || format!("crawler {} is READY, and lists no crawl that began", self.spec.crawler);
        Ok(crawl.map_or_else(|| Phase::Failed(Failure::retry(none())), phase))
    }

    /// Passes on what the crawler has logged of this crawl.
    async fn pass_on_log(&self, ended: Ended, log: &Log<'_>) {
        if let Some(crawl) = &self.last {
            self.crawler.pass_on_log(crawl, ended, log).await;
        }
    }
}

/// Says whether a refusal to stop a crawler means that there is nothing to stop.
fn has_ended(code: &str) -> bool {
    ["CrawlerNotRunningException", "CrawlerStoppingException"].contains(&code)
}

fn found(handle: CrawlHandle, generation: i64, phase: Phase, span: Span) -> Found<CrawlHandle> {
    Found { handle, generation, is_same: true, attempt: None, phase, span }
}

#[cfg(test)]
mod tests;
