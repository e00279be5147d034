//! Redshift, through its Data API.

#[warn(clippy::disallowed_methods)]
pub mod job;
pub(crate) mod run;
