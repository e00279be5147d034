//! The calls of EMR Serverless. Members that are not used are not read.

use crate::aws::json::{BoxError, Client, Placed, Rest, Service, moment, rest_requests};
use crate::aws::{self, AwsError, Kind};
use crate::service::emr_serverless::application;
use crate::service::emr_serverless::job;
use aws_config::SdkConfig;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::SystemTime;

/// As its model says (2021-07-13).
const EMR_SERVERLESS: Service =
    Service { id: "EMR Serverless", name: "emr-serverless", target: "", version: "" };

/// How many applications and runs one call lists (`maxResults`).
const MOST: &str = "50";

rest_requests! {
    CancelJobRun -> Cancelled = job::CANCEL_JOB_RUN;
    GetApplication -> Described = job::GET_APPLICATION;
    GetJobRun -> Looked = job::GET_JOB_RUN;
    ListApplications -> Applications = job::LIST_APPLICATIONS, pages next_token next_token;
    ListJobRuns -> Runs = job::LIST_JOB_RUNS, pages next_token next_token;
    StartApplication -> Begun = job::START_APPLICATION;
    StartJobRun -> Started = job::START_JOB_RUN;
}

#[derive(Clone, Debug)]
pub(super) struct CancelJobRun {
    application: String,
    run: String,
}

#[derive(Clone, Debug)]
pub(super) struct GetApplication {
    application: String,
}

#[derive(Clone, Debug)]
pub(super) struct GetJobRun {
    application: String,
    run: String,
}

#[derive(Clone, Debug)]
pub(super) struct ListApplications {
    next_token: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct ListJobRuns {
    application: String,
    /// Those that were taken before this are left out.
    since: String,
    next_token: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct StartApplication {
    application: String,
}

/// What is started.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartJobRun {
    #[serde(skip)]
    pub application: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_token: String,
    pub execution_role_arn: String,
    /// It ends in the mark by which the run is found again.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    pub job_driver: JobDriver,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_overrides: Option<Overrides>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_timeout_minutes: Option<u32>,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobDriver {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spark_submit: Option<SparkSubmit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hive: Option<Hive>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SparkSubmit {
    pub entry_point: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entry_point_arguments: Vec<String>,
    #[serde(rename = "sparkSubmitParameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hive {
    pub query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_query_file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<String>,
}

/// What differs from what the application says.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Overrides {
    pub monitoring_configuration: Monitoring,
}

/// Where logs go.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Monitoring {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3_monitoring_configuration: Option<InS3>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud_watch_logging_configuration: Option<InCloudWatch>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct InS3 {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_uri: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct InCloudWatch {
    pub enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_stream_name_prefix: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cancelled {}

#[derive(Debug, Deserialize)]
pub(super) struct Begun {}

#[derive(Debug, Deserialize)]
pub(super) struct Described {
    application: Application,
}

/// An application as it stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Application {
    #[serde(rename = "applicationId", alias = "id")]
    pub id: String,
    pub name: Option<String>,
    pub state: String,
    pub state_details: Option<String>,
    pub auto_start_configuration: AutoStart,
    pub monitoring_configuration: Monitoring,
}

/// Whether an application is started by what is run on it.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(super) struct AutoStart {
    pub enabled: bool,
}

/// As applications are when nothing is said.
impl Default for AutoStart {
    fn default() -> Self {
        Self { enabled: true }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Applications {
    applications: Vec<Application>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Runs {
    job_runs: Vec<Run>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Looked {
    job_run: Run,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Started {
    job_run_id: String,
}

/// A run as it stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Run {
    #[serde(rename = "jobRunId", alias = "id")]
    pub id: String,
    pub name: Option<String>,
    pub state: String,
    pub state_details: String,
    pub release_label: Option<String>,
    created_at: Option<f64>,
    updated_at: Option<f64>,
    ended_at: Option<f64>,
    pub configuration_overrides: Option<Overrides>,
    pub billed_resource_utilization: Option<Used>,
}

/// What a run is billed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Used {
    #[serde(rename = "vCPUHour")]
    pub cpu: Option<f64>,
    #[serde(rename = "memoryGBHour")]
    pub memory: Option<f64>,
    #[serde(rename = "storageGBHour")]
    pub storage: Option<f64>,
}

impl Run {
    /// When it was taken.
    pub(super) fn started(&self) -> Option<SystemTime> {
        moment(self.created_at)
    }

    /// When one that does not go on any more last changed: lists do not tell when it ended.
    pub(super) fn last_changed(&self) -> Option<SystemTime> {
        moment(self.ended_at.or(self.updated_at))
    }
}

impl Placed for CancelJobRun {
    fn rest(&self) -> Result<Rest, BoxError> {
        Ok(Rest::delete(&["/applications/", &self.application, "/jobruns/", &self.run]))
    }
}

impl Placed for GetApplication {
    fn rest(&self) -> Result<Rest, BoxError> {
        Ok(Rest::get(&["/applications/", &self.application]))
    }
}

impl Placed for GetJobRun {
    fn rest(&self) -> Result<Rest, BoxError> {
        Ok(Rest::get(&["/applications/", &self.application, "/jobruns/", &self.run]))
    }
}

impl Placed for ListApplications {
    fn rest(&self) -> Result<Rest, BoxError> {
        let list = Rest::get(&["/applications"]).query("maxResults", Some(MOST));
        Ok(list.query("nextToken", self.next_token.as_deref()))
    }
}

impl Placed for ListJobRuns {
    fn rest(&self) -> Result<Rest, BoxError> {
        let list = Rest::get(&["/applications/", &self.application, "/jobruns"]);
        let list = list.query("maxResults", Some(MOST)).query("createdAtAfter", Some(&self.since));
        Ok(list.query("nextToken", self.next_token.as_deref()))
    }
}

impl Placed for StartApplication {
    fn rest(&self) -> Result<Rest, BoxError> {
        Ok(Rest::post(&["/applications/", &self.application, "/start"]))
    }
}

impl Placed for StartJobRun {
    fn rest(&self) -> Result<Rest, BoxError> {
        Rest::post(&["/applications/", &self.application, "/jobruns"]).json(self)
    }
}

/// EMR Serverless, as its callers see it.
pub(super) struct Api(Client);

impl Api {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config, &EMR_SERVERLESS))
    }

