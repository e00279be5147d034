//! Resources: what publishing makes in AWS so that a pipeline can run.

use super::{CrawlerDefinition, Environment, GlueJobDefinition};
use crate::service::call::{Caller, Need};
use crate::service::folder::DagFolder;
use serde::Serialize;

/// Something that publishing creates or updates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// A Glue job.
    GlueJob(GlueJobDefinition),
    /// A Glue crawler.
    Crawler(CrawlerDefinition),
}

impl Resource {
    /// Names it in its project: `glue_job:NAME`, `crawler:NAME`.
    pub fn id(&self) -> String {
        match self {
            Self::GlueJob(job) => format!("glue_job:{}", job.name),
            Self::Crawler(crawler) => format!("crawler:{}", crawler.name),
        }
    }

    /// Returns what the publisher that makes it must be allowed.
    pub fn needs(&self) -> Vec<Need> {
        match self {
            Self::GlueJob(job) => job.needs(),
            Self::Crawler(crawler) => crawler.needs(),
        }
    }
}

impl Environment {
    /// Returns what whoever publishes DAG files into it must be allowed.
    pub fn needs(&self) -> Vec<Need> {
        let (mwaa, dags, key) = (self.mwaa.as_deref(), self.dags.as_deref(), self.kms_key.as_deref());
        DagFolder { mwaa, dags, key }.needs()
    }
}
