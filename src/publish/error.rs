//! What can go wrong when publishing.

use super::glibc::{Glibc, MWAA_GLIBC};
use crate::aws::{AwsError, Kind};
use jiff::Timestamp;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What a publisher must be allowed to do.
const PERMISSIONS: &str = "publishing needs s3 Get, Put, Delete and List on the folder, kms:GenerateDataKey \
    and Decrypt on its key, airflow:GetEnvironment, and for jobs and crawlers glue Get, Create and Update and \
    iam:PassRole";

/// The result of an effect in this module.
pub type Result<T> = std::result::Result<T, Error>;

/// Why publishing stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The environment says neither `mwaa` nor `dags`; the user's.
    #[error("environment `{0}` says neither `mwaa` nor `dags`, so there is no folder to publish to")]
    NoTarget(String),
    /// The environment runs another major version of Airflow; the user's.
    #[error(
        "environment `{environment}` runs Airflow {actual}, but the DAG files are made for Airflow {planned}"
    )]
    AirflowVersion {
        /// The MWAA environment.
        environment: String,
        /// What it runs.
        actual: String,
        /// What `dagc.yaml` says.
        planned: String,
    },
    /// The MWAA environment says nothing about a bucket; the world's.
    #[error("MWAA's answer about environment `{environment}` lacks {what}")]
    IncompleteEnvironment {
        /// The MWAA environment.
        environment: String,
        /// What is missing.
        what: &'static str,
    },
    /// There is no such MWAA environment where it is looked for; the user's.
    #[error("there is no MWAA environment `{environment}` in {region}")]
    NoEnvironment {
        /// The MWAA environment.
        environment: String,
        /// Where it was looked for.
        region: String,
    },
    /// MWAA cannot read its bucket; the user's.
    #[error(
        "the bucket {bucket} of the MWAA environment `{environment}` is in {region}, and the environment in {home}: \
         MWAA reads a bucket of its own region only"
    )]
    BucketElsewhere {
        /// The MWAA environment.
        environment: String,
        /// Its bucket.
        bucket: String,
        /// Where the bucket is.
        region: String,
        /// Where the environment is.
        home: String,
    },
    /// Glue cannot read the scripts; the user's.
    #[error(
        "the bucket {bucket} of Glue's scripts is in {region}, and the jobs run in {home}: Glue reads scripts and \
         libraries from its own region only"
    )]
    AssetsElsewhere {
        /// The bucket.
        bucket: String,
        /// Where it is.
        region: String,
        /// Where the jobs are.
        home: String,
    },
    /// The worker's binary would not run on MWAA; the user's.
    #[error("{} is no Linux program for x86-64, so MWAA's workers cannot run it", .0.display())]
    WorkerFormat(PathBuf),
    /// The worker's binary is another program; the user's.
    #[error("{} is not dagc-worker", .0.display())]
    NotAWorker(PathBuf),
    /// Nothing is left of what is published, and nobody said that this is meant; the user's.
    #[error("this project has no pipeline, and {0} DAG files that it has published would be removed")]
    RemovesAll(usize),
    /// Not a folder on this machine; the user's.
    #[error("`--to {0}` is no folder on this machine")]
    NotAFolder(String),
    /// The worker's binary was built on a newer system than MWAA's; the user's.
    #[error("{} needs glibc {needs}, and MWAA's workers have {MWAA_GLIBC}", path.display())]
    WorkerGlibc {
        /// The binary.
        path: PathBuf,
        /// What it asks for.
        needs: Glibc,
    },
    /// The manifest cannot be read; the world's.
    #[error("{place} is no manifest that this version of dagc reads: {why}")]
    BadManifest {
        /// Where it is.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// The namespace belongs to another project or environment; the user's.
    #[error("{place} holds project `{project}`, environment `{environment}`")]
    OtherOwner {
        /// Where.
        place: String,
        /// The project that is there.
        project: String,
        /// Its environment.
        environment: String,
    },
    /// Files are there that dagc has not made; the user's.
    #[error("dagc did not put these files there, so it does not replace them: {}", several(.0))]
    ForeignFiles(Vec<String>),
    /// A job or crawler is there that this project and environment has not made; the user's.
    #[error("{} exist(s) and was not made by this project and environment", several(.0))]
    ForeignResources(Vec<String>),
    /// Somebody else is publishing; the world's.
    #[error("{by} has been publishing here since {since}")]
    Busy {
        /// Who.
        by: String,
        /// Since when.
        since: Timestamp,
        /// When the other one counts as dead.
        until: Timestamp,
    },
    /// Somebody else published between our look and our first write; the world's.
    #[error("somebody else published to {0} at the same moment")]
    Raced(String),
    /// Somebody else took our place while we were publishing; the world's.
    #[error("another publisher took over {0}; this one stopped")]
    LostLease(String),
    /// Somebody else wrote a file between our look and our write; the world's.
    #[error("somebody else has written {0} since this publication looked at it")]
    Overtaken(String),
    /// A person or a system has ended this program, by Ctrl-C or another signal.
    #[error("interrupted; what was begun is completed by publishing again")]
    Interrupted,
    /// A crawler did not come to rest; the world's.
    #[error("crawler `{name}` is running, so it cannot be updated; it was waited for {seconds} seconds")]
    CrawlerRunning {
        /// Its name.
        name: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// What was sent is not what is there; the world's.
    #[error("after sending, these files are not as they were sent: {}", several(.0))]
    Unverified(Vec<String>),
    /// The resource cannot be made as the plan says; ours.
    #[error("cannot describe {what} to Glue: {why}")]
    Definition {
        /// Which.
        what: String,
        /// What is wrong.
        why: String,
    },
    /// A call to AWS failed; the world's.
    #[error("failed to {doing}: {source}")]
    Aws {
        /// What we wanted, with its place.
        doing: String,
        /// What the service said.
        source: Box<AwsError>,
    },
    /// S3 kept single objects of a batch; the world's.
    #[error("failed to remove {key}: {why}")]
    NotRemoved {
        /// The object.
        key: String,
        /// What S3 said.
        why: String,
    },
    /// A file on this machine; the world's.
    #[error("failed to {doing}: {source}")]
    Io {
        /// What we wanted, with its path.
        doing: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// Returns what the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoTarget(_) => {
                "write `mwaa: NAME` or `dags: s3://BUCKET/FOLDER` in dagc.yaml, or use `--to DIR`"
            }
            Self::NoEnvironment { .. } => "correct `mwaa` or `region` of the environment in dagc.yaml",
            Self::BucketElsewhere { home, .. } => {
                return Some(format!("give the environment a bucket in {home}"));
            }
            Self::AssetsElsewhere { home, .. } => {
                return Some(format!(
                    "name a bucket in {home} in `glue: {{assets: ...}}` of the environment"
                ));
            }
            Self::AirflowVersion { .. } => "correct `airflow:` in dagc.yaml and build again",
            Self::WorkerFormat(_) => {
                "name one that is built for x86_64-unknown-linux-gnu with `--worker FILE`"
            }
            Self::NotAWorker(_) => {
                "name the `dagc-worker` that belongs to this dagc, or leave `--worker` away: it lies beside dagc"
            }
            Self::RemovesAll(_) => "look at `specs` in dagc.yaml; if it is meant, say so with `--remove-all`",
            Self::NotAFolder(to) => {
                return Some(format!(
                    "write `dags: {to}`, or `mwaa: NAME`, for the environment in dagc.yaml, and leave `--to` away"
                ));
            }
            Self::WorkerGlibc { .. } => {
                return Some(format!(
                    "build it for an older one: `cargo zigbuild --release --target \
                     x86_64-unknown-linux-gnu.{MWAA_GLIBC}`, and name it with `--worker FILE`"
                ));
            }
            Self::BadManifest { .. } => {
                "use the version of dagc that wrote it; or remove it and publish with `--adopt`"
            }
            Self::OtherOwner { .. } => {
                "give one of the two another name or folder; `--adopt` replaces what is there"
            }
            Self::ForeignFiles(_) => "move them away, rename the pipeline, or replace them with `--adopt`",
            Self::ForeignResources(_) => "choose another name, or take them over with `--adopt`",
            Self::Busy { until, .. } => {
                return Some(format!(
                    "wait for it; if it is dead, it can be replaced after {until}, or now with `--takeover`"
                ));
            }
            Self::Raced(_) | Self::Overtaken(_) | Self::Unverified(_) => "publish again",
            Self::LostLease(_) => "publish again when the other one is done",
            Self::CrawlerRunning { .. } => "publish again when it is done",
            Self::Aws { source, .. } if source.kind == Kind::BadCredentials => {
                "AWS does not take these credentials: look at AWS_PROFILE, and at AWS_ACCESS_KEY_ID and its like"
            }
            Self::Aws { source, .. } if source.kind == Kind::Denied => {
                let needed = source.operation.actions();
                return Some(format!("{needed} is not allowed; {PERMISSIONS}"));
            }
            Self::Interrupted
            | Self::IncompleteEnvironment { .. }
            | Self::Definition { .. }
            | Self::Io { .. }
            | Self::Aws { .. }
            | Self::NotRemoved { .. } => return None,
        };
        Some(hint.to_owned())
    }

    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    pub(crate) fn aws(doing: impl Into<String>) -> impl FnOnce(AwsError) -> Self {
        let doing = doing.into();
        move |error| Self::Aws { doing, source: Box::new(error) }
    }

    /// Returns what a failed call means, if this is one.
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Aws { source, .. } => Some(source.kind),
            _ => None,
        }
    }
}

/// Names the first few of a list.
fn several(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut text = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        let _ = write!(text, " and {} more", names.len() - SHOWN);
    }
    text
}
