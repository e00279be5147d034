//! The calls of Step Functions. Members that are not used are not read.

use crate::aws::json::{Client, Service, json_requests, moment};
use crate::aws::{self, AwsError, Kind};
use crate::service::step_function::job;
use aws_config::SdkConfig;
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

/// As its model says (2016-11-23).
const STATES: Service = Service { id: "SFN", name: "states", target: "AWSStepFunctions", version: "1.0" };

/// How many executions and machines one call lists (`PageSize`).
const MOST: u32 = 100;

/// How many events of a history are read, the newest first.
const MOST_EVENTS: u32 = 100;

/// How long an express execution may take until its answer: five minutes, and what the way takes.
const LONGEST_SYNC: Duration = Duration::from_secs(5 * 60 + 30);

json_requests! {
    DescribeExecution -> Execution = job::DESCRIBE_EXECUTION;
    GetExecutionHistory -> History = job::GET_EXECUTION_HISTORY;
    ListExecutions -> Executions = job::LIST_EXECUTIONS, pages next_token next_token;
    ListStateMachines -> Machines = job::LIST_STATE_MACHINES, pages next_token next_token;
    StartExecution -> Started = job::START_EXECUTION;
    StartSyncExecution -> Execution = job::START_SYNC_EXECUTION, host "sync-";
    StopExecution -> Stopped = job::STOP_EXECUTION;
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribeExecution {
    execution_arn: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetExecutionHistory {
    execution_arn: String,
    max_results: u32,
    reverse_order: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListExecutions {
    state_machine_arn: String,
    max_results: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListStateMachines {
    max_results: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// What is started.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartExecution {
    pub state_machine_arn: String,
    pub name: String,
    pub input: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartSyncExecution {
    pub state_machine_arn: String,
    pub name: String,
    pub input: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StopExecution {
    execution_arn: String,
    error: &'static str,
    cause: &'static str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Started {
    execution_arn: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Stopped {}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Executions {
    executions: Vec<Execution>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Machines {
    state_machines: Vec<Machine>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Machine {
    state_machine_arn: String,
    name: String,
}

/// An execution as it stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Execution {
    #[serde(rename = "executionArn")]
    pub arn: String,
    pub name: String,
    pub status: String,
    pub start_date: Option<f64>,
    pub stop_date: Option<f64>,
    pub output: Option<String>,
    pub error: Option<String>,
    pub cause: Option<String>,
    pub billing_details: Billing,
}

/// What an express execution has used.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Billing {
    #[serde(rename = "billedMemoryUsedInMB")]
    pub megabytes: Option<f64>,
    #[serde(rename = "billedDurationInMilliseconds")]
    pub milliseconds: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct History {
    pub events: Vec<Event>,
}

/// Something that has happened in an execution; the details are under a name that its type makes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Event {
    pub id: u64,
    pub previous_event_id: u64,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(flatten)]
    pub rest: serde_json::Map<String, serde_json::Value>,
}

impl Execution {
    /// When it began.
    pub(super) fn started(&self) -> Option<SystemTime> {
        moment(self.start_date)
    }

    /// When it ended.
    pub(super) fn ended(&self) -> Option<SystemTime> {
        moment(self.stop_date)
    }
}

/// Step Functions, as its callers see it.
pub(super) struct Api(Client);

impl Api {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config, &STATES))
    }

    /// Starts an execution; is sent once. Gives the ARN of the one that runs under this name.
    pub(super) async fn start(&self, start: StartExecution) -> Result<String, AwsError> {
        Ok(aws::send(self.0.request(start)).await?.execution_arn)
    }

    /// Runs an express state machine to its end; is sent once.
    pub(super) async fn start_sync(&self, start: StartSyncExecution) -> Result<Execution, AwsError> {
        aws::send_for(self.0.request(start), LONGEST_SYNC).await
    }

    /// Looks at an execution.
    pub(super) async fn look(&self, arn: &str) -> Result<Execution, AwsError> {
        aws::send(self.0.request(DescribeExecution { execution_arn: arn.to_owned() })).await
    }

    /// Asks for the end of an execution. One that has ended stays as it is.
    pub(super) async fn stop(&self, arn: &str) -> Result<(), AwsError> {
        let stop = StopExecution {
            execution_arn: arn.to_owned(),
            error: "dagc.Stopped",
            cause: "the task of Airflow was stopped, or does something else now",
        };
        aws::send(self.0.request(stop)).await.map(|Stopped {}| ())
    }

    /// Reads the newest events of an execution, the newest first.
    pub(super) async fn history(&self, arn: &str) -> Result<Vec<Event>, AwsError> {
        let request = GetExecutionHistory {
            execution_arn: arn.to_owned(),
            max_results: MOST_EVENTS,
            reverse_order: true,
        };
        Ok(aws::send(self.0.request(request)).await?.events)
    }

    /// Reads the executions of a state machine, the newest first, page by page, until none of a page is of interest.
    pub(super) async fn listed(
        &self,
        machine: &str,
        is_recent: impl Fn(&Execution) -> bool,
    ) -> Result<Vec<Execution>, AwsError> {
        let request =
            ListExecutions { state_machine_arn: machine.to_owned(), max_results: MOST, next_token: None };
        let mut pages = aws::pages(self.0.request(request));
        let mut executions = Vec::new();
        while let Some(mut page) = pages.next().await? {
            let had_some = !page.executions.is_empty();
            page.executions.retain(&is_recent);
            if had_some && page.executions.is_empty() {
                break;
            }
            executions.append(&mut page.executions);
        }
        Ok(executions)
    }

    /// Finds the ARN of a state machine by its name.
    pub(super) async fn machine(&self, name: &str) -> Result<String, AwsError> {
        let request = ListStateMachines { max_results: MOST, next_token: None };
        let mut pages = aws::pages(self.0.request(request));
        while let Some(page) = pages.next().await? {
            if let Some(found) = page.state_machines.into_iter().find(|machine| machine.name == name) {
                return Ok(found.state_machine_arn);
            }
        }
        Err(AwsError {
            operation: job::LIST_STATE_MACHINES,
            kind: Kind::NotFound,
            code: None,
            message: format!("there is no state machine `{name}` in this account and region"),
            request_id: None,
            bucket_region: None,
        })
    }
}
