//! AWS DataSync: tasks, each of which moves files from one location to another.

#[warn(clippy::disallowed_methods)]
pub mod filter;
#[warn(clippy::disallowed_methods)]
pub mod job;
pub(crate) mod run;
#[warn(clippy::disallowed_methods)]
pub mod task;
