//! The calls of the Redshift Data API.

use super::batch::Batch;
use super::passing::may_pass_later;
use crate::aws::operation::requests;
use crate::aws::{self, AwsError, Kind, Pace};
use crate::exec::checks::Rows;
use crate::exec::outcome::{Failure, Trouble};
use crate::exec::runner::Cancelled;
use crate::service::redshift::job;
use crate::service::redshift::job::RedshiftConnection;
use aws_config::SdkConfig;
use aws_sdk_redshiftdata::Client;
use aws_sdk_redshiftdata::operation::describe_statement::DescribeStatementOutput;
use aws_sdk_redshiftdata::types::{ExecutionMode, Field, SqlParameter, StatementData, StatusString};
use std::time::Duration;

requests! {
    aws_sdk_redshiftdata::batch_execute_statement[BatchExecuteStatementFluentBuilder BatchExecuteStatementOutput BatchExecuteStatementError]
        = job::BATCH_EXECUTE_STATEMENT;
    aws_sdk_redshiftdata::cancel_statement[CancelStatementFluentBuilder CancelStatementOutput CancelStatementError]
        = job::CANCEL_STATEMENT;
    aws_sdk_redshiftdata::describe_statement[DescribeStatementFluentBuilder DescribeStatementOutput DescribeStatementError]
        = job::DESCRIBE_STATEMENT;
    aws_sdk_redshiftdata::execute_statement[ExecuteStatementFluentBuilder ExecuteStatementOutput ExecuteStatementError]
        = job::EXECUTE_STATEMENT;
    aws_sdk_redshiftdata::get_statement_result[GetStatementResultFluentBuilder GetStatementResultOutput GetStatementResultError]
        = job::GET_STATEMENT_RESULT, pages set_next_token next_token;
    aws_sdk_redshiftdata::list_statements[ListStatementsFluentBuilder ListStatementsOutput ListStatementsError]
        = job::LIST_STATEMENTS, pages set_next_token next_token;
}

/// What the names of statements begin with.
pub(super) const NAME: &str = "dagc:";

/// How long the service holds an answer back while nothing changes, in seconds; it takes up to 30.
pub(crate) const LONG_POLL: u16 = 20;

/// How long to wait before a statement that may be run again is sent anew.
const QUERY_PAUSES: &[Duration] =
    &[Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(6)];

/// Returns the name of the statements with a key.
pub(super) fn name(key: &str) -> String {
    format!("{NAME}{key}")
}

/// A database and who we are in it.
pub(super) struct Api {
    client: Client,
    pub connection: RedshiftConnection,
}

/// Says in a request which database it is for and who we are; the requests have no trait in common.
macro_rules! connected {
    ($request:expr, $connection:expr) => {{
        let connection = $connection.clone();
        $request
            .set_workgroup_name(connection.workgroup)
            .set_cluster_identifier(connection.cluster)
            .database(connection.database)
            .set_db_user(connection.db_user)
            .set_secret_arn(connection.secret)
    }};
}

impl Api {
    pub(crate) fn new(config: &SdkConfig, connection: &RedshiftConnection) -> Self {
        Self { client: Client::new(config), connection: connection.clone() }
    }

    /// Starts statements; is sent once, and does nothing when the token has been used.
    pub(crate) async fn start(&self, batch: &Batch, name: &str, token: &str) -> Result<String, AwsError> {
        let parameters: Vec<SqlParameter> = batch
            .params
            .iter()
            .filter_map(|(name, value)| SqlParameter::builder().name(name).value(value).build().ok())
            .collect();
        let parameters = Some(parameters).filter(|parameters| !parameters.is_empty());
        macro_rules! started {
            ($request:expr) => {{
                let request = connected!($request, &self.connection)
                    .set_parameters(parameters)
                    .statement_name(name)
                    .client_token(token);
                aws::send(request).await.map_err(with_used_token)?.id
            }};
        }
        let id = if let [only] = batch.sqls.as_slice() {
            started!(self.client.execute_statement().sql(&only.text))
        } else {
            let mode = if batch.transaction { ExecutionMode::Transaction } else { ExecutionMode::AutoCommit };
            let texts = batch.sqls.iter().map(|sql| sql.text.clone()).collect();
            let request = self.client.batch_execute_statement().set_sqls(Some(texts)).execution_mode(mode);
            started!(request)
        };
        Ok(id.unwrap_or_default())
    }

    /// Lists the statements of all states in this database whose names begin so.
    pub(crate) async fn named(&self, prefix: &str) -> Result<Vec<StatementData>, AwsError> {
        let connection = self.connection.clone();
        let request = self
            .client
            .list_statements()
            .set_workgroup_name(connection.workgroup)
            .set_cluster_identifier(connection.cluster)
            .database(connection.database)
            .statement_name(prefix)
            .status(StatusString::All);
        let mut pages = aws::pages(request);
        let mut statements = Vec::new();
        while let Some(page) = pages.next().await? {
            statements.extend(page.statements);
        }
        Ok(statements)
    }

    /// Describes a statement, at once or when it has changed.
    pub(crate) async fn describe(&self, id: &str, wait: bool) -> Result<DescribeStatementOutput, AwsError> {
        let request = self.client.describe_statement().id(id);
        aws::send(request.set_wait_time_seconds(wait.then_some(LONG_POLL.into()))).await
    }

