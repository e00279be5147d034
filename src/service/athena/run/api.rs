//! The calls of Athena. Members that are not used are not read.

use crate::aws::json::{Client, Service, json_requests, moment};
use crate::aws::{self, AwsError, Kind};
use crate::service::athena::job;
use aws_config::SdkConfig;
use serde::{Deserialize, Serialize};
use std::time::SystemTime;

/// As its model says (2017-05-18).
const ATHENA: Service = Service { id: "Athena", name: "athena", target: "AmazonAthena", version: "1.1" };

/// How many queries one call lists, and looks at.
const MOST: u32 = 50;

json_requests! {
    BatchGetQueryExecution -> QueryExecutions = job::BATCH_GET_QUERY_EXECUTION;
    GetQueryExecution -> Described = job::GET_QUERY_EXECUTION;
    GetQueryResults -> Results = job::GET_QUERY_RESULTS;
    ListQueryExecutions -> Listed = job::LIST_QUERY_EXECUTIONS, pages next_token next_token;
    StartQueryExecution -> Started = job::START_QUERY_EXECUTION;
    StopQueryExecution -> Stopped = job::STOP_QUERY_EXECUTION;
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchGetQueryExecution {
    query_execution_ids: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetQueryExecution {
    query_execution_id: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StopQueryExecution {
    query_execution_id: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetQueryResults {
    query_execution_id: String,
    max_results: u32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListQueryExecutions {
    work_group: String,
    max_results: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// What is started.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartQueryExecution {
    pub query_string: String,
    pub client_request_token: String,
    pub work_group: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_execution_context: Option<Context>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_configuration: Option<ResultPlace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_reuse_configuration: Option<Reuse>,
}

/// Where names without a database are looked for.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Context {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
}

/// Whether a result is given again.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Reuse {
    pub result_reuse_by_age_configuration: ReuseByAge,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReuseByAge {
    pub enabled: bool,
    pub max_age_in_minutes: u32,
}

/// Where a result is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ResultPlace {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_location: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Started {
    query_execution_id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Stopped {}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Described {
    query_execution: Query,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Listed {
    query_execution_ids: Vec<String>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct QueryExecutions {
    query_executions: Vec<Query>,
    unprocessed_query_execution_ids: Vec<Unprocessed>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Unprocessed {
    error_code: Option<String>,
    error_message: Option<String>,
}

/// A query as it stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Query {
    #[serde(rename = "QueryExecutionId")]
    pub id: String,
    /// The statement.
    #[serde(rename = "Query")]
    pub text: String,
    /// `DDL`, `DML`, `UTILITY`
    pub statement_type: String,
    pub status: Status,
    pub statistics: Statistics,
    pub result_configuration: ResultPlace,
}

/// Where it stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Status {
    pub state: String,
    pub state_change_reason: Option<String>,
    pub submission_date_time: Option<f64>,
    pub completion_date_time: Option<f64>,
    pub athena_error: Option<Error>,
}

/// Why it has failed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Error {
    #[serde(rename = "ErrorCategory")]
    pub category: i64,
    #[serde(rename = "ErrorType")]
    pub number: i64,
    pub retryable: bool,
    #[serde(rename = "ErrorMessage")]
    pub message: Option<String>,
}

/// What it has taken.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Statistics {
    pub data_scanned_in_bytes: Option<u64>,
    pub data_manifest_location: Option<String>,
    pub result_reuse_information: ReuseInformation,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ReuseInformation {
    pub reused_previous_result: bool,
}

/// The beginning of a result.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Results {
    pub update_count: Option<u64>,
    /// There are more rows.
    pub next_token: Option<String>,
    pub result_set: ResultSet,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ResultSet {
    pub rows: Vec<Row>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Row {
    pub data: Vec<Datum>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Datum {
    pub var_char_value: Option<String>,
}

impl Status {
    /// When it was submitted.
    pub(super) fn started(&self) -> Option<SystemTime> {
        moment(self.submission_date_time)
    }

    /// When it ended.
    pub(super) fn ended(&self) -> Option<SystemTime> {
        moment(self.completion_date_time)
    }
}

/// Athena, as its callers see it.
pub(super) struct Api(Client);

impl Api {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config, &ATHENA))
    }

    /// Starts a query; is sent once, and gives the one that its token has started before.
    pub(super) async fn start(&self, query: StartQueryExecution) -> Result<String, AwsError> {
        let answer = aws::send(self.0.request(query)).await;
        Ok(answer.map_err(in_its_words)?.query_execution_id)
    }

    /// Looks at a query.
    pub(super) async fn look(&self, id: &str) -> Result<Query, AwsError> {
        let request = GetQueryExecution { query_execution_id: id.to_owned() };
        Ok(aws::send(self.0.request(request)).await.map_err(in_its_words)?.query_execution)
    }

    /// Asks for the end of a query. One that has ended stays as it is.
    pub(super) async fn stop(&self, id: &str) -> Result<(), AwsError> {
        let request = StopQueryExecution { query_execution_id: id.to_owned() };
        aws::send(self.0.request(request)).await.map(|Stopped {}| ()).map_err(in_its_words)
    }

    /// Reads the first rows of a result.
    pub(super) async fn results(&self, id: &str, rows: u32) -> Result<Results, AwsError> {
        let request = GetQueryResults { query_execution_id: id.to_owned(), max_results: rows };
        aws::send(self.0.request(request)).await
    }

    /// Looks at the queries of a workgroup, page by page, until none of a page is of interest.
    pub(super) async fn listed(
        &self,
        workgroup: &str,
        is_recent: impl Fn(&Query) -> bool,
    ) -> Result<Vec<Query>, AwsError> {
        let request =
            ListQueryExecutions { work_group: workgroup.to_owned(), max_results: MOST, next_token: None };
        let mut pages = aws::pages(self.0.request(request));
        let mut queries = Vec::new();
        while let Some(page) = pages.next().await? {
            if page.query_execution_ids.is_empty() {
                continue;
            }
            let mut looked_at = self.look_at_all(page.query_execution_ids).await?;
            looked_at.retain(&is_recent);
            if looked_at.is_empty() {
                break;
            }
            queries.append(&mut looked_at);
        }
        Ok(queries)
    }

    async fn look_at_all(&self, query_execution_ids: Vec<String>) -> Result<Vec<Query>, AwsError> {
        let answer = aws::send(self.0.request(BatchGetQueryExecution { query_execution_ids })).await?;
        // One of which nothing is known may be ours.
        match answer.unprocessed_query_execution_ids.into_iter().next() {
            None => Ok(answer.query_executions),
            Some(unprocessed) => Err(AwsError {
                operation: job::BATCH_GET_QUERY_EXECUTION,
                kind: Kind::Unavailable,
                code: unprocessed.error_code,
                message: unprocessed.error_message.unwrap_or_default(),
                request_id: None,
                bucket_region: None,
            }),
        }
    }
}

/// Athena has one code for all that is wrong with a request: only its words tell a token that was used for something
/// else, and a query that it does not know (yet).
fn in_its_words(mut error: AwsError) -> AwsError {
    let message = error.message.to_lowercase();
    if error.kind == Kind::Invalid && message.contains("idempotent") {
        error.kind = Kind::Conflict;
    }
    if error.kind == Kind::Invalid && message.contains("queryexecution") && message.contains("not found") {
        error.kind = Kind::NotFound;
    }
    error
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn words_tell_what_the_code_does_not() {
        for (message, expected) in [
            ("Idempotent parameters do not match", Kind::Conflict),
            ("QueryExecution 1-2-3 was not found", Kind::NotFound),
            ("WorkGroup etl is not found.", Kind::Invalid),
            ("line 1:8: mismatched input 'form'", Kind::Invalid),
        ] {
            let error = AwsError {
                operation: job::START_QUERY_EXECUTION,
                kind: Kind::Invalid,
                code: Some("InvalidRequestException".to_owned()),
                message: message.to_owned(),
                request_id: None,
                bucket_region: None,
            };
            assert_eq!(in_its_words(error).kind, expected, "{message}");
        }
    }

    #[test]
    fn times_are_seconds() {
        let status = Status { submission_date_time: Some(1.5), ..Status::default() };
        assert_eq!(status.started(), Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1500)));
        assert_eq!((status.ended(), moment(Some(f64::NAN)), moment(Some(1e300))), (None, None, None));
    }
}
