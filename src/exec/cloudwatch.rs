//! Log streams of jobs in the task's log. What goes wrong here costs a warning, never the job.

use super::log::Log;
use crate::aws::{self, AwsError, Kind};
use aws_sdk_cloudwatchlogs::Client;
use std::time::{Duration, SystemTime};

/// How many lines of one stream are passed on; the rest is a link away.
const MOST_LINES: usize = 5_000;

/// How late the lines of a stream may arrive.
const LATE: Duration = Duration::from_secs(10);

/// How many pages one look reads.
const MOST_PAGES: usize = 10;

/// Follows one log stream.
pub(super) struct Follower {
    group: String,
    stream: String,
    /// Events before this are left out; milliseconds since 1970.
    start: Option<i64>,
    next: Option<String>,
    lines: usize,
    has_ended: bool,
}

impl Follower {
    /// Begins at the first line.
    pub(crate) fn new(group: impl Into<String>, stream: impl Into<String>) -> Self {
        let (group, stream) = (group.into(), stream.into());
        Self { group, stream, start: None, next: None, lines: 0, has_ended: false }
    }

    /// Begins at a moment. Lines of shortly before come too: they may have arrived late.
    pub(crate) fn since(mut self, moment: Option<SystemTime>) -> Self {
        let moment = moment.and_then(|at| at.checked_sub(LATE)?.duration_since(SystemTime::UNIX_EPOCH).ok());
        self.start = moment.and_then(|at| i64::try_from(at.as_millis()).ok());
        self
    }

    /// Passes on what is new.
    pub(crate) async fn follow(&mut self, client: &Client, log: &Log<'_>) {
        for _ in 0..MOST_PAGES {
            if self.has_ended {
                return;
            }
            match self.page(client, log).await {
                Ok(true) => {}
                Ok(false) => return,
                // The stream is made with its first line.
                Err(error) if error.kind == Kind::NotFound => return,
                Err(error) if error.kind.may_pass_later() => return,
                Err(error) => {
                    log.warning(format!("the job's log {} cannot be read: {error}", self.group));
                    self.has_ended = true;
                }
            }
        }
    }

    /// Reads a page; says whether there may be more.
    async fn page(&mut self, client: &Client, log: &Log<'_>) -> Result<bool, AwsError> {
        let request = client
            .get_log_events()
            .log_group_name(&self.group)
            .log_stream_name(&self.stream)
            .start_from_head(true)
            .set_start_time(self.start)
            .set_next_token(self.next.clone());
        let page = aws::send(request).await?;
        let events = page.events();
        for event in events {
            self.lines += 1;
            if self.lines > MOST_LINES {
                log.info(format!(
                    "... more than {MOST_LINES} lines: the rest is in {} {}",
                    self.group, self.stream
                ));
                self.has_ended = true;
                return Ok(false);
            }
            log.job(event.message().unwrap_or_default());
        }
        // No events, or the same token again, mean the end for now.
        let has_more = !events.is_empty() && page.next_forward_token != self.next;
        self.next = page.next_forward_token;
        Ok(has_more)
    }
}

/// Passes on the newest lines of a stream that hold a text.
pub(super) async fn excerpt(client: &Client, group: &str, stream: &str, text: &str, log: &Log<'_>) {
    let request = client
        .filter_log_events()
        .log_group_name(group)
        .log_stream_names(stream)
        .filter_pattern(format!("\"{}\"", text.replace('"', "")))
        .limit(200);
    match aws::send(request).await {
        Ok(found) => {
            for event in found.events() {
                log.job(event.message().unwrap_or_default());
            }
        }
        Err(error) => {
            if error.kind != Kind::NotFound {
                log.warning(format!("the log {group} cannot be read: {error}"));
            }
        }
    }
}
