//! A DAG folder in S3, and single objects for Glue.
//!
//! Every object that dagc writes carries the SHA-256 of its content as metadata, since an ETag says nothing
//! about the content where KMS encrypts it. The SDK adds and checks a checksum of its own on the way.

use super::content::{Content, When, Written, sha256_hex};
use super::diff::Remote;
use super::error::{Error, Result};
use crate::aws::Kind;
use crate::aws::s3::{Buckets, Location};
use crate::service::objects::split_uri;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier, ServerSideEncryption};
use aws_smithy_types::timeout::TimeoutConfig;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The name of the metadata that holds the SHA-256.
const SHA256: &str = "dagc-sha256";

/// How many bytes a second the slowest line sends that still does: 256 kbit/s.
const SLOWEST: usize = 32_000;

/// The most that `DeleteObjects` takes.
const DELETE_BATCH: usize = 1000;

/// A DAG folder in S3.
#[derive(Clone, Debug)]
pub struct S3Folder {
    buckets: Arc<Buckets>,
    bucket: String,
    /// Without a slash at its ends; may be empty.
    prefix: String,
    kms_key: Option<String>,
}

impl std::fmt::Display for S3Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

impl S3Folder {
    /// Names a folder. With a KMS key every object is encrypted with it.
    pub fn new(buckets: Arc<Buckets>, bucket: &str, prefix: &str, kms_key: Option<String>) -> Self {
        Self { buckets, bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned(), kms_key }
    }

    /// Names a folder by its URI `s3://bucket/prefix`.
    pub fn at(buckets: Arc<Buckets>, uri: &str, kms_key: Option<String>) -> Option<Self> {
        let (bucket, prefix) = split_uri(uri)?;
        Some(Self::new(buckets, bucket, prefix, kms_key))
    }

    /// Returns the bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    pub(super) fn kms_key(&self) -> Option<&str> {
        self.kms_key.as_deref()
    }

    fn key(&self, path: &str) -> String {
        if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) }
    }

    pub(super) async fn list(&self, namespace: &str) -> Result<BTreeMap<String, Remote>> {
        let prefix = self.key(&format!("{namespace}/"));
        let root = self.key("");
        let place = Location { bucket: self.bucket.clone(), key: prefix };
        let objects = self.buckets.list(&place).await.map_err(Error::aws(format!("list {place}")))?;
        let mut found = BTreeMap::new();
        for object in objects {
            let Some(path) = object.key.strip_prefix(&root) else { continue };
            found.insert(path.to_owned(), Remote { size: object.size, etag: object.etag, sha256: None });
        }
        Ok(found)
    }

    pub(super) async fn sha256(&self, path: &str) -> Result<Option<String>> {
        let head = head(&self.buckets, &self.bucket, &self.key(path)).await?;
        Ok(head.as_ref().and_then(sha256_of))
    }

    pub(super) async fn read(&self, path: &str) -> Result<Option<(Vec<u8>, String)>> {
        let key = self.key(path);
        let doing = || format!("read s3://{}/{key}", self.bucket);
        let request = |client: &Client| client.get_object().bucket(&self.bucket).key(&key);
        let sent = self.buckets.send(&self.bucket, request).await;
        let object = match sent {
            Ok(object) => object,
            Err(error) => return none_if_missing(Error::aws(doing())(error)),
        };
        let etag = plain_etag(object.e_tag());
        let content = object.body.collect().await.map_err(|error| Error::io(doing())(error.into()))?;
        Ok(Some((content.to_vec(), etag)))
    }

    pub(super) async fn write(&self, path: &str, content: &Content<'_>, when: When) -> Result<Written> {
        let place = Location { bucket: self.bucket.clone(), key: self.key(path) };
        put(&self.buckets, &place, content, self.kms_key.as_deref(), when).await
    }

    pub(super) async fn delete(&self, paths: &[String]) -> Result<()> {
        for batch in paths.chunks(DELETE_BATCH) {
            let doing = || format!("remove {} objects from {self}", batch.len());
            let objects: std::result::Result<Vec<_>, _> =
                batch.iter().map(|path| ObjectIdentifier::builder().key(self.key(path)).build()).collect();
            let list = objects
                .and_then(|objects| Delete::builder().set_objects(Some(objects)).quiet(true).build())
                .map_err(|error| Error::Definition { what: doing(), why: error.to_string() })?;
            let request = |client: &Client| client.delete_objects().bucket(&self.bucket).delete(list.clone());
            let answer = self.buckets.send(&self.bucket, request).await.map_err(Error::aws(doing()))?;
            if let Some(error) = answer.errors().first() {
                let message = error.message().unwrap_or("no reason given");
                return Err(Error::NotRemoved {
                    key: format!("s3://{}/{}", self.bucket, error.key().unwrap_or_default()),
                    why: format!("{message} ({})", error.code().unwrap_or("no code")),
                });
            }
        }
        Ok(())
    }
}

