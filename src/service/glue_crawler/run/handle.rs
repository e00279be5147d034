//! What a crawl is known by.

use super::listed::{has_begun_by, id};
use crate::exec::runner::{Handle, broken};
use aws_sdk_glue::types::CrawlerHistory;
use std::collections::BTreeSet;
use std::fmt;
use std::time::SystemTime;

/// A crawl: one that is listed, or the first that will be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CrawlHandle {
    pub(super) crawler: String,
    pub(super) id: Option<String>,
    pub(super) before: Before,
    pub(super) is_own: bool,
}

/// What is known of the crawls of before, by which ours is told from one of them that is listed late.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Before {
    /// Those that were listed.
    pub(super) listed: BTreeSet<String>,
    /// When the last one that was over had begun. Both are times of Glue, as the worker's clock may differ.
    pub(super) last_started: Option<SystemTime>,
}

impl Before {
    pub(super) fn has(&self, crawl: &CrawlerHistory) -> bool {
        self.listed.contains(id(crawl))
            || (has_begun_by(crawl, self.last_started) && !broken!(ForgetsTheLastCrawl))
    }
}

impl fmt::Display for CrawlHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.crawler)?;
        self.id.iter().try_for_each(|id| write!(f, "/{id}"))
    }
}

impl CrawlHandle {
    /// Finds the crawl among those that are listed, the newest first.
    pub(super) fn among<'a>(&self, crawls: &'a [CrawlerHistory]) -> Option<&'a CrawlerHistory> {
        match &self.id {
            Some(wanted) => crawls.iter().find(|crawl| id(crawl) == wanted),
            None => crawls.iter().rfind(|crawl| !self.before.has(crawl)),
        }
    }
}

impl Handle for CrawlHandle {
    fn is_own(&self) -> bool {
        self.is_own
    }

    /// It holds what was listed before it, which changes.
    fn is_lasting(&self) -> bool {
        false
    }
}
