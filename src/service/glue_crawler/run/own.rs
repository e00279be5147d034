//! Which of the crawls that are listed is this task's own, or as good as its own.

use super::CrawlJob;
use super::api::Crawler;
use super::listed::{ended, has_begun_by, is_by, phase, span, started};
use crate::exec::runner::{Phase, broken};
use crate::service::glue_crawler::job::IfRunning;
use aws_sdk_glue::types::CrawlerHistory;
use std::time::SystemTime;

impl<C: Crawler> CrawlJob<C> {
    /// The crawl that this task instance has asked for, or has adopted at an earlier look, as far as that can
    /// be known.
    pub(super) fn own<'a>(&self, crawls: &'a [CrawlerHistory]) -> Option<&'a CrawlerHistory> {
        match (&self.before, self.seen_running) {
            (Some(before), _) => crawls.iter().rfind(|crawl| !before.has(crawl)),
            (None, Some(moment)) if !broken!(ForgetsTheFirstLook) => {
                self.of_this_attempt(crawls, moment).or_else(|| self.of_one_before(crawls))
            }
            (None, _) => self.of_one_before(crawls),
        }
    }

    /// The newest crawl that is what an earlier attempt of this generation has started, or as good.
    fn of_one_before<'a>(&self, crawls: &'a [CrawlerHistory]) -> Option<&'a CrawlerHistory> {
        if !self.is_retry || broken!(TakesNoCrawl) {
            return None;
        }
        crawls.iter().find(|crawl| self.counts_for_retry(crawl))
    }

    /// The newest crawl of an earlier attempt of this generation that had failed when this one asked for its own.
    pub(super) fn failed_before<'a>(&self, crawls: &'a [CrawlerHistory]) -> Option<&'a CrawlerHistory> {
        let before = self.before.as_ref().filter(|_| self.seen_running.is_none())?;
        let known: Vec<&CrawlerHistory> = crawls.iter().filter(|crawl| before.has(crawl)).collect();
        let newest = known.into_iter().find(|crawl| self.is_retry && self.counts_for_retry(crawl))?;
        matches!(phase(newest), Phase::Failed(_)).then_some(newest)
    }

    /// The crawl that an earlier look of this attempt has left running. As clocks differ, none may seem to have been
    /// running just then, or one of before: where Airflow does not tell when the generation began, the newest is as good
    /// as any. A deploy that has changed the crawler makes a later look start one.
    fn of_this_attempt<'a>(
        &self,
        crawls: &'a [CrawlerHistory],
        moment: SystemTime,
    ) -> Option<&'a CrawlerHistory> {
        let began = self.generation_started;
        let adopts = self.spec.if_running == IfRunning::Adopt;
        let counts =
            |crawl: &&CrawlerHistory| adopts || began.is_none_or(|began| !span(crawl).is_before(began));
        let crawls: Vec<&CrawlerHistory> = crawls.iter().filter(counts).collect();
        let is_at = |crawl: &&&CrawlerHistory| began.is_some() && span(crawl).is_at(moment);
        // One that has failed may be of before the clearing, where a newer one is as near by clocks that differ.
        let at = crawls.iter().find(|crawl| is_at(crawl) && !matches!(phase(crawl), Phase::Failed(_)));
        let near = || crawls.iter().find(|crawl| span(crawl).is_near(moment));
        let failed = || crawls.iter().find(is_at);
        let later = || crawls.iter().rfind(|crawl| span(crawl).is_after(moment));
        at.or_else(near).or_else(failed).or_else(later).copied()
    }

    /// Says whether a crawl is what an earlier attempt of this generation has started, or as good: it began when
    /// the generation's first attempt had begun, so that it has seen all that was there for this task. With
    /// `if_running: adopt`, one that was running then counts too. When in doubt there is another crawl, which does
    /// no harm.
    fn counts_for_retry(&self, crawl: &CrawlerHistory) -> bool {
        let Some(generation_started) = self.generation_started else { return false };
        let adopts = self.spec.if_running == IfRunning::Adopt;
        started(crawl).is_some_and(|at| at >= generation_started)
            || broken!(TakesAnyCrawl)
            || (adopts && ended(crawl).is_none_or(|at| at >= generation_started))
    }

    /// Says whether a crawl is listed as running, and is not over.
    pub(super) fn is_running(&self, crawl: &CrawlerHistory) -> bool {
        matches!(phase(crawl), Phase::Running(_)) && !has_begun_by(crawl, self.there.last_started)
    }

    /// Says whether the listing does not tell yet what has become of this task's crawl: it is over and is listed as
    /// running; or it has failed, and one that began after it, which counts as well, is not listed yet.
    pub(super) fn is_behind(&self, own: &CrawlerHistory, crawls: &[CrawlerHistory], state: &str) -> bool {
        let is_newest = || {
            self.there.last_started.is_none_or(|last| started(own).is_some_and(|at| is_by(last, at)))
                && (state == "READY" || crawls.iter().any(|crawl| self.is_running(crawl)))
        };
        match phase(own) {
            Phase::Running(_) => !self.is_running(own),
            Phase::Unknown(_) => has_begun_by(own, self.there.last_started),
            Phase::Failed(_) => {
                self.is_retry && self.before.is_none() && self.seen_running.is_none() && !is_newest()
            }
            _ => false,
        }
    }

    /// Says whether a crawl counts as started by this task. Of one that an earlier attempt or look has found, its
    /// time decides.
    pub(super) fn is_ours(&self, crawl: &CrawlerHistory) -> bool {
        let began = self.generation_started.or(self.run_started);
        self.before.is_some() || started(crawl).zip(began).is_some_and(|(at, began)| at >= began)
    }
}
