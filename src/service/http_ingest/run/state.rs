//! How far an ingestion has come: an object in S3 that is written under the condition that nobody else has written it since.
//!
//! There is one for each task instance, so that an attempt of before, which somebody takes for dead and which goes on, finds
//! at its next write that another one has taken over, whatever generation that is of.

use crate::aws::s3::{Buckets, Location};
use crate::aws::{AwsError, Kind, Pace};
use crate::exec::outcome::{Failure, Outputs};
use crate::exec::runner::{Run, patiently};
use crate::service::http_ingest::path::JsonPath;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_sdk_s3::types::ServerSideEncryption;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// How far it has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// The generation, by its mark.
    pub generation: i64,
    /// The hash of what is fetched.
    pub content: String,
    /// The attempt that has written it.
    pub attempt: i64,
    /// How often it was written: no two writes are the same.
    pub serial: u64,
    /// The page that comes next.
    pub next: Position,
    /// What was written so far.
    pub done: Tally,
    /// How many requests have written to S3.
    pub writes: u64,
    /// The columns of CSV, once they are known.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub columns: Vec<JsonPath>,
    /// An object that is being completed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pending: Option<Pending>,
    /// What the task has given: all is done.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outputs: Option<Outputs>,
}

/// Which page comes next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Position {
    /// The first one.
    #[default]
    First,
    /// The one of this address.
    Address(String),
    /// The one of this cursor.
    Cursor(Value),
    /// The one of this number, or behind so many records.
    Number(u64),
    /// There is none.
    End,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    /// Answers.
    pub pages: u64,
    /// Their records.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
    /// Objects.
    pub objects: u64,
}

/// An object of which all parts are there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pending {
    /// Its key.
    pub key: String,
    /// The upload.
    pub upload: String,
    /// Its parts.
    pub parts: Vec<Part>,
    /// Its bytes.
    pub bytes: u64,
    /// The page that comes next when it is there.
    pub next: Position,
    /// What was written then.
    pub done: Tally,
}

/// A part of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    /// Its entity tag, as S3 has told it.
    pub etag: Option<String>,
    /// Its checksum, as S3 has told it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub crc32: Option<String>,
}

/// Where the state is, and what is known of what is there.
pub(super) struct Store<'a> {
    pub buckets: &'a Buckets,
    pub place: Location,
    pub kms_key: Option<&'a str>,
    /// The entity tag of what is there; none where nothing is.
    pub etag: Option<String>,
}

/// How often a write is sent whose answer is lost.
const WRITES: usize = 6;

impl Store<'_> {
    /// Reads it.
    pub(super) async fn read(&mut self, run: &Run<'_>) -> Result<Option<State>, Failure> {
        let there = patiently(run, || self.buckets.read(&self.place)).await?;
        let Some((text, etag)) = there else { return Ok(None) };
        let state = serde_json::from_slice(&text).map_err(|error| {
            let place = &self.place;
            Failure::for_good(format!(
                "{place} is no state of an ingestion: {error}; a newer dagc may have written it: remove it, and the task \
                 begins anew"
            ))
        })?;
        self.etag = Some(etag);
        Ok(Some(state))
    }

    /// Writes it, if nobody else has written it since it was read or written here; says whether it was written.
    ///
    /// A refusal may be the answer to our own first request, when the answer to that was lost; so what is there is compared
    /// with what was meant.
    pub(super) async fn write(&mut self, state: &mut State, run: &Run<'_>) -> Result<bool, Failure> {
        state.serial += 1;
        state.writes += 1;
        let text = serde_json::to_vec(&state).map_err(|error| Failure::for_good(error.to_string()))?;
        let mut pace = Pace::growing(Duration::from_millis(200), Duration::from_secs(5));
        for _ in 0..WRITES {
            let error = match self.put(&text).await {
                Ok(etag) => {
                    self.etag = Some(etag);
                    return Ok(true);
                }
                Err(error) => error,
            };
            if !matches!(error.kind, Kind::Ambiguous | Kind::Conflict | Kind::NotFound | Kind::Throttled) {
                return Err(error.into());
            }
            let there = patiently(run, || self.buckets.read(&self.place)).await?;
            match there {
                Some((there, etag)) if there == text => {
                    self.etag = Some(etag);
                    return Ok(true);
                }
                there if there.as_ref().map(|(_, etag)| etag) != self.etag.as_ref() => return Ok(false),
                // The write has not arrived, or not yet.
                _ => run.log.warning(format!("{error}: trying again")),
            }
            tokio::time::sleep(pace.wait()).await;
        }
        Err(Failure::retry(format!("{} could not be written", self.place)))
    }

    async fn put(&self, text: &[u8]) -> Result<String, AwsError> {
        let Location { bucket, key } = &self.place;
        let request = |client: &Client| {
            let request = client
                .put_object()
                .bucket(bucket)
                .key(key)
                .content_type("application/json")
                .set_server_side_encryption(self.kms_key.map(|_| ServerSideEncryption::AwsKms))
                .set_ssekms_key_id(self.kms_key.map(str::to_owned))
                .body(ByteStream::new(SdkBody::from(text)));
            match &self.etag {
                None => request.if_none_match("*"),
                Some(etag) => request.if_match(etag),
            }
        };
        Ok(self.buckets.insist(bucket, request, None).await?.e_tag.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_state_is_kept_as_it_is() {
        let state = State {
            next: Position::Cursor(json!("abc")),
            pending: Some(Pending {
                key: "k".to_owned(),
                upload: "u".to_owned(),
                parts: vec![Part { etag: Some("\"e\"".to_owned()), crc32: None }],
                bytes: 1,
                next: Position::End,
                done: Tally { pages: 1, ..Tally::default() },
            }),
            ..State::default()
        };
        let kept = serde_json::to_value(&state).unwrap();
        assert_eq!(kept["next"], json!({ "cursor": "abc" }));
        assert_eq!(kept["pending"]["next"], json!("end"));
        assert_eq!(serde_json::from_value::<State>(kept).unwrap(), state);
    }
}
