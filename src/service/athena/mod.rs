//! Amazon Athena: SQL over the lake.

#[warn(clippy::disallowed_methods)]
pub mod job;
pub(crate) mod run;
#[warn(clippy::disallowed_methods)]
mod shown;
