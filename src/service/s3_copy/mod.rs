//! S3: copying objects.

#[warn(clippy::disallowed_methods)]
pub mod job;
pub(crate) mod run;
