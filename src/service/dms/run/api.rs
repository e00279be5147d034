//! The calls of DMS. Members that are not used are not read; a task and a serverless replication are one [`State`].

use super::how::Positions;
use super::state::State;
use super::tables::Tables;
use super::wire::{
    AddTagsToResource, DescribeReplicationConfigs, DescribeReplicationInstances,
    DescribeReplicationTableStatistics, DescribeReplicationTasks, DescribeReplications,
    DescribeTableStatistics, Filter, ListTagsForResource, Start, StartReplication, StartReplicationTask,
    StopReplication, StopReplicationTask, Tag,
};
use crate::aws::json::{Client, Service};
use crate::aws::{self, AwsError, Kind};
use crate::service::dms::job;
use crate::service::dms::task::Replication;
use aws_config::SdkConfig;

/// As its model says (2016-01-01).
const DMS: Service =
    Service { id: "Database Migration Service", name: "dms", target: "AmazonDMSv20160101", version: "1.1" };

/// The tag that marks a replication.
const MARK: &str = "dagc";

/// DMS, as its callers see it.
pub(super) struct Api {
    client: Client,
    replication: Replication,
}

impl Api {
    pub(super) fn new(config: &SdkConfig, replication: &Replication) -> Self {
        Self { client: Client::new(config, &DMS), replication: replication.clone() }
    }

    /// Looks at the replication. The settings of a task are long: they are read when they are asked for.
    pub(super) async fn look(&self, with_settings: bool) -> Result<State, AwsError> {
        let filters = |of: [&'static str; 2]| {
            let (name, value) = match self.replication.arn() {
                Some(arn) => (of[0], arn),
                None => (of[1], self.replication.name().to_owned()),
            };
            vec![Filter { name, values: vec![value] }]
        };
        let found = if self.replication.is_serverless() {
            let filters = filters(["replication-config-arn", "replication-config-id"]);
            let answer = aws::send(self.client.request(DescribeReplications { filters })).await?;
            answer.replications.into_iter().next().map(State::from)
        } else {
            let filters = filters(["replication-task-arn", "replication-task-id"]);
            let request = DescribeReplicationTasks { filters, without_settings: !with_settings };
            let answer = aws::send(self.client.request(request)).await?;
            answer.replication_tasks.into_iter().next().map(State::from)
        };
        let none = || AwsError {
            operation: if self.replication.is_serverless() {
                job::DESCRIBE_REPLICATIONS
            } else {
                job::DESCRIBE_REPLICATION_TASKS
            },
            kind: Kind::NotFound,
            code: None,
            message: format!("there is no replication `{}` in this account and region", self.replication),
            request_id: None,
            bucket_region: None,
        };
        found.ok_or_else(none)
    }

    /// Reads the settings, which are JSON.
    pub(super) async fn settings(&self, arn: &str) -> Result<Option<String>, AwsError> {
        if !self.replication.is_serverless() {
            return Ok(self.look(true).await?.settings);
        }
        let filters = vec![Filter { name: "replication-config-arn", values: vec![arn.to_owned()] }];
        let answer = aws::send(self.client.request(DescribeReplicationConfigs { filters })).await?;
        Ok(answer.replication_configs.into_iter().next().and_then(|config| config.replication_settings))
    }

    /// Looks at its tables.
    pub(super) async fn tables(&self, arn: &str) -> Result<Tables, AwsError> {
        let mut tables = Tables::default();
        if self.replication.is_serverless() {
            let request = DescribeReplicationTableStatistics::of(arn);
            let mut pages = aws::pages(self.client.request(request));
            while let Some(page) = pages.next().await? {
                page.replication_table_statistics.iter().for_each(|table| tables.add(table));
            }
        } else {
            let mut pages = aws::pages(self.client.request(DescribeTableStatistics::of(arn)));
            while let Some(page) = pages.next().await? {
                page.table_statistics.iter().for_each(|table| tables.add(table));
            }
        }
        Ok(tables)
    }

    /// Reads the mark.
    pub(super) async fn mark(&self, arn: &str) -> Result<Option<String>, AwsError> {
        let request = ListTagsForResource { resource_arn: arn.to_owned() };
        let answer = aws::send(self.client.request(request)).await?;
        Ok(answer.tag_list.into_iter().find(|tag| tag.key == MARK).map(|tag| tag.value))
    }

    /// Writes the mark, in the place of the one that there is.
    pub(super) async fn put_mark(&self, arn: &str, mark: String) -> Result<(), AwsError> {
        let tags = [Tag { key: MARK.to_owned(), value: mark }];
        let request = AddTagsToResource { resource_arn: arn.to_owned(), tags };
        aws::send(self.client.request(request)).await.map(drop)
    }

    /// Starts it; is sent once.
    pub(super) async fn start(&self, arn: &str, how: &'static str, of: &Positions) -> Result<(), AwsError> {
        let start = Start { cdc_start_position: of.from.clone(), cdc_stop_position: of.until.clone() };
        let arn = arn.to_owned();
        if self.replication.is_serverless() {
            let request =
                StartReplication { replication_config_arn: arn, start_replication_type: how, start };
            return aws::send(self.client.request(request)).await.map(drop);
        }
        let request =
            StartReplicationTask { replication_task_arn: arn, start_replication_task_type: how, start };
        aws::send(self.client.request(request)).await.map(drop)
    }

    /// Stops it.
    pub(super) async fn stop(&self, arn: &str) -> Result<(), AwsError> {
        let arn = arn.to_owned();
        if self.replication.is_serverless() {
            let request = StopReplication { replication_config_arn: arn };
            return aws::send(self.client.request(request)).await.map(drop);
        }
        let request = StopReplicationTask { replication_task_arn: arn };
        aws::send(self.client.request(request)).await.map(drop)
    }

    /// Reads what an instance is called.
    pub(super) async fn instance(&self, arn: &str) -> Result<Option<String>, AwsError> {
        let filters = vec![Filter { name: "replication-instance-arn", values: vec![arn.to_owned()] }];
        let answer = aws::send(self.client.request(DescribeReplicationInstances { filters })).await?;
        let instance = answer.replication_instances.into_iter().next();
        Ok(instance.map(|instance| instance.replication_instance_identifier))
    }
}
