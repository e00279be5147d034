//! What a step takes: by the name of a source or a step, by a path or by a table.

use super::literal::path_literal;
use super::{Found, Resolver};
use crate::diagnostic::{Code, Diagnostic};
use crate::lang::step::{StepKind, StepSpec};
use crate::plan::Why;
use crate::resolve::{Data, Named, Need, Pattern, Touch};
use crate::sql::Access;
use crate::template::Template;
use crate::text::{Span, Spanned};

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
    ) -> Vec<(Option<&'a str>, Data<'a>)> {
        let other = &self.spec.steps.steps[index];
        let is_crawler = matches!(other.kind, StepKind::GlueCrawler(_));
        let mut all: Vec<&Data<'a>> = self.gives[index].iter().filter(|data| want.takes(data)).collect();
        // A job's input are the tables that a crawler made, where there are some.
        if is_crawler && all.iter().any(|data| matches!(data, Data::Catalog(_))) {
            all.retain(|data| matches!(data, Data::Catalog(_)));
        }
        // A crawler over several steps gives what all of them write; other steps that give several things are
        // asked for the one that is meant, or the first is the one.
        let given: Vec<Data<'a>> =
            all.iter().take(if is_crawler { all.len() } else { 1 }).map(|data| (*data).clone()).collect();
        if given.is_empty() {
            match self.gives[index].first().cloned() {
                Some(data) => self.wrong_data(step, from, does, &data, want, found),
                None if self.unclear[index] => found.incomplete = true,
                None => self.gives_nothing(step, other, from, does, found),
            }
            return Vec::new();
        }
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
            return Vec::new();
        }
        let mut inputs = Vec::new();
        for data in given {
            match self.narrowed(step, index, from, data) {
                Ok(data) => {
                    found.touches.push(Touch {
                        access: Access::Reads,
                        dataset: data.dataset(),
                        span: from.span,
                        external: true,
                        by_name: true,
                    });
                    inputs.push((Some(other.base_name()), data));
                }
                Err(diagnostic) => {
                    self.diagnostics.push(*diagnostic);
                    found.incomplete = true;
                }
            }
        }
        inputs
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
        if let Data::Files { path, .. } = &data {
            self.waits_for(&Pattern::new(&path.to_string()), from.span, found);
        }
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
        step: &'a StepSpec,
        from: &Spanned<String>,
        inputs: &[(Option<&str>, Data<'a>)],
        found: &mut Found,
    ) {
        if inputs.len() < 2 {
            return;
        }
        found.incomplete = true;
        // One that gives several things: a crawler of the files of several steps.
        let is_one = matches!(self.names.find(from, Some(step)), Named::Steps(steps) if steps.len() == 1);
        self.diagnostics.push(
            Diagnostic::new(
                Code::UnknownReference,
                from.span,
                if is_one {
                    let (other, count) = (&from.value, inputs.len());
                    format!("step `{other}` gives {count} things, and step `{}` takes one", step.name.value)
                } else {
                    let (other, count) = (&from.value, inputs.len());
                    format!("`{other}` is {count} steps, and step `{}` takes one", step.name.value)
                },
            )
            .help(if is_one {
                "write the path of the one that is meant instead of `from`: `path: s3://...`".to_owned()
            } else {
                format!(
                    "name one of them, such as `{}[...]`, or repeat step `{}` with the same `each`",
                    from.value, step.name.value
                )
            }),
        );
    }

    pub(super) fn path(&mut self, path: &'a Template, span: Span, found: &mut Found) -> Data<'a> {
        let data = Data::path(path);
        found.touch(Access::Reads, &data, span);
        self.waits_for(&Pattern::new(&path.to_string()), span, found);
        data
    }

    /// Files for which a source waits are waited for by whatever path they are read.
    pub(super) fn waits_for(&self, path: &Pattern, span: Span, found: &mut Found) {
        for (task, source, waited) in &self.waited {
            if waited.overlaps(path) {
                found.needs.push(Need { task: *task, why: Why::Wait((*source).to_owned()), span });
            }
        }
    }
}
