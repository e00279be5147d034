//! The calls of ECS. Members that are not used are not read.

use super::definition::Described;
use crate::aws::json::{Client, Service, json_requests, moment};
use crate::aws::{self, AwsError, Kind};
use crate::service::call::Operation;
use crate::service::ecs_task::job;
use aws_config::SdkConfig;
use serde::{Deserialize, Serialize};
use std::time::SystemTime;

/// As its model says (2014-11-13).
const ECS: Service =
    Service { id: "ECS", name: "ecs", target: "AmazonEC2ContainerServiceV20141113", version: "1.1" };

/// How many tasks one call lists, and looks at.
const MOST: u32 = 100;

json_requests! {
    DescribeTasks -> Tasks = job::DESCRIBE_TASKS;
    DescribeTaskDefinition -> Described = job::DESCRIBE_TASK_DEFINITION;
    ListTasks -> Arns = job::LIST_TASKS, pages next_token next_token;
    RunTask -> Tasks = job::RUN_TASK;
    StopTask -> Stopped = job::STOP_TASK;
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct DescribeTasks {
    cluster: String,
    tasks: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribeTaskDefinition {
    task_definition: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListTasks {
    cluster: String,
    started_by: String,
    desired_status: &'static str,
    max_results: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct StopTask {
    cluster: String,
    task: String,
    reason: &'static str,
}

/// What is started.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunTask {
    pub cluster: String,
    pub task_definition: String,
    pub count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_type: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub capacity_provider_strategy: Vec<Provider>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_configuration: Option<NetworkConfiguration>,
    pub overrides: Overrides,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub started_by: String,
    /// The mark by which it is found again: nothing else that is free is told of a task.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_token: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provider {
    pub capacity_provider: String,
    pub weight: u32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NetworkConfiguration {
    pub awsvpc_configuration: Awsvpc,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Awsvpc {
    pub subnets: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub security_groups: Vec<String>,
    pub assign_public_ip: &'static str,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Overrides {
    #[serde(rename = "containerOverrides", skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<ContainerOverride>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_role_arn: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct ContainerOverride {
    pub name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<Variable>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Variable {
    pub name: String,
    pub value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Arns {
    task_arns: Vec<String>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Stopped {}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tasks {
    tasks: Vec<Task>,
    failures: Vec<Refusal>,
}

/// Why something of a call was not done that was answered all the same.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    arn: Option<String>,
    reason: Option<String>,
    detail: Option<String>,
}

/// A task as it stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Task {
    #[serde(rename = "taskArn")]
    pub arn: String,
    #[serde(rename = "taskDefinitionArn")]
    pub definition: Option<String>,
    pub group: Option<String>,
    pub last_status: String,
    pub desired_status: String,
    pub stop_code: Option<String>,
    pub stopped_reason: Option<String>,
    pub containers: Vec<Container>,
    pub cpu: Option<String>,
    pub memory: Option<String>,
    pub created_at: Option<f64>,
    pub pull_started_at: Option<f64>,
    pub stopped_at: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Container {
    pub name: String,
    pub exit_code: Option<i64>,
    pub reason: Option<String>,
}

impl Task {
    /// When it was taken.
    pub(super) fn created(&self) -> Option<SystemTime> {
        moment(self.created_at)
    }

    /// When it ended.
    pub(super) fn stopped(&self) -> Option<SystemTime> {
        moment(self.stopped_at)
    }

    /// What it is called in its cluster.
    pub(super) fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }
}

/// ECS, as its callers see it, in one cluster.
pub(super) struct Api {
    client: Client,
    cluster: String,
}

impl Api {
    pub(super) fn new(config: &SdkConfig, cluster: &str) -> Self {
        Self { client: Client::new(config, &ECS), cluster: cluster.to_owned() }
    }

    /// Starts a task; is sent once. An answer without a task has started none.
    pub(super) async fn run(&self, run: RunTask) -> Result<Task, AwsError> {
        let answer = aws::send(self.client.request(run)).await?;
        only(job::RUN_TASK, answer, |reason| match reason {
            // What it would run on is not there now, or does not answer.
            "AGENT" | "EMPTY CAPACITY PROVIDER" => Kind::Busy,
            reason if reason.starts_with("RESOURCE") || reason.to_lowercase().contains("capacity") => {
                Kind::Busy
            }
            _ => Kind::Invalid,
        })
    }

    /// Looks at a task. One that was just started may not be known yet.
    pub(super) async fn look(&self, arn: &str) -> Result<Task, AwsError> {
        let request = DescribeTasks { cluster: self.cluster.clone(), tasks: vec![arn.to_owned()] };
        let answer = aws::send(self.client.request(request)).await?;
        only(job::DESCRIBE_TASKS, answer, |_| Kind::NotFound)
    }

    /// Asks for the end of a task. One that has ended stays as it is.
    pub(super) async fn stop(&self, arn: &str) -> Result<(), AwsError> {
        let stop = StopTask {
            cluster: self.cluster.clone(),
            task: arn.to_owned(),
            reason: "dagc: the task of Airflow was stopped, or does something else now",
        };
        aws::send(self.client.request(stop)).await.map(|Stopped {}| ())
    }

    /// Reads the tasks that one has started under a name: those that go on, and those that have ended of late.
    pub(super) async fn started(&self, by: &str) -> Result<Vec<Task>, AwsError> {
        let mut tasks = self.listed(by, "RUNNING").await?;
        match self.listed(by, "STOPPED").await {
            Ok(stopped) => tasks.extend(stopped),
            // The reference of the API can be read so that a filter by who has started a task is to be alone. What has
            // ended is found by its token then.
            Err(error) if error.kind == Kind::Invalid => {}
            Err(error) => return Err(error),
        }
        Ok(tasks)
    }

    async fn listed(&self, by: &str, desired_status: &'static str) -> Result<Vec<Task>, AwsError> {
        let request = ListTasks {
            cluster: self.cluster.clone(),
            started_by: by.to_owned(),
            desired_status,
            max_results: MOST,
            next_token: None,
        };
        let mut pages = aws::pages(self.client.request(request));
        let mut tasks = Vec::new();
        while let Some(page) = pages.next().await? {
            if !page.task_arns.is_empty() {
                let request = DescribeTasks { cluster: self.cluster.clone(), tasks: page.task_arns };
                tasks.extend(aws::send(self.client.request(request)).await?.tasks);
            }
        }
        Ok(tasks)
    }

    /// Reads a task definition.
    pub(super) async fn definition(&self, arn: String) -> Result<Described, AwsError> {
        aws::send(self.client.request(DescribeTaskDefinition { task_definition: arn })).await
    }
}

/// Takes the one task of an answer; says why there is none.
#[expect(clippy::result_large_err, reason = "the error of all calls")]
fn only(operation: Operation, answer: Tasks, kind: impl Fn(&str) -> Kind) -> Result<Task, AwsError> {
    if let Some(task) = answer.tasks.into_iter().next() {
        return Ok(task);
    }
    let Refusal { arn, reason, detail } = answer.failures.into_iter().next().unwrap_or_default();
    let code = reason.unwrap_or_else(|| "no task and no failure".to_owned());
    let message: Vec<String> = [arn, detail].into_iter().flatten().collect();
    Err(AwsError {
        operation,
        kind: kind(&code),
        code: Some(code),
        message: message.join(": "),
        request_id: None,
        bucket_region: None,
    })
}
