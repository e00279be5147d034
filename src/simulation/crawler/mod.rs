//! Glue's crawlers: the worker's own job, asking a crawler that is simulated.
//!
//! A crawl cannot be marked, so that nothing but times tells whose it is. What `GetCrawler` tells is so at the moment;
//! the list of crawls lags, and goes back to what it has shown before. A crawler that runs, or winds up, refuses to be
//! started.

pub(super) mod promises;

use super::calls::Calls;
use super::service::{Making, Service};
use super::world::{Mark, Refusal, Run, RunId, Signals, Truth, World, shown};
use crate::aws::client::unconnected;
use crate::aws::{AwsError, Kind};
use crate::exec::RunContext;
use crate::exec::cloudwatch::Ended;
use crate::exec::log::Log;
use crate::exec::time::simulated as clock;
use crate::service::glue_crawler::job::{self, Crawl, IfRunning};
use crate::service::glue_crawler::run::{Api, CrawlJob, Crawler, State};
use crate::service::logs::FILTER_LOG_EVENTS;
use aws_sdk_glue::primitives::DateTime;
use aws_sdk_glue::types::{CrawlerHistory, CrawlerHistoryState};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

/// How long a crawler winds up at the end of a crawl.
const WINDING_UP: Duration = Duration::from_secs(4);

/// How long a start may be on its way, in which nobody else crawls.
pub(super) const PROMPT: Duration = Duration::from_secs(5);

/// How long a crawl takes at least.
const SHORTEST: Duration = Duration::from_secs(2);

/// Crawls.
pub(super) struct Crawls;

impl Service for Crawls {
    type Real = CrawlJob<Api>;
    type Job = CrawlJob<Simulated>;

    fn real() -> Self::Real {
        CrawlJob::new(&unconnected("eu-west-1"), &spec(IfRunning::Adopt), &RunContext::default())
    }

    fn job(making: Making) -> Self::Job {
        let task = making.world.script.task;
        let context = making.context;
        let lag = making.traits.lag * making.world.script.conditions.lag / 100;
        let Making { world, signals, mark, generation_began, .. } = making;
        let crawler = Simulated { world, signals, mark, generation_began, lag };
        CrawlJob::of(crawler, "eu-west-1".to_owned(), &spec(task.if_running), &context)
            .looked_at_again(task.reschedule.is_some())
    }

    const CALLS: Calls = Calls {
        find: job::LIST_CRAWLS,
        start: job::START_CRAWLER,
        look: job::LIST_CRAWLS,
        cancel: job::STOP_CRAWLER,
        prepare: &[],
        follow: &[],
        outputs: &[],
    };
    const TELLS_ATTEMPT: bool = false;
    const TELLS_ENDED: bool = true;
    const IS_MARKED: bool = false;
}

fn spec(if_running: IfRunning) -> Crawl {
    Crawl { crawler: "crawler".to_owned(), if_running, listing_lag: None }
}

/// A crawler, as a process of the task asks it.
pub(super) struct Simulated {
    world: Rc<World>,
    signals: Rc<Signals>,
    /// Of which process and attempt a crawl is that it starts.
    mark: Mark,
    /// When the first process of the generation began.
    generation_began: Duration,
    /// For how long the list of crawls lags at most.
    lag: Duration,
}

/// Says whether a crawl is of the crawler at a place; strangers know one only.
fn is_at(run: &Run, place: u8) -> bool {
    run.mark.as_ref().map_or(place == 0, |mark| mark.place == place)
}

/// How the crawler at a place stands, and its newest crawl while that goes on.
fn standing(world: &World, place: u8) -> (&'static str, Option<RunId>) {
    let (now, runs) = (clock::now(), world.runs.borrow());
    let newest = runs.iter().enumerate().rfind(|(_, run)| is_at(run, place));
    match newest {
        Some((id, run)) if now < run.ended() => {
            let stops = run.truth(now) == Truth::Stopping || winds_up(run);
            (if stops { "STOPPING" } else { "RUNNING" }, Some(RunId(id)))
        }
        _ => ("READY", None),
    }
}

/// Says whether a crawl has come to where nobody can stop it.
pub(super) fn winds_up(run: &Run) -> bool {
    clock::now() + WINDING_UP >= run.ended()
}

/// Says whether somebody may start a crawl.
pub(super) fn is_ready(world: &World) -> bool {
    standing(world, 0).1.is_none()
}

impl Simulated {
    fn state_now(&self) -> State {
        let (now, runs) = (clock::now(), self.world.runs.borrow());
        let over = runs.iter().rfind(|run| is_at(run, self.mark.place) && run.ended() <= now);
        // Cut to seconds, as it may be.
        let last_started = over.map(|run| shown(Duration::from_secs(run.started.as_secs()), 0));
        State { name: standing(&self.world, self.mark.place).0.to_owned(), last_started }
    }

