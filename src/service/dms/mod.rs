//! AWS Database Migration Service: replication tasks on an instance, and serverless replications.

#[warn(clippy::disallowed_methods)]
pub mod job;
#[warn(clippy::disallowed_methods)]
pub mod position;
pub(crate) mod run;
#[warn(clippy::disallowed_methods)]
pub mod task;
