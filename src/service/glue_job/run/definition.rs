//! The definition of a job, as far as a worker asks for it.
//!
//! The SDK's client reads all of an answer that may hold a whole visual job, which a worker would have to carry for one
//! number.

use crate::aws::json::{Client, GLUE, json_requests};
use crate::aws::{self, AwsError};
use crate::service::glue_job::job;
use aws_config::SdkConfig;
use serde::{Deserialize, Serialize};

json_requests! {
    GetJob -> Described = job::GET_JOB;
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetJob {
    job_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Described {
    job: Job,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Job {
    max_retries: i32,
}

/// What is known of a definition.
pub(super) enum Definition {
    /// It was not asked for.
    Unread(Box<Client>),
    /// The worker may not read it.
    Unknown,
    /// How often Glue starts a run again by itself.
    Known(i32),
}

impl Definition {
    /// Before it is read. Sends nothing.
    pub(super) fn unread(config: &SdkConfig) -> Self {
        Self::Unread(Box::new(Client::new(config, &GLUE)))
    }

    /// Says how often Glue starts a run again by itself, which is read once; none where the worker may not. An error that may
    /// pass says nothing of it.
    pub(super) async fn max_retries(&mut self, name: &str) -> Result<Option<i32>, AwsError> {
        if let Self::Unread(client) = self {
            *self = match aws::send(client.request(GetJob { job_name: name.to_owned() })).await {
                Err(error) if error.kind.may_pass_later() => return Err(error),
                Err(_) => Self::Unknown,
                Ok(answer) => Self::Known(answer.job.max_retries),
            };
        }
        Ok(match self {
            Self::Known(most) => Some(*most),
            Self::Unread(_) | Self::Unknown => None,
        })
    }
}
