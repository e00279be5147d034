//! Tasks: one for each source that waits and one for each step, with what they touch.

use super::names::waits;
use super::{
    Action, Connection, Data, Named, Names, Need, Pipeline, Scope, SqlText, Task, Touch, UserFile, settings,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::{Dataset, TaskSettings, Why};
use crate::source::{Span, Spanned};
use crate::spec::PipelineSpec;
use crate::spec::decode::Leaf;
use crate::spec::leaf::TableName;
use crate::spec::project::{RedshiftSpec, TriggerRule};
use crate::spec::step::{Expectation, StepKind, StepSpec};
use crate::sql::{Access, Target};
use crate::template::Template;
use crate::yaml::{Scalar, Style};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How much longer than its own limit Airflow lets a wait run, in seconds, so that the wait can say itself
/// that its time is over.
const WAIT_MARGIN: u64 = 300;

/// Makes the tasks of a pipeline.
pub(super) fn tasks<'a>(
    scope: &Scope<'a>,
    spec: &'a PipelineSpec,
    names: &Names<'a>,
    diagnostics: &mut Diagnostics,
) -> Vec<Task<'a>> {
    let mut resolver = Resolver { scope, spec, names, gives: Vec::new(), unclear: Vec::new(), diagnostics };
    let mut tasks = resolver.waits();
    let mut scripts = resolver.scripts();
    resolver.gives = (0..spec.steps.steps.len()).map(|n| resolver.gives(n, &scripts, 0)).collect();
    let is_unclear = |sql: &Sql<'_>| sql.0.is_none() || !sql.1.complete;
    resolver.unclear = scripts.iter().map(|sql| sql.as_ref().is_some_and(is_unclear)).collect();
    for (n, step) in spec.steps.steps.iter().enumerate() {
        let script = scripts[n].take();
        tasks.push(resolver.step(n, step, script));
    }
    tasks
}

/// The SQL of a `redshift_sql` step, needed before the step itself: others may name it.
type Sql<'a> = (Option<Connection<'a>>, SqlText<'a>);

struct Resolver<'r, 'a> {
    scope: &'r Scope<'a>,
    spec: &'a PipelineSpec,
    names: &'r Names<'a>,
    /// What each step stands for where another one names it.
    gives: Vec<Vec<Data<'a>>>,
    /// Steps of whose SQL or connection something wrong has been reported.
    unclear: Vec<bool>,
    diagnostics: &'r mut Diagnostics,
}

/// What has been found for the step at hand.
#[derive(Default)]
struct Found {
    touches: Vec<Touch>,
    needs: Vec<Need>,
    incomplete: bool,
}

impl Found {
    fn touch(&mut self, access: Access, data: &Data<'_>, span: Span) {
        let external = matches!(data, Data::Files { .. } | Data::Catalog(_));
        self.touches.push(Touch { access, dataset: data.dataset(), span, external, by_name: false });
    }
}

