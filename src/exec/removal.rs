//! Objects that are removed: a thousand with each call, and again those that S3 has refused in passing.

use super::outcome::Failure;
use super::runner::{Run, at_once, patiently};
use crate::aws::AwsError;
use crate::aws::s3::{Buckets, REMOVED_AT_ONCE};
use std::cell::RefCell;

/// How many calls are under way at a time (S3 takes 3,500 removals a second of one prefix).
const LANES: usize = 3;

/// Removes objects of a bucket; says to `told` how many each call was for.
pub(crate) async fn remove(
    buckets: &Buckets,
    bucket: &str,
    keys: &[String],
    run: &Run<'_>,
    told: impl Fn(usize),
) -> Result<(), Failure> {
    at_once(LANES, keys.chunks(REMOVED_AT_ONCE), async |keys| {
        some(buckets, bucket, keys, run).await?;
        told(keys.len());
        Ok(())
    })
    .await
}

async fn some(buckets: &Buckets, bucket: &str, keys: &[String], run: &Run<'_>) -> Result<(), Failure> {
    let left = RefCell::new(keys.to_vec());
    patiently(run, async || {
        let keys = left.borrow().clone();
        let refused = buckets.remove(bucket, &keys).await?;
        let Some(worst) = worst(refused.iter().map(|one| &one.error)) else { return Ok(()) };
        *left.borrow_mut() = refused.into_iter().map(|one| one.key).collect();
        Err(worst)
    })
    .await
}

/// The error that says what comes of them all: one that does not pass, where there is one.
fn worst<'e>(errors: impl Iterator<Item = &'e AwsError>) -> Option<AwsError> {
    errors.min_by_key(|error| error.kind.may_pass_later()).cloned()
}
