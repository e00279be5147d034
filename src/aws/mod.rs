//! AWS at arm's length: how clients are built, what an error means, how long to wait between two looks.
//!
//! | module | gives |
//! | --- | --- |
//! | [`client`] | [`connect`]: the one configuration from which every service's client is made |
//! | [`program`] | credentials of profiles that name a program, or that `aws login` has signed in |
//! | [`role`] | [`Role`]: another role that is taken on for a task |
//! | [`operation`] | [`send`], [`pages`]: requests, each tied to its operation, and the one way to send them |
//! | [`json`] | [`Client`](json::Client): services that speak JSON, without a crate for each |
//! | [`error`] | [`AwsError`]: the one place that decides what an error means |
//! | [`poll`] | [`Pace`]: growing, jittered intervals |
//! | [`s3`] | [`Location`](s3::Location): places in S3, and listing them |
//!
//! Nothing here knows a job or a plan, and nothing prints.

pub mod client;
pub mod error;
pub mod json;
pub mod operation;
pub mod poll;
mod program;
mod role;
pub mod s3;

pub use crate::service::call::{Effect, Operation, Retry};
pub use crate::service::failure::Kind;
pub use client::{Settings, connect, region};
pub use error::AwsError;
pub use operation::{insist, pages, send, send_for};
pub use poll::Pace;
pub use role::{NotTaken, Role};