impl<'a> Resolver<'_, 'a> {
    fn waits(&self) -> Vec<Task<'a>> {
        let sources = self.spec.sources.iter().flat_map(|sources| &sources.0);
        sources
            .filter(|(_, source)| waits(source))
            .map(|(name, source)| {
                let mut settings = settings::merged(self.scope, self.spec, None);
                let limit = source.wait.as_ref().and_then(|wait| wait.settings.as_ref()?.timeout.as_ref());
                if let Some(limit) = limit {
                    settings.timeout = Some(limit.value.0 + WAIT_MARGIN);
                }
                let path = source.path.as_ref().map(|path| Touch {
                    access: Access::Reads,
                    dataset: Dataset::Prefix(path.value.0.to_string()),
                    span: path.span,
                    external: true,
                    by_name: false,
                });
                Task {
                    id: task_id(&format!("wait_{}", name.value)),
                    name: &name.value,
                    span: name.span,
                    step: None,
                    settings,
                    trigger_rule: TriggerRule::AllSuccess,
                    on_kill: settings::on_kill(self.scope, self.spec, None),
                    action: Action::Wait(source),
                    touches: path.into_iter().collect(),
                    needs: Vec::new(),
                    outputs: BTreeMap::new(),
                    incomplete: false,
                }
            })
            .collect()
    }

    fn scripts(&mut self) -> Vec<Option<Sql<'a>>> {
        let steps = &self.spec.steps.steps;
        steps
            .iter()
            .map(|step| match &step.kind {
                StepKind::RedshiftSql(sql) => {
                    let connection = self.connection(step, sql.into.as_ref());
                    Some((connection, SqlText::new(self.scope, &step.name, &sql.sql, self.diagnostics)))
                }
                _ => None,
            })
            .collect()
    }

    /// Finds what a step stands for. `depth` ends a ring of crawlers, which is a cycle and reported as one.
    fn gives(&self, index: usize, scripts: &[Option<Sql<'a>>], depth: usize) -> Vec<Data<'a>> {
        let step = &self.spec.steps.steps[index];
        match &step.kind {
            StepKind::GlueJob(job) => {
                let write = job.write.as_ref();
                let files = write.and_then(|write| {
                    let path = write.path.as_ref()?;
                    Some(Data::Files {
                        path: Cow::Borrowed(&path.value.0),
                        format: write.format.as_ref().map(|format| &format.format),
                        columns: None,
                    })
                });
                let table = write.and_then(|write| Some(Data::Catalog(write.table.as_ref()?.value.clone())));
                files.into_iter().chain(table).collect()
            }
            StepKind::GlueCrawler(crawler) => {
                let files = match (&crawler.path, &crawler.from) {
                    (Some(path), _) => vec![Data::path(&path.value.0)],
                    (None, Some(from)) => match self.names.find(from, Some(step)) {
                        Named::Source(source) => {
                            Data::of_source(self.names.source(source).1).into_iter().collect()
                        }
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
            StepKind::RedshiftCopy(copy) => {
                let connection = connection_name(self.scope, copy.into.as_ref());
                let table = |connection: &str| Data::Table {
                    connection: connection.to_owned(),
                    name: copy.table.value.clone(),
                };
                connection.map(table).into_iter().collect()
            }
            StepKind::RedshiftSql(sql) => {
                let Some((Some(connection), text)) = &scripts[index] else { return Vec::new() };
                let mut data: Vec<Data<'_>> = Vec::new();
                for (access, found, _) in sql_data(connection, text) {
                    if access == Access::Writes && !data.contains(&found) {
                        data.push(found);
                    }
                }
                let listed = sql.writes.iter().flatten();
                data.extend(listed.filter_map(|text| literal(text, Some(connection.name)).ok()));
                data
            }
            StepKind::Bash(bash) => self.listed(bash.writes.as_deref()),
            StepKind::Operator(operator) => self.listed(operator.writes.as_deref()),
            StepKind::SqlCheck(_) => Vec::new(),
        }
    }

    fn listed(&self, writes: Option<&[Spanned<String>]>) -> Vec<Data<'a>> {
        let only = connection_name(self.scope, None);
        writes.unwrap_or_default().iter().filter_map(|text| literal(text, only).ok()).collect()
    }

    fn step(&mut self, index: usize, step: &'a StepSpec, script: Option<Sql<'a>>) -> Task<'a> {
        let mut found = Found::default();
        let action = self.action(index, step, script, &mut found);
        for after in step.common.after.iter().flat_map(|after| &after.0) {
            self.after(step, after, &mut found);
        }
        let declared = self.spec.sources.iter().flat_map(|sources| &sources.0);
        let declared: Vec<Dataset> = declared
            .filter_map(|(_, source)| Data::of_source(source))
            .filter(|data| matches!(data, Data::Table { .. }))
            .map(|data| data.dataset())
            .collect();
        for touch in &mut found.touches {
            touch.external |= declared.contains(&touch.dataset);
        }
        Task {
            id: task_id(&step.name),
            name: &step.name.value,
            span: step.name.span,
            step: Some(step),
            settings: self.settings(step),
            trigger_rule: step
                .common
                .trigger_rule
                .as_ref()
                .map_or(TriggerRule::AllSuccess, |rule| rule.value),
            on_kill: settings::on_kill(self.scope, self.spec, Some(&step.common)),
            action,
            touches: found.touches,
            needs: found.needs,
            outputs: BTreeMap::new(),
            incomplete: found.incomplete,
        }
    }

    fn settings(&self, step: &StepSpec) -> TaskSettings {
        settings::merged(self.scope, self.spec, Some(&step.common))
    }

    fn action(
        &mut self,
        index: usize,
        step: &'a StepSpec,
        script: Option<Sql<'a>>,
        found: &mut Found,
    ) -> Action<'a> {
        match &step.kind {
            StepKind::GlueCrawler(crawler) => {
                let mut inputs = Vec::new();
                if let Some(from) = &crawler.from {
                    inputs.extend(
                        self.input(step, from, "crawls", found, Want::Files)
                            .into_iter()
                            .map(|(_, data)| data),
                    );
                }
                if let Some(path) = &crawler.path {
                    inputs.push(self.path(&path.value.0, path.span, found));
                }
                self.gives_touches(index, crawler.crawler.span, found);
                Action::Crawl { step: crawler, inputs }
            }
            StepKind::GlueJob(job) => {
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
            StepKind::RedshiftCopy(copy) => {
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
                self.gives_touches(index, copy.table.span, found);
                Action::Copy { step: copy, input: inputs.into_iter().next(), connection }
            }
            StepKind::RedshiftSql(sql) => {
                let (connection, script) = script.expect("every redshift_sql step has its script");
                found.incomplete |= connection.is_none() || !script.complete;
                if let Some(connection) = &connection {
                    self.sql_touches(connection, &script, found);
                    self.listed_touches(
                        step,
                        sql.reads.as_deref(),
                        Access::Reads,
                        Some(connection.name),
                        found,
                    );
                    self.listed_touches(
                        step,
                        sql.writes.as_deref(),
                        Access::Writes,
                        Some(connection.name),
                        found,
                    );
                }
                Action::Sql { step: sql, connection, script }
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

    fn check(
        &mut self,
        step: &'a StepSpec,
        check: &'a crate::spec::step::SqlCheckStep,
        found: &mut Found,
    ) -> Action<'a> {
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
                let text = SqlText::new(self.scope, &step.name, sql, self.diagnostics);
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

    /// Resolves what a step reads by a name, a path or a table.
    fn input(
        &mut self,
        step: &'a StepSpec,
        from: &'a Spanned<String>,
        does: &str,
        found: &mut Found,
        want: Want,
    ) -> Vec<(Option<&'a str>, Data<'a>)> {
        match self.names.find(from, Some(step)) {
            Named::Source(index) => {
                let (name, source) = self.names.source(index);
                if let Some(task) = self.names.wait_of_source(index) {
                    found.needs.push(Need { task, why: Why::Wait(name.to_owned()), span: from.span });
                }
                let Some(data) = Data::of_source(source) else {
                    found.incomplete = true;
                    return Vec::new();
                };
                if !want.takes(&data) {
                    self.wrong_data(step, from, does, &data, want, found);
                    return Vec::new();
                }
                found.touches.push(Touch {
                    access: Access::Reads,
                    dataset: data.dataset(),
                    span: from.span,
                    external: true,
                    by_name: false,
                });
                vec![(Some(name), data)]
            }
            Named::Steps(steps) => {
                let mut inputs = Vec::new();
                for index in steps {
                    found.needs.push(Need {
                        task: self.names.task_of_step(index),
                        why: Why::From,
                        span: from.span,
                    });
                    inputs.extend(self.data_of_step(step, index, from, does, found, want));
                }
                inputs
            }
            Named::Broken => {
                found.incomplete = true;
                Vec::new()
            }
            Named::Unknown => self.spelled_out(step, from, does, found, want),
        }
    }

    fn data_of_step(
        &mut self,
        step: &'a StepSpec,
        index: usize,
        from: &Spanned<String>,
        does: &str,
        found: &mut Found,
        want: Want,
    ) -> Option<(Option<&'a str>, Data<'a>)> {
        let other = &self.spec.steps.steps[index];
        // A job's input is the table that a crawler made, where there is one.
        let mut all: Vec<&Data<'a>> = self.gives[index].iter().filter(|data| want.takes(data)).collect();
        if want == Want::Any && matches!(other.kind, StepKind::GlueCrawler(_)) {
            all.reverse();
        }
        let Some(data) = all.first().map(|data| (*data).clone()) else {
            match self.gives[index].first().cloned() {
                Some(data) => self.wrong_data(step, from, does, &data, want, found),
                None if self.unclear[index] => found.incomplete = true,
                None => self.gives_nothing(step, other, from, does, found),
            }
            return None;
        };
        if all.len() > 1
            && matches!(other.kind, StepKind::RedshiftSql(_) | StepKind::Bash(_) | StepKind::Operator(_))
        {
            let many: Vec<String> = all.iter().map(|data| data.dataset().to_string()).collect();
            self.diagnostics.push(
                Diagnostic::new(
                    Code::UnknownReference,
                    from.span,
                    format!("step `{}` writes more than one thing: {}", other.name.value, many.join(", ")),
                )
                .also(other.name.span, "this step")
                .help("name the table or the prefix instead of the step"),
            );
            found.incomplete = true;
            return None;
        }
        found.touches.push(Touch {
            access: Access::Reads,
            dataset: data.dataset(),
            span: from.span,
            external: true,
            by_name: true,
        });
        Some((Some(other.base_name()), data))
    }

    fn gives_nothing(
        &mut self,
        step: &StepSpec,
        other: &StepSpec,
        from: &Spanned<String>,
        does: &str,
        found: &mut Found,
    ) {
        found.incomplete = true;
        // A step with errors of its own may have said it there.
        let (key, what) = match &other.kind {
            StepKind::GlueJob(_) => ("write", "has no `write`"),
            StepKind::Bash(_) | StepKind::Operator(_) => ("writes", "has no `writes`"),
            StepKind::RedshiftSql(sql) if sql.writes.is_none() => {
                ("writes", "writes no table that dagc sees")
            }
            StepKind::SqlCheck(_) => ("after", "makes no data"),
            StepKind::GlueCrawler(_) | StepKind::RedshiftCopy(_) | StepKind::RedshiftSql(_) => return,
        };
        let diagnostic = Diagnostic::new(
            Code::MissingKey,
            from.span,
            format!("step `{}` {does} `{}`, which {what}", step.name.value, from.value),
        )
        .also(other.name.span, "this step");
        self.diagnostics.push(if key == "after" {
            diagnostic.help(format!("to come after it, write `after: {}`", from.value))
        } else {
            diagnostic.help(format!("say there what it gives: `{key}:`"))
        });
    }

    /// A path or a table where no name fits.
    fn spelled_out(
        &mut self,
        step: &'a StepSpec,
        from: &'a Spanned<String>,
        does: &str,
        found: &mut Found,
        want: Want,
    ) -> Vec<(Option<&'a str>, Data<'a>)> {
        if !from.starts_with("s3://") && !from.contains('.') {
            self.diagnostics.push(self.names.unknown_data(step, does, from, from.span));
            found.incomplete = true;
            return Vec::new();
        }
        let data = if from.starts_with("s3://") {
            path_literal(from)
        } else {
            self.table(from, found).map(Data::Catalog)
        };
        let Some(data) = data else {
            found.incomplete = true;
            return Vec::new();
        };
        if !want.takes(&data) {
            self.wrong_data(step, from, does, &data, want, found);
            return Vec::new();
        }
        found.touch(Access::Reads, &data, from.span);
        vec![(None, data)]
    }

    fn wrong_data(
        &mut self,
        step: &StepSpec,
        from: &Spanned<String>,
        does: &str,
        data: &Data<'_>,
        want: Want,
        found: &mut Found,
    ) {
        found.incomplete = true;
        let message = format!(
            "step `{}` {does} {}, and `{}` is {}",
            step.name.value,
            want.describe(),
            from.value,
            data.describe()
        );
        self.diagnostics.push(
            Diagnostic::new(Code::WrongType, from.span, message)
                .label(format!("this is {}", data.describe())),
        );
    }

    fn one_input(
        &mut self,
        step: &StepSpec,
        from: &Spanned<String>,
        inputs: &[(Option<&str>, Data<'a>)],
        found: &mut Found,
    ) {
        if inputs.len() < 2 {
            return;
        }
        found.incomplete = true;
        self.diagnostics.push(
            Diagnostic::new(
                Code::UnknownReference,
                from.span,
                format!(
                    "`{}` is {} steps, and step `{}` takes one",
                    from.value,
                    inputs.len(),
                    step.name.value
                ),
            )
            .help(format!(
                "name one of them, such as `{}[...]`, or repeat step `{}` with the same `each`",
                from.value, step.name.value
            )),
        );
    }

    fn path(&mut self, path: &'a Template, span: Span, found: &mut Found) -> Data<'a> {
        let data = Data::path(path);
        found.touch(Access::Reads, &data, span);
        // Files for which a source waits are waited for by whatever path they are read.
        let pattern = super::Pattern::new(&path.to_string());
        let sources = self.spec.sources.iter().flat_map(|sources| &sources.0).enumerate();
        for (n, (name, source)) in sources {
            if let (Some(task), Some(other)) = (self.names.wait_of_source(n), &source.path)
                && super::Pattern::new(&other.value.0.to_string()).overlaps(&pattern)
            {
                found.needs.push(Need { task, why: Why::Wait(name.value.clone()), span });
            }
        }
        data
    }

    /// What a step gives is what it writes. A crawler gives the files that it reads, too, and creates tables
    /// whose names are Glue's to choose: dagc guesses them.
    fn gives_touches(&self, index: usize, span: Span, found: &mut Found) {
        let crawler = matches!(self.spec.steps.steps[index].kind, StepKind::GlueCrawler(_));
        for data in &self.gives[index] {
            match data {
                Data::Files { .. } if crawler => {}
                Data::Catalog(_) if crawler => found.touch(Access::Creates, data, span),
                _ => found.touch(Access::Writes, data, span),
            }
        }
    }

    fn sql_touches(&self, connection: &Connection<'a>, text: &SqlText<'a>, found: &mut Found) {
        for (access, data, range) in sql_data(connection, text) {
            let span = text.locate(self.scope.files.sources(), range);
            let known =
                found.touches.iter().any(|touch| touch.access == access && touch.dataset == data.dataset());
            if !known {
                found.touch(access, &data, span);
            }
        }
    }

    fn listed_touches(
        &mut self,
        step: &'a StepSpec,
        listed: Option<&'a [Spanned<String>]>,
        access: Access,
        connection: Option<&str>,
        found: &mut Found,
    ) {
        for text in listed.unwrap_or_default() {
            let is_name = !text.contains('.') && !text.contains(':');
            if is_name && access == Access::Reads {
                self.input(step, text, "reads", found, Want::Any);
                continue;
            }
            match literal(text, connection) {
                Ok(data) => found.touch(access, &data, text.span),
                Err(diagnostic) => {
                    self.diagnostics.push(*diagnostic);
                    found.incomplete = true;
                }
            }
        }
    }

    fn after(&mut self, step: &'a StepSpec, after: &Spanned<String>, found: &mut Found) {
        match self.names.tasks(after, Some(step)) {
            Named::Steps(tasks) => {
                found.needs.extend(tasks.into_iter().map(|task| Need {
                    task,
                    why: Why::After,
                    span: after.span,
                }));
            }
            Named::Broken => found.incomplete = true,
            Named::Source(_) | Named::Unknown => {
                self.diagnostics.push(self.names.unknown_step(step, "comes after", after, after.span));
                found.incomplete = true;
            }
        }
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

    fn table(&mut self, text: &Spanned<String>, found: &mut Found) -> Option<TableName> {
        match table_name(text) {
            Ok(name) => Some(name),
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                found.incomplete = true;
                None
            }
        }
    }

    /// Finds a connection; the only one when none is named.
    fn connection(&mut self, step: &StepSpec, into: Option<&Spanned<String>>) -> Option<Connection<'a>> {
        let all: &'a [(Spanned<String>, RedshiftSpec)] =
            self.scope.spec.redshift.as_ref().map_or(&[], |redshift| &redshift.0);
        let environment = &self.scope.environment.value;
        let known = || all.iter().map(|(name, _)| name.value.as_str());
        let missing = |diagnostics: &mut Diagnostics, diagnostic| {
            diagnostics.push(diagnostic);
            None
        };
        match (into, all) {
            (Some(into), _) => match all.iter().find(|(name, _)| name.value == into.value) {
                Some((name, spec)) => Some(Connection { name: &name.value, spec }),
                None => missing(
                    self.diagnostics,
                    Diagnostic::new(
                        Code::UnknownConnection,
                        into.span,
                        format!("environment `{environment}` has no Redshift connection `{}`", into.value),
                    )
                    .suggest(into, known()),
                ),
            },
            (None, [(name, spec)]) => Some(Connection { name: &name.value, spec }),
            (None, []) => missing(
                self.diagnostics,
                Diagnostic::new(
                    Code::UnknownConnection,
                    step.kind_span,
                    format!(
                        "step `{}` needs a Redshift connection, and environment `{environment}` has none",
                        step.name.value
                    ),
                )
                .also(self.scope.environment.span, "this environment")
                .help("add `redshift: {warehouse: {workgroup: ..., database: ...}}` to it in dagc.yaml"),
            ),
            (None, _) => {
                let names: Vec<&str> = known().collect();
                missing(
                    self.diagnostics,
                    Diagnostic::new(
                        Code::MissingKey,
                        step.kind_span,
                        format!(
                            "step `{}` does not say which Redshift connection it uses: environment `{environment}` has {}",
                            step.name.value,
                            names.len()
                        ),
                    )
                    .label("`into` is missing")
                    .help(format!("add `into:` with one of {}", crate::diagnostic::list(&names))),
                )
            }
        }
    }
}

/// What kind of data a step can take.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    Files,
    Table,
    Any,
}

impl Want {
    fn takes(self, data: &Data<'_>) -> bool {
        match self {
            Self::Files => matches!(data, Data::Files { .. }),
            Self::Table => matches!(data, Data::Table { .. }),
            Self::Any => true,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Files => "files in S3",
            Self::Table => "a table of Redshift",
            Self::Any => "data",
        }
    }
}

impl Pipeline<'_> {
    /// Finds the task of a step by the name that the user writes: one, or all that `each` made.
    pub fn tasks_of(&self, step: &str) -> Vec<usize> {
        let named =
            |task: &Task<'_>| task.step.is_some_and(|spec| task.name == step || spec.base_name() == step);
        (0..self.tasks.len()).filter(|n| named(&self.tasks[*n])).collect()
    }
}

/// Makes Airflow's id of a step's name: `load[orders]` is `load__orders`, `load-all` is `load_all`.
pub(super) fn task_id(name: &str) -> String {
    let valid = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
    };
    match name.split_once('[') {
        None => valid(name),
        Some((base, label)) => format!("{}__{}", valid(base), valid(label.trim_end_matches(']'))),
    }
}

/// A library is a file when its name ends as one.
pub(crate) fn is_file(library: &str) -> bool {
    [".py", ".zip", ".whl", ".egg", ".jar"].iter().any(|end| library.ends_with(end))
        && !library.contains("==")
}

fn connection_name<'a>(scope: &Scope<'a>, into: Option<&'a Spanned<String>>) -> Option<&'a str> {
    let all = scope.spec.redshift.as_ref().map_or(&[][..], |redshift| &redshift.0);
    match (into, all) {
        (Some(into), _) => Some(&into.value),
        (None, [(name, _)]) => Some(&name.value),
        (None, _) => None,
    }
}

/// Reads `s3://...`, `schema.table`, `connection:schema.table` or `catalog:database.table`.
fn literal<'a>(text: &Spanned<String>, connection: Option<&str>) -> Result<Data<'a>, Box<Diagnostic>> {
    if text.starts_with("s3://") {
        return path_literal(text).ok_or_else(|| {
            Box::new(Diagnostic::new(
                Code::InvalidS3Uri,
                text.span,
                format!("`{}` is no place in S3", text.value),
            ))
        });
    }
    let (place, name) = match text.split_once(':') {
        Some((place, name)) => (Some(place), Spanned::new(name.to_owned(), text.span)),
        None => (None, text.clone()),
    };
    let name = table_name(&name)?;
    match (place, connection) {
        (Some("catalog"), _) => Ok(Data::Catalog(name)),
        (Some(connection), _) | (None, Some(connection)) => {
            Ok(Data::Table { connection: connection.to_owned(), name })
        }
        (None, None) => Err(Box::new(
            Diagnostic::new(
                Code::UnknownConnection,
                text.span,
                format!("`{}` does not say in which Redshift connection it is", text.value),
            )
            .help(format!("write `CONNECTION:{0}`, or `catalog:{0}` for the Data Catalog", text.value)),
        )),
    }
}

fn path_literal<'a>(text: &Spanned<String>) -> Option<Data<'a>> {
    let template = Template::parse(text).ok()?;
    Some(Data::Files { path: Cow::Owned(template), format: None, columns: None })
}

fn table_name(text: &Spanned<String>) -> Result<TableName, Box<Diagnostic>> {
    let scalar = Scalar { text: text.value.clone(), style: Style::Plain, expanded: false };
    TableName::leaf(&scalar).map_err(|error| {
        let mut diagnostic = Diagnostic::new(error.code, text.span, error.message);
        diagnostic.help = error.help;
        Box::new(diagnostic)
    })
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

/// What SQL touches, as data of its connection. Other databases are not ours.
fn sql_data<'t, 'a>(
    connection: &Connection<'a>,
    text: &'t SqlText<'a>,
) -> impl Iterator<Item = (Access, Data<'a>, std::ops::Range<usize>)> + use<'t, 'a> {
    let connection = *connection;
    let uses = text.script.statements.iter().flat_map(|statement| &statement.uses);
    uses.filter_map(move |item| {
        let data = match &item.target {
            Target::Table { database: Some(database), .. }
                if !database.eq_ignore_ascii_case(&connection.spec.database) =>
            {
                return None;
            }
            Target::Table { schema, table, .. } => Data::Table {
                connection: connection.name.to_owned(),
                name: TableName { schema: schema.clone(), table: table.clone() },
            },
            Target::Prefix(path) => {
                Data::Files { path: Cow::Owned(Template::parse(path).ok()?), format: None, columns: None }
            }
        };
        Some((item.access, data, item.range.clone()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_ids_are_valid() {
        for (name, id) in [
            ("load", "load"),
            ("load[orders]", "load__orders"),
            ("load[a-b,c]", "load__a_b_c"),
            ("a-b", "a_b"),
        ] {
            assert_eq!(task_id(name), id);
        }
    }

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
