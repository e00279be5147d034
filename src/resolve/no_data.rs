//! What a project names as no data, though it may lie among data: markers, files with JSONPaths, manifests,
//! scripts, DAG files.
//!
//! Takes an environment and its resolved pipelines; gives for a path the patterns of the keys below it that
//! are no data. [`crate::objects`] says what follows.

use super::{Action, Pattern, Pipeline, Prefixes};
use crate::lang::PipelineSpec;
use crate::lang::project::EnvironmentSpec;
use crate::lang::source::{Format, JsonPath, SourceSpec};
use crate::lang::step::StepKind;
use crate::objects::{escaped, holes, opened, opened_text, wildcard};
use crate::plan::Dataset;
use crate::sql::Access;
use crate::template::Template;
use std::collections::BTreeSet;

/// How the files end that a load writes for COPY.
const STAGED: [&str; 2] = ["*.manifest", "*.ledger.csv"];

/// The name of the list that UNLOAD writes behind the prefix of its files.
const UNLOADED: &str = "manifest";

/// What is no data in an environment, by place.
#[derive(Debug, Default)]
pub struct NoData {
    /// Patterns with their buckets: `s3://bucket/key`; folders end in `/`.
    patterns: Vec<String>,
    places: Prefixes<usize>,
}

impl NoData {
    /// Gathers what the environment and its pipelines name.
    pub fn new(environment: &EnvironmentSpec, pipelines: &[Pipeline<'_>]) -> Self {
        let mut patterns = BTreeSet::new();
        of_environment(environment, &mut patterns);
        for pipeline in pipelines {
            of_spec(pipeline.spec, &mut patterns);
            for task in &pipeline.tasks {
                if let Action::Sql { .. } = task.action {
                    let writes = task.touches.iter().filter(|touch| touch.access == Access::Writes);
                    patterns.extend(writes.filter_map(|touch| match &touch.dataset {
                        Dataset::Prefix(path) => Some(opened_text(path.trim_end_matches('*')) + UNLOADED),
                        Dataset::Table { .. } | Dataset::CatalogTable(_) => None,
                    }));
                }
            }
        }
        let mut gathered = Self { patterns: patterns.into_iter().collect(), places: Prefixes::default() };
        for (n, pattern) in gathered.patterns.iter().enumerate() {
            gathered.places.insert(&Pattern::new(pattern), n);
        }
        gathered
    }

    /// Lists patterns of the keys that are no data of a path. What lies beside it or above it is not meant:
    /// who names the folder of the manifests gets them.
    pub fn below(&self, path: &Template) -> Vec<String> {
        let path = opened(&path.to_string());
        let mut found = BTreeSet::new();
        self.places.overlapping(&Pattern::new(&path), &mut |n| {
            let pattern = &self.patterns[n];
            let is_object_of_pattern = !path.ends_with('/')
                && depth(&path) == depth(pattern)
                && crate::objects::first_wildcard(&path).is_some();
            if depth(pattern) > depth(&path) || is_object_of_pattern {
                found.insert(key(pattern).to_owned());
            }
        });
        found.into_iter().collect()
    }
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

fn of_spec(spec: &PipelineSpec, patterns: &mut BTreeSet<String>) {
    for (_, source) in spec.sources() {
        patterns.extend(marker(source).map(|marker| opened(&marker)));
        patterns.extend(source.format.as_ref().and_then(|format| paths_of(&format.format)));
    }
    for step in &spec.steps.steps {
        if let StepKind::RedshiftCopy(copy) = &step.kind {
            patterns.extend(copy.format.as_ref().and_then(|format| paths_of(&format.format)));
        }
    }
}

/// Returns the key of a source's marker.
pub(super) fn marker(source: &SourceSpec) -> Option<String> {
    let wait = source.wait.as_ref().filter(|wait| !wait.off)?;
    let marker = wait.settings.as_ref()?.marker.as_ref()?;
    let source = &source.path.as_ref()?.value.0;
    let path = source.to_string();
    let behind = holes(&path).last().map_or(0, |hole| hole.end);
    let folder = match path[behind..].rfind('/').map(|slash| behind + slash) {
        Some(slash) if wildcard(source).is_some() && !path.ends_with('/') => path[..=slash].to_owned(),
        _ => folder(&path),
    };
    Some(format!("{folder}{}", escaped(&marker.value)))
}

/// Returns the key of a file with JSONPaths.
pub(super) fn paths_of(format: &Format) -> Option<String> {
    match format {
        Format::Json(json) => match &json.path.as_ref()?.value {
            JsonPath::File(path) => Some(escaped(&path.0)),
            JsonPath::Names(_) | JsonPath::Whole => None,
        },
        Format::Csv(_) | Format::Parquet | Format::Orc | Format::Avro => None,
    }
}

fn folder(prefix: &str) -> String {
    format!("{}/", prefix.trim_end_matches('/'))
}

/// Returns what stands behind the bucket.
fn key(path: &str) -> &str {
    let rest = path.strip_prefix("s3://").unwrap_or(path);
    rest.split_once('/').map_or("", |(_, key)| key)
}

fn depth(path: &str) -> usize {
    key(path).split('/').filter(|part| !part.is_empty()).count()
}
