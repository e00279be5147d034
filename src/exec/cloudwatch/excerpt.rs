//! The lines of a log that hold a text, and the newest of many.

use super::api::FilterLogEvents;
use super::{AGAIN, Ended, LAST_LINES, LATE, LONGEST_WAIT, Logs, MOST_FILTERED, milliseconds};
use crate::aws::{AwsError, Kind};
use crate::exec::log::Log;
use crate::service::console;
use std::collections::VecDeque;
use std::time::{Instant, SystemTime};

/// Lines of a stream that hold a text, since a moment.
pub(crate) struct Excerpt<'a> {
    /// The group.
    pub(crate) group: &'a str,
    /// The stream; older lines than those of one job may be in it.
    pub(crate) stream: &'a str,
    /// What the lines hold.
    pub(crate) text: &'a str,
    /// When the first of them was written.
    pub(crate) since: Option<SystemTime>,
    /// What the last of them holds, where that is known.
    pub(crate) end: &'a str,
}

impl Excerpt<'_> {
    /// Passes on the newest lines of an ended job; what comes late is waited for.
    pub(crate) async fn finish(&self, logs: &Logs, ended: Ended, region: &str, log: &Log<'_>) {
        let began = Instant::now();
        let mut quiet_since = began;
        let mut newest = Newest::default();
        loop {
            match self.newest(logs).await {
                Ok(found) => {
                    if found.total != newest.total {
                        quiet_since = Instant::now();
                    }
                    newest = found;
                }
                Err(error) if error.kind == Kind::NotFound || error.kind.may_pass_later() => {}
                Err(error) => {
                    log.warning(format!("the log {} cannot be read: {error}", self.group));
                    break;
                }
            }
            let is_whole = newest.lines.back().is_some_and(|line| line.contains(self.end));
            if is_whole || quiet_since.elapsed() >= ended.quiet() || began.elapsed() >= LONGEST_WAIT {
                break;
            }
            tokio::time::sleep(AGAIN).await;
        }
        let left_out = newest.total - newest.lines.len();
        if left_out > 0 {
            let link = console::log_stream(region, self.group, self.stream);
            log.info(format!("... {left_out} earlier lines are left out; all are in {link}"));
        }
        for line in &newest.lines {
            log.job(line);
        }
    }

    /// Reads all pages, which begin with the oldest line and may be empty, and keeps the newest lines.
    async fn newest(&self, logs: &Logs) -> Result<Newest, AwsError> {
        let mut newest = Newest::default();
        let since = self.since.and_then(|at| at.checked_sub(LATE)).and_then(milliseconds);
        let mut pages = logs.filtered(FilterLogEvents {
            log_group_name: self.group.to_owned(),
            log_stream_names: vec![self.stream.to_owned()],
            filter_pattern: format!("\"{}\"", self.text.replace('"', "")),
            start_time: since,
            next_token: None,
        });
        for _ in 0..MOST_FILTERED {
            let Some(page) = pages.next().await? else { break };
            page.events.into_iter().for_each(|event| newest.push(event.message));
        }
        Ok(newest)
    }
}

/// The newest of so many lines.
#[derive(Default)]
struct Newest {
    total: usize,
    lines: VecDeque<String>,
}

impl Newest {
    fn push(&mut self, line: String) {
        self.total += 1;
        if self.lines.len() == LAST_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept() {
        let mut newest = Newest::default();
        (0..LAST_LINES + 3).for_each(|n| newest.push(n.to_string()));
        assert_eq!((newest.total, newest.lines.len()), (LAST_LINES + 3, LAST_LINES));
        assert_eq!(newest.lines.front().map(String::as_str), Some("3"));
        assert_eq!(newest.lines.back(), Some(&(LAST_LINES + 2).to_string()));
    }
}