/// Returns whether an object is there that dagc wrote with this content.
pub(super) async fn has_content(buckets: &Buckets, uri: &str, content: &[u8]) -> Result<bool> {
    let (bucket, key) = uri_parts(uri)?;
    let Some(head) = head(buckets, bucket, key).await? else { return Ok(false) };
    let size = u64::try_from(head.content_length().unwrap_or_default()).unwrap_or_default();
    Ok(size == content.len() as u64 && sha256_of(&head) == Some(sha256_hex(content)))
}

/// Writes an object.
pub(super) async fn put_uri(
    buckets: &Buckets,
    uri: &str,
    content: &[u8],
    kms_key: Option<&str>,
) -> Result<()> {
    let (bucket, key) = uri_parts(uri)?;
    let place = Location { bucket: bucket.to_owned(), key: key.to_owned() };
    put(buckets, &place, &Content::of(content), kms_key, When::Always).await.map(|_| ())
}

fn uri_parts(uri: &str) -> Result<(&str, &str)> {
    split_uri(uri)
        .ok_or_else(|| Error::Definition { what: uri.to_owned(), why: "it is no S3 URI".to_owned() })
}

async fn head(buckets: &Buckets, bucket: &str, key: &str) -> Result<Option<HeadObjectOutput>> {
    match buckets.send(bucket, |client| client.head_object().bucket(bucket).key(key)).await {
        Ok(head) => Ok(Some(head)),
        Err(error) => none_if_missing(Error::aws(format!("look at s3://{bucket}/{key}"))(error)),
    }
}

async fn put(
    buckets: &Buckets,
    place: &Location,
    content: &Content<'_>,
    kms_key: Option<&str>,
    when: When,
) -> Result<Written> {
    let Location { bucket, key } = place;
    let request = |client: &Client| {
        let request = client
            .put_object()
            .bucket(bucket)
            .key(key)
            .metadata(SHA256, &content.sha256)
            .set_server_side_encryption(kms_key.map(|_| ServerSideEncryption::AwsKms))
            .set_ssekms_key_id(kms_key.map(str::to_owned))
            .body(ByteStream::from(content.bytes.to_vec()));
        match &when {
            When::Always => request,
            When::Absent => request.if_none_match("*"),
            When::Unchanged(etag) => request.if_match(format!("\"{etag}\"")),
        }
    };
    let conditional = when != When::Always;
    let timeouts = patience(buckets.timeouts(), content.bytes.len());
    let error = match buckets.insist(bucket, request, timeouts).await {
        Ok(answer) => return Ok(Written::Yes(plain_etag(answer.e_tag()))),
        Err(error) => error,
    };
    // What is written under a condition is sent once: without an answer, a look says what became of it.
    if conditional && error.kind == Kind::Ambiguous {
        let there = head(buckets, bucket, key).await?;
        if let Some(there) = there.filter(|there| sha256_of(there).as_ref() == Some(&content.sha256)) {
            return Ok(Written::Yes(plain_etag(there.e_tag())));
        }
    }
    // Not found: there is nothing that could have the ETag. A bucket that is missing was noticed by the
    // listing before.
    let refused = matches!(error.kind, Kind::Conflict | Kind::NotFound);
    if conditional && refused {
        return Ok(Written::Refused);
    }
    Err(Error::aws(format!("write {place}"))(error))
}

/// Returns the timeouts for sending so many bytes; none where the usual ones do.
fn patience(usual: Option<&TimeoutConfig>, bytes: usize) -> Option<TimeoutConfig> {
    // Whole minutes, since each value has connections of its own.
    let minutes = u64::try_from(bytes / SLOWEST / 60).unwrap_or(u64::MAX);
    let usual = usual.filter(|_| minutes > 0)?;
    let more = |timeout: Option<Duration>| timeout.map(|timeout| timeout + Duration::from_mins(minutes));
    let mut timeouts = usual.to_builder();
    timeouts.set_read_timeout(more(usual.read_timeout()));
    timeouts.set_operation_attempt_timeout(more(usual.operation_attempt_timeout()));
    Some(timeouts.build())
}

/// An object that is missing is an answer; a bucket that is missing is not.
fn none_if_missing<T>(error: Error) -> Result<Option<T>> {
    match &error {
        Error::Aws { source, .. }
            if source.kind == Kind::NotFound && source.code.as_deref() != Some("NoSuchBucket") =>
        {
            Ok(None)
        }
        _ => Err(error),
    }
}

fn sha256_of(head: &HeadObjectOutput) -> Option<String> {
    head.metadata()?.get(SHA256).cloned()
}

fn plain_etag(etag: Option<&str>) -> String {
    etag.unwrap_or_default().trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_large_may_take_long() {
        let minute = Duration::from_mins(1);
        let usual = TimeoutConfig::builder()
            .connect_timeout(minute)
            .read_timeout(minute)
            .operation_attempt_timeout(minute)
            .build();
        assert_eq!(patience(Some(&usual), 1_900_000), None);
        assert_eq!(patience(None, 20_000_000), None);
        let slow = patience(Some(&usual), 18_300_000).unwrap();
        assert_eq!(slow.connect_timeout(), Some(minute));
        assert_eq!(slow.read_timeout(), Some(minute * 10));
        assert_eq!(slow.operation_attempt_timeout(), Some(minute * 10));
    }
}
