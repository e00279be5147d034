//! S3: writing one object.

#[warn(clippy::disallowed_methods)]
pub mod job;
pub(crate) mod run;
