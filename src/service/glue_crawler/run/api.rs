//! The calls of a crawler.

use super::{LAST_LINE, id, started};
use crate::aws::operation::requests;
use crate::aws::{self, AwsError};
use crate::exec::cloudwatch::{Ended, Excerpt, Logs};
use crate::exec::log::Log;
use crate::service::glue_crawler::job;
use aws_config::SdkConfig;
use aws_sdk_glue::types::{CrawlerHistory, CrawlsFilter, FieldName, FilterOperator};
use std::time::SystemTime;

requests! {
    aws_sdk_glue::get_crawler[GetCrawlerFluentBuilder GetCrawlerOutput GetCrawlerError]
        = job::GET_CRAWLER;
    aws_sdk_glue::list_crawls[ListCrawlsFluentBuilder ListCrawlsOutput ListCrawlsError]
        = job::LIST_CRAWLS, pages set_next_token next_token;
    aws_sdk_glue::start_crawler[StartCrawlerFluentBuilder StartCrawlerOutput StartCrawlerError]
        = job::START_CRAWLER;
    aws_sdk_glue::stop_crawler[StopCrawlerFluentBuilder StopCrawlerOutput StopCrawlerError]
        = job::STOP_CRAWLER;
}

/// What a crawler is asked: of Glue, or of a simulation.
pub(crate) trait Crawler {
    /// Asks how it stands.
    async fn state(&self) -> Result<State, AwsError>;

    /// Lists its crawls that began since a moment.
    async fn crawls(&self, since: SystemTime) -> Result<Vec<CrawlerHistory>, AwsError>;

    /// Starts a crawl; is sent once.
    async fn start(&self) -> Result<(), AwsError>;

    /// Ends the crawl that runs.
    async fn stop(&self) -> Result<(), AwsError>;

    /// Passes on what it has logged of a crawl.
    async fn pass_on_log(&self, crawl: &CrawlerHistory, ended: Ended, log: &Log<'_>);
}

/// How a crawler stands.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// `READY`, `RUNNING`, `STOPPING`
    pub name: String,
    /// When its last crawl that is over began.
    pub last_started: Option<SystemTime>,
}

/// A crawler of Glue.
pub(crate) struct Api {
    glue: aws_sdk_glue::Client,
    logs: Logs,
    region: String,
    name: String,
}

impl Api {
    pub(super) fn new(config: &SdkConfig, region: &str, name: &str) -> Self {
        Self {
            glue: aws_sdk_glue::Client::new(config),
            logs: Logs::new(config),
            region: region.to_owned(),
            name: name.to_owned(),
        }
    }
}

impl Crawler for Api {
    async fn state(&self) -> Result<State, AwsError> {
        let answer = aws::send(self.glue.get_crawler().name(&self.name)).await?;
        let Some(crawler) = answer.crawler else {
            return Ok(State { name: String::new(), last_started: None });
        };
        let name = crawler.state.map_or_else(String::new, |state| state.as_str().to_owned());
        let last = crawler.last_crawl.and_then(|crawl| crawl.start_time);
        Ok(State { name, last_started: last.and_then(|at| SystemTime::try_from(at).ok()) })
    }

    async fn crawls(&self, since: SystemTime) -> Result<Vec<CrawlerHistory>, AwsError> {
        let since = since.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let filter = CrawlsFilter::builder()
            .field_name(FieldName::StartTime)
            .filter_operator(FilterOperator::Ge)
            .field_value(since.as_millis().to_string())
            .build();
        let request = self.glue.list_crawls().crawler_name(&self.name).filters(filter);
        let mut pages = aws::pages(request);
        let mut crawls = Vec::new();
        while let Some(page) = pages.next().await? {
            crawls.extend(page.crawls.unwrap_or_default());
        }
        Ok(crawls)
    }

    async fn start(&self) -> Result<(), AwsError> {
        aws::send(self.glue.start_crawler().name(&self.name)).await.map(|_| ())
    }

    async fn stop(&self) -> Result<(), AwsError> {
        aws::send(self.glue.stop_crawler().name(&self.name)).await.map(|_| ())
    }

    async fn pass_on_log(&self, crawl: &CrawlerHistory, ended: Ended, log: &Log<'_>) {
        let group = crawl.log_group.as_deref().unwrap_or("/aws-glue/crawlers");
        let stream = crawl.log_stream.as_deref().unwrap_or(&self.name);
        let text = crawl.message_prefix.as_deref().unwrap_or_else(|| id(crawl));
        let excerpt = Excerpt { group, stream, text, since: started(crawl), end: LAST_LINE };
        excerpt.finish(&self.logs, ended, &self.region, log).await;
    }
}
