//! Checks: one batch of queries, which reads only.

use super::api::Api;
use super::batch::{Role, Sql};
use crate::exec::checks::{Check, complete as completed, tell, verdict};
use crate::exec::log::Log;
use crate::exec::outcome::{Outputs, Trouble};
use crate::service::assertion;
use crate::sql::Dialect;
use crate::sql::write::Unfilled;
use crate::template::RunValues;
use aws_sdk_redshiftdata::operation::describe_statement::DescribeStatementOutput;
use serde_json::{Value, json};

/// Completes the queries.
pub(super) fn complete(
    check: &assertion::Check,
    values: &RunValues,
) -> Result<(Vec<Check>, Vec<Sql>), Unfilled> {
    let all = completed(check, values, Dialect::Redshift)?.into_iter();
    Ok(all.map(|(check, sql)| (check, Sql::new(Role::Check, sql))).unzip())
}

/// Reads the results; fails for good when a check does not hold.
pub(super) async fn outputs(
    api: &Api,
    described: &DescribeStatementOutput,
    checks: &[Check],
    log: &Log<'_>,
) -> Result<Outputs, Trouble> {
    let parts = described.sub_statements();
    let mut failed = Vec::new();
    for (n, check) in checks.iter().enumerate() {
        let id = parts.get(n).map_or(described.id.as_str(), |part| part.id.as_str());
        failed.extend(tell(check, &api.result(id).await?, log)?);
    }
    verdict(&failed, checks.len())?;
    let mut outputs = Outputs::new();
    outputs.insert("checks".to_owned(), json!(checks.len()));
    outputs.insert("bytes_scanned".to_owned(), Value::Null);
    Ok(outputs)
}
