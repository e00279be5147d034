//! Glue jobs.

pub mod job;
