//! AWS Lake Formation: permissions on the Data Catalog.

#[warn(clippy::disallowed_methods)]
pub mod job;
pub(crate) mod run;
