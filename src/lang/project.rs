//! `dagc.yaml`: the project and its environments.

use super::arn::{KeyArn, RoleArn, SecretArn, account_of};
use super::aws::{MwaaName, Region};
use super::decode::{Map, record};
use super::held::Held;
use super::scan_limit::ScanLimit;
use super::shared::Defaults;
use super::value::{AirflowVersion, Name, S3Uri, Seconds};
use crate::text::Spanned;

record! {
    "the project file"
    /// One project: its environments and what its pipelines have in common.
    pub struct ProjectSpec {
        /// The project's name; also the folder of its DAG files, with `-` written as `_`.
        pub project: Spanned<Name>,
        /// The version of Airflow, unless an environment says another one: "2.9" to "2.11", "3.0" to "3.3".
        pub airflow: Option<Spanned<AirflowVersion>>,
        /// Where the project runs; the first is the default for `--env`.
        pub environments: Map<EnvironmentSpec>,
        /// Settings for every pipeline and step that does not say otherwise.
        pub defaults: Option<Defaults>,
        /// The folder of the pipelines; `specs` when absent.
        pub specs: Option<Spanned<String>>,
        /// The folder that `dagc build` writes; `generated` when absent.
        pub generated: Option<Spanned<String>>,
    }
}

record! {
    "an environment"
    /// One environment: an Airflow, and the names and roles that its pipelines use.
    pub struct EnvironmentSpec {
        /// The MWAA environment; bucket, DAG folder and key are read from its API when publishing.
        pub mwaa: Option<Spanned<MwaaName>>,
        /// Where DAG files go when there is no `mwaa`: a folder in S3.
        pub dags: Option<Spanned<S3Uri>>,
        /// The AWS region.
        pub region: Option<Spanned<Region>>,
        /// The KMS key for published objects, when there is no `mwaa` to read it from.
        pub kms_key: Option<Spanned<KeyArn>>,
        /// With what steps encrypt the files that they write.
        pub encryption: Option<EncryptionSpec>,
        /// The version of Airflow in this environment.
        pub airflow: Option<Spanned<AirflowVersion>>,
        /// Values for `${vars.NAME}`.
        pub vars: Option<Map<Spanned<VarValue>>>,
        /// Redshift connections by name.
        pub redshift: Option<Map<RedshiftSpec>>,
        /// What Glue jobs and crawlers use.
        pub glue: Option<GlueSpec>,
        /// What SQL in Athena uses.
        pub athena: Option<AthenaSpec>,
        /// Roles, accounts and regions other than the environment's, by the name with which steps say that they run there.
        pub connections: Option<Map<ConnectionSpec>>,
        /// New DAGs start paused.
        pub paused: Option<Spanned<bool>> = true,
    }
    at most one of [mwaa, dags]
}

impl EnvironmentSpec {
    /// Returns the account in which it runs, where the role of its Glue jobs or its key tells it.
    pub fn account(&self) -> Option<&str> {
        let role = self.glue.as_ref().and_then(|glue| glue.role.as_ref()).map(|role| role.value.0.as_str());
        let key = self.kms_key.as_ref().map(|key| key.value.0.as_str());
        account_of(role.or(key)?)
    }
}

/// The text of a variable: a string, a number or a truth value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VarValue(pub String);

impl super::decode::Leaf for VarValue {
    const EXPECTED: &'static str = "a string, a number or a truth value";

    fn leaf(scalar: &crate::yaml::Scalar) -> Result<Self, super::decode::LeafError> {
        Ok(Self(scalar.text.clone()))
    }

    fn leaf_schema() -> serde_json::Value {
        serde_json::json!({ "type": ["string", "number", "boolean"] })
    }
}

record! {
    "a connection"
    /// As whom and where a step runs that names it: a role that is taken on, in another account most often, another region.
    pub struct ConnectionSpec {
        /// The role that the worker takes on.
        pub role: Option<Spanned<RoleArn>>,
        /// The external id that the role's trust policy asks for.
        pub external_id: Option<Spanned<ExternalId>>,
        /// The region; the environment's when absent.
        pub region: Option<Spanned<Region>>,
    }
}

/// What the one who takes a role on was told by the role's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalId(pub String);

impl super::decode::Leaf for ExternalId {
    const EXPECTED: &'static str = "an external id";

    /// STS API, `AssumeRole`: 2 to 1224 characters.
    fn leaf(scalar: &crate::yaml::Scalar) -> Result<Self, super::decode::LeafError> {
        let is_taken = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
        if (2..=1224).contains(&scalar.text.len()) && scalar.text.chars().all(is_taken) {
            return Ok(Self(scalar.text.clone()));
        }
        let message = "an external id has 2 to 1224 letters, digits and `_+=,.@:/-`";
        let error = super::decode::LeafError::new(crate::diagnostic::Code::InvalidName, message.to_owned());
        Err(error.help("write it as the role's trust policy has it, under `sts:ExternalId`"))
    }

    fn leaf_schema() -> serde_json::Value {
        serde_json::json!({ "type": ["string", "number"], "examples": ["dagc-4711"] })
    }
}

