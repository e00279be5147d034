//! Glue crawlers.

pub mod job;
