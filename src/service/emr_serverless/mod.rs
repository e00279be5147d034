//! Amazon EMR Serverless: runs of Spark and Hive on applications.

#[warn(clippy::disallowed_methods)]
pub mod application;
#[warn(clippy::disallowed_methods)]
pub mod job;
#[warn(clippy::disallowed_methods)]
mod role;
pub(crate) mod run;
