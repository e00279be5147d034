//! What a step takes: by the name of a source or a step, by a path or by a table.

use super::Cx;
use super::gives::{Nothing, Several};
use super::literal::path_literal;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Why;
use crate::scope::{Connection, Data, Input, Named, Need, Pattern, Touch};
use crate::sql::Access;
use crate::template::Template;
use crate::text::{Span, Spanned};

/// What kind of data a step can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Files.
    Files,
    /// A table of Redshift.
    Table,
    /// A table of the Data Catalog.
    Catalog,
    /// Anything.
    Any,
}

impl Want {
    fn takes(self, data: &Data<'_>) -> bool {
        match self {
            Self::Files => matches!(data, Data::Files { .. }),
            Self::Table => matches!(data, Data::Table { .. }),
            Self::Catalog => matches!(data, Data::Catalog(_)),
            Self::Any => true,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Files => "files in S3",
            Self::Table => "a table of Redshift",
            Self::Catalog => "a table of the Data Catalog",
            Self::Any => "data",
        }
    }
}

/// How a step asks for what it takes.
#[derive(Clone, Copy, Debug)]
pub struct Asks {
    /// What it does with it, for messages: "loads".
    pub does: &'static str,
    /// What it can take.
    pub want: Want,
    /// Of a step that writes partitions it takes those of its own run, and this key takes a path to all of them; none when
    /// it looks at all that was ever written.
    pub of_one_run: Option<&'static str>,
}

