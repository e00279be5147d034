//! What a project names as no data, though it may lie among data: markers, files with JSONPaths, manifests,
//! scripts, DAG files. [`crate::objects`] says what follows.

use super::{Pattern, Prefixes};
use crate::lang::source::{Format, JsonPath, SourceSpec};
use crate::objects::{escaped, escaped_template, holes, opened, wildcard};
use crate::template::Template;
use std::collections::BTreeSet;

/// What is no data in an environment, by place.
#[derive(Debug, Default)]
pub struct NoData {
    /// Patterns with their buckets: `s3://bucket/key`; folders end in `/`.
    patterns: Vec<String>,
    places: Prefixes<usize>,
}

impl NoData {
    /// Takes patterns with their buckets: `s3://bucket/key`; folders end in `/`.
    pub fn new(patterns: BTreeSet<String>) -> Self {
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

/// Returns the key of a source's marker.
pub fn marker(source: &SourceSpec) -> Option<String> {
    let wait = source.wait.as_ref().filter(|wait| !wait.off)?;
    let marker = wait.settings.as_ref()?.marker.as_ref()?;
    let source = &source.path.as_ref()?.value.0;
    let path = source.to_string();
    let behind = holes(&path).last().map_or(0, |hole| hole.end);
    let folder = match path[behind..].rfind('/').map(|slash| behind + slash) {
        Some(slash) if wildcard(source).is_some() && !path.ends_with('/') => path[..=slash].to_owned(),
        _ => folder(&path),
    };
    Some(folder + &escaped_template(&marker.value))
}

/// Returns the key of a file with JSONPaths.
pub fn paths_of(format: &Format) -> Option<String> {
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
