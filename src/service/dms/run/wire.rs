//! What is sent to DMS, as its model has it (2016-01-01), and its short answers.

#![expect(clippy::struct_field_names, reason = "DMS repeats the name of a thing in those of its members")]

use super::state::{ReplicationTasks, Replications};
use super::tables::{ReplicationTables, TaskTables};
use crate::aws::json::json_requests;
use crate::service::dms::job;
use serde::{Deserialize, Serialize};

/// How many tables one call tells of a task (`DescribeTableStatistics`), and of a serverless replication.
const MOST_TABLES: [u32; 2] = [500, 100];

json_requests! {
    AddTagsToResource -> Nothing = job::ADD_TAGS_TO_RESOURCE;
    DescribeReplicationConfigs -> Configs = job::DESCRIBE_REPLICATION_CONFIGS;
    DescribeReplicationInstances -> Instances = job::DESCRIBE_REPLICATION_INSTANCES;
    DescribeReplicationTableStatistics -> ReplicationTables = job::DESCRIBE_REPLICATION_TABLE_STATISTICS, pages marker marker;
    DescribeReplicationTasks -> ReplicationTasks = job::DESCRIBE_REPLICATION_TASKS;
    DescribeReplications -> Replications = job::DESCRIBE_REPLICATIONS;
    DescribeTableStatistics -> TaskTables = job::DESCRIBE_TABLE_STATISTICS, pages marker marker;
    ListTagsForResource -> Tags = job::LIST_TAGS_FOR_RESOURCE;
    StartReplication -> Nothing = job::START_REPLICATION;
    StartReplicationTask -> Nothing = job::START_REPLICATION_TASK;
    StopReplication -> Nothing = job::STOP_REPLICATION;
    StopReplicationTask -> Nothing = job::STOP_REPLICATION_TASK;
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AddTagsToResource {
    pub resource_arn: String,
    pub tags: [Tag; 1],
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeReplicationConfigs {
    pub filters: Vec<Filter>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeReplicationInstances {
    pub filters: Vec<Filter>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeReplicationTableStatistics {
    replication_config_arn: String,
    max_records: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    marker: Option<String>,
}

impl DescribeReplicationTableStatistics {
    pub(super) fn of(arn: &str) -> Self {
        Self { replication_config_arn: arn.to_owned(), max_records: MOST_TABLES[1], marker: None }
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeReplicationTasks {
    pub filters: Vec<Filter>,
    pub without_settings: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeReplications {
    pub filters: Vec<Filter>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeTableStatistics {
    replication_task_arn: String,
    max_records: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    marker: Option<String>,
}

impl DescribeTableStatistics {
    pub(super) fn of(arn: &str) -> Self {
        Self { replication_task_arn: arn.to_owned(), max_records: MOST_TABLES[0], marker: None }
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListTagsForResource {
    pub resource_arn: String,
}

/// What both starts have.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Start {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cdc_start_position: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cdc_stop_position: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartReplication {
    pub replication_config_arn: String,
    pub start_replication_type: &'static str,
    #[serde(flatten)]
    pub start: Start,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartReplicationTask {
    pub replication_task_arn: String,
    pub start_replication_task_type: &'static str,
    #[serde(flatten)]
    pub start: Start,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StopReplication {
    pub replication_config_arn: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StopReplicationTask {
    pub replication_task_arn: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Filter {
    pub name: &'static str,
    pub values: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Tag {
    pub key: String,
    pub value: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Tags {
    pub tag_list: Vec<Tag>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Configs {
    pub replication_configs: Vec<Config>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Config {
    pub replication_settings: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Instances {
    pub replication_instances: Vec<Instance>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Instance {
    pub replication_instance_identifier: String,
}
