//! SQL of steps: from the spec or from a file, with places in either.

use super::Scope;
use super::substitute::{Substituted, substitute};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::lang::step::SqlSpec;
use crate::lang::value::template_error;
use crate::sql::{self, Dialect, SqlError, SqlErrorKind};
use crate::template::TemplateErrorKind;
use crate::text::{FileId, SourceMap, Span};
use std::ops::Range;

/// SQL and where it was written.
#[derive(Clone, Debug)]
pub struct Script<'a> {
    /// What it says.
    pub script: sql::Script,
    /// The scalar in the spec.
    pub spec: &'a SqlSpec,
    /// The file, if it is in one of its own.
    pub file: Option<FileId>,
    /// Where names of the file were replaced by their values.
    replaced: Vec<(Range<usize>, Range<usize>)>,
    /// There is such a file, and it parses.
    pub complete: bool,
}

/// What is done about SQL that dagc does not understand, and Redshift may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotUnderstood {
    /// It is refused: which tables it touches must be known, and most of it is mistakes.
    Refused,
    /// It passes with a warning: the user has said what it touches, or nothing depends on that.
    Passes,
}

impl<'a> Script<'a> {
    /// Reads and checks the SQL of a step.
    pub fn new(
        scope: &Scope<'a>,
        step: &str,
        spec: &'a SqlSpec,
        (dialect, not_understood): (Dialect, NotUnderstood),
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut text =
            Self { script: sql::Script::default(), spec, file: None, replaced: Vec::new(), complete: true };
        let sources = scope.files.sources();
        match spec.path() {
            None => text.script = sql::analyse_as(&spec.text, dialect),
            Some(path) => match scope.files.text(spec.span().file, path, spec.span()) {
                Ok(file) => {
                    let before = diagnostics.error_count();
                    let substituted = substitute(sources, (file, dialect), scope.variables, diagnostics);
                    text.script = sql::analyse_as(&substituted.text, dialect);
                    text.replaced = substituted.into_places();
                    text.file = Some(file);
                    if diagnostics.error_count() > before {
                        text.script.errors.clear();
                        text.complete = false;
                    }
                }
                Err(diagnostic) => {
                    diagnostics.push(*diagnostic);
                    text.complete = false;
                    return text;
                }
            },
        }
        if text.file.is_some_and(|file| scope.files.is_made_up(file)) {
            text.script.errors.clear();
            text.complete = false;
        }
        // Whether somebody has made a function, the whole project tells.
        let is_sure = |error: &&SqlError| !matches!(error.kind, SqlErrorKind::NoFunction { .. });
        for error in text.script.errors.iter().filter(is_sure) {
            let mut diagnostic = text.finding(sources, step, error, (dialect, not_understood));
            if text.file.is_none() && is_like_path(&spec.text) {
                diagnostic = diagnostic.help("if it is a file, its path ends in `.sql`");
            }
            text.complete &= diagnostic.code.severity() == Severity::Warning;
            diagnostics.push(diagnostic);
        }
        if text.complete && text.script.statements.is_empty() {
            let span = text.file.map_or(spec.span(), Span::file_start);
            diagnostics.push(
                Diagnostic::new(Code::SqlSyntax, span, format!("the SQL of step `{step}` has no statement"))
                    .help("write at least one statement, or take the step away"),
            );
            text.complete = false;
        }
        text
    }

    /// Says what is wrong in it.
    pub fn finding(
        &self,
        sources: &SourceMap,
        step: &str,
        error: &SqlError,
        (dialect, not_understood): (Dialect, NotUnderstood),
    ) -> Diagnostic {
        let span = self.locate(sources, error.range.clone());
        let mut diagnostic = report(&error.kind, dialect, not_understood, span);
        if diagnostic.code == Code::SqlNotUnderstood && self.is_hidden(error.range.start) {
            let name = dialect.name();
            diagnostic.notes = vec![format!(
                "it goes to {name} as it is; its tables are what `reads` and `writes` beside `sql` say"
            )];
        }
        match self.file {
            Some(_) => diagnostic.also(self.spec.span(), format!("step `{step}` runs it")),
            None => diagnostic,
        }
    }

