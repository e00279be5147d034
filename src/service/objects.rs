//! Objects in S3: the calls, which several services make.

use super::call::{On, Right, When, operations, right};
use super::console::{base, encode};

/// That somebody may list a bucket.
const LIST: Right = right("s3:ListBucket", On::Bucket);
/// Of what is missing S3 says so to those who may list, and to others that it is denied.
const TELLS: Right = LIST.when(When::Perhaps("when an object is not there yet"));
const KMS: When = When::Perhaps("when objects are encrypted with a KMS key");
const ENCRYPTS: Right = right("kms:GenerateDataKey", On::Key).when(KMS);
const DECRYPTS: Right = right("kms:Decrypt", On::Key).when(KMS);

operations! {
    codes &[];

    /// Gives up an object in parts.
    ABORT_MULTIPART_UPLOAD = "s3:AbortMultipartUpload" Repeatable Usual [right("s3:AbortMultipartUpload", On::Written)];
    /// Makes one object of its parts.
    COMPLETE_MULTIPART_UPLOAD = "s3:CompleteMultipartUpload" Repeatable Usual [right("s3:PutObject", On::Written)];
    /// Copies an object.
    COPY_OBJECT = "s3:CopyObject" Repeatable Usual [
        right("s3:GetObject", On::Read), right("s3:PutObject", On::Written), DECRYPTS, ENCRYPTS
    ];
    /// Begins an object in parts.
    CREATE_MULTIPART_UPLOAD = "s3:CreateMultipartUpload" Repeatable Usual [right("s3:PutObject", On::Written), ENCRYPTS];
    /// Removes objects.
    DELETE_OBJECTS = "s3:DeleteObjects" Repeatable Usual [right("s3:DeleteObject", On::Written)];
    /// Removes objects that were read.
    DELETE_READ = "s3:DeleteObjects" Repeatable Usual [right("s3:DeleteObject", On::Read)];
    /// Reads an object.
    GET_OBJECT = "s3:GetObject" Repeatable Usual [right("s3:GetObject", On::Read), TELLS, DECRYPTS];
    /// Asks a bucket where it is.
    HEAD_BUCKET = "s3:HeadBucket" Repeatable Usual [LIST];
    /// Reads what is known of an object.
    HEAD_OBJECT = "s3:HeadObject" Repeatable Usual [right("s3:GetObject", On::Read), TELLS];
    /// Reads what is known of an object that was written.
    HEAD_WRITTEN = "s3:HeadObject" Repeatable Usual [right("s3:GetObject", On::Written)];
    /// Lists the objects of a bucket.
    LIST_OBJECTS = "s3:ListObjectsV2" Repeatable Usual [LIST];
    /// Lists the objects in parts that are not complete.
    LIST_UPLOADS = "s3:ListMultipartUploads" Repeatable Usual [right("s3:ListBucketMultipartUploads", On::Bucket)];
    /// Writes an object.
    PUT_OBJECT = "s3:PutObject" Repeatable Usual [right("s3:PutObject", On::Written), ENCRYPTS];
    /// Writes an object under a condition: it is refused when it is put again.
    PUT_OBJECT_IF = "s3:PutObject" Starts Throttled [right("s3:PutObject", On::Written), ENCRYPTS];
    /// Writes an object that is read, under a condition.
    PUT_READ_IF = "s3:PutObject" Starts Throttled [right("s3:PutObject", On::Read), ENCRYPTS];
    /// Writes a part of an object; S3 reads the parts again when it makes one object of them.
    UPLOAD_PART = "s3:UploadPart" Repeatable Usual [right("s3:PutObject", On::Written), ENCRYPTS, DECRYPTS];
    /// Copies a part of an object.
    UPLOAD_PART_COPY = "s3:UploadPartCopy" Repeatable Usual [
        right("s3:GetObject", On::Read), right("s3:PutObject", On::Written), DECRYPTS, ENCRYPTS
    ];
}

/// Cuts `s3://bucket/key` in two; none for what is no place in S3.
pub fn split_uri(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("s3://")?;
    Some(rest.split_once('/').unwrap_or((rest, ""))).filter(|(bucket, _)| !bucket.is_empty())
}

/// Links to an object in the console.
pub fn link(region: &str, bucket: &str, key: &str) -> String {
    let (base, key) = (base(region), encode(key));
    format!("{base}/s3/object/{bucket}?region={region}&prefix={key}")
}

/// Links to the objects under a prefix in the console.
pub fn link_below(region: &str, bucket: &str, prefix: &str) -> String {
    let (base, prefix) = (base(region), encode(prefix));
    format!("{base}/s3/buckets/{bucket}?region={region}&prefix={prefix}")
}

/// Returns the bucket of a path that may go on with what only a run knows.
pub fn bucket_of(path: &crate::template::Template) -> Option<&str> {
    let still = path.static_prefix();
    let (bucket, key) = split_uri(still)?;
    let is_whole = path.as_text().is_some() || still.len() > "s3://".len() + bucket.len() || !key.is_empty();
    is_whole.then_some(bucket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Template;

    #[test]
    fn links_lead_to_the_console() {
        assert!(link_below("us-east-1", "raw", "a/b=1").ends_with("?region=us-east-1&prefix=a%2Fb%3D1"));
    }

    #[test]
    fn a_bucket_is_known_when_all_of_its_name_is() {
        for (path, expected) in [
            ("s3://raw/in/{{ ds }}/", Some("raw")),
            ("s3://raw/{{ ds }}/", Some("raw")),
            ("s3://raw", Some("raw")),
            ("s3://raw-{{ params.land }}/in/", None),
            ("{{ params.path }}", None),
        ] {
            assert_eq!(bucket_of(&Template::parse(path).unwrap()), expected, "{path}");
        }
    }
}
