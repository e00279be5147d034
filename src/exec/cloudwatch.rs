//! Log streams and metrics of jobs in the task's log. What goes wrong here costs a warning, never the job.

mod api;
mod excerpt;
mod metrics;

use super::log::Log;
use crate::aws::{AwsError, Kind};
use crate::service::console;
pub(crate) use api::Logs;
use api::{GetLogEvents, Page};
pub(crate) use excerpt::Excerpt;
pub(crate) use metrics::{Metric, Metrics, Over};
use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

/// How many lines of one stream are passed on; the rest is a link away.
const MOST_LINES: usize = 5_000;

/// How many lines are shown of the end of a stream that is longer, and how many of a crawl.
const LAST_LINES: usize = 200;

/// How late the lines of a stream may arrive.
const LATE: Duration = Duration::from_secs(10);

/// How many pages one look reads.
const MOST_PAGES: usize = 20;

/// How many pages are searched for the newest lines that hold a text.
const MOST_FILTERED: usize = 500;

/// The pause between two looks at a log whose job has ended.
const AGAIN: Duration = Duration::from_secs(1);

/// How long the last lines of an ended job are waited for, at most.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// For how long nothing may have come of a log whose job has ended, so that it counts as whole.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ended {
    /// The job has failed: its last lines say why.
    Failed,
    /// The job has succeeded: its last lines are welcome.
    Succeeded,
}

impl Ended {
    fn quiet(self) -> Duration {
        match self {
            Self::Failed => LATE,
            Self::Succeeded => Duration::from_secs(3),
        }
    }
}

/// Follows the log streams of one job.
pub(crate) struct Followers<const N: usize>(pub(crate) [Follower; N]);

impl<const N: usize> Followers<N> {
    /// Passes on what is new; says whether anything was.
    pub(crate) async fn follow(&mut self, logs: &Logs, log: &Log<'_>) -> bool {
        let mut is_new = false;
        for follower in &mut self.0 {
            is_new |= follower.follow(logs, log).await;
        }
        is_new
    }

    /// Passes on the last lines of a job that has ended. They come some seconds after its state: it is looked
    /// again until nothing has come for a while.
    pub(crate) async fn finish(&mut self, logs: &Logs, ended: Ended, region: &str, log: &Log<'_>) {
        let began = Instant::now();
        let mut quiet_since = began;
        while began.elapsed() < LONGEST_WAIT {
            if self.follow(logs, log).await {
                quiet_since = Instant::now();
            }
            if quiet_since.elapsed() >= ended.quiet() || self.0.iter().all(|follower| follower.has_ended) {
                break;
            }
            tokio::time::sleep(AGAIN).await;
        }
        for follower in self.0.iter().filter(|follower| follower.is_cut) {
            follower.pass_on_end(logs, region, log).await;
        }
    }

    /// Says of which streams no line has come.
    pub(crate) fn tell_nothing(&self, region: &str, log: &Log<'_>) {
        for Follower { group, stream, .. } in self.0.iter().filter(|follower| follower.lines == 0) {
            let link = console::log_stream(region, group, stream);
            log.info(format!("no line has come of the log stream {stream} in {group}: {link}"));
        }
    }
}

/// Follows one log stream.
pub(crate) struct Follower {
    group: String,
    stream: String,
    /// Events before this are left out; milliseconds since 1970.
    start: Option<i64>,
    next: Option<String>,
    lines: usize,
    has_ended: bool,
    /// There are more lines than are passed on.
    is_cut: bool,
}

impl Follower {
    /// Begins at the first line.
    pub(crate) fn new(group: impl Into<String>, stream: impl Into<String>) -> Self {
        let (group, stream) = (group.into(), stream.into());
        Self { group, stream, start: None, next: None, lines: 0, has_ended: false, is_cut: false }
    }

    /// Begins at a moment. Lines of shortly before come too: they may have arrived late.
    pub(crate) fn since(mut self, moment: Option<SystemTime>) -> Self {
        self.start = moment.and_then(|at| at.checked_sub(LATE)).and_then(milliseconds);
        self
    }

    /// Passes on what is new; says whether anything was.
    async fn follow(&mut self, logs: &Logs, log: &Log<'_>) -> bool {
        let before = self.lines;
        for _ in 0..MOST_PAGES {
            if self.has_ended {
                break;
            }
            match self.page(logs, log).await {
                Ok(true) => {}
                Ok(false) => break,
                // The stream is made with its first line.
                Err(error) if error.kind == Kind::NotFound => break,
                Err(error) if error.kind.may_pass_later() => break,
                Err(error) => {
                    log.warning(format!("the job's log {} cannot be read: {error}", self.group));
                    self.has_ended = true;
                }
            }
        }
        self.lines > before
    }

    /// Reads a page; says whether there may be more.
    async fn page(&mut self, logs: &Logs, log: &Log<'_>) -> Result<bool, AwsError> {
        let page = self.read(logs, true, self.next.clone()).await?;
        Ok(self.take(page, log))
    }

    /// Passes on a page; says whether there may be more. A page without events is not the end: only the token
    /// that was sent is.
    fn take(&mut self, page: Page, log: &Log<'_>) -> bool {
        for event in &page.events {
            if self.lines == MOST_LINES {
                log.info(format!(
                    "... more than {MOST_LINES} lines: the rest is in {} {}",
                    self.group, self.stream
                ));
                (self.has_ended, self.is_cut) = (true, true);
                return false;
            }
            self.lines += 1;
            log.job(&event.message);
        }
        let has_more = page.next_forward_token != self.next;
        self.next = page.next_forward_token;
        has_more
    }

    async fn read(&self, logs: &Logs, from_head: bool, token: Option<String>) -> Result<Page, AwsError> {
        let request = GetLogEvents {
            log_group_name: self.group.clone(),
            log_stream_name: self.stream.clone(),
            start_from_head: from_head,
            start_time: self.start,
            next_token: token,
        };
        logs.page(request).await
    }

    /// Passes on the last lines of a stream of which only the first ones were.
    async fn pass_on_end(&self, logs: &Logs, region: &str, log: &Log<'_>) {
        match self.last_lines(logs).await {
            Ok(lines) => {
                log.info(format!(
                    "the last {} lines; all are in {}",
                    lines.len(),
                    console::log_stream(region, &self.group, &self.stream)
                ));
                for line in &lines {
                    log.job(line);
                }
            }
            Err(error) => log.warning(format!("the end of {} cannot be read: {error}", self.group)),
        }
    }

    /// Reads backwards until there are enough lines.
    async fn last_lines(&self, logs: &Logs) -> Result<VecDeque<String>, AwsError> {
        let mut lines = VecDeque::new();
        let mut token = None;
        for _ in 0..MOST_PAGES {
            let page = self.read(logs, false, token.clone()).await?;
            let missing = LAST_LINES - lines.len();
            for event in page.events.into_iter().rev().take(missing) {
                lines.push_front(event.message);
            }
            if lines.len() == LAST_LINES || page.next_backward_token == token {
                break;
            }
            token = page.next_backward_token;
        }
        Ok(lines)
    }
}

fn milliseconds(at: SystemTime) -> Option<i64> {
    i64::try_from(at.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_millis()).ok()
}

#[cfg(test)]
mod tests;
