//! What publishing makes in Glue for a pipeline, as files: so that a review sees the jobs, the crawlers, the hashes of
//! their scripts and those scripts that dagc makes, and a stale one is found. They are read by people only and not published.

use super::File;
use crate::plan::{Asset, Plan, Resource};
use crate::service::glue_crawler::job::CrawlerDefinition;
use crate::service::glue_job::job::GlueJobDefinition;
use serde::Serialize;
use std::collections::BTreeMap;

/// What the file of a pipeline holds.
#[derive(Serialize)]
struct Resources<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    glue_jobs: Vec<&'a GlueJobDefinition>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    crawlers: Vec<&'a CrawlerDefinition>,
    /// The files of the jobs by the URI under which they are put; it carries the hash of their content.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<&'a str, &'a str>,
}

/// Returns the resources of a pipeline, and the scripts that are made for it.
pub(super) fn resource_files(plan: &Plan) -> impl Iterator<Item = File> {
    let scripts = plan.resources.iter().filter_map(|resource| match resource {
        Resource::GlueJob(job) if job.script.is_made => {
            Some((format!("{FOLDER}{}", job.script.path), job.script.content.to_vec()))
        }
        Resource::GlueJob(_) | Resource::Crawler(_) => None,
    });
    resource_file(plan).into_iter().chain(scripts)
}

/// Writes the resources of a pipeline, in the order of their names; none when publishing makes nothing for it.
fn resource_file(plan: &Plan) -> Option<File> {
    if plan.resources.is_empty() {
        return None;
    }
    let mut found = Resources { glue_jobs: Vec::new(), crawlers: Vec::new(), files: BTreeMap::new() };
    for resource in &plan.resources {
        match resource {
            Resource::GlueJob(job) => {
                let assets = std::iter::once(&job.script).chain(&job.files);
                found.files.extend(assets.map(|asset: &Asset| (asset.uri.as_str(), &*asset.path)));
                found.glue_jobs.push(job);
            }
            Resource::Crawler(crawler) => found.crawlers.push(crawler),
        }
    }
    found.glue_jobs.sort_by(|a, b| a.name.cmp(&b.name));
    found.crawlers.sort_by(|a, b| a.name.cmp(&b.name));
    let mut content = serde_json::to_vec_pretty(&found).expect("invariant: keys are strings, numbers finite");
    content.push(b'\n');
    Some((format!("{FOLDER}{}.json", plan.dag.id), content))
}

/// Where these files are, below the namespace's folder.
pub(super) const FOLDER: &str = ".dagc/resources/";
