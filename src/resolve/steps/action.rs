//! What a task does, one kind of step after the other, with what it touches on the way.

use super::connection::connection_name;
use super::input::Want;
use super::{Found, Resolver, Sql, read};
use crate::lang::step::{
    Expectation, GlueCrawlerStep, GlueJobStep, RedshiftCopyStep, RedshiftSqlStep, SqlCheckStep, StepKind,
    StepSpec,
};
use crate::resolve::sql::NotUnderstood;
use crate::resolve::{Action, Connection, Data, Named, Script, UserFile, no_data};
use crate::sql::Access;
use crate::text::Spanned;

impl<'a> Resolver<'_, 'a> {
    pub(super) fn action(
        &mut self,
        index: usize,
        step: &'a StepSpec,
        script: Option<Sql<'a>>,
        found: &mut Found,
    ) -> Action<'a> {
        match &step.kind {
            StepKind::GlueCrawler(crawler) => self.crawl(index, step, crawler, found),
            StepKind::GlueJob(job) => self.glue_job(index, step, job, found),
            StepKind::RedshiftCopy(copy) => self.copy(index, step, copy, found),
            StepKind::RedshiftSql(sql) => {
                let script = script.expect("invariant: every redshift_sql step has its script");
                self.sql(step, sql, script, found)
            }
            StepKind::SqlCheck(check) => self.check(step, check, found),
            StepKind::Bash(bash) => {
                let script = bash.script.as_ref().and_then(|script| self.file(script, found));
                let only = connection_name(self.scope, None);
                self.listed_touches(step, bash.reads.as_deref(), Access::Reads, only, found);
                self.listed_touches(step, bash.writes.as_deref(), Access::Writes, only, found);
                Action::Bash { step: bash, script }
            }
            StepKind::Operator(operator) => {
                let only = connection_name(self.scope, None);
                self.listed_touches(step, operator.reads.as_deref(), Access::Reads, only, found);
                self.listed_touches(step, operator.writes.as_deref(), Access::Writes, only, found);
                Action::Operator(operator)
            }
        }
    }

    fn crawl(
        &mut self,
        index: usize,
        step: &'a StepSpec,
        crawler: &'a GlueCrawlerStep,
        found: &mut Found,
    ) -> Action<'a> {
        let mut inputs = Vec::new();
        if let Some(from) = &crawler.from {
            inputs.extend(
                self.input(step, from, "crawls", found, Want::Files).into_iter().map(|(_, data)| data),
            );
        }
        if let Some(path) = &crawler.path {
            inputs.push(self.path(&path.value.0, path.span, found));
        }
        self.gives_touches(index, crawler.crawler.span, found);
        Action::Crawl { step: crawler, inputs }
    }

    fn glue_job(
        &mut self,
        index: usize,
        step: &'a StepSpec,
        job: &'a GlueJobStep,
        found: &mut Found,
    ) -> Action<'a> {
        let mut inputs = Vec::new();
        for from in job.from.iter().flat_map(|from| &from.0) {
            inputs.extend(self.input(step, from, "reads", found, Want::Any));
        }
        let write = job.write.as_ref();
        let place = write.and_then(|write| {
            write.path.as_ref().map(|path| path.span).or(write.table.as_ref().map(|table| table.span))
        });
        self.gives_touches(index, place.unwrap_or(step.kind_span), found);
        let script = job.script.as_ref().and_then(|script| self.file(script, found));
        let libraries = job.libraries.iter().flatten().filter(|library| is_file(library));
        let libraries = libraries.filter_map(|library| self.file(library, found)).collect();
        Action::GlueJob { step: job, inputs, script, libraries }
    }

    fn copy(
        &mut self,
        index: usize,
        step: &'a StepSpec,
        copy: &'a RedshiftCopyStep,
        found: &mut Found,
    ) -> Action<'a> {
        let connection = self.connection(step, copy.into.as_ref());
        found.incomplete |= connection.is_none();
        let mut inputs = match &copy.from {
            Some(from) => {
                let inputs = self.input(step, from, "loads", found, Want::Files);
                self.one_input(step, from, &inputs, found);
                inputs.into_iter().map(|(_, data)| data).collect()
            }
            None => Vec::new(),
        };
        if let Some(path) = &copy.path {
            inputs.push(self.path(&path.value.0, path.span, found));
        }
        let own = copy.format.as_ref().map(|format| (&format.format, format.span));
        let given = inputs.first().and_then(|data| match data {
            Data::Files { format: Some(format), .. } => Some((*format, copy.from.as_ref()?.span)),
            Data::Files { .. } | Data::Catalog(_) | Data::Table { .. } => None,
        });
        if let Some((format, span)) = own.or(given) {
            found.touches.extend(no_data::paths_of(format).map(|path| read(path, span)));
        }
        self.gives_touches(index, copy.table.span, found);
        Action::Copy { step: copy, input: inputs.into_iter().next(), connection }
    }

    fn sql(
        &mut self,
        step: &'a StepSpec,
        sql: &'a RedshiftSqlStep,
        (connection, script): Sql<'a>,
        found: &mut Found,
    ) -> Action<'a> {
        found.incomplete |= connection.is_none() || !script.complete;
        if let Some(connection) = &connection {
            self.sql_touches(connection, &script, found);
            let name = Some(connection.name);
            self.listed_touches(step, sql.reads.as_deref(), Access::Reads, name, found);
            self.listed_touches(step, sql.writes.as_deref(), Access::Writes, name, found);
        }
        Action::Sql { step: sql, connection, script }
    }

    fn check(&mut self, step: &'a StepSpec, check: &'a SqlCheckStep, found: &mut Found) -> Action<'a> {
        let mut connection = check.into.as_ref().and_then(|into| self.connection(step, Some(into)));
        let mut table = None;
        if let Some(of) = &check.of {
            match self.names.find(of, Some(step)) {
                Named::Unknown if of.contains('.') => {
                    connection = connection.or_else(|| self.connection(step, check.into.as_ref()));
                    table = self.table(of, found);
                    if let (Some(connection), Some(name)) = (&connection, &table) {
                        let data = Data::Table { connection: connection.name.to_owned(), name: name.clone() };
                        found.touch(Access::Reads, &data, of.span);
                    }
                }
                _ => {
                    let inputs = self.input(step, of, "checks", found, Want::Table);
                    self.one_input(step, of, &inputs, found);
                    if let Some((_, Data::Table { connection: name, name: found })) = inputs.first() {
                        let redshift = self.scope.spec.redshift.as_ref();
                        let known =
                            redshift.iter().flat_map(|map| &map.0).find(|(key, _)| &key.value == name);
                        connection = connection
                            .or_else(|| known.map(|(name, spec)| Connection { name: &name.value, spec }));
                        table = Some(found.clone());
                    }
                }
            }
        }
        let has_table = check.of.is_some();
        if connection.is_none()
            && check.into.is_none()
            && !found.incomplete
            && !(has_table && table.is_some())
        {
            connection = self.connection(step, None);
        }
        let mut queries = Vec::new();
        for expectation in &check.expect {
            if let Expectation::Sql(sql) = expectation {
                let text = Script::new(self.scope, &step.name, sql, NotUnderstood::Passes, self.diagnostics);
                found.incomplete |= !text.complete;
                if let Some(connection) = &connection {
                    self.sql_touches(connection, &text, found);
                }
                queries.push(text);
            }
        }
        found.incomplete |= connection.is_none();
        Action::Check { step: check, connection, table, queries }
    }

    fn file(&mut self, path: &Spanned<String>, found: &mut Found) -> Option<UserFile> {
        match self.scope.files.bytes(path.span.file, path, path.span) {
            Ok(file) => Some(file),
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                found.incomplete = true;
                None
            }
        }
    }
}

/// A library is a file when its name ends as one.
pub(crate) fn is_file(library: &str) -> bool {
    [".py", ".zip", ".whl", ".egg", ".jar"].iter().any(|end| library.ends_with(end))
        && !library.contains("==")
}
