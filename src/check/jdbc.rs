//! `jdbc-option` and `jdbc-read`: tables of other databases that are sources.
//!
//! From the Glue Developer Guide, "Reading from JDBC tables in parallel" and "Pushdown when working with JDBC sources".

use crate::columns::is_same;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::shared::keys::{chosen_of, first_line};
use crate::lang::columns::Column;
use crate::lang::decode::Map;
use crate::lang::source::{JdbcPartition, JdbcSpec};
use crate::resolve::{Pipeline, Scope};
use crate::text::{Span, Spanned};

/// More connections at once than databases are made for: 100 is what PostgreSQL takes unless told otherwise.
const MOST: u32 = 100;

/// Looks at the sources of a pipeline.
pub(super) fn pipeline(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for (_, source) in pipeline.spec.sources() {
        let Some(jdbc) = &source.jdbc else { continue };
        table(jdbc, diagnostics);
        query(jdbc, diagnostics);
        if let Some(partition) = &jdbc.partition {
            shares(partition, source.columns.as_ref(), diagnostics);
        }
    }
}

fn refused(at: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::JdbcOption, at, message)
}

fn table(jdbc: &JdbcSpec, diagnostics: &mut Diagnostics) {
    let is_odd = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ';' | ',' | '{');
    if jdbc.table.is_empty() || jdbc.table.contains(is_odd) {
        let message = format!("`{}` is no name of a table", jdbc.table.value);
        diagnostics
            .push(refused(jdbc.table.span, message).help("write `SCHEMA.TABLE`, and a query under `query`"));
    }
}

/// A query becomes a table in another one, and an argument of the run.
fn query(jdbc: &JdbcSpec, diagnostics: &mut Diagnostics) {
    let Some(query) = &jdbc.query else { return };
    let text = query.value.to_string();
    let text = text.trim();
    if text.starts_with('-') {
        diagnostics.push(
            refused(query.span, "the run would take the query for another argument, as it begins with `-`")
                .help("begin with `select` or `with`"),
        );
    }
    if text.ends_with(';') {
        diagnostics.push(
            refused(query.span, "the query is a part of another one, and ends with `;`")
                .help("take the `;` away"),
        );
    }
    let last = text.split_whitespace().next_back().unwrap_or_default();
    if ["and", "where"].iter().any(|word| last.eq_ignore_ascii_case(word)) {
        let message = format!("the query ends with `{last}`");
        diagnostics.push(
            refused(query.span, message)
                .note("dagc writes what Glue wants behind a query of which it reads shares")
                .help("write a whole query"),
        );
    }
    if text.is_empty() {
        diagnostics.push(refused(query.span, "the query is empty").help("write one, or take `query` away"));
    } else if text.lines().next_back().is_some_and(|line| line.contains("--")) {
        let message = "a comment at its end would hide what stands behind the query";
        diagnostics.push(refused(query.span, message).help("write it at another place, or in `/* */`"));
    }
}

/// Glue reads one share by each connection: the rows for which the hash of a column, or an expression, has one remainder.
fn shares(partition: &JdbcPartition, columns: Option<&Map<Spanned<Column>>>, diagnostics: &mut Diagnostics) {
    chosen_of(
        "`partition` of `jdbc`",
        first_line(partition.span),
        &partition.given(),
        JdbcPartition::CHOICES,
        diagnostics,
    );
    if let Some(into) = &partition.into
        && into.value.0 > MOST
    {
        let message = format!("{} connections at once are more than databases take", into.value.0);
        diagnostics.push(refused(into.span, message).help(format!("write {MOST} at most")));
    }
    let Some(columns) = columns else { return };
    if let Some(column) = &partition.column {
        let found = columns.0.iter().find(|(name, _)| is_same(name, column));
        match found {
            None => {
                let message =
                    format!("there is no column `{}` by which the rows could be dealt out", column.value);
                diagnostics.push(refused(column.span, message).suggest(&column.value, columns.names()));
            }
            Some((_, declared)) => may_be_null(column, declared, diagnostics),
        }
    } else if let Some(expression) = &partition.expression
        && let Some((_, declared)) = columns.0.iter().find(|(name, _)| is_same(name, expression))
    {
        may_be_null(expression, declared, diagnostics);
    }
}

/// No remainder is that of no value.
fn may_be_null(by: &Spanned<String>, declared: &Spanned<Column>, diagnostics: &mut Diagnostics) {
    if declared.value.is_nullable {
        let message = format!("rows without a value in `{}` may be in no share, and be missing", by.value);
        diagnostics.push(
            Diagnostic::new(Code::JdbcRead, by.span, message).also(declared.span, "it may be NULL").help(
                format!(
                    "name a column that has always a value, or declare `{} not null`",
                    declared.value.kind
                ),
            ),
        );
    }
}