    /// Finds the id of an application by its name. Of those that are gone there may be more.
    pub(super) async fn id(&self, named: &application::Application) -> Result<String, AwsError> {
        let mut pages = aws::pages(self.0.request(ListApplications { next_token: None }));
        let mut found = Vec::new();
        while let Some(page) = pages.next().await? {
            let own = page.applications.into_iter().filter(|one| named.is(&one.id, one.name.as_deref()));
            found.extend(own.filter(|one| one.state != "TERMINATED").map(|one| one.id));
        }
        let wrong = |kind, message| AwsError {
            operation: job::LIST_APPLICATIONS,
            kind,
            code: None,
            message,
            request_id: None,
            bucket_region: None,
        };
        match found.as_slice() {
            [id] => Ok(id.clone()),
            [] => {
                let why = format!("there is no application `{named}` in this account and region");
                Err(wrong(Kind::NotFound, why))
            }
            [first, ..] => {
                let many = found.len();
                let why =
                    format!("{many} applications are called `{named}`: name one by its id, such as {first}");
                Err(wrong(Kind::Invalid, why))
            }
        }
    }

    /// Looks at an application.
    pub(super) async fn application(&self, id: &str) -> Result<Application, AwsError> {
        let request = GetApplication { application: id.to_owned() };
        Ok(aws::send(self.0.request(request)).await?.application)
    }

    /// Asks for the start of an application.
    pub(super) async fn start_application(&self, id: &str) -> Result<(), AwsError> {
        let request = StartApplication { application: id.to_owned() };
        aws::send(self.0.request(request)).await.map(|Begun {}| ())
    }

    /// Starts a run; is sent once. Gives its id.
    pub(super) async fn start(&self, start: StartJobRun) -> Result<String, AwsError> {
        Ok(aws::send(self.0.request(start)).await?.job_run_id)
    }

    /// Looks at a run.
    pub(super) async fn look(&self, application: &str, run: &str) -> Result<Run, AwsError> {
        let request = GetJobRun { application: application.to_owned(), run: run.to_owned() };
        Ok(aws::send(self.0.request(request)).await?.job_run)
    }

    /// Lists the runs of an application that were taken since a moment, in no order that is documented.
    pub(super) async fn listed(&self, application: &str, since: SystemTime) -> Result<Vec<Run>, AwsError> {
        let request =
            ListJobRuns { application: application.to_owned(), since: second(since), next_token: None };
        let mut pages = aws::pages(self.0.request(request));
        let mut runs = Vec::new();
        while let Some(mut page) = pages.next().await? {
            runs.append(&mut page.job_runs);
        }
        Ok(runs)
    }

    /// Asks for the end of a run.
    pub(super) async fn cancel(&self, application: &str, run: &str) -> Result<(), AwsError> {
        let request = CancelJobRun { application: application.to_owned(), run: run.to_owned() };
        aws::send(self.0.request(request)).await.map(|Cancelled {}| ())
    }
}

/// Writes a moment for a query, in whole seconds.
fn second(at: SystemTime) -> String {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let moment = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn a_run_looks_alike_whoever_tells_it() {
        let of = |run| serde_json::from_value::<Run>(run).unwrap();
        let looked = of(json!({"jobRunId": "00r", "state": "RUNNING", "createdAt": 1.5e9, "new": 1}));
        let listed = of(json!({"id": "00r", "state": "SUCCESS", "createdAt": 1.5e9, "updatedAt": 1.6e9}));
        assert_eq!((looked.id.as_str(), looked.last_changed()), ("00r", None));
        assert_eq!((listed.id.as_str(), listed.started()), ("00r", looked.started()));
        assert!(listed.last_changed() > listed.started());
        let application: Application = serde_json::from_value(json!({"applicationId": "00f"})).unwrap();
        assert!(application.auto_start_configuration.enabled);
    }

    #[test]
    fn a_moment_is_written_as_queries_want_it() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_764_288_000_500);
        assert_eq!(second(at), "2025-11-28T00:00:00Z");
    }
}
