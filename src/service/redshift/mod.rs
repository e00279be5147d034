//! Redshift, through its Data API.

#[warn(clippy::disallowed_methods)]
pub mod job;
#[warn(clippy::disallowed_methods)]
pub mod load;
#[warn(clippy::disallowed_methods)]
pub mod role;
pub(crate) mod run;
#[warn(clippy::disallowed_methods)]
mod shown;
