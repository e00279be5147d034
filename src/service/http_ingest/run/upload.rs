//! Objects that are written in parts of 8 MB: what is in memory is one part. Nothing is seen of an object before it is complete.

use super::state::{Part, Pending};
use crate::aws::s3::Buckets;
use crate::aws::{AwsError, Kind};
use crate::exec::log::Log;
use crate::exec::outcome::Failure;
use crate::exec::runner::{Run, patiently};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, ServerSideEncryption};
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// How many bytes a part has. S3 takes no smaller one, but for the last, than 5 MB.
const PART: usize = 8 << 20;

/// How many parts an object has at most (S3 User Guide, "Amazon S3 multipart upload limits").
const MOST_PARTS: usize = 10_000;

/// How long giving up what was begun may take.
const GIVING_UP: Duration = Duration::from_secs(2);

/// Where objects are written, and what has been begun there.
pub(super) struct Uploads<'a> {
    pub buckets: &'a Buckets,
    pub run: &'a Run<'a>,
    pub bucket: &'a str,
    pub kms_key: Option<&'a str>,
    /// What was begun and is not complete: its key, and the upload.
    pub open: RefCell<Option<(String, String)>>,
    /// How many requests have written.
    pub writes: Cell<u64>,
}

/// An object that is being written.
pub(super) struct Upload<'u> {
    uploads: &'u Uploads<'u>,
    key: String,
    id: String,
    parts: Vec<Part>,
    part: Vec<u8>,
    bytes: u64,
}

