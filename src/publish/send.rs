//! Sending one file in place of what was there when the folder was listed.
//!
//! A request may take effect long after its publisher has lost the lease. A file that publishers write in turn is
//! therefore written under a condition: what a newer publisher has written stays.

use super::content::{Content, When, Written};
use super::diff::Put;
use super::error::{Error, Result};
use super::store::Store;
use crate::aws::{Kind, Pace};
use std::time::Duration;

/// How often a file is sent at most.
const ATTEMPTS: u32 = 4;

/// Sends a file; gives its ETag.
pub(super) async fn send(store: &Store, put: &Put, content: &Content<'_>) -> Result<String> {
    let when = condition(put);
    let mut pace = Pace::growing(Duration::from_millis(500), Duration::from_secs(10));
    let mut attempt = 1;
    loop {
        // Under a condition it may be sent again: a request before it that still takes effect makes it refused.
        match store.write(&put.path, content, when.clone()).await {
            Ok(Written::Yes(etag)) => return Ok(etag),
            Ok(Written::Refused) => match store.read(&put.path).await? {
                Some((there, etag)) if content.bytes == there => return Ok(etag),
                there if attempt < ATTEMPTS && holds(&when, there.as_ref().map(|(_, etag)| etag)) => {}
                _ => return Err(Error::Overtaken(put.path.clone())),
            },
            Err(error) if attempt < ATTEMPTS && error.kind() == Some(Kind::Ambiguous) => {}
            Err(error) => return Err(error),
        }
        tokio::time::sleep(pace.wait()).await;
        attempt += 1;
    }
}

fn condition(put: &Put) -> When {
    match &put.there {
        _ if put.stage.is_named_by_content() => When::Always,
        Some(etag) => When::Unchanged(etag.clone()),
        None => When::Absent,
    }
}

fn holds(when: &When, there: Option<&String>) -> bool {
    match when {
        When::Always => true,
        When::Absent => there.is_none(),
        When::Unchanged(etag) => there == Some(etag),
    }
}
