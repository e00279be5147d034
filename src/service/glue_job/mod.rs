//! Glue jobs.

#[warn(clippy::disallowed_methods)]
pub mod arguments;
#[warn(clippy::disallowed_methods)]
pub mod job;
pub(crate) mod publish;
pub(crate) mod run;