    /// Says once what the user has to say: what the first such statement touches.
    pub fn hidden_tables(&self, sources: &SourceMap, step: &str, diagnostics: &mut Diagnostics) {
        let mut hidden = self.script.statements.iter().filter(|statement| statement.hidden);
        let Some(first) = hidden.next() else { return };
        let span = self.locate(sources, first.words.1.clone());
        let message = format!("which tables this statement of step `{step}` reads and writes is not known");
        let diagnostic = Diagnostic::new(Code::SqlHiddenTables, span, message)
            .help("say it beside `sql`: `reads: [...]` and `writes: [...]`; `reads: []` when it is none");
        diagnostics.push(match hidden.count() {
            0 => diagnostic,
            more => diagnostic.note(format!("nor is it of {more} more of its statements")),
        });
    }

    /// Says whether a statement stands there of which nothing is read.
    fn is_hidden(&self, at: usize) -> bool {
        let mut statements = self.script.statements.iter();
        statements
            .any(|statement| statement.hidden && statement.uses.is_empty() && statement.range.contains(&at))
    }

    /// Finds the place of a range of the SQL.
    pub fn locate(&self, sources: &SourceMap, range: Range<usize>) -> Span {
        match self.file {
            Some(file) => {
                let range = Substituted::source(&self.replaced, range);
                Span::new(file, range.start, range.end)
            }
            None => self.spec.node.locate(sources, range),
        }
    }
}

/// Says whether a text that was read as SQL is one word with an ending, as a path is.
fn is_like_path(text: &str) -> bool {
    let text = text.trim();
    !text.contains(char::is_whitespace) && text.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

const IN_SQL: &str = "write the condition in SQL: `where {{ params.full }} or day = '{{ ds }}'`";

fn report(kind: &SqlErrorKind, dialect: Dialect, not_understood: NotUnderstood, span: Span) -> Diagnostic {
    let name = dialect.name();
    let read_as = || format!("it is read as Amazon {name}'s dialect");
    match (kind, not_understood) {
        (SqlErrorKind::Syntax(message), _) => {
            Diagnostic::new(Code::SqlSyntax, span, format!("this SQL does not parse: {message}"))
                .note(read_as())
        }
        (SqlErrorKind::NotUnderstood(message), NotUnderstood::Refused) => {
            Diagnostic::new(Code::SqlSyntax, span, format!("this SQL does not parse: {message}"))
                .note(read_as())
                .help(format!("if {name} takes it, say beside `sql` which tables it `reads` and `writes`"))
        }
        (SqlErrorKind::NotUnderstood(message), NotUnderstood::Passes) => {
            Diagnostic::new(Code::SqlNotUnderstood, span, format!("this SQL is not understood: {message}"))
                .note(format!("it goes to {name} as it is; its tables are found by the words before them"))
        }
        (SqlErrorKind::Refused(why), _) => {
            Diagnostic::new(Code::SqlSyntax, span, format!("{name} refuses this: {why}"))
        }
        (SqlErrorKind::Foreign { what, instead }, _) => {
            Diagnostic::new(Code::SqlDialect, span, format!("{name} has no {what}")).help(instead.clone())
        }
        (SqlErrorKind::NoFunction { name: function, instead }, _) => {
            let message = format!("{name} has no `{}`", function.to_uppercase());
            let own = format!("a function of your own is called with its schema: `public.{function}(...)`");
            Diagnostic::new(Code::SqlDialect, span, message).help(format!("{instead}; {own}"))
        }
        (SqlErrorKind::HoleInName, _) => Diagnostic::new(
            Code::TemplateNotAllowed,
            span,
            "`{{ ... }}` cannot stand in a name: it becomes a literal when it runs",
        )
        .help("use `${vars.NAME}` for names that differ between environments"),
        (SqlErrorKind::Template(error), _) => {
            let is_condition =
                matches!(&error.kind, TemplateErrorKind::Statement(word) if word != "set" && word != "raw");
            let error = template_error(&error.kind);
            let mut diagnostic = Diagnostic::new(error.code, span, error.message);
            diagnostic.help = error.help;
            if is_condition {
                diagnostic.help = Some(IN_SQL.to_owned());
            }
            diagnostic
        }
    }
}
