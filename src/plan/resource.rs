//! Resources: what publishing makes in AWS so that a pipeline can run.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

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
}

/// A file of the user's that is put into S3 under a name that carries its content's hash. It is shown as its URI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Asset {
    /// Its path relative to the project.
    pub path: String,
    /// Its text.
    pub content: Arc<[u8]>,
    /// Where it is put: `s3://bucket/prefix/name-<hash>.py`.
    pub uri: String,
}

impl From<Asset> for String {
    fn from(asset: Asset) -> Self {
        asset.uri
    }
}

/// A Glue job as publishing makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GlueJobDefinition {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The role's ARN or name.
    pub role: String,
    /// Spark or Python Shell.
    pub command: GlueCommand,
    /// The script.
    pub script: Asset,
    /// Further files that the arguments name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Asset>,
    /// The version of Glue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glue_version: Option<String>,
    /// Default arguments, with their `--`.
    pub arguments: BTreeMap<String, String>,
    /// Connections.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<String>,
    /// Worker type, such as `G.1X`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_type: Option<String>,
    /// Number of workers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<u32>,
    /// Capacity of a Python Shell job, as text: `0.0625` or `1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<String>,
    /// `STANDARD` or `FLEX`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_class: Option<String>,
    /// How many runs may be active.
    pub max_concurrent: u32,
    /// Minutes after which Glue ends a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_minutes: Option<u32>,
    /// The security configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_configuration: Option<String>,
}

impl GlueJobDefinition {
    /// Hashes what decides what a run does and how: the names of its files carry the hashes of their contents. What
    /// it is for, and how many runs there may be, decide nothing of that.
    pub fn fingerprint(&self) -> String {
        let GlueJobDefinition {
            name: _,
            description: _,
            max_concurrent: _,
            role,
            command,
            script,
            files,
            glue_version,
            arguments,
            connections,
            worker_type,
            workers,
            capacity,
            execution_class,
            timeout_minutes,
            security_configuration,
        } = self;
        let files: Vec<&str> = files.iter().map(|file| file.uri.as_str()).collect();
        let what = (role, command, &script.uri, files, glue_version, arguments, connections);
        let how = (worker_type, workers, capacity, execution_class, timeout_minutes, security_configuration);
        let text = serde_json::to_vec(&(what, how)).unwrap_or_default();
        let hash = Sha256::digest(&text);
        hash[..6].iter().fold(String::with_capacity(12), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// What kind of program a Glue job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GlueCommand {
    /// `glueetl`
    Spark,
    /// `pythonshell`
    PythonShell,
}

/// A crawler as publishing makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CrawlerDefinition {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The role's ARN or name.
    pub role: String,
    /// The catalog's database.
    pub database: String,
    /// The prefixes that it crawls: what stands before the first hole.
    pub targets: Vec<CrawlTarget>,
    /// What the names of its tables begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_prefix: Option<String>,
    /// What it looks at again.
    pub recrawl: crate::lang::step::Recrawl,
    /// What it does when columns change.
    pub on_schema_change: crate::lang::step::OnSchemaChange,
}

/// A prefix that is crawled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CrawlTarget {
    /// The prefix.
    pub path: String,
    /// Glue's patterns of what is no data in it, relative to the prefix.
    pub exclusions: Vec<String>,
}
