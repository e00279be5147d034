//! `glue_crawler`: runs a crawler, which dagc makes when it is told what to crawl.

use crate::lang::arn::RoleArn;
use crate::lang::decode::{record, words};
use crate::lang::value::S3Path;
use crate::text::Spanned;

record! {
    "`glue_crawler`"
    /// Runs a Glue crawler and reports what it changed. With `from` or `path` publishing creates or updates
    /// the crawler; without them it must exist.
    pub struct GlueCrawlerStep {
        /// The crawler's name.
        pub crawler: Spanned<String>,
        /// The source or step whose files are crawled.
        pub from: Option<Spanned<String>>,
        /// The prefix that is crawled.
        pub path: Option<Spanned<S3Path>>,
        /// The catalog's database that gets the tables.
        pub database: Option<Spanned<String>>,
        /// The role that the crawler runs as.
        pub role: Option<Spanned<RoleArn>>,
        /// What the names of its tables begin with.
        pub table_prefix: Option<Spanned<String>>,
        /// What is crawled again.
        pub recrawl: Option<Spanned<Recrawl>>,
        /// What happens when columns change.
        pub on_schema_change: Option<Spanned<OnSchemaChange>>,
        /// What happens when it is crawling already; `wait` when absent.
        pub if_running: Option<Spanned<IfRunning>>,
    }
}

words! {
    "a recrawl policy"
    /// What a crawler looks at again.
    pub enum Recrawl {
        /// Everything.
        Everything = "everything",
        /// Folders that are new.
        NewFolders = "new_folders",
        /// What S3's events name.
        Events = "events",
    }
}

words! {
    "an answer to a changed schema"
    /// What a crawler does when columns change.
    pub enum OnSchemaChange {
        /// The table in the catalog is updated.
        Update = "update",
        /// The change is logged only.
        Log = "log",
    }
}

words! {
    "an answer to a running crawl"
    /// What happens when the crawler is running already.
    pub enum IfRunning {
        /// Its result counts as ours, though it may have gone past what was written since it began.
        Adopt = "adopt",
        /// It is waited for, then a crawl of ours is started.
        Wait = "wait",
        /// The task fails.
        Fail = "fail",
    }
}
