//! What a step stands for where another one names it.

use super::connection::connection_name;
use super::literal::literal;
use super::touches::sql_data;
use super::{Resolver, Sql};
use crate::lang::step::{GlueCrawlerStep, RedshiftSqlStep, StepKind, StepSpec};
use crate::lang::value::TableName;
use crate::resolve::{Data, Named, Scope};
use crate::template::Template;
use crate::text::Spanned;
use std::borrow::Cow;

impl<'a> Resolver<'_, 'a> {
    /// Finds what a step stands for. `depth` ends a ring of crawlers, which is a cycle and reported as one.
    pub(super) fn gives(&self, index: usize, scripts: &[Option<Sql<'a>>], depth: usize) -> Vec<Data<'a>> {
        let step = &self.spec.steps.steps[index];
        match &step.kind {
            StepKind::GlueJob(job) => {
                let write = job.write.as_ref();
                let files = write.and_then(|write| {
                    let path = write.path.as_ref()?;
                    Some(Data::Files {
                        path: Cow::Borrowed(&path.value.0),
                        whole: None,
                        format: write.format.as_ref().map(|format| &format.format),
                        columns: None,
                    })
                });
                let table = write.and_then(|write| Some(Data::Catalog(write.table.as_ref()?.value.clone())));
                files.into_iter().chain(table).collect()
            }
            StepKind::GlueCrawler(crawler) => self.crawled(step, crawler, scripts, depth),
            StepKind::RedshiftCopy(copy) => {
                let connection = connection_name(self.scope, copy.into.as_ref());
                let table = |connection: &str| Data::Table {
                    connection: connection.to_owned(),
                    name: copy.table.value.clone(),
                };
                connection.map(table).into_iter().collect()
            }
            StepKind::RedshiftSql(sql) => written(self.scope, sql, scripts[index].as_ref()),
            StepKind::Bash(bash) => self.listed(bash.writes.as_deref()),
            StepKind::Operator(operator) => self.listed(operator.writes.as_deref()),
            StepKind::SqlCheck(_) => Vec::new(),
        }
    }

    fn crawled(
        &self,
        step: &StepSpec,
        crawler: &'a GlueCrawlerStep,
        scripts: &[Option<Sql<'a>>],
        depth: usize,
    ) -> Vec<Data<'a>> {
        let files = match (&crawler.path, &crawler.from) {
            (Some(path), _) => vec![Data::path(&path.value.0)],
            (None, Some(from)) => match self.names.find(from, Some(step)) {
                Named::Source(source) => Data::of_source(self.names.source(source).1).into_iter().collect(),
                Named::Steps(steps) if depth < 8 => {
                    steps.iter().flat_map(|step| self.gives(*step, scripts, depth + 1)).collect()
                }
                Named::Steps(_) | Named::Broken | Named::Unknown => Vec::new(),
            },
            (None, None) => Vec::new(),
        };
        let tables: Vec<Data<'_>> = files
            .iter()
            .filter_map(|data| match (data, &crawler.database) {
                (Data::Files { path, .. }, Some(database)) => {
                    let prefix = crawler.table_prefix.as_ref().map_or("", |prefix| &prefix.value);
                    crawled_table(database, prefix, path.as_ref()).map(Data::Catalog)
                }
                _ => None,
            })
            .collect();
        files.into_iter().filter(|data| matches!(data, Data::Files { .. })).chain(tables).collect()
    }

    fn listed(&self, writes: Option<&[Spanned<String>]>) -> Vec<Data<'a>> {
        let only = connection_name(self.scope, None);
        writes.unwrap_or_default().iter().filter_map(|text| literal(text, only).ok()).collect()
    }
}

/// What SQL writes, by itself and by what the step lists.
fn written<'a>(scope: &Scope<'a>, sql: &RedshiftSqlStep, script: Option<&Sql<'a>>) -> Vec<Data<'a>> {
    let Some((Some(connection), text)) = script else { return Vec::new() };
    let mut data: Vec<Data<'_>> = Vec::new();
    for (access, found, _) in sql_data(scope, connection, text) {
        if access.gives_rows() && !data.contains(&found) {
            data.push(found);
        }
    }
    let listed = sql.writes.iter().flatten();
    for found in listed.filter_map(|text| literal(text, Some(connection.name)).ok()) {
        if !data.contains(&found) {
            data.push(found);
        }
    }
    data
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