impl<'a> Cx<'_, 'a> {
    /// Takes what a name, a path or a table stands for.
    pub fn take(&mut self, from: &'a Spanned<String>, asks: Asks) {
        let inputs = self.named(from, asks);
        self.found.inputs.extend(inputs);
    }

    /// Takes the one thing that a name, a path or a table stands for.
    pub fn take_one(&mut self, from: &'a Spanned<String>, asks: Asks) {
        let inputs = self.named(from, asks);
        self.one_input(from, inputs.len());
        self.found.inputs.extend(inputs);
    }

    /// Takes the one table of Redshift that a name stands for, or `schema.table`, and notes its connection: the one that
    /// `into` names, else the table's own.
    pub fn take_table(&mut self, from: &'a Spanned<String>, into: Option<&Spanned<String>>, asks: Asks) {
        // What the SQL of the step lacks says nothing of its table.
        let was_incomplete = std::mem::take(&mut self.found.incomplete);
        let told = into.and_then(|into| self.connection(Some(into)));
        let found = self.table_of(from, into, told, asks);
        let mut connection = told.or(found);
        let is_found = self.found.inputs.iter().any(|input| matches!(input.data, Data::Table { .. }));
        if connection.is_none() && into.is_none() && !self.found.incomplete && !is_found {
            connection = self.connection(None);
        }
        self.found.incomplete |= was_incomplete || connection.is_none();
        self.found.connection = connection;
    }

    fn table_of(
        &mut self,
        from: &'a Spanned<String>,
        into: Option<&Spanned<String>>,
        told: Option<Connection<'a>>,
        asks: Asks,
    ) -> Option<Connection<'a>> {
        if matches!(self.names.find(from, self.step), Named::Unknown) && from.contains('.') {
            let connection = told.or_else(|| self.connection(into));
            let name = self.table(from)?;
            let data = Data::Table { connection: connection?.name.to_owned(), name };
            self.touch(Access::Reads, &data, from.span);
            self.found.inputs.push(Input { name: None, data, is_own: true });
            return connection;
        }
        self.take_one(from, asks);
        let Some(Data::Table { connection, .. }) = self.found.inputs.first().map(|input| &input.data) else {
            return None;
        };
        let all = self.scope.spec.redshift.as_ref()?;
        let (name, spec) = all.0.iter().find(|(name, _)| name.value == *connection)?;
        Some(Connection { name: &name.value, spec })
    }

    /// Takes the files at a path of the step's own.
    pub fn take_path(&mut self, path: &'a Template, span: Span) {
        let data = Data::path(path);
        self.touch(Access::Reads, &data, span);
        self.waits_for(&Pattern::new(&path.to_string()), span);
        self.found.inputs.push(Input { name: None, data, is_own: true });
    }

    /// Resolves what a step reads by a name, a path or a table.
    pub(super) fn named(&mut self, from: &'a Spanned<String>, asks: Asks) -> Vec<Input<'a>> {
        match self.names.find(from, self.step) {
            Named::Source(index) => self.source(index, from, asks),
            Named::Steps(steps) => {
                let mut inputs = Vec::new();
                for index in steps {
                    self.found.needs.push(Need {
                        task: self.names.task_of_step(index),
                        why: Why::From,
                        span: from.span,
                    });
                    inputs.extend(self.data_of_step(index, from, asks));
                }
                inputs
            }
            Named::Broken => {
                self.found.incomplete = true;
                Vec::new()
            }
            Named::Unknown => self.spelled_out(from, asks),
        }
    }

    fn source(&mut self, index: usize, from: &Spanned<String>, asks: Asks) -> Vec<Input<'a>> {
        let (name, source) = self.names.source(index);
        if let Some(task) = self.names.wait_of_source(index) {
            self.found.needs.push(Need { task, why: Why::Wait(name.to_owned()), span: from.span });
        }
        let Some(data) = Data::of_source(source) else {
            self.found.incomplete = true;
            return Vec::new();
        };
        if !asks.want.takes(&data) {
            self.wrong_data(from, &data, asks);
            return Vec::new();
        }
        self.found.touches.push(Touch {
            access: Access::Reads,
            dataset: data.dataset(),
            span: from.span,
            external: true,
            by_name: false,
        });
        vec![Input { name: Some(name), data, is_own: false }]
    }

    fn data_of_step(&mut self, index: usize, from: &Spanned<String>, asks: Asks) -> Vec<Input<'a>> {
        let all = self.gives;
        let other = &all[index];
        let mut fit: Vec<&Data<'a>> = other.data.iter().filter(|data| asks.want.takes(data)).collect();
        // A job's input are the tables that a crawler made, where there are some.
        if other.several == Several::All && fit.iter().any(|data| matches!(data, Data::Catalog(_))) {
            fit.retain(|data| matches!(data, Data::Catalog(_)));
        }
        // A crawler over several steps gives what all of them write; other steps that give several things are
        // asked for the one that is meant, or the first is the one.
        let count = if other.several == Several::All { fit.len() } else { 1 };
        let given: Vec<Data<'a>> = fit.iter().take(count).map(|data| (*data).clone()).collect();
        if given.is_empty() {
            match other.data.first() {
                Some(data) => self.wrong_data(from, data, asks),
                None => self.gives_nothing(index, from, asks.does),
            }
            return Vec::new();
        }
        if fit.len() > 1 && other.several == Several::Asked {
            let many: Vec<String> = fit.iter().map(|data| data.dataset().to_string()).collect();
            let name = &self.names.step(index).name;
            self.diagnostics.push(
                Diagnostic::new(
                    Code::UnknownReference,
                    from.span,
                    format!("step `{}` writes more than one thing: {}", name.value, many.join(", ")),
                )
                .also(name.span, "this step")
                .help("name the table or the prefix instead of the step"),
            );
            self.found.incomplete = true;
            return Vec::new();
        }
        let mut inputs = Vec::new();
        for data in given {
            match self.of_one_run(index, from, data, asks) {
                Ok(data) => {
                    self.found.touches.push(Touch {
                        access: Access::Reads,
                        dataset: data.dataset(),
                        span: from.span,
                        external: true,
                        by_name: true,
                    });
                    let name = Some(self.names.step(index).base_name());
                    inputs.push(Input { name, data, is_own: false });
                }
                Err(diagnostic) => {
                    self.diagnostics.push(*diagnostic);
                    self.found.incomplete = true;
                }
            }
        }
        inputs
    }

    fn gives_nothing(&mut self, index: usize, from: &Spanned<String>, does: &str) {
        self.found.incomplete = true;
        let (key, what) = match self.gives[index].nothing {
            Nothing::Reported => return,
            Nothing::Unsaid(key, what) => (Some(key), what),
            Nothing::Never => (None, "makes no data"),
        };
        let diagnostic = Diagnostic::new(
            Code::MissingKey,
            from.span,
            format!("step `{}` {does} `{}`, which {what}", self.name, from.value),
        )
        .also(self.names.step(index).name.span, "this step");
        self.diagnostics.push(match key {
            Some(key) => diagnostic.help(format!("say there what it gives: `{key}:`")),
            None => diagnostic.help(format!("to come after it, write `after: {}`", from.value)),
        });
    }

    /// A path or a table where no name fits.
    fn spelled_out(&mut self, from: &Spanned<String>, asks: Asks) -> Vec<Input<'a>> {
        if !from.starts_with("s3://") && !from.contains('.') {
            self.diagnostics.push(self.names.unknown_data(self.name, asks.does, from, from.span));
            self.found.incomplete = true;
            return Vec::new();
        }
        let data = if from.starts_with("s3://") {
            path_literal(from).map_err(|diagnostic| self.diagnostics.push(*diagnostic)).ok()
        } else {
            self.table(from).map(Data::catalog)
        };
        let Some(data) = data else {
            self.found.incomplete = true;
            return Vec::new();
        };
        if !asks.want.takes(&data) {
            self.wrong_data(from, &data, asks);
            return Vec::new();
        }
        self.touch(Access::Reads, &data, from.span);
        if let Data::Files { path, .. } = &data {
            self.waits_for(&Pattern::new(&path.to_string()), from.span);
        }
        vec![Input { name: None, data, is_own: false }]
    }

    fn wrong_data(&mut self, from: &Spanned<String>, data: &Data<'_>, asks: Asks) {
        self.found.incomplete = true;
        let message = format!(
            "step `{}` {} {}, and `{}` is {}",
            self.name,
            asks.does,
            asks.want.describe(),
            from.value,
            data.describe()
        );
        self.diagnostics.push(
            Diagnostic::new(Code::WrongType, from.span, message)
                .label(format!("this is {}", data.describe())),
        );
    }

    fn one_input(&mut self, from: &Spanned<String>, count: usize) {
        if count < 2 {
            return;
        }
        self.found.incomplete = true;
        // One that gives several things: a crawler of the files of several steps.
        let is_one = matches!(self.names.find(from, self.step), Named::Steps(steps) if steps.len() == 1);
        let other = &from.value;
        self.diagnostics.push(
            Diagnostic::new(
                Code::UnknownReference,
                from.span,
                if is_one {
                    format!("step `{other}` gives {count} things, and step `{}` takes one", self.name)
                } else {
                    format!("`{other}` is {count} steps, and step `{}` takes one", self.name)
                },
            )
            .help(if is_one {
                "write the path of the one that is meant instead of `from`: `path: s3://...`".to_owned()
            } else {
                format!(
                    "name one of them, such as `{other}[...]`, or repeat step `{}` with the same `each`",
                    self.name
                )
            }),
        );
    }
}
