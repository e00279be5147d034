//! Amazon EMR: steps on clusters that run.

#[warn(clippy::disallowed_methods)]
pub mod cluster;
#[warn(clippy::disallowed_methods)]
pub mod job;
pub(crate) mod run;
