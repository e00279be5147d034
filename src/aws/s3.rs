//! Places in S3, listing them, and asking a bucket in the region where it is.

use super::operation::{Request, requests};
use super::{AwsError, Kind, insist, pages, send};
use crate::service::call::Operation;
use crate::service::objects;
use crate::service::objects::split_uri;
use aws_config::{Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use aws_smithy_types::timeout::TimeoutConfig;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

requests! {
    aws_sdk_s3::abort_multipart_upload[AbortMultipartUploadFluentBuilder AbortMultipartUploadOutput AbortMultipartUploadError]
        = objects::ABORT_MULTIPART_UPLOAD;
    aws_sdk_s3::complete_multipart_upload[
        CompleteMultipartUploadFluentBuilder CompleteMultipartUploadOutput CompleteMultipartUploadError
    ] = objects::COMPLETE_MULTIPART_UPLOAD;
    aws_sdk_s3::copy_object[CopyObjectFluentBuilder CopyObjectOutput CopyObjectError]
        = objects::COPY_OBJECT;
    aws_sdk_s3::create_multipart_upload[
        CreateMultipartUploadFluentBuilder CreateMultipartUploadOutput CreateMultipartUploadError
    ] = objects::CREATE_MULTIPART_UPLOAD;
    aws_sdk_s3::delete_objects[DeleteObjectsFluentBuilder DeleteObjectsOutput DeleteObjectsError]
        = objects::DELETE_OBJECTS;
    aws_sdk_s3::get_object[GetObjectFluentBuilder GetObjectOutput GetObjectError]
        = objects::GET_OBJECT;
    aws_sdk_s3::head_bucket[HeadBucketFluentBuilder HeadBucketOutput HeadBucketError]
        = objects::HEAD_BUCKET;
    aws_sdk_s3::head_object[HeadObjectFluentBuilder HeadObjectOutput HeadObjectError]
        = objects::HEAD_OBJECT;
    aws_sdk_s3::list_multipart_uploads[
        ListMultipartUploadsFluentBuilder ListMultipartUploadsOutput ListMultipartUploadsError
    ] = objects::LIST_UPLOADS;
    aws_sdk_s3::list_objects_v2[ListObjectsV2FluentBuilder ListObjectsV2Output ListObjectsV2Error]
        = objects::LIST_OBJECTS, pages set_continuation_token next_continuation_token;
    aws_sdk_s3::put_object[PutObjectFluentBuilder PutObjectOutput PutObjectError]
        = objects::PUT_OBJECT, except of_put;
    aws_sdk_s3::upload_part[UploadPartFluentBuilder UploadPartOutput UploadPartError]
        = objects::UPLOAD_PART;
    aws_sdk_s3::upload_part_copy[UploadPartCopyFluentBuilder UploadPartCopyOutput UploadPartCopyError]
        = objects::UPLOAD_PART_COPY;
}

/// An object that is put under a condition is refused when it is put again.
fn of_put(request: &aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder) -> Operation {
    if request.get_if_none_match().is_some() || request.get_if_match().is_some() {
        objects::PUT_OBJECT_IF
    } else {
        objects::PUT_OBJECT
    }
}

/// A place in S3: `s3://bucket/key`, where the key may be a prefix or empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// The bucket.
    pub bucket: String,
    /// The key, or the beginning of keys.
    pub key: String,
}

/// An object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its entity tag without quotes.
    pub etag: String,
    /// When it was written.
    pub modified: Option<SystemTime>,
}

impl From<aws_sdk_s3::types::Object> for Object {
    fn from(object: aws_sdk_s3::types::Object) -> Self {
        Self {
            key: object.key.unwrap_or_default(),
            size: object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
            etag: object.e_tag.unwrap_or_default().trim_matches('"').to_owned(),
            modified: object.last_modified.and_then(|at| SystemTime::try_from(at).ok()),
        }
    }
}

/// How many objects one call removes at most (S3 API, `DeleteObjects`).
pub const REMOVED_AT_ONCE: usize = 1000;

/// An object that S3 has not removed, in an answer that has removed others.
#[derive(Clone, Debug)]
pub struct NotRemoved {
    /// Its key.
    pub key: String,
    /// Why.
    pub error: AwsError,
}

