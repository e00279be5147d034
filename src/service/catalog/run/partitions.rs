//! The partitions of a table: added where they are missing, compared where they are there.

use super::api::Catalog;
use super::input;
use crate::aws::AwsError;
use crate::exec::outcome::Failure;
use crate::exec::runner::{Run, patiently};
use crate::service::catalog::job::{MOST, OnDrift, RegisterTable};
use crate::template::RunValues;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeSet;

/// A partition that shall be there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Partition {
    values: Vec<String>,
    location: String,
}

/// Fills the values of a run in; each partition once.
pub(super) fn wanted(spec: &RegisterTable, values: &RunValues) -> Result<BTreeSet<Partition>, Failure> {
    let mut partitions = BTreeSet::new();
    for one in &spec.partitions {
        let mut filled = Vec::with_capacity(one.len());
        for (column, value) in spec.partition_by.iter().zip(one) {
            let value = value.render(values)?;
            if value.is_empty() {
                let name = &column.name;
                return Err(Failure::for_good(format!("the value of `{name}` in `partitions` is empty")));
            }
            filled.push(value);
        }
        partitions.insert(Partition { location: input::folder(spec, &filled), values: filled });
    }
    Ok(partitions)
}

/// Adds the partitions that are missing; returns how many, and how many were given another place.
pub(super) async fn add(
    catalog: &Catalog<'_>,
    spec: &RegisterTable,
    table: &Value,
    wanted: &BTreeSet<Partition>,
    run: &Run<'_>,
) -> Result<(usize, usize), Failure> {
    let count = Cell::new(0);
    let mut elsewhere = Vec::new();
    let wanted: Vec<&Partition> = wanted.iter().collect();
    for some in wanted.chunks(MOST) {
        elsewhere.extend(patiently(run, || added_of(catalog, table, some, &count)).await?);
    }
    let added = count.get();
    if !wanted.is_empty() {
        run.log.info(format!("{added} of {} partitions were added; the others were there", wanted.len()));
    }
    if elsewhere.is_empty() {
        return Ok((added, 0));
    }
    let told = places(&elsewhere);
    match spec.on_drift {
        OnDrift::Fail => Err(Failure::for_good(format!(
            "partitions of {} are there with files elsewhere: {told}. They were not changed; with `on_drift: update` they are",
            spec.table
        ))),
        OnDrift::Warn => {
            run.log.warning(format!("partitions of {} stay with files elsewhere: {told}", spec.table));
            Ok((added, 0))
        }
        OnDrift::Update => {
            run.log
                .info(format!("partitions of {} are given the places that are declared: {told}", spec.table));
            moved(catalog, table, &elsewhere, run).await?;
            Ok((added, elsewhere.len()))
        }
    }
}

/// A partition that shall be there, and where it is.
type Elsewhere = (Partition, String);

/// Adds those that are missing of at most [`MOST`], and counts them; returns those that are elsewhere.
async fn added_of(
    catalog: &Catalog<'_>,
    table: &Value,
    wanted: &[&Partition],
    count: &Cell<usize>,
) -> Result<Vec<Elsewhere>, AwsError> {
    let values: Vec<Vec<String>> = wanted.iter().map(|partition| partition.values.clone()).collect();
    let there = catalog.partitions(&values).await?;
    let missing: Vec<Value> = wanted
        .iter()
        .filter(|partition| location(&there, partition).is_none())
        .map(|partition| input::partition(table, &partition.values, &partition.location))
        .collect();
    let sent = missing.len();
    if sent == 0 {
        return Ok(elsewhere(&there, wanted));
    }
    let (added, refused) = catalog.add(missing).await?;
    count.set(count.get() + added);
    match refused {
        Some(error) => Err(error),
        None if added == sent => Ok(elsewhere(&there, wanted)),
        // Somebody has added some in between.
        None => Ok(elsewhere(&catalog.partitions(&values).await?, wanted)),
    }
}

/// Where a partition is, of those that are there.
fn location<'t>(there: &'t [Value], wanted: &Partition) -> Option<&'t str> {
    let found = there.iter().find(|partition| partition["Values"] == json!(wanted.values))?;
    Some(found["StorageDescriptor"]["Location"].as_str().unwrap_or_default())
}

fn elsewhere(there: &[Value], wanted: &[&Partition]) -> Vec<Elsewhere> {
    let bare = |location: &str| location.trim_end_matches('/').to_owned();
    let other = |partition: &&&Partition| {
        let found = location(there, partition)?;
        (bare(found) != bare(&partition.location)).then(|| ((**partition).clone(), found.to_owned()))
    };
    wanted.iter().filter_map(|partition| other(&partition)).collect()
}

/// How many partitions are told.
const TOLD: usize = 5;

fn places(elsewhere: &[Elsewhere]) -> String {
    let one = |(wanted, found): &Elsewhere| format!("{found}, not {}", wanted.location);
    let mut told: Vec<String> = elsewhere.iter().take(TOLD).map(one).collect();
    if elsewhere.len() > TOLD {
        told.push(format!("and {} more", elsewhere.len() - TOLD));
    }
    told.join("; ")
}

/// Gives partitions the places that are declared.
async fn moved(
    catalog: &Catalog<'_>,
    table: &Value,
    elsewhere: &[Elsewhere],
    run: &Run<'_>,
) -> Result<(), Failure> {
    for some in elsewhere.chunks(MOST) {
        let entry = |(wanted, _): &Elsewhere| {
            (wanted.values.clone(), input::partition(table, &wanted.values, &wanted.location))
        };
        patiently(run, || catalog.change(some.iter().map(entry).collect())).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::spec;
    use super::*;

    #[test]
    fn each_partition_is_added_once_and_none_without_a_value() {
        let by = json!([{ "name": "dt", "type": "string" }]);
        let of = |partitions: Value| {
            partitions_of(&spec(&json!({ "partition_by": by, "partitions": partitions })))
        };
        let found = of(json!([["b"], ["a"], ["b"]])).unwrap();
        let places: Vec<&str> = found.iter().map(|partition| partition.location.as_str()).collect();
        assert_eq!(places, ["s3://raw/sales/dt=a/", "s3://raw/sales/dt=b/"]);
        assert_eq!(of(json!([[""]])).unwrap_err().message, "the value of `dt` in `partitions` is empty");
    }

    fn partitions_of(spec: &RegisterTable) -> Result<BTreeSet<Partition>, Failure> {
        wanted(spec, &RunValues::default())
    }
}
