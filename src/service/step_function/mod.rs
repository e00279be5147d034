//! AWS Step Functions: state machines.

#[warn(clippy::disallowed_methods)]
pub mod job;
#[warn(clippy::disallowed_methods)]
pub mod machine;
pub(crate) mod run;
