//! The crawl, and the crawler when it is told what to crawl.

use super::GlueCrawlerStep;
use crate::kind::contract::{Lowered, Lowering};
use crate::objects::glue_exclusions;
use crate::plan::{Job, Resource, Work};
use crate::scope::Data;
use crate::service::glue_crawler::job::{Crawl, CrawlTarget, CrawlerDefinition};
use crate::template::Template;

pub(super) fn lower(step: &GlueCrawlerStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let work = Work::Job(Job::Crawl(Crawl {
        crawler: step.crawler.value.clone(),
        if_running: step.if_running(),
        listing_lag: cx.listing_lag(),
    }));
    let mut targets: Vec<CrawlTarget> = cx
        .task
        .inputs
        .iter()
        .filter_map(|input| match &input.data {
            Data::Files { path, .. } => Some(target(path)),
            Data::Catalog(_) | Data::Table { .. } | Data::Jdbc { .. } => None,
        })
        .map(|path| {
            let except = cx.no_data.below(&Template::text(&path));
            CrawlTarget { exclusions: glue_exclusions(&path, &except), path }
        })
        .collect();
    targets.sort_unstable();
    targets.dedup();
    if targets.is_empty() {
        return Some(Lowered::work(work));
    }
    let crawler = CrawlerDefinition {
        name: step.crawler.value.clone(),
        description: Some(format!("{} of {}", cx.task.name, cx.pipeline)),
        role: cx.role(step.role.as_ref())?,
        database: step.database.as_ref()?.value.clone(),
        targets,
        security_configuration: cx.security_configuration(step.security_configuration.as_ref()),
        table_prefix: step.table_prefix.as_ref().map(|prefix| prefix.value.clone()),
        recrawl: step.recrawl(),
        on_schema_change: step.on_schema_change(),
    };
    Some(Lowered { work, resources: vec![Resource::Crawler(crawler)] })
}

/// A crawler crawls folders: what stands before the first folder with a hole.
fn target(path: &Template) -> String {
    let still = path.static_prefix();
    match path.as_text() {
        Some(whole) => whole.to_owned(),
        None => still.rfind('/').map_or(still, |slash| &still[..=slash]).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crawlers_crawl_folders() {
        for (path, expected) in [
            ("s3://raw/flights/dt={{ ds }}/", "s3://raw/flights/"),
            ("s3://raw/flights", "s3://raw/flights"),
            ("s3://raw/{{ ds }}", "s3://raw/"),
        ] {
            assert_eq!(target(&Template::parse(path).unwrap()), expected);
        }
    }
}
