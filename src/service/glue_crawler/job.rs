//! A crawl, and the crawler that publishing makes for it, as the plan keeps them.

use crate::service::arn::{Part, Resource};
use crate::service::asset::Asset;
use crate::service::call::{Call, Caller, On, Touched, call, operations, right, touched, wanted};
use crate::service::console::{base, encode};
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::failure::{Codes, Kind};
use crate::service::glue::TO_GLUE;
use crate::service::logs::FILTER_LOG_EVENTS;
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Members, Output, SECONDS, URL, perhaps};
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use serde::{Deserialize, Serialize};

pub use crate::lang::step::{IfRunning, OnSchemaChange, Recrawl};

/// Runs a crawler that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crawl {
    /// Its name.
    pub crawler: String,
    /// What happens when it is running already.
    pub if_running: IfRunning,
    /// Seconds for which a crawl that was started may not be listed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub listing_lag: Option<u64>,
}

/// A crawler as publishing makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CrawlerDefinition {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The role's ARN or name.
    pub role: String,
    /// The catalog's database.
    pub database: String,
    /// The prefixes that it crawls: what stands before the first hole.
    pub targets: Vec<CrawlTarget>,
    /// The security configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_configuration: Option<String>,
    /// What the names of its tables begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_prefix: Option<String>,
    /// What it looks at again.
    pub recrawl: Recrawl,
    /// What it does when columns change.
    pub on_schema_change: OnSchemaChange,
}

/// A prefix that is crawled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CrawlTarget {
    /// The prefix.
    pub path: String,
    /// Glue's patterns of what is no data in it, relative to the prefix.
    pub exclusions: Vec<String>,
}

/// Codes that only this service has.
const CODES: Codes = &[("CrawlerRunningException", Kind::Busy), ("CrawlerStoppingException", Kind::Busy)];

operations! {
    codes CODES;

    /// Makes a crawler.
    CREATE_CRAWLER = "glue:CreateCrawler" Starts Throttled [
        right("glue:CreateCrawler", On::Anything), right("iam:PassRole", On::Role).under(TO_GLUE)
    ];
    /// Reads a crawler and its state.
    GET_CRAWLER = "glue:GetCrawler" Repeatable Usual [right("glue:GetCrawler", On::Itself)];
    /// Lists the crawls of a crawler.
    LIST_CRAWLS = "glue:ListCrawls" Repeatable Usual [right("glue:ListCrawls", On::Anything)];
    /// Starts a crawl.
    START_CRAWLER = "glue:StartCrawler" Starts Never [right("glue:StartCrawler", On::Itself)];
    /// Ends the crawl that runs; the runner repeats it within the little time that it has.
    STOP_CRAWLER = "glue:StopCrawler" Repeatable Never [right("glue:StopCrawler", On::Itself)];
    /// Changes a crawler.
    UPDATE_CRAWLER = "glue:UpdateCrawler" Repeatable Usual [
        right("glue:UpdateCrawler", On::Itself), right("iam:PassRole", On::Role).under(TO_GLUE)
    ];
}

/// What a crawl gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    perhaps("tables_created", Form::Count, "how many tables it has made"),
    perhaps("tables_updated", Form::Count, "how many tables it has changed"),
    perhaps("tables_deleted", Form::Count, "how many tables it has removed"),
];

impl Shown for Crawl {}

impl Crawl {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in: ten minutes at least (AWS Glue pricing).
    pub fn billed(&self) -> &'static [Billed] {
        &[Billed { unit: Unit::DpuHours, measured: Measured::Time, least: 600 }]
    }
}

impl CrawlerDefinition {
    /// Returns the files of the user's that are put into S3 for it: none.
    pub fn assets(&self) -> Vec<&Asset> {
        Vec::new()
    }
}

impl Members for Crawl {}

impl Caller for Crawl {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[
            call(START_CRAWLER),
            call(GET_CRAWLER),
            call(STOP_CRAWLER),
            call(LIST_CRAWLS),
            wanted(FILTER_LOG_EVENTS, "for the crawler's log; without it there is a warning and no log"),
        ];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Itself => touched("the crawler", named(&self.crawler)),
            On::Anything => touched("all crawlers", Resource::Anything),
            On::Log => touched(
                "the log group `/aws-glue/crawlers`",
                Resource::regional("logs", [Part::Fixed("log-group:/aws-glue/crawlers:"), Part::Any]),
            ),
            _ => Vec::new(),
        }
    }
}

impl Caller for CrawlerDefinition {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[call(GET_CRAWLER), call(UPDATE_CRAWLER), call(CREATE_CRAWLER)];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Itself => touched("the crawler", named(&self.name)),
            On::Anything => touched("all crawlers", Resource::Anything),
            On::Role => touched("Glue's role", Resource::role(&self.role)),
            _ => Vec::new(),
        }
    }
}

fn named(crawler: &str) -> Resource {
    Resource::regional("glue", [Part::Fixed("crawler/"), Part::Name(crawler.to_owned())])
}

/// Links to a crawler in the console.
pub fn link(region: &str, name: &str) -> String {
    let (base, name) = (base(region), encode(name));
    format!("{base}/glue/home?region={region}#/v2/data-catalog/crawlers/view/{name}")
}

/// The heading of what whoever runs a crawl must be allowed.
pub const RIGHTS: Heading = Heading::new("`glue_crawler`");

/// Returns what the page of permissions says of both.
pub(in crate::service) fn sections() -> Vec<Section> {
    let name = "CRAWLER".to_owned();
    let crawl = Crawl { crawler: name.clone(), if_running: IfRunning::Wait, listing_lag: None };
    let crawler = CrawlerDefinition {
        name,
        description: None,
        role: "ROLE".to_owned(),
        database: String::new(),
        targets: Vec::new(),
        security_configuration: None,
        table_prefix: None,
        recrawl: Recrawl::Everything,
        on_schema_change: OnSchemaChange::Update,
    };
    vec![
        Section::new(Who::Worker, RIGHTS).of(&[&crawl]).billed(crawl.billed()),
        Section::new(Who::Publisher, Heading::new("A `glue_crawler` with a `from` or a `path`"))
            .of(&[&crawler]),
    ]
}
