//! S3: waiting for objects.

#[warn(clippy::disallowed_methods)]
pub mod job;
pub(crate) mod run;
