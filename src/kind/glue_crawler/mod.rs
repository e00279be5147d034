//! `glue_crawler`: runs a crawler, which dagc makes when it is told what to crawl.

mod lower;
mod rules;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{
    Asks, Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs, Published, Several, Want,
};
use crate::lang::arn::RoleArn;
use crate::lang::decode::record;
use crate::lang::step::{IfRunning, OnSchemaChange, Recrawl};
use crate::lang::value::{S3Path, TableName};
use crate::scope::{Data, Meaning};
use crate::service;
use crate::service::section::Heading;
use crate::sql::Access;
use crate::template::Template;
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
        /// The security configuration of a crawler that is made; the environment's when absent.
        pub security_configuration: Option<Spanned<String>>,
        /// What the names of its tables begin with.
        pub table_prefix: Option<Spanned<String>>,
        /// What is crawled again.
        pub recrawl: Option<Spanned<Recrawl>> = Recrawl::Everything,
        /// What happens when columns change.
        pub on_schema_change: Option<Spanned<OnSchemaChange>> = OnSchemaChange::Update,
        /// What happens when it is crawling already.
        pub if_running: Option<Spanned<IfRunning>> = IfRunning::Wait,
    }
    at most one of [from, path]
}

/// All partitions make one table: those of other runs are crawled, too.
const CRAWLS: Asks = Asks { does: "crawls", want: Want::Files, of_one_run: None };

impl Kind for GlueCrawlerStep {
    const NAME: &'static str = "glue_crawler";
    const ELSEWHERE: &'static [&'static str] = &["crawl", "crawler", "crawlers", "glue_crawl"];
    const BRIEF: &'static str = "runs a Glue crawler, which dagc can make";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::glue_crawler::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::glue_crawler::job::OUTPUTS);

    /// It gives the files that it reads, and tables whose names are Glue's to choose: dagc guesses them.
    fn gives<'a>(&'a self, known: &Known<'_, 'a>) -> Gives<'a> {
        let files = match (&self.path, &self.from) {
            (Some(path), _) => vec![Data::path(&path.value.0)],
            (None, Some(from)) => known.of(from),
            (None, None) => Vec::new(),
        };
        let tables: Vec<Data<'_>> = files
            .iter()
            .filter_map(|data| match (data, &self.database) {
                (Data::Files { path, .. }, Some(database)) => {
                    let prefix = self.table_prefix.as_ref().map_or("", |prefix| &prefix.value);
                    crawled_table(database, prefix, path.as_ref()).map(Data::catalog)
                }
                _ => None,
            })
            .collect();
        let files = files.into_iter().filter(|data| matches!(data, Data::Files { .. }));
        Gives { several: Several::All, ..Gives::of(files.chain(tables).collect(), Nothing::Reported) }
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        if let Some(from) = &self.from {
            cx.take(from, CRAWLS);
        }
        if let Some(path) = &self.path {
            cx.take_path(&path.value.0, path.span);
        }
        let own = cx.own;
        for table in own.data.iter().filter(|data| matches!(data, Data::Catalog(_))) {
            cx.touch(Access::Creates, table, self.crawler.span);
        }
    }

    /// Of the files that it crawls.
    fn adds_partitions(&self) -> bool {
        true
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }

    fn publishes(&self, cx: &Checking<'_, '_>) -> Option<Published> {
        let (name, span) = (self.crawler.value.clone(), self.crawler.span);
        (!cx.task.inputs.is_empty()).then_some(Published { what: "crawler", name, span })
    }

    /// A crawler that several pipelines run may be spelled out in each.
    fn publishes_same(&self, task: &Meaning<'_>, other: &Self, others: &Meaning<'_>) -> bool {
        fn data<'t, 'a>(task: &'t Meaning<'a>) -> impl Iterator<Item = &'t Data<'a>> {
            task.inputs.iter().map(|input| &input.data)
        }
        data(task).eq(data(others))
            && self.database == other.database
            && self.role == other.role
            && self.table_prefix == other.table_prefix
            && self.recrawl == other.recrawl
            && self.on_schema_change == other.on_schema_change
    }
}

/// The table that a crawler makes of a prefix is named after its last folder that is no partition.
fn crawled_table(database: &str, prefix: &str, path: &Template) -> Option<TableName> {
    let text = path.static_prefix();
    let folders = text.strip_prefix("s3://")?.rsplit_once('/')?.0;
    let folder = folders.rsplit('/').find(|folder| !folder.contains('=') && !folder.is_empty())?;
    let valid = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let table = format!("{}{}", prefix.to_ascii_lowercase(), folder.chars().map(valid).collect::<String>());
    Some(TableName { schema: database.to_ascii_lowercase(), table })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crawled_tables_are_named_after_their_folder() {
        for (path, table) in [
            ("s3://raw/flights/dt={{ ds }}/", Some("raw.t_flights")),
            ("s3://raw/Flights-2/", Some("raw.t_flights_2")),
            ("s3://raw/a/b/*.csv", Some("raw.t_b")),
            ("s3://raw", None),
        ] {
            let path = Template::parse(path).unwrap();
            assert_eq!(crawled_table("raw", "t_", &path).map(|name| name.to_string()).as_deref(), table);
        }
    }
}
