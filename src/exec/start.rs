//! What a service is given to run a job.

use super::context::RunContext;
use super::key::Identity;
use super::runner::Run;
use crate::template::RunValues;
use aws_config::SdkConfig;

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
