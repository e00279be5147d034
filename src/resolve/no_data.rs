//! What is no data in an environment: what its settings name, its sources, and the steps of its pipelines.

use super::{NoData, Pipeline};
use crate::lang::project::EnvironmentSpec;
use crate::objects::{escaped, opened};
use crate::scope::{marker, paths_of};
use std::collections::BTreeSet;

/// How the files end that a load writes for COPY.
const STAGED: [&str; 2] = ["*.manifest", "*.ledger.csv"];

/// Gathers what the environment and its pipelines name.
pub fn no_data(environment: &EnvironmentSpec, pipelines: &[Pipeline<'_>]) -> NoData {
    let mut patterns = BTreeSet::new();
    of_environment(environment, &mut patterns);
    for pipeline in pipelines {
        for (_, source) in pipeline.spec.sources() {
            patterns.extend(marker(source).map(|marker| opened(&marker)));
            patterns.extend(source.format.as_ref().and_then(|format| paths_of(format.files()?)));
        }
        for task in &pipeline.tasks {
            patterns.extend(task.kind.no_data(task));
        }
    }
    NoData::new(patterns)
}

fn of_environment(environment: &EnvironmentSpec, patterns: &mut BTreeSet<String>) {
    let connections = environment.redshift.iter().flat_map(|redshift| &redshift.0);
    for staging in connections.filter_map(|(_, connection)| connection.staging.as_ref()) {
        let folder = escaped(&folder(&staging.value.0));
        // Where the folder of the data is the one of the manifests, they are told by their names.
        patterns.extend(STAGED.map(|name| format!("{folder}{name}")));
        patterns.insert(folder);
    }
    let assets = environment.glue.as_ref().and_then(|glue| glue.assets.as_ref());
    patterns
        .extend(assets.into_iter().chain(&environment.dags).map(|place| escaped(&folder(&place.value.0))));
}

fn folder(prefix: &str) -> String {
    format!("{}/", prefix.trim_end_matches('/'))
}
