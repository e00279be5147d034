//! What a step takes: by the name of a source or a step, by a path or by a table.

use super::literal::path_literal;
use super::{Found, Resolver};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Why;
use crate::resolve::{Data, Named, Need, Pattern, Touch};
use crate::source::{Span, Spanned};
use crate::spec::step::{StepKind, StepSpec};
use crate::sql::Access;
use crate::template::Template;

/// What kind of data a step can take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
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

impl<'a> Resolver<'_, 'a> {
    /// Resolves what a step reads by a name, a path or a table.
    pub(super) fn input(
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
        let data = match self.narrowed(step, index, from, data) {
            Ok(data) => data,
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                found.incomplete = true;
                return None;
            }
        };
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
            path_literal(from).map_err(|diagnostic| self.diagnostics.push(*diagnostic)).ok()
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

    pub(super) fn one_input(
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

    pub(super) fn path(&mut self, path: &'a Template, span: Span, found: &mut Found) -> Data<'a> {
        let data = Data::path(path);
        found.touch(Access::Reads, &data, span);
        // Files for which a source waits are waited for by whatever path they are read.
        let pattern = Pattern::new(&path.to_string());
        for (task, source, waited) in &self.waited {
            if waited.overlaps(&pattern) {
                found.needs.push(Need { task: *task, why: Why::Wait((*source).to_owned()), span });
            }
        }
        data
    }
}
