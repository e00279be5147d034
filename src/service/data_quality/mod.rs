//! Glue Data Quality: rules over tables of the Data Catalog.

#[warn(clippy::disallowed_methods)]
pub mod job;
#[warn(clippy::disallowed_methods)]
mod role;
pub(crate) mod run;
