//! The calls of the Data Catalog. A table is kept as it is answered: what is changed of it goes back whole.

use crate::aws::json::{Client, GLUE, json_requests};
use crate::aws::{self, AwsError, Kind};
use crate::lang::value::TableName;
use crate::service::call::Operation;
use crate::service::catalog::job;
use aws_config::SdkConfig;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How many partitions one call reads (`BatchGetPartitionValueList`).
const READ: usize = 1000;

/// What says that something of the name is there.
const IS_THERE: &str = "AlreadyExistsException";

json_requests! {
    BatchCreatePartition -> Refusals = job::BATCH_CREATE_PARTITION;
    BatchGetPartition -> Partitions = job::BATCH_GET_PARTITION;
    BatchUpdatePartition -> Refusals = job::BATCH_UPDATE_PARTITION;
    CreateTable -> Done = job::CREATE_TABLE;
    GetTable -> Answer = job::GET_TABLE;
    UpdateTable -> Done = job::UPDATE_TABLE;
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchCreatePartition {
    database_name: String,
    table_name: String,
    partition_input_list: Vec<Value>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchGetPartition {
    database_name: String,
    table_name: String,
    partitions_to_get: Vec<Values>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchUpdatePartition {
    database_name: String,
    table_name: String,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    partition_value_list: Vec<String>,
    partition_input: Value,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Values {
    values: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct CreateTable {
    database_name: String,
    table_input: Value,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetTable {
    database_name: String,
    name: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateTable {
    database_name: String,
    table_input: Value,
    /// The version that was looked at: another one is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Done {}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    table: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Partitions {
    partitions: Vec<Value>,
    unprocessed_keys: Vec<Value>,
}

/// A call that has succeeded may have refused some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Refusals {
    errors: Vec<Refusal>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Refusal {
    partition_values: Vec<String>,
    /// Of a change.
    partition_value_list: Vec<String>,
    error_detail: Detail,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Detail {
    error_code: String,
    error_message: String,
}

/// A table in the catalog.
pub(super) struct Catalog<'t> {
    client: Client,
    table: &'t TableName,
}

impl<'t> Catalog<'t> {
    pub(super) fn new(config: &SdkConfig, table: &'t TableName) -> Self {
        Self { client: Client::new(config, &GLUE), table }
    }

    fn database(&self) -> String {
        self.table.schema.clone()
    }

    fn name(&self) -> String {
        self.table.table.clone()
    }

    /// Reads the table; none when it is not there.
    pub(super) async fn found(&self) -> Result<Option<Value>, AwsError> {
        let request = GetTable { database_name: self.database(), name: self.name() };
        match aws::send(self.client.request(request)).await {
            Ok(answer) => Ok(Some(answer.table)),
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes the table; false when another one of its name has come in between.
    pub(super) async fn create(&self, table_input: &Value) -> Result<bool, AwsError> {
        let request = CreateTable { database_name: self.database(), table_input: table_input.clone() };
        match aws::send(self.client.request(request)).await {
            Ok(Done {}) => Ok(true),
            Err(error) if error.code.as_deref() == Some(IS_THERE) => Ok(false),
            Err(error) => Err(again(error)),
        }
    }

    /// Changes this version of the table.
    pub(super) async fn update(
        &self,
        table_input: Value,
        version_id: Option<String>,
    ) -> Result<(), AwsError> {
        let request = UpdateTable { database_name: self.database(), table_input, version_id };
        aws::send(self.client.request(request)).await.map(|Done {}| ()).map_err(again)
    }

    /// Reads those of these partitions that are there.
    pub(super) async fn partitions(&self, values: &[Vec<String>]) -> Result<Vec<Value>, AwsError> {
        let mut found = Vec::new();
        for some in values.chunks(READ) {
            let request = BatchGetPartition {
                database_name: self.database(),
                table_name: self.name(),
                partitions_to_get: some.iter().map(|values| Values { values: values.clone() }).collect(),
            };
            let answer = aws::send(self.client.request(request)).await?;
            if !answer.unprocessed_keys.is_empty() {
                let told = format!("{} partitions were not looked at", answer.unprocessed_keys.len());
                return Err(job::BATCH_GET_PARTITION.refused(Some("ServiceUnavailable"), told));
            }
            found.extend(answer.partitions);
        }
        Ok(found)
    }

    /// Adds partitions, at most [`job::MOST`]; those that are there already stay as they are. Returns how many were added, and why
    /// others were not.
    pub(super) async fn add(
        &self,
        partition_input_list: Vec<Value>,
    ) -> Result<(usize, Option<AwsError>), AwsError> {
        let sent = partition_input_list.len();
        let request = BatchCreatePartition {
            database_name: self.database(),
            table_name: self.name(),
            partition_input_list,
        };
        let answer = aws::send(self.client.request(request)).await?;
        let others = answer.errors.iter().filter(|refusal| refusal.error_detail.error_code != IS_THERE);
        let added = sent.saturating_sub(answer.errors.len());
        Ok((added, refused(job::BATCH_CREATE_PARTITION, others)))
    }

    /// Changes partitions, at most [`job::MOST`].
    pub(super) async fn change(&self, partitions: Vec<(Vec<String>, Value)>) -> Result<(), AwsError> {
        let entry = |(partition_value_list, partition_input)| Entry { partition_value_list, partition_input };
        let request = BatchUpdatePartition {
            database_name: self.database(),
            table_name: self.name(),
            entries: partitions.into_iter().map(entry).collect(),
        };
        let answer = aws::send(self.client.request(request)).await?;
        refused(job::BATCH_UPDATE_PARTITION, answer.errors.iter()).map_or(Ok(()), Err)
    }
}

/// Makes an error of the first refusal.
fn refused<'r>(operation: Operation, mut refusals: impl Iterator<Item = &'r Refusal>) -> Option<AwsError> {
    let first = refusals.next()?;
    let values =
        if first.partition_values.is_empty() { &first.partition_value_list } else { &first.partition_values };
    let Detail { error_code, error_message } = &first.error_detail;
    let more = match refusals.count() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let told = format!("the partition {}: {error_message}{more}", values.join("/"));
    Some(again(operation.refused(Some(error_code.as_str()), told)))
}

/// Whoever makes or changes something looks at it before, so that what may have been done, and what was refused because
/// others were changing it, is looked at again.
fn again(error: AwsError) -> AwsError {
    match error.kind {
        Kind::Ambiguous | Kind::Busy => AwsError { kind: Kind::Unavailable, ..error },
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_refused_is_told() {
        let answer: Refusals = serde_json::from_value(json!({ "Errors": [
            { "PartitionValues": ["2026", "a"], "ErrorDetail": { "ErrorCode": "InternalServiceException", "ErrorMessage": "why" } },
            { "PartitionValues": ["2026", "b"] },
        ] }))
        .unwrap();
        let error = refused(job::BATCH_CREATE_PARTITION, answer.errors.iter()).unwrap();
        assert_eq!(error.kind, Kind::Unavailable);
        let told =
            "glue:BatchCreatePartition: InternalServiceException: the partition 2026/a: why; and 1 more";
        assert_eq!(error.to_string(), told);
        assert!(refused(job::BATCH_CREATE_PARTITION, Refusals::default().errors.iter()).is_none());
    }
}
