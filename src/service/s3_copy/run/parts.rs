//! Copying an object in parts: each a call of its own, several at a time, and none of them visible before the last.

use super::{Copy, Job};
use crate::aws::s3::{Buckets, Object};
use crate::aws::{AwsError, Kind};
use crate::exec::log::Log;
use crate::exec::outcome::Failure;
use crate::exec::runner::{at_once, patiently};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, ServerSideEncryption, StorageClass};
use std::cell::RefCell;
use std::time::Duration;

/// How many parts an object has at most (S3 User Guide, "Amazon S3 multipart upload limits").
const MOST_PARTS: u64 = 10_000;

/// How many parts of an object are under way at a time.
const LANES: usize = 4;

/// The metadata of a copy that tells of which object it is one: its own entity tag is that of its parts.
const SOURCE: &str = "dagc-source-etag";

/// How long giving up what was begun may take.
const GIVING_UP: Duration = Duration::from_secs(10);

/// What was begun and is not complete: it would be paid for and seen by nobody.
#[derive(Debug, Default)]
pub(super) struct Uploads(RefCell<Vec<Upload>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Upload {
    bucket: String,
    key: String,
    id: String,
}

impl Uploads {
    /// Gives up what was begun.
    pub(super) async fn give_up(&self, buckets: &Buckets, log: &Log<'_>) {
        let open = self.0.take();
        if open.is_empty() {
            return;
        }
        let all = async {
            for Upload { bucket, key, id } in &open {
                let abort = |client: &aws_sdk_s3::Client| {
                    client.abort_multipart_upload().bucket(bucket).key(key).upload_id(id)
                };
                if let Err(error) = buckets.send(bucket, abort).await {
                    log.warning(format!("parts of s3://{bucket}/{key} may be left: {error}"));
                }
            }
        };
        match tokio::time::timeout(GIVING_UP, all).await {
            Ok(()) => log.info(format!("gave up {} copies that were not complete", open.len())),
            Err(_) => log.warning(
                "parts of copies that were not complete may be left: there was no time to remove them",
            ),
        }
    }
}

/// Copies an object in parts.
pub(super) async fn in_parts(job: &Job<'_>, copy: &Copy) -> Result<(), Failure> {
    let upload = begin(job, copy).await?;
    job.uploads.0.borrow_mut().push(upload.clone());
    let parts = RefCell::new(Vec::new());
    let ranges = ranges(copy.object.size, job.spec.parts_from);
    at_once(LANES, (1..).zip(ranges), |(number, (first, last))| {
        let (upload, parts) = (&upload, &parts);
        async move {
            let part = part(job, copy, upload, number, &format!("bytes={first}-{last}")).await?;
            parts.borrow_mut().push(part);
            Ok(())
        }
    })
    .await?;
    let mut parts = parts.into_inner();
    parts.sort_unstable_by_key(|part: &CompletedPart| part.part_number);
    complete(job, copy, &upload, parts).await?;
    job.uploads.0.borrow_mut().retain(|other| *other != upload);
    Ok(())
}

/// Says whether what is there is a copy, made in parts, of the object as it is.
pub(super) async fn source_of(job: &Job<'_>, copy: &Copy, there: &Object) -> Result<bool, Failure> {
    // Only what has come in parts has a tag with the number of them in it.
    if there.etag.contains('-') { is_copy(job, copy).await } else { Ok(false) }
}

async fn is_copy(job: &Job<'_>, copy: &Copy) -> Result<bool, Failure> {
    let head = patiently(job.run, || async {
        let head = |client: &aws_sdk_s3::Client| client.head_object().bucket(&copy.bucket).key(&copy.key);
        match job.buckets.send(&copy.bucket, head).await {
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            answer => answer.map(Some),
        }
    });
    let head = head.await?;
    let of = head.as_ref().and_then(|head| head.metadata()?.get(SOURCE));
    Ok(of == Some(&copy.object.etag))
}

/// Begins the copy, with what a copy in one call would take along by itself.
async fn begin(job: &Job<'_>, copy: &Copy) -> Result<Upload, Failure> {
    let (spec, buckets) = (job.spec, &job.buckets);
    let ask = || async {
        let head = |client: &aws_sdk_s3::Client| {
            client.head_object().bucket(&copy.from_bucket).key(&copy.object.key).if_match(copy.etag())
        };
        buckets.send(&copy.from_bucket, head).await
    };
    let head = job.send(copy, ask).await?;
    let mut metadata = head.metadata.unwrap_or_default();
    metadata.insert(SOURCE.to_owned(), copy.object.etag.clone());
    let begin = || async {
        let create = |client: &aws_sdk_s3::Client| {
            client
                .create_multipart_upload()
                .bucket(&copy.bucket)
                .key(&copy.key)
                .set_metadata(Some(metadata.clone()))
                .set_content_type(head.content_type.clone())
                .set_content_encoding(head.content_encoding.clone())
                .set_content_language(head.content_language.clone())
                .set_content_disposition(head.content_disposition.clone())
                .set_cache_control(head.cache_control.clone())
                .set_server_side_encryption(spec.kms_key.as_ref().map(|_| ServerSideEncryption::AwsKms))
                .set_ssekms_key_id(spec.kms_key.clone())
                .set_storage_class(spec.storage_class.as_deref().map(StorageClass::from))
        };
        buckets.send(&copy.bucket, create).await
    };
    let id = job.send(copy, begin).await?.upload_id.unwrap_or_default();
    Ok(Upload { bucket: copy.bucket.clone(), key: copy.key.clone(), id })
}

async fn part(
    job: &Job<'_>,
    copy: &Copy,
    upload: &Upload,
    number: i32,
    range: &str,
) -> Result<CompletedPart, Failure> {
    let send = || async {
        let request = |client: &aws_sdk_s3::Client| {
            client
                .upload_part_copy()
                .bucket(&upload.bucket)
                .key(&upload.key)
                .upload_id(&upload.id)
                .part_number(number)
                .copy_source(copy.source())
                .copy_source_range(range)
                .copy_source_if_match(copy.etag())
        };
        job.buckets.send(&upload.bucket, request).await
    };
    let told = job.send(copy, send).await?.copy_part_result;
    let part = CompletedPart::builder().part_number(number);
    let Some(told) = told else { return Ok(part.build()) };
    Ok(part
        .set_e_tag(told.e_tag)
        .set_checksum_crc32(told.checksum_crc32)
        .set_checksum_crc32_c(told.checksum_crc32_c)
        .set_checksum_crc64_nvme(told.checksum_crc64_nvme)
        .set_checksum_sha1(told.checksum_sha1)
        .set_checksum_sha256(told.checksum_sha256)
        .build())
}

/// Makes one object of the parts. Where the answer was lost there is nothing to complete any more: the copy is there then.
async fn complete(
    job: &Job<'_>,
    copy: &Copy,
    upload: &Upload,
    parts: Vec<CompletedPart>,
) -> Result<(), Failure> {
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let size = i64::try_from(copy.object.size).ok();
    let send = || async {
        let request = |client: &aws_sdk_s3::Client| {
            client
                .complete_multipart_upload()
                .bucket(&upload.bucket)
                .key(&upload.key)
                .upload_id(&upload.id)
                .multipart_upload(parts.clone())
                .set_mpu_object_size(size)
        };
        match job.buckets.send(&upload.bucket, request).await {
            Err(AwsError { code: Some(code), .. }) if code == "NoSuchUpload" => Ok(false),
            answer => answer.map(|_| true),
        }
    };
    let is_done = job.send(copy, send).await? || is_copy(job, copy).await?;
    if is_done {
        return Ok(());
    }
    Err(Failure::retry(format!(
        "the copy of {} was given up by somebody else before it was complete",
        copy.name()
    )))
}

/// The first and the last byte of each part.
fn ranges(size: u64, least: u64) -> impl Iterator<Item = (u64, u64)> {
    let length = least.max(size.div_ceil(MOST_PARTS)).max(1);
    (0..size.div_ceil(length)).map(move |n| (n * length, ((n + 1) * length).min(size) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_and_not_too_many() {
        let all = |size, least| ranges(size, least).collect::<Vec<_>>();
        assert_eq!(all(10, 4), [(0, 3), (4, 7), (8, 9)]);
        assert_eq!(all(8, 4), [(0, 3), (4, 7)]);
        for size in [1, 256 << 20, 5_u64 << 40, 53_687_091_200_000] {
            let parts = all(size, 256 << 20);
            assert!(parts.len() <= 10_000, "{size}: {}", parts.len());
            assert!(parts.iter().all(|(first, last)| last - first < 5 << 30), "{size}");
            assert_eq!(parts.last().unwrap().1 + 1, size);
            assert!(parts.windows(2).all(|two| two[0].1 + 1 == two[1].0), "{size}");
        }
    }
}