record! {
    "a Redshift connection"
    /// How dagc reaches a Redshift database through the Data API. One of `workgroup` and `cluster`.
    pub struct RedshiftSpec {
        /// A serverless workgroup.
        pub workgroup: Option<Spanned<String>>,
        /// A provisioned cluster.
        pub cluster: Option<Spanned<String>>,
        /// The database.
        pub database: Spanned<String>,
        /// A database user of the cluster; without it the caller's IAM identity is used.
        pub db_user: Option<Spanned<String>>,
        /// A secret in Secrets Manager with the user and the password.
        pub secret: Option<Spanned<SecretArn>>,
        /// The role with which COPY reads S3: an ARN, or `default`.
        pub copy_role: Option<Spanned<CopyRole>>,
        /// The Glue connection by which Glue jobs reach it.
        pub glue_connection: Option<Spanned<String>>,
        /// Where COPY's manifests are written; beside the data when absent.
        pub staging: Option<Spanned<S3Uri>>,
        /// The name under `connections` of who reaches it: another role, account or region.
        pub connection: Option<Spanned<String>>,
    }
    exactly one of [workgroup, cluster]
    at most one of [secret, db_user]
}

impl RedshiftSpec {
    /// Returns what tells one database from another: the workgroup or cluster, and the database.
    pub fn place(&self) -> (&str, &str) {
        let host = self.workgroup.as_ref().or(self.cluster.as_ref());
        (host.map_or("", |host| host.value.as_str()), &self.database.value)
    }
}

/// The role of COPY: an ARN, several joined by commas (chained), or `default`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyRole(pub String);

impl super::decode::Leaf for CopyRole {
    const EXPECTED: &'static str = "a role's ARN, or `default`";

    fn leaf(scalar: &crate::yaml::Scalar) -> Result<Self, super::decode::LeafError> {
        if scalar.text != "default" {
            for part in scalar.text.split(',') {
                let scalar = crate::yaml::Scalar { text: part.trim().to_owned(), ..scalar.clone() };
                RoleArn::leaf(&scalar)?;
            }
        }
        Ok(Self(scalar.text.clone()))
    }

    fn leaf_held(role: &Spanned<Self>) -> Option<Held<'_>> {
        (role.value.0 != "default").then(|| Held::Arn(&role.value.0, role.span))
    }

    fn leaf_schema() -> serde_json::Value {
        serde_json::json!({ "type": "string", "examples": ["default", "arn:aws:iam::111122223333:role/copy"] })
    }
}

record! {
    "`encryption`"
    /// With what steps encrypt the files that they write, unless they say otherwise.
    pub struct EncryptionSpec {
        /// The KMS key of the files of `s3_put`, `s3_copy`, `http_ingest` and `redshift_unload`, and of what is published, where
        /// nothing nearer says it. Steps that run through a connection have no part in it.
        pub kms_key: Spanned<KeyArn>,
    }
}

record! {
    "`glue`"
    /// What Glue jobs and crawlers use unless they say otherwise.
    pub struct GlueSpec {
        /// The role that jobs and crawlers run as.
        pub role: Option<Spanned<RoleArn>>,
        /// Where scripts are published.
        pub assets: Option<Spanned<S3Uri>>,
        /// The version of Glue, such as "5.1".
        pub version: Option<Spanned<GlueVersion>>,
        /// The security configuration of the jobs and crawlers that publishing makes.
        pub security_configuration: Option<Spanned<String>>,
        /// How long a run or a crawl that was started may be missing in Glue's listings; 3m unless said
        /// otherwise. When the answer to a start is lost, it is looked for so long before it is started again.
        pub listing_lag: Option<Spanned<Seconds>>,
    }
}

record! {
    "`athena`"
    /// What `athena_sql` steps, and `sql_check` steps of Athena's, use unless they say otherwise.
    pub struct AthenaSpec {
        /// The workgroup; `primary` when absent.
        pub workgroup: Option<Spanned<String>>,
        /// The database of tables that SQL names without one; `default` when absent.
        pub database: Option<Spanned<String>>,
        /// The data catalog; the account's own when absent.
        pub catalog: Option<Spanned<String>>,
        /// The folder of the results, where the workgroup has none of its own.
        pub output: Option<Spanned<S3Uri>>,
        /// A statement that has scanned more is stopped, and its step fails for good.
        pub max_scan: Option<Spanned<ScanLimit>>,
    }
}

/// A version of Glue: `4.0`, `5.1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlueVersion(pub String);

/// The versions of Glue that there are ("AWS Glue versions" in its developer guide); of the older ones no job is made any more.
const GLUE_VERSIONS: &[&str] = &["1.0", "2.0", "3.0", "4.0", "5.0", "5.1", "6.0"];

impl super::decode::Leaf for GlueVersion {
    const EXPECTED: &'static str = "a version of Glue such as \"5.1\"";

    fn leaf(scalar: &crate::yaml::Scalar) -> Result<Self, super::decode::LeafError> {
        let numbers = scalar.text.split_once('.').filter(|(major, minor)| {
            major.parse::<u32>().is_ok_and(|n| n >= 1) && minor.parse::<u32>().is_ok()
        });
        numbers.map(|_| Self(scalar.text.clone())).ok_or_else(|| {
            super::decode::LeafError::new(
                crate::diagnostic::Code::InvalidNumber,
                format!("`{}` is no version of Glue", scalar.text),
            )
            .help("write two numbers, such as \"5.1\"")
        })
    }

    fn doubt(&self) -> Option<super::decode::LeafError> {
        if GLUE_VERSIONS.contains(&self.0.as_str()) {
            return None;
        }
        let message = format!("Glue has no version {} that dagc knows", self.0);
        let error = super::decode::LeafError::new(crate::diagnostic::Code::UnknownGlueVersion, message);
        Some(error.help(format!("it knows {}; if it is a new one, it works", GLUE_VERSIONS.join(", "))))
    }

    fn leaf_schema() -> serde_json::Value {
        serde_json::json!({ "type": ["string", "number"], "examples": ["5.1", "4.0"] })
    }
}