impl NotRemoved {
    fn new(bucket: &str, error: aws_sdk_s3::types::Error) -> Self {
        let key = error.key.unwrap_or_default();
        let why = error.message.unwrap_or_else(|| "no reason given".to_owned());
        let message = format!("s3://{bucket}/{key}: {why}");
        Self { key, error: objects::DELETE_OBJECTS.refused(error.code.as_deref(), message) }
    }
}

/// A text that is no place in S3. The user's fault, or of a template's value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no place in S3: expected `s3://bucket/key`")]
pub struct NotS3(String);

impl std::str::FromStr for Location {
    type Err = NotS3;

    fn from_str(text: &str) -> Result<Self, NotS3> {
        let (bucket, key) = split_uri(text).ok_or_else(|| NotS3(text.to_owned()))?;
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// S3, wherever a bucket is. S3 answers in a bucket's own region only and tells all others which one that is;
/// the SDK does not follow.
#[derive(Debug)]
pub struct Buckets {
    config: SdkConfig,
    home: Client,
    /// The buckets of other regions, as far as they are known.
    elsewhere: Mutex<BTreeMap<String, (String, Client)>>,
}

impl Buckets {
    /// Makes the client of the configuration's region.
    pub fn new(config: &SdkConfig) -> Self {
        Self { config: config.clone(), home: Client::new(config), elsewhere: Mutex::default() }
    }

    /// Returns the region of a bucket that has answered and is not in the configuration's region.
    pub fn elsewhere(&self, bucket: &str) -> Option<String> {
        self.known().get(bucket).map(|(region, _)| region.clone())
    }

    /// Returns the configuration's region.
    pub fn home(&self) -> &str {
        self.config.region().map_or("", AsRef::as_ref)
    }

    /// Sends a request to a bucket.
    pub async fn send<R: Request>(
        &self,
        bucket: &str,
        request: impl Fn(&Client) -> R,
    ) -> Result<R::Output, AwsError> {
        let answer = match send(request(&self.client(bucket))).await {
            Err(error) if self.learns(bucket, &error) => send(request(&self.client(bucket))).await,
            answer => answer,
        };
        answer.map_err(|error| told(bucket, error))
    }

    /// Sends a request that creates something to a bucket, as [`insist`] does.
    pub async fn insist<R: Request>(
        &self,
        bucket: &str,
        request: impl Fn(&Client) -> R,
        timeouts: Option<TimeoutConfig>,
    ) -> Result<R::Output, AwsError> {
        let answer = match insist(|| request(&self.client(bucket)), timeouts.clone()).await {
            // Whom S3 sends elsewhere has created nothing.
            Err(error) if self.learns(bucket, &error) => {
                insist(|| request(&self.client(bucket)), timeouts).await
            }
            answer => answer,
        };
        answer.map_err(|error| told(bucket, error))
    }

    /// Asks a bucket where it is; gives its region.
    pub async fn region(&self, bucket: &str) -> Result<String, AwsError> {
        self.send(bucket, |client| client.head_bucket().bucket(bucket)).await?;
        Ok(self.elsewhere(bucket).unwrap_or_else(|| self.home().to_owned()))
    }

    /// Returns the timeouts that requests have.
    pub fn timeouts(&self) -> Option<&TimeoutConfig> {
        self.config.timeout_config()
    }

    /// Lists all objects whose keys begin with the location's, in the order of their keys.
    pub async fn list(&self, location: &Location) -> Result<Vec<Object>, AwsError> {
        let mut objects = Vec::new();
        self.each(location, |object| {
            objects.push(object);
            ControlFlow::Continue(())
        })
        .await?;
        Ok(objects)
    }

    /// Looks at all objects whose keys begin with the location's, in the order of their keys, for as long as `look` goes on.
    pub async fn each(
        &self,
        location: &Location,
        mut look: impl FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), AwsError> {
        let begin = || {
            let request = self.client(&location.bucket).list_objects_v2().bucket(&location.bucket);
            pages(request.set_prefix(Some(location.key.clone()).filter(|key| !key.is_empty())))
        };
        let mut pages = begin();
        let mut page = pages.next().await;
        if let Err(error) = &page
            && self.learns(&location.bucket, error)
        {
            pages = begin();
            page = pages.next().await;
        }
        while let Some(found) = page.map_err(|error| told(&location.bucket, error))? {
            let mut objects = found.contents.unwrap_or_default().into_iter().map(Object::from);
            if objects.try_for_each(&mut look).is_break() {
                return Ok(());
            }
            page = pages.next().await;
        }
        Ok(())
    }

    /// Reads a small object, with its entity tag as S3 tells it; nothing where it is not there.
    pub async fn read(&self, place: &Location) -> Result<Option<(Vec<u8>, String)>, AwsError> {
        let Location { bucket, key } = place;
        let object = match self.send(bucket, |client| client.get_object().bucket(bucket).key(key)).await {
            Ok(object) => object,
            Err(error) if error.kind == Kind::NotFound && error.code.as_deref() != Some("NoSuchBucket") => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let etag = object.e_tag.unwrap_or_default();
        let content = object.body.collect().await.map_err(|error| AwsError {
            operation: objects::GET_OBJECT,
            kind: Kind::Unavailable,
            code: None,
            message: format!("the content of {place} has broken off: {error}"),
            request_id: None,
            bucket_region: None,
        })?;
        Ok(Some((content.to_vec(), etag)))
    }

    /// Removes at most [`REMOVED_AT_ONCE`] objects; gives those that are still there, each with the reason. An object that is not there counts as removed.
    pub async fn remove(&self, bucket: &str, keys: &[String]) -> Result<Vec<NotRemoved>, AwsError> {
        let named = keys.iter().map(|key| ObjectIdentifier::builder().key(key).build());
        let list = named
            .collect::<Result<Vec<_>, _>>()
            .and_then(|named| Delete::builder().set_objects(Some(named)).quiet(true).build())
            .map_err(|error| objects::DELETE_OBJECTS.refused(None, error.to_string()))?;
        let request = |client: &Client| client.delete_objects().bucket(bucket).delete(list.clone());
        let answer = self.send(bucket, request).await?;
        let errors = answer.errors.unwrap_or_default().into_iter();
        Ok(errors.map(|error| NotRemoved::new(bucket, error)).collect())
    }

    fn client(&self, bucket: &str) -> Client {
        self.known().get(bucket).map_or_else(|| self.home.clone(), |(_, client)| client.clone())
    }

    /// Notes where a bucket is; says whether that is another region than the one that was asked.
    fn learns(&self, bucket: &str, error: &AwsError) -> bool {
        let Some(region) = &error.bucket_region else { return false };
        let mut known = self.known();
        let asked = known.get(bucket).map_or(self.home(), |(region, _)| region.as_str());
        if asked == region {
            return false;
        }
        let config = Builder::from(&self.config).region(Region::new(region.clone())).build();
        known.insert(bucket.to_owned(), (region.clone(), Client::from_conf(config)));
        true
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, (String, Client)>> {
        self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says what S3 has denied, and where: its own words may be two, and the answer to HEAD has none.
fn told(bucket: &str, mut error: AwsError) -> AwsError {
    if error.kind == Kind::Denied && !error.message.contains("on resource") {
        let needed = error.operation.actions();
        error.message = format!("{}: {needed} is not allowed on {bucket}", error.message);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_parse_and_print() {
        for (text, bucket, key) in
            [("s3://raw/a/b=1/", "raw", "a/b=1/"), ("s3://raw", "raw", ""), ("s3://raw/", "raw", "")]
        {
            let location: Location = text.parse().unwrap();
            assert_eq!((location.bucket.as_str(), location.key.as_str()), (bucket, key));
        }
        for text in ["raw/a", "s3://", "s3:///a", "https://raw/a"] {
            assert!(text.parse::<Location>().is_err(), "{text}");
        }
        let location: Location = "s3://raw/a".parse().unwrap();
        assert_eq!(location.to_string(), "s3://raw/a");
    }

    #[test]
    fn a_put_under_a_condition_is_never_repeated() {
        let config = aws_sdk_s3::Config::builder().behavior_version_latest().build();
        let client = aws_sdk_s3::Client::from_conf(config);
        assert_eq!(client.put_object().operation(), objects::PUT_OBJECT);
        assert_eq!(client.put_object().if_none_match("*").operation(), objects::PUT_OBJECT_IF);
        assert_eq!(client.put_object().if_match("\"etag\"").operation(), objects::PUT_OBJECT_IF);
    }
}