    fn listed(&self, since: SystemTime) -> Vec<CrawlerHistory> {
        let (now, behind) = (clock::now(), self.world.some(self.lag));
        let runs = self.world.runs.borrow();
        let is_listed = |run: &Run| {
            is_at(run, self.mark.place) && run.sent + behind <= now && shown(run.started, 0) >= since
        };
        let listed = runs.iter().enumerate().filter(|(_, run)| is_listed(run));
        let at = |run: &Run| now.saturating_sub(behind).max(run.started);
        listed.map(|(id, run)| history(RunId(id), run, at(run))).collect()
    }

    fn begin(&self, sent: Duration) -> Result<RunId, Refusal> {
        if standing(&self.world, self.mark.place).1.is_some() {
            return Err(Refusal(Kind::Busy, "CrawlerRunningException"));
        }
        let key = format!("{}, {}", self.mark.place, self.mark.generation);
        let id = self.world.begin(Some(Mark { key, ..self.mark.clone() }), sent, 0);
        let run = &mut self.world.runs.borrow_mut()[id.0];
        run.end = run.end.max(run.started + SHORTEST);
        self.world.say(|| format!("  {id} is started"));
        Ok(id)
    }

    fn end(&self) -> Result<(), Refusal> {
        let id = match standing(&self.world, self.mark.place) {
            (_, None) => return Err(Refusal(Kind::Invalid, "CrawlerNotRunningException")),
            ("STOPPING", _) => return Err(Refusal(Kind::Busy, "CrawlerStoppingException")),
            (_, Some(id)) => id,
        };
        self.world.runs.borrow_mut()[id.0].told_to_stop.get_or_insert(clock::now());
        self.world.say(|| format!("  {id} is told to stop"));
        promises::stopped(&self.world, id, self.signals.run.get(), self.generation_began);
        Ok(())
    }
}

/// A crawl as it is listed.
fn history(id: RunId, run: &Run, at: Duration) -> CrawlerHistory {
    let state = match run.truth(at) {
        Truth::Running | Truth::Stopping => "RUNNING",
        Truth::Dreaming => "DREAMING",
        Truth::Succeeded => "COMPLETED",
        Truth::Failed | Truth::FailedForGood => "FAILED",
        Truth::Stopped => "STOPPED",
    };
    let time = |moment| DateTime::from(shown(moment, 0));
    CrawlerHistory::builder()
        .crawl_id(id.to_string())
        .state(CrawlerHistoryState::from(state))
        .start_time(time(run.started))
        .set_end_time((run.ended() <= at).then(|| time(run.ended())))
        .build()
}

impl Crawler for Simulated {
    async fn state(&self) -> Result<State, AwsError> {
        let effect = || Ok(self.state_now());
        let state = self.world.call(job::GET_CRAWLER, &self.signals, effect).await?;
        self.world.say(|| format!("  the crawler is {}", state.name));
        Ok(state)
    }

    async fn crawls(&self, since: SystemTime) -> Result<Vec<CrawlerHistory>, AwsError> {
        let effect = || Ok(self.listed(since));
        let crawls = self.world.call(job::LIST_CRAWLS, &self.signals, effect).await?;
        self.world.say(|| {
            let text = |crawl: &CrawlerHistory| {
                let state = crawl.state.as_ref().map_or("", |state| state.as_str());
                format!("{} {state}", crawl.crawl_id.as_deref().unwrap_or_default())
            };
            format!("  listed: [{}]", crawls.iter().map(text).collect::<Vec<_>>().join(", "))
        });
        Ok(crawls)
    }

    async fn start(&self) -> Result<(), AwsError> {
        self.world.starts.update(|starts| starts + 1);
        let sent = clock::now();
        let id = self.world.call(job::START_CRAWLER, &self.signals, || self.begin(sent)).await?;
        self.signals.run.set(Some(id));
        Ok(())
    }

    async fn stop(&self) -> Result<(), AwsError> {
        self.world.call(job::STOP_CRAWLER, &self.signals, || self.end()).await
    }

    /// It is called when the job knows its crawl, and the crawl is over.
    async fn pass_on_log(&self, crawl: &CrawlerHistory, _ended: Ended, _log: &Log<'_>) {
        let id = crawl.crawl_id.as_deref().and_then(|id| id.strip_prefix("run")?.parse().ok());
        self.signals.seen_over.set(id.map(RunId));
        let _ = self.world.call(FILTER_LOG_EVENTS, &self.signals, || Ok(())).await;
    }
}
