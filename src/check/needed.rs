//! `missing-key` and its like: what a step needs from itself, its input or its environment.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::step::{GlueCrawlerStep, GlueJobStep, RedshiftCopyStep};
use crate::resolve::{Action, Data, Pipeline, Scope, Task};
use crate::text::Span;

pub(super) fn check(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        let Some(step) = task.step else { continue };
        let needs = Needs { scope, task, at: step.kind_span };
        match &task.action {
            Action::Crawl { step, inputs } => needs.crawler(step, inputs, diagnostics),
            Action::GlueJob { step, .. } => needs.glue_job(step, diagnostics),
            Action::Copy { step, input, connection } => {
                needs.format(step, input.as_ref(), diagnostics);
                let role = step.role.is_some()
                    || connection.as_ref().is_none_or(|connection| connection.spec.copy_role.is_some());
                if !role {
                    let connection = connection.as_ref().map_or("", |connection| connection.name);
                    diagnostics.push(needs.missing(
                        "role",
                        "a role with which COPY reads S3",
                        &format!("`copy_role: default` in connection `{connection}`"),
                    ));
                }
            }
            Action::Bash { step, script: Some(script) } => {
                let span = step.script.as_ref().map_or(step.span, |script| script.span);
                if let Err(error) = std::str::from_utf8(&script.content) {
                    let message = format!("the script `{}` is not UTF-8", script.path);
                    diagnostics.push(
                        Diagnostic::new(Code::NotUtf8, span, message)
                            .note(format!("the first wrong byte is byte {}", error.valid_up_to() + 1)),
                    );
                }
            }
            Action::Wait(_)
            | Action::Sql { .. }
            | Action::Check { .. }
            | Action::Bash { .. }
            | Action::Operator(_) => {}
        }
    }
}

struct Needs<'n, 'a> {
    scope: &'n Scope<'a>,
    task: &'n Task<'a>,
    at: Span,
}

impl Needs<'_, '_> {
    fn missing(&self, key: &str, what: &str, elsewhere: &str) -> Diagnostic {
        Diagnostic::new(Code::MissingKey, self.at, format!("step `{}` needs {what}", self.task.name))
            .label(format!("`{key}` is missing"))
            .help(format!("add `{key}:` to the step, or {elsewhere}"))
    }

    fn role(&self, own: bool, diagnostics: &mut Diagnostics) {
        let glue = self.scope.spec.glue.as_ref();
        if !own && glue.is_none_or(|glue| glue.role.is_none()) {
            let environment = &self.scope.environment.value;
            let elsewhere = format!("`glue: {{role: ...}}` to environment `{environment}`");
            diagnostics.push(self.missing("role", "a role to run as", &elsewhere));
        }
    }

    fn crawler(&self, step: &GlueCrawlerStep, inputs: &[Data<'_>], diagnostics: &mut Diagnostics) {
        if inputs.is_empty() {
            return;
        }
        self.role(step.role.is_some(), diagnostics);
        if step.database.is_none() {
            diagnostics.push(
                Diagnostic::new(
                    Code::MissingKey,
                    self.at,
                    format!(
                        "step `{}` makes a crawler, which needs a database for its tables",
                        self.task.name
                    ),
                )
                .label("`database` is missing")
                .help("add `database:`, or take `from` and `path` away if the crawler exists already"),
            );
        }
    }

    fn glue_job(&self, step: &GlueJobStep, diagnostics: &mut Diagnostics) {
        let Some(script) = &step.script else { return };
        self.role(step.role.is_some(), diagnostics);
        if self.scope.spec.glue.as_ref().is_none_or(|glue| glue.assets.is_none()) {
            let environment = &self.scope.environment.value;
            diagnostics.push(
                Diagnostic::new(
                    Code::MissingKey,
                    script.span,
                    format!("environment `{environment}` does not say where scripts are published"),
                )
                .also(self.scope.environment.span, "this environment")
                .help("add `glue: {assets: s3://BUCKET/PREFIX/}` to it in dagc.yaml"),
            );
        }
    }

    fn format(&self, step: &RedshiftCopyStep, input: Option<&Data<'_>>, diagnostics: &mut Diagnostics) {
        let Some(Data::Files { format: None, .. }) = input else { return };
        if step.format.is_some() || self.task.incomplete {
            return;
        }
        let place = step.from.as_ref().map(|from| from.span).or(step.path.as_ref().map(|path| path.span));
        let diagnostic = Diagnostic::new(
            Code::MissingKey,
            self.at,
            format!("step `{}` does not know the format of its files", self.task.name),
        )
        .label("`format` is missing")
        .help("add `format:`, such as `format: parquet`, here or where the files come from");
        diagnostics.push(match place {
            Some(span) => diagnostic.also(span, "these files"),
            None => diagnostic,
        });
    }
}
