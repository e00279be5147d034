//! The calls of DataSync. Members that are not used are not read.

use crate::aws::json::{Client, Service, json_requests, moment};
use crate::aws::{self, AwsError, Kind};
use crate::service::datasync::job;
use crate::service::datasync::task::Task;
use aws_config::SdkConfig;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::SystemTime;

/// As its model says (2018-11-09).
const DATASYNC: Service = Service { id: "DataSync", name: "datasync", target: "FmrsService", version: "1.1" };

/// How many tasks, executions and tags one call lists (`MaxResults`).
const MOST: u32 = 100;

/// How many marks are read at once.
const LANES: usize = 4;

/// The tag that marks an execution.
const MARK: &str = "dagc";

json_requests! {
    CancelTaskExecution -> Cancelled = job::CANCEL_TASK_EXECUTION;
    DescribeTaskExecution -> Execution = job::DESCRIBE_TASK_EXECUTION;
    ListTagsForResource -> Tags = job::LIST_TAGS_FOR_RESOURCE, pages next_token next_token;
    ListTaskExecutions -> Executions = job::LIST_TASK_EXECUTIONS, pages next_token next_token;
    ListTasks -> Tasks = job::LIST_TASKS, pages next_token next_token;
    StartTaskExecution -> Started = job::START_TASK_EXECUTION;
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CancelTaskExecution {
    task_execution_arn: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeTaskExecution {
    task_execution_arn: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListTagsForResource {
    resource_arn: String,
    max_results: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListTaskExecutions {
    task_arn: String,
    max_results: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListTasks {
    max_results: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartTaskExecution {
    task_arn: String,
    tags: [Tag; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    includes: Vec<Rule>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    excludes: Vec<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    override_options: Option<Options>,
}

/// What differs from what the task says.
#[derive(Clone, Debug, Default)]
pub(super) struct Filters {
    pub include: Option<String>,
    pub exclude: Option<String>,
    pub only_changed: Option<bool>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    filter_type: &'static str,
    value: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Options {
    transfer_mode: &'static str,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Tag {
    key: String,
    value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Started {
    task_execution_arn: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cancelled {}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Tags {
    tags: Vec<Tag>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Executions {
    task_executions: Vec<Listed>,
    next_token: Option<String>,
}

/// An execution in a list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Listed {
    #[serde(rename = "TaskExecutionArn")]
    pub arn: String,
    pub status: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Tasks {
    tasks: Vec<ListedTask>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ListedTask {
    task_arn: String,
    name: String,
}

/// An execution as it stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Execution {
    #[serde(rename = "TaskExecutionArn")]
    pub arn: String,
    pub status: String,
    pub start_time: Option<f64>,
    pub end_time: Option<f64>,
    pub files_transferred: u64,
    pub bytes_transferred: u64,
    pub files_deleted: Option<u64>,
    pub files_skipped: Option<u64>,
    pub files_verified: Option<u64>,
    pub files_failed: Failed,
    pub folders_failed: Failed,
    pub result: Ended,
}

/// How many files or folders have failed where.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Failed {
    pub list: u64,
    pub prepare: u64,
    pub transfer: u64,
    pub verify: u64,
    pub delete: u64,
}

/// How the parts of an execution have ended.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Ended {
    pub verify_status: Option<String>,
    pub error_code: Option<String>,
    pub error_detail: Option<String>,
}

impl Execution {
    /// When it was asked for.
    pub(super) fn started(&self) -> Option<SystemTime> {
        moment(self.start_time)
    }

    /// When it ended.
    pub(super) fn ended(&self) -> Option<SystemTime> {
        moment(self.end_time)
    }
}

/// DataSync, as its callers see it.
pub(super) struct Api(Client);

impl Api {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config, &DATASYNC))
    }

    /// Starts an execution; is sent once. Gives its ARN.
    pub(super) async fn start(
        &self,
        task: String,
        mark: String,
        filters: Filters,
    ) -> Result<String, AwsError> {
        let rules = |filter: Option<String>| {
            filter.into_iter().map(|value| Rule { filter_type: "SIMPLE_PATTERN", value }).collect()
        };
        let options = |only_changed| Options { transfer_mode: if only_changed { "CHANGED" } else { "ALL" } };
        let start = StartTaskExecution {
            task_arn: task,
            tags: [Tag { key: MARK.to_owned(), value: mark }],
            includes: rules(filters.include),
            excludes: rules(filters.exclude),
            override_options: filters.only_changed.map(options),
        };
        Ok(aws::send(self.0.request(start)).await?.task_execution_arn)
    }

    /// Looks at an execution. That it cannot be told from others that are refused is no reason to take it for wrong: its
    /// ARN is DataSync's own.
    pub(super) async fn look(&self, arn: &str) -> Result<Execution, AwsError> {
        let answer =
            aws::send(self.0.request(DescribeTaskExecution { task_execution_arn: arn.to_owned() })).await;
        answer.map_err(not_found)
    }

    /// Asks for the end of an execution.
    pub(super) async fn cancel(&self, arn: &str) -> Result<(), AwsError> {
        let cancel = CancelTaskExecution { task_execution_arn: arn.to_owned() };
        aws::send(self.0.request(cancel)).await.map(|Cancelled {}| ())
    }

    /// Lists the executions of a task, in no order that is documented.
    pub(super) async fn listed(&self, task: &str) -> Result<Vec<Listed>, AwsError> {
        let request = ListTaskExecutions { task_arn: task.to_owned(), max_results: MOST, next_token: None };
        let mut pages = aws::pages(self.0.request(request));
        let mut executions = Vec::new();
        while let Some(mut page) = pages.next().await? {
            executions.append(&mut page.task_executions);
        }
        Ok(executions)
    }

    /// Reads the marks of executions, several at once.
    pub(super) async fn marks(&self, arns: Vec<String>) -> Result<Vec<(String, Option<String>)>, AwsError> {
        let asked = stream::iter(arns).map(|arn| async {
            let mark = self.mark(&arn).await?;
            Ok((arn, mark))
        });
        asked.buffer_unordered(LANES).try_collect().await
    }

    async fn mark(&self, arn: &str) -> Result<Option<String>, AwsError> {
        let request =
            ListTagsForResource { resource_arn: arn.to_owned(), max_results: MOST, next_token: None };
        let mut pages = aws::pages(self.0.request(request));
        while let Some(page) = pages.next().await? {
            if let Some(tag) = page.tags.into_iter().find(|tag| tag.key == MARK) {
                return Ok(Some(tag.value));
            }
        }
        Ok(None)
    }

    /// Finds the ARN of a task.
    pub(super) async fn task(&self, task: &Task) -> Result<String, AwsError> {
        let mut pages = aws::pages(self.0.request(ListTasks { max_results: MOST, next_token: None }));
        let mut found = BTreeSet::new();
        while let Some(page) = pages.next().await? {
            let own = page.tasks.into_iter().filter(|one| task.is(&one.task_arn, &one.name));
            found.extend(own.map(|one| one.task_arn));
        }
        let wrong = |kind, message| AwsError {
            operation: job::LIST_TASKS,
            kind,
            code: None,
            message,
            request_id: None,
            bucket_region: None,
        };
        let many = found.len();
        match found.pop_first() {
            Some(arn) if many == 1 => Ok(arn),
            Some(arn) => {
                let why = format!("{many} tasks are called `{task}`: name one by its id, such as {arn}");
                Err(wrong(Kind::Invalid, why))
            }
            None => {
                let why = format!("there is no task `{task}` in this account and region");
                Err(wrong(Kind::NotFound, why))
            }
        }
    }
}

/// What DataSync refuses of an execution of its own is that it is not known.
fn not_found(mut error: AwsError) -> AwsError {
    if error.kind == Kind::Invalid {
        error.kind = Kind::NotFound;
    }
    error
}
