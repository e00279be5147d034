//! AWS at arm's length: how clients are built, what an error means, how long to wait between two looks.
//!
//! | module | gives |
//! | --- | --- |
//! | [`client`] | [`connect`]: the one configuration from which every service's client is made |
//! | [`error`] | [`Operation`] and [`AwsError`]: the one place that decides what may be tried again |
//! | [`poll`] | [`Pace`]: growing, jittered intervals |
//! | [`s3`] | [`Location`](s3::Location): places in S3, and listing them |
//!
//! Nothing here knows a job or a plan, and nothing prints.

pub mod client;
pub mod error;
pub mod poll;
pub mod s3;

pub use client::{Settings, connect, never_repeated};
pub use error::{AwsError, Effect, Kind, Operation};
pub use poll::Pace;
