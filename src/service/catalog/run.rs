//! Tables of the Data Catalog: made where there is none, compared where there is one, and given their partitions.
//!
//! All of it is compare and set: what is there is looked at, and what is missing is made, so that an attempt may do again
//! what another one has done. A table of the name that somebody makes in between is compared; one that somebody changes in
//! between is looked at again, for an update names the version that it has seen.
//!
//! | module | gives |
//! | --- | --- |
//! | [`api`] | the calls |
//! | [`input`] | a table and its partitions as the catalog takes them |
//! | [`drift`] | how a table is another one |
//! | [`partitions`] | partitions: added where they are missing, compared where they are there |

mod api;
mod drift;
mod input;
mod partitions;

use super::job::{self, OnDrift, RegisterTable};
use crate::aws::{self, AwsError};
use crate::exec::key::{Identity, content};
use crate::exec::outcome::{Ended, Failure, Outputs};
use crate::exec::runner::{Run, by_itself, patiently, seconds};
use crate::exec::start::Start;
use crate::template::RunValues;
use api::Catalog;
use aws_config::SdkConfig;
use drift::Drift;
use serde_json::{Value, json};
use std::future::Future;

/// Registers a table and its partitions, or ends because `stop` is ready.
pub(crate) async fn run(
    spec: &RegisterTable,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    // Nothing is started that could be found again.
    let run = (start.run)(Identity { kind: "register_table", target: Vec::new(), content: content([]) });
    by_itself(&run, "registering a table", register(start.config, spec, start.values, &run), stop).await
}

async fn register(
    config: &SdkConfig,
    spec: &RegisterTable,
    values: &RunValues,
    run: &Run<'_>,
) -> Result<Ended, Failure> {
    let wanted = partitions::wanted(spec, values)?;
    let catalog = Catalog::new(config, &spec.table);
    let (done, table) = table(&catalog, spec, run).await?;
    let (added, moved) = partitions::add(&catalog, spec, &table, &wanted, run).await?;
    let region = aws::region(config);
    let outputs = [
        ("handle", json!(spec.table.to_string())),
        ("url", json!(job::link(&region, &spec.table))),
        ("seconds", json!(seconds(run.looks.elapsed(run.clock.now())))),
        ("done", json!(done)),
        ("partitions_added", json!(added)),
        ("partitions_moved", json!(moved)),
    ];
    Ok(Ended::Done(outputs.map(|(name, value)| (name.to_owned(), value)).into_iter().collect::<Outputs>()))
}

/// Sees to the table; returns what was done, and the table.
async fn table(
    catalog: &Catalog<'_>,
    spec: &RegisterTable,
    run: &Run<'_>,
) -> Result<(&'static str, Value), Failure> {
    let declared = input::table(spec);
    let Some(there) = patiently(run, || found_or_made(catalog, &declared)).await? else {
        run.log.info(format!("the table {} was made: its files are in {}", spec.table, spec.location));
        return Ok(("created", declared));
    };
    let drift = Drift::of(&there, spec);
    if !drift.other.is_empty() {
        return Err(another(spec, &drift.other));
    }
    if drift.changed.is_empty() {
        run.log.info(format!("the table {} is there, as it is declared", spec.table));
        return Ok(("kept", there));
    }
    let told = drift.changed.join("; ");
    match spec.on_drift {
        OnDrift::Fail => Err(another(spec, &drift.changed)),
        OnDrift::Warn => {
            run.log
                .warning(format!("the table {} is not as it is declared, and stays so: {told}", spec.table));
            Ok(("kept", there))
        }
        OnDrift::Update => {
            run.log.info(format!("the table {} is changed: {told}", spec.table));
            let changed = patiently(run, || updated(catalog, spec)).await?;
            Ok(("updated", changed))
        }
    }
}

/// Reads the table, or makes it: none when it was made.
async fn found_or_made(catalog: &Catalog<'_>, declared: &Value) -> Result<Option<Value>, AwsError> {
    if let Some(there) = catalog.found().await? {
        return Ok(Some(there));
    }
    if catalog.create(declared).await? {
        return Ok(None);
    }
    // Somebody has made it in between.
    catalog.found().await
}

/// Changes the table as it is now; returns it.
async fn updated(catalog: &Catalog<'_>, spec: &RegisterTable) -> Result<Value, AwsError> {
    let Some(there) = catalog.found().await? else {
        let declared = input::table(spec);
        catalog.create(&declared).await?;
        return Ok(declared);
    };
    let drift = Drift::of(&there, spec);
    if drift.changed.is_empty() || !drift.other.is_empty() {
        return Ok(there);
    }
    let changed = input::updated(&there, spec);
    let version = there["VersionId"].as_str().map(str::to_owned);
    catalog.update(changed.clone(), version).await?;
    Ok(changed)
}

fn another(spec: &RegisterTable, differs: &[String]) -> Failure {
    let table = &spec.table;
    Failure::for_good(format!(
        "there is another table {table}: {}. Nothing was changed. Declare it as it is, or drop it, which takes away no file, \
         and clear this task; `on_drift: update` changes columns and how files are read",
        differs.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of Parquet files with a column.
    pub(super) fn spec(more: &Value) -> RegisterTable {
        let mut spec = json!({
            "table": { "schema": "raw", "table": "sales" }, "location": "s3://raw/sales/",
            "format": { "type": "parquet" }, "columns": [{ "name": "id", "type": "bigint" }], "on_drift": "fail",
        });
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(spec).unwrap()
    }
}
