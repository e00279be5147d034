//! What a service is given to run a job.

use super::context::RunContext;
use super::key::Identity;
use super::outcome::Failure;
use super::runner::Run;
use crate::template::RunValues;
use aws_config::SdkConfig;
use std::fmt::Display;

/// Fails for good where what is run is in another region than this environment, which could not see it.
pub(crate) fn in_region(what: &impl Display, own: Option<&str>, region: &str) -> Result<(), Failure> {
    match own.filter(|own| *own != region) {
        Some(other) => {
            Err(Failure::for_good(format!("`{what}` is in {other}, and this environment in {region}")))
        }
        None => Ok(()),
    }
}

/// What a service is given to run a job.
#[derive(Clone, Copy)]
pub(crate) struct Start<'a> {
    /// For its clients.
    pub config: &'a SdkConfig,
    /// What templates are completed with.
    pub values: &'a RunValues,
    /// The run.
    pub context: &'a RunContext,
    /// How a job is run that is known by this.
    pub run: &'a dyn Fn(Identity) -> Run<'a>,
}
