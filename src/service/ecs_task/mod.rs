//! Amazon ECS: tasks.

#[warn(clippy::disallowed_methods)]
pub mod job;
pub(crate) mod run;
