//! S3: waiting for objects.

pub mod job;