impl Uploads<'_> {
    /// Begins an object; one that was begun before is given up.
    pub(super) async fn begin(&self, key: String, content_type: &str) -> Result<Upload<'_>, Failure> {
        self.give_up(self.run.log).await;
        let begun = patiently(self.run, || {
            self.wrote();
            self.buckets.send(self.bucket, |client| {
                client
                    .create_multipart_upload()
                    .bucket(self.bucket)
                    .key(&key)
                    .content_type(content_type)
                    .checksum_algorithm(ChecksumAlgorithm::Crc32)
                    .set_server_side_encryption(self.kms_key.map(|_| ServerSideEncryption::AwsKms))
                    .set_ssekms_key_id(self.kms_key.map(str::to_owned))
            })
        });
        let id = begun.await?.upload_id.unwrap_or_default();
        self.open.replace(Some((key.clone(), id.clone())));
        Ok(Upload { uploads: self, key, id, parts: Vec::new(), part: Vec::new(), bytes: 0 })
    }

    /// Gives up what was begun: it would be paid for and seen by nobody.
    pub(super) async fn give_up(&self, log: &Log<'_>) {
        let Some((key, id)) = self.open.take() else { return };
        let given_up = tokio::time::timeout(GIVING_UP, self.abort(&key, &id)).await;
        match given_up {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                log.warning(format!("parts of s3://{}/{key} may be left: {error}", self.bucket));
            }
            Err(_) => {
                log.warning(format!("parts of s3://{}/{key} may be left: S3 did not answer", self.bucket));
            }
        }
    }

    /// Gives up what lost attempts have begun of objects whose keys begin so.
    pub(super) async fn give_up_lost(&self, begin: &str) -> Result<(), Failure> {
        // No continuation token leads to the next page of this list, but the last upload of the one before.
        let mut behind = (None, None);
        loop {
            let page = |client: &Client| {
                let first = client.list_multipart_uploads().bucket(self.bucket).prefix(begin);
                first.set_key_marker(behind.0.clone()).set_upload_id_marker(behind.1.clone())
            };
            let listed = patiently(self.run, || self.buckets.send(self.bucket, page)).await?;
            for lost in listed.uploads.unwrap_or_default() {
                let (key, id) = (lost.key.unwrap_or_default(), lost.upload_id.unwrap_or_default());
                patiently(self.run, || self.abort(&key, &id)).await?;
                let name = format!("s3://{}/{key}", self.bucket);
                self.run.log.info(format!("parts of {name} that a lost attempt has left are gone"));
            }
            if listed.is_truncated != Some(true) || listed.next_key_marker.is_none() {
                return Ok(());
            }
            behind = (listed.next_key_marker, listed.next_upload_id_marker);
        }
    }

    /// Gives up an object; one that is not there any more is given up.
    async fn abort(&self, key: &str, id: &str) -> Result<(), AwsError> {
        let abort =
            |client: &Client| client.abort_multipart_upload().bucket(self.bucket).key(key).upload_id(id);
        match self.buckets.send(self.bucket, abort).await {
            Err(error) if error.code.as_deref() == Some("NoSuchUpload") => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Makes one object of its parts; says whether it is there then. Where it is not, somebody has given it up.
    pub(super) async fn complete(&self, pending: &Pending) -> Result<bool, Failure> {
        let parts = (1..).zip(&pending.parts).map(|(number, part)| {
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(part.etag.clone())
                .set_checksum_crc32(part.crc32.clone())
                .build()
        });
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
        let Pending { key, upload, .. } = pending;
        let completed = patiently(self.run, || async {
            self.wrote();
            let request = |client: &Client| {
                let request =
                    client.complete_multipart_upload().bucket(self.bucket).key(key).upload_id(upload);
                request.multipart_upload(parts.clone())
            };
            match self.buckets.send(self.bucket, request).await {
                Err(error) if error.code.as_deref() == Some("NoSuchUpload") => Ok(false),
                answer => answer.map(|_| true),
            }
        });
        if completed.await? {
            return Ok(true);
        }
        // It may have been completed by a request whose answer was lost.
        let head = patiently(self.run, || async {
            let head = |client: &Client| client.head_object().bucket(self.bucket).key(key);
            match self.buckets.send(self.bucket, head).await {
                Err(error) if error.kind == Kind::NotFound => Ok(None),
                answer => answer.map(Some),
            }
        });
        let size = head.await?.and_then(|head| head.content_length);
        Ok(size.and_then(|size| u64::try_from(size).ok()) == Some(pending.bytes))
    }

    fn wrote(&self) {
        self.writes.set(self.writes.get() + 1);
    }
}

impl Upload<'_> {
    /// How many bytes it has so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes more.
    pub(super) async fn push(&mut self, more: &[u8]) -> Result<(), Failure> {
        self.bytes += more.len() as u64;
        let mut rest = more;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(PART - self.part.len()));
            if self.part.capacity() == 0 && now.len() < PART {
                // What is small needs no more than it has; what is not grows to a part once.
                self.part.reserve(now.len().max(64 << 10));
            }
            self.part.extend_from_slice(now);
            rest = later;
            if self.part.len() == PART {
                self.flush().await?;
            }
        }
        Ok(())
    }

    /// Ends it: what is left to do is to make one object of the parts.
    pub(super) async fn end(mut self) -> Result<(String, String, Vec<Part>, u64), Failure> {
        if !self.part.is_empty() || self.parts.is_empty() {
            self.flush().await?;
        }
        Ok((self.key, self.id, self.parts, self.bytes))
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        let uploads = self.uploads;
        if self.parts.len() == MOST_PARTS {
            let most = MOST_PARTS * PART;
            return Err(Failure::for_good(format!(
                "an answer has more than {most} bytes, and is one object, which takes no more"
            )));
        }
        let number = i32::try_from(self.parts.len() + 1).unwrap_or(i32::MAX);
        let part = SdkBody::from(std::mem::take(&mut self.part));
        let sent = patiently(uploads.run, || async {
            uploads.wrote();
            let sent = uploads.buckets.send(uploads.bucket, |client| {
                client
                    .upload_part()
                    .bucket(uploads.bucket)
                    .key(&self.key)
                    .upload_id(&self.id)
                    .part_number(number)
                    .checksum_algorithm(ChecksumAlgorithm::Crc32)
                    .body(ByteStream::new(part.try_clone().unwrap_or_else(SdkBody::taken)))
            });
            match sent.await {
                Err(error) if error.code.as_deref() == Some("NoSuchUpload") => Ok(None),
                answer => answer.map(Some),
            }
        });
        let Some(sent) = sent.await? else {
            let (bucket, key) = (uploads.bucket, &self.key);
            return Err(Failure::retry(format!(
                "somebody has given up s3://{bucket}/{key}: another attempt of this task goes on, and this one stops"
            )));
        };
        self.parts.push(Part { etag: sent.e_tag, crc32: sent.checksum_crc32 });
        Ok(())
    }
}
