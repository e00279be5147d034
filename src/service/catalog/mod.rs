//! The Data Catalog of AWS Glue: tables as they are declared, and their partitions.

#[warn(clippy::disallowed_methods)]
pub mod job;
pub(crate) mod run;
