//! The Redshift connection of a step.

use super::{Cx, Gives, Known, Nothing};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, list};
use crate::lang::project::RedshiftSpec;
use crate::lang::value::TableName;
use crate::scope::{Connection, Data, Scope};
use crate::text::Spanned;

impl<'a> Known<'_, 'a> {
    /// Finds a connection and says nothing; the only one when none is named.
    pub fn connection(&self, into: Option<&Spanned<String>>) -> Option<Connection<'a>> {
        let all: &'a [(Spanned<String>, RedshiftSpec)] =
            self.scope.spec.redshift.as_ref().map_or(&[], |redshift| &redshift.0);
        let found = match (into, all) {
            (Some(into), _) => all.iter().find(|(name, _)| name.value == into.value),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        found.map(|(name, spec)| Connection { name: &name.value, spec })
    }
}

impl<'a> Known<'_, 'a> {
    /// What a step gives that fills one table of Redshift.
    pub fn table(&self, into: Option<&'a Spanned<String>>, name: &TableName) -> Gives<'a> {
        let connection = connection_name(self.scope, into);
        let table = connection
            .map(|connection| Data::Table { connection: connection.to_owned(), name: name.clone() });
        Gives::of(table.into_iter().collect(), Nothing::Reported)
    }
}

impl<'a> Cx<'_, 'a> {
    /// Finds the connection that the step uses, and notes it.
    pub fn connect(&mut self, into: Option<&Spanned<String>>) -> Option<Connection<'a>> {
        let connection = self.connection(into);
        self.found.connection = connection;
        self.found.incomplete |= connection.is_none();
        connection
    }

    /// Finds a connection; the only one when none is named.
    pub fn connection(&mut self, into: Option<&Spanned<String>>) -> Option<Connection<'a>> {
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
                    self.kind_span,
                    format!(
                        "step `{}` needs a Redshift connection, and environment `{environment}` has none",
                        self.name
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
                        self.kind_span,
                        format!(
                            "step `{}` does not say which Redshift connection it uses: environment `{environment}` has {}",
                            self.name,
                            names.len()
                        ),
                    )
                    .label("`into` is missing")
                    .help(format!("add `into:` with one of {}", list(&names))),
                )
            }
        }
    }
}

/// Finds the name of a connection: the one that is named, or the only one.
pub(super) fn connection_name<'a>(scope: &Scope<'a>, into: Option<&'a Spanned<String>>) -> Option<&'a str> {
    let all = scope.spec.redshift.as_ref().map_or(&[][..], |redshift| &redshift.0);
    match (into, all) {
        (Some(into), _) => Some(&into.value),
        (None, [(name, _)]) => Some(&name.value),
        (None, _) => None,
    }
}
