//! AWS Lambda: functions.

#[warn(clippy::disallowed_methods)]
pub mod function;
#[warn(clippy::disallowed_methods)]
pub mod job;
pub(crate) mod run;
