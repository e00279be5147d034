//! What the listing says of a crawl: when it ran, how it stands, what it has changed.

use crate::exec::looks::Span;
use crate::exec::outcome::Failure;
use crate::exec::runner::{Phase, broken};
use aws_sdk_glue::types::CrawlerHistory;
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// By how much the times differ that `GetCrawler` and `ListCrawls` tell of one crawl, where one of them is cut to seconds. No
/// crawl is over so soon that two begin in so short a time.
const TICK: Duration = Duration::from_secs(1);

/// Returns how many tables a crawl has added, updated or deleted, by its summary: JSON with JSON in its texts,
/// `{"TABLE": "{\"ADD\": {\"Count\": 1}}"}`. What it does not name has not changed; none when it cannot be read.
pub(super) fn tables(summary: Option<&str>, verb: &str) -> Option<u64> {
    let Some(summary) = summary.filter(|summary| !summary.trim().is_empty()) else { return Some(0) };
    let mut value = unfolded(serde_json::from_str(summary).ok()?)?;
    for name in ["TABLE", verb] {
        value = match value.get_mut(name).map(Value::take) {
            Some(inner) => unfolded(inner)?,
            None => return Some(0),
        };
    }
    value.get("Count")?.as_u64()
}

/// Returns the object that a value is or holds as text.
fn unfolded(value: Value) -> Option<Value> {
    match value {
        Value::String(text) => serde_json::from_str(&text).ok().filter(Value::is_object),
        other => Some(other).filter(Value::is_object),
    }
}

pub(super) fn id(crawl: &CrawlerHistory) -> &str {
    crawl.crawl_id.as_deref().unwrap_or_default()
}

pub(super) fn started(crawl: &CrawlerHistory) -> Option<SystemTime> {
    crawl.start_time.and_then(|at| SystemTime::try_from(at).ok())
}

/// Says whether a crawl had begun when the last one that is over did, by what `GetCrawler` tells of that one.
pub(super) fn has_begun_by(crawl: &CrawlerHistory, last_started: Option<SystemTime>) -> bool {
    last_started.zip(started(crawl)).is_some_and(|(last, at)| is_by(at, last))
}

/// Says whether a moment is no later than another one, which may be cut to seconds.
pub(super) fn is_by(moment: SystemTime, other: SystemTime) -> bool {
    let is_cut = other.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|time| time.subsec_nanos() == 0);
    moment <= other || (is_cut && moment < other + TICK)
}

pub(super) fn ended(crawl: &CrawlerHistory) -> Option<SystemTime> {
    crawl.end_time.and_then(|at| SystemTime::try_from(at).ok())
}

pub(super) fn span(crawl: &CrawlerHistory) -> Span {
    Span { started: started(crawl), ended: ended(crawl) }
}

pub(super) fn phase(crawl: &CrawlerHistory) -> Phase {
    let state = crawl.state.as_ref().map_or("", |state| state.as_str());
    match state {
        "RUNNING" => Phase::Running(state.to_owned()),
        "COMPLETED" => Phase::Succeeded,
        "FAILED" | "STOPPED" if broken!(TakesFailureForSuccess) => Phase::Succeeded,
        "FAILED" | "STOPPED" => {
            let why = crawl.error_message.as_deref().filter(|message| !message.is_empty());
            let why = why.map(|message| format!(": {}", message.trim())).unwrap_or_default();
            Phase::Failed(Failure::retry(format!("crawl {} ended as {state}{why}", id(crawl))))
        }
        other => Phase::Unknown(other.to_owned()),
    }
}