    /// Cancels a statement; that it has ended already is fine.
    pub(crate) async fn cancel(&self, id: &str) -> Result<Cancelled, AwsError> {
        match aws::send(self.client.cancel_statement().id(id)).await {
            Err(error) if error.kind == Kind::Invalid && error.message.contains("already") => {
                Ok(Cancelled::HadEnded)
            }
            answer => answer.map(|_| Cancelled::WasTold),
        }
    }

    /// Reads the first rows of a result, at most a page of them.
    pub(crate) async fn result(&self, id: &str) -> Result<Rows, AwsError> {
        let page = aws::send(self.client.get_statement_result().id(id)).await?;
        let columns = page
            .column_metadata()
            .iter()
            .map(|column| column.label.as_ref().or(column.name.as_ref()).cloned().unwrap_or_default());
        Ok(Rows {
            columns: columns.collect(),
            total: u64::try_from(page.total_num_rows).unwrap_or_default(),
            cells: page.records.into_iter().map(|row| row.into_iter().map(text).collect()).collect(),
        })
    }

    /// Reads all rows of a result.
    pub(crate) async fn whole_result(&self, id: &str) -> Result<Rows, AwsError> {
        let mut rows = Rows { columns: Vec::new(), cells: Vec::new(), total: 0 };
        let mut pages = aws::pages(self.client.get_statement_result().id(id));
        while let Some(page) = pages.next().await? {
            if rows.columns.is_empty() {
                rows.columns = page
                    .column_metadata()
                    .iter()
                    .map(|column| column.name.clone().unwrap_or_default())
                    .collect();
            }
            rows.total = u64::try_from(page.total_num_rows).unwrap_or_default();
            rows.cells.extend(page.records.into_iter().map(|row| row.into_iter().map(text).collect()));
        }
        Ok(rows)
    }

    /// Starts a statement that may be run again, and does so when it does not know whether it has.
    async fn begun(&self, sql: &str) -> Result<String, AwsError> {
        let request = self.client.execute_statement().sql(sql).statement_name("dagc");
        let request = connected!(request, &self.connection);
        for pause in QUERY_PAUSES {
            match aws::send(request.clone()).await {
                Err(error) if is_passing(error.kind) => tokio::time::sleep(*pause).await,
                answer => return Ok(answer?.id.unwrap_or_default()),
            }
        }
        Ok(aws::send(request).await?.id.unwrap_or_default())
    }

    /// Runs one statement that may be run again, to its end.
    pub(crate) async fn query(&self, sql: &str) -> Result<Rows, Trouble> {
        let id = self.begun(sql).await?;
        let mut pace = Pace::growing(Duration::from_millis(100), Duration::from_secs(3));
        let mut wait = true;
        loop {
            let described = match self.describe(&id, wait).await {
                Err(error) if error.kind == Kind::Throttled => {
                    wait = false;
                    pace.slow_down();
                    tokio::time::sleep(pace.wait()).await;
                    continue;
                }
                answer => answer?,
            };
            match described.status.as_ref().map_or("", |status| status.as_str()) {
                "FINISHED" if described.has_result_set == Some(true) => {
                    return Ok(self.whole_result(&id).await?);
                }
                "FINISHED" => return Ok(Rows { columns: Vec::new(), cells: Vec::new(), total: 0 }),
                "SUBMITTED" | "PICKED" | "STARTED" => tokio::time::sleep(pace.wait()).await,
                state => {
                    let error = described.error.unwrap_or_default();
                    let message = format!("Redshift statement {id} ended as {state}: {error}\n{sql}");
                    // What was cancelled from outside may pass when tried again.
                    return Err(if state == "ABORTED" || may_pass_later(&error) {
                        Failure::retry(message).into()
                    } else {
                        Failure::for_good(message).into()
                    });
                }
            }
        }
    }
}

/// Says whether what may be run again is to be sent again.
fn is_passing(kind: Kind) -> bool {
    matches!(kind, Kind::Throttled | Kind::Ambiguous | Kind::Unavailable)
}

/// A refusal because the token was used for another request is a conflict, whatever it is called: an attempt
/// before this one has started something.
fn with_used_token(mut error: AwsError) -> AwsError {
    let message = error.message.to_lowercase();
    let is_about_token = message.contains("clienttoken") || message.contains("client token");
    if error.kind == Kind::Invalid && is_about_token && message.contains("already") {
        error.kind = Kind::Conflict;
    }
    error
}

fn text(field: Field) -> Option<String> {
    match field {
        Field::IsNull(_) => None,
        Field::StringValue(text) => Some(text),
        Field::LongValue(number) => Some(number.to_string()),
        Field::DoubleValue(number) => Some(number.to_string()),
        Field::BooleanValue(value) => Some(value.to_string()),
        Field::BlobValue(blob) => Some(format!("{} bytes", blob.as_ref().len())),
        _ => Some("?".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::operation::Request;
    use aws_sdk_redshiftdata::operation::execute_statement::builders::ExecuteStatementFluentBuilder;

    #[test]
    fn a_used_token_is_a_conflict() {
        for (message, expected) in [
            ("The ClientToken was already used with other parameters.", Kind::Conflict),
            ("client token already in use", Kind::Conflict),
            ("ClientToken is too long", Kind::Invalid),
            ("Redshift endpoint doesn't exist in this region", Kind::Invalid),
        ] {
            let error = AwsError {
                operation: ExecuteStatementFluentBuilder::OPERATION,
                kind: Kind::Invalid,
                code: Some("ValidationException".to_owned()),
                message: message.to_owned(),
                request_id: None,
                bucket_region: None,
            };
            assert_eq!(with_used_token(error).kind, expected, "{message}");
        }
    }
}
