//! Third-party HTTP APIs: what they give is written to S3.

#[warn(clippy::disallowed_methods)]
pub mod address;
#[warn(clippy::disallowed_methods)]
pub mod auth;
#[warn(clippy::disallowed_methods)]
pub mod job;
#[warn(clippy::disallowed_methods)]
pub mod pages;
#[warn(clippy::disallowed_methods)]
pub mod path;
pub(crate) mod run;
