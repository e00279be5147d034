//! Glue jobs.

#[warn(clippy::disallowed_methods)]
pub mod advice;
#[warn(clippy::disallowed_methods)]
pub mod arguments;
#[warn(clippy::disallowed_methods)]
pub mod job;
pub(crate) mod publish;
#[warn(clippy::disallowed_methods)]
pub mod role;
pub(crate) mod run;
