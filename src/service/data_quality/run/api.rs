//! The calls of Glue Data Quality. Members that are not used are not read.

use super::results::Results;
use crate::aws::json::{Client, GLUE, json_requests, moment};
use crate::aws::{self, AwsError};
use crate::service::data_quality::job::{self, EvaluateQuality};
use aws_config::SdkConfig;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::SystemTime;

/// What says that something of the name is there.
const IS_THERE: &str = "AlreadyExistsException";

/// The option of a table that says which of its partitions are read (`AdditionalOptions` of `GlueTable`).
const PARTITIONS: &str = "pushDownPredicate";

json_requests! {
    BatchGetDataQualityResult -> Results = job::BATCH_GET_DATA_QUALITY_RESULT;
    CancelRun -> Done = job::CANCEL_RUN;
    CreateDataQualityRuleset -> Done = job::CREATE_DATA_QUALITY_RULESET;
    GetDataQualityRuleset -> Ruleset = job::GET_DATA_QUALITY_RULESET;
    GetRun -> Run = job::GET_RUN;
    StartRun -> Started = job::START_RUN;
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchGetDataQualityResult {
    result_ids: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct CancelRun {
    run_id: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct CreateDataQualityRuleset {
    name: String,
    ruleset: String,
    client_token: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetDataQualityRuleset {
    name: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetRun {
    run_id: String,
}

/// A start.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartRun {
    data_source: DataSource,
    role: String,
    number_of_workers: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<u32>,
    #[serde(skip_serializing_if = "String::is_empty")]
    client_token: String,
    ruleset_names: [String; 1],
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct DataSource {
    glue_table: GlueTable,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct GlueTable {
    database_name: String,
    table_name: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    additional_options: BTreeMap<&'static str, String>,
}

impl StartRun {
    /// What a step starts, without what marks it.
    pub(super) fn new(spec: &EvaluateQuality, partitions: Option<String>) -> Self {
        let table = GlueTable {
            database_name: spec.table.schema.clone(),
            table_name: spec.table.table.clone(),
            additional_options: partitions.map(|text| (PARTITIONS, text)).into_iter().collect(),
        };
        Self {
            data_source: DataSource { glue_table: table },
            role: spec.role.clone(),
            number_of_workers: spec.workers,
            timeout: spec.timeout_minutes,
            client_token: String::new(),
            ruleset_names: [spec.ruleset.clone()],
        }
    }

    /// Marks it.
    pub(super) fn with(self, token: String) -> Self {
        Self { client_token: token, ..self }
    }
}

#[derive(Debug, Deserialize)]
struct Done {}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ruleset {
    ruleset: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Started {
    run_id: String,
}

/// A run as it stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Run {
    #[serde(rename = "RunId")]
    pub id: String,
    pub status: String,
    pub error_string: Option<String>,
    started_on: Option<f64>,
    completed_on: Option<f64>,
    last_modified_on: Option<f64>,
    /// Seconds.
    pub execution_time: Option<u64>,
    pub result_ids: Vec<String>,
}

impl Run {
    /// When it was started.
    pub(super) fn started(&self) -> Option<SystemTime> {
        moment(self.started_on)
    }

    /// When it ended, of one that is over.
    pub(super) fn ended(&self) -> Option<SystemTime> {
        moment(self.completed_on.or(self.last_modified_on))
    }
}

/// Glue Data Quality, as its callers see it.
pub(super) struct Api(Client);

impl Api {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config, &GLUE))
    }

    /// Makes a ruleset; says whether there was none of the name. The name tells the rules, so that it is a token as well.
    pub(super) async fn create_ruleset(&self, name: &str, rules: &str) -> Result<bool, AwsError> {
        let create = CreateDataQualityRuleset {
            name: name.to_owned(),
            ruleset: rules.to_owned(),
            client_token: name.to_owned(),
        };
        match aws::send(self.0.request(create)).await {
            Ok(Done {}) => Ok(true),
            Err(error) if error.code.as_deref() == Some(IS_THERE) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads the rules of a ruleset.
    pub(super) async fn ruleset(&self, name: &str) -> Result<String, AwsError> {
        let get = GetDataQualityRuleset { name: name.to_owned() };
        Ok(aws::send(self.0.request(get)).await?.ruleset)
    }

    /// Starts a run; is sent once. Gives its id.
    pub(super) async fn start(&self, start: StartRun) -> Result<String, AwsError> {
        Ok(aws::send(self.0.request(start)).await?.run_id)
    }

    /// Looks at a run.
    pub(super) async fn look(&self, id: &str) -> Result<Run, AwsError> {
        aws::send(self.0.request(GetRun { run_id: id.to_owned() })).await
    }

    /// Asks for the end of a run.
    pub(super) async fn cancel(&self, id: &str) -> Result<(), AwsError> {
        aws::send(self.0.request(CancelRun { run_id: id.to_owned() })).await.map(|Done {}| ())
    }

    /// Reads results; a run has ten at most, and one call reads a hundred.
    pub(super) async fn results(&self, ids: &[String]) -> Result<Results, AwsError> {
        if ids.is_empty() {
            return Ok(Results::default());
        }
        aws::send(self.0.request(BatchGetDataQualityResult { result_ids: ids.to_vec() })).await
    }
}
