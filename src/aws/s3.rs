//! Places in S3, and listing them.

use super::{AwsError, pages};
use aws_sdk_s3::Client;
use std::fmt;
use std::time::SystemTime;

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

/// A text that is no place in S3. The user's fault, or of a template's value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no place in S3: expected `s3://bucket/key`")]
pub struct NotS3(String);

impl std::str::FromStr for Location {
    type Err = NotS3;

    fn from_str(text: &str) -> Result<Self, NotS3> {
        let rest = text.strip_prefix("s3://").ok_or_else(|| NotS3(text.to_owned()))?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(NotS3(text.to_owned()));
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// Lists all objects whose keys begin with the location's, in the order of their keys.
pub async fn list(client: &Client, location: &Location) -> Result<Vec<Object>, AwsError> {
    let mut pages = pages(
        client
            .list_objects_v2()
            .bucket(&location.bucket)
            .set_prefix(Some(location.key.clone()).filter(|key| !key.is_empty())),
    );
    let mut objects = Vec::new();
    while let Some(page) = pages.next().await? {
        for object in page.contents.unwrap_or_default() {
            objects.push(Object {
                key: object.key.unwrap_or_default(),
                size: object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                etag: object.e_tag.unwrap_or_default().trim_matches('"').to_owned(),
                modified: object.last_modified.and_then(|at| SystemTime::try_from(at).ok()),
            });
        }
    }
    Ok(objects)
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
}
