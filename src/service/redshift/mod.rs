//! Redshift, through its Data API.

pub mod job;
