//! What must hold.

use super::{Expectation, SqlCheckStep};
use crate::kind::contract::{Lowered, Lowering, connection, statements};
use crate::lang::value::TableName;
use crate::plan::{Job, Work};
use crate::scope::Data;
use crate::service::assertion::{Assertion, Check, Expected};
use crate::service::athena::job::RunAthena;
use crate::service::redshift::job::{RunSql, SqlBody};
use crate::text::Spanned;

pub(super) fn lower(step: &SqlCheckStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let mut assertions = Vec::with_capacity(step.expect.len());
    let mut queries = cx.task.scripts.iter();
    let table = checked(cx);
    for expectation in &step.expect {
        if let Expectation::Sql(_) = expectation {
            let query = statements(cx, queries.next()?)?.into_iter().next()?;
            let subject = table.map_or_else(|| cx.task.name.to_owned(), ToString::to_string);
            let name = format!("{subject}: no rows of a query");
            assertions.push(Assertion::Query { name, query, expect: Expected::NoRows });
        } else {
            table?;
            assertions.extend(of_table(expectation));
        }
    }
    let check = Check { table: table.cloned(), assertions };
    if step.is_of_athena() {
        let run = RunAthena { check: Some(check), ..step.own().settings(cx.scope).job(cx) };
        return Some(Lowered::work(Work::Job(Job::RunAthena(Box::new(run)))));
    }
    let body = SqlBody::Check(check);
    let run = RunSql { connection: connection(cx.task.connection.as_ref()?), body };
    Some(Lowered::work(Work::Job(Job::RunSql(Box::new(run)))))
}

/// The table that is checked: of Redshift, or of the Data Catalog.
fn checked<'c>(cx: &'c Lowering<'_, '_>) -> Option<&'c TableName> {
    match cx.task.inputs.first().map(|input| &input.data)? {
        Data::Table { name, .. } => Some(name),
        Data::Catalog(table) => Some(&table.name),
        Data::Files { .. } | Data::Jdbc { .. } => None,
    }
}

/// An assertion for each query that it takes.
fn of_table(expectation: &Expectation) -> Vec<Assertion> {
    match expectation {
        Expectation::Rows(count) => vec![Assertion::Rows(count.value.clone())],
        Expectation::Unique(columns) => vec![Assertion::Unique { columns: texts(columns) }],
        Expectation::NotNull(columns) => {
            texts(columns).into_iter().map(|column| Assertion::NotNull { column }).collect()
        }
        Expectation::Accepted(columns) => columns
            .0
            .iter()
            .map(|(column, values)| Assertion::Accepted {
                column: column.value.clone(),
                values: values.iter().map(|value| value.value.0.clone()).collect(),
            })
            .collect(),
        Expectation::Fresh(fresh) => vec![Assertion::Fresh {
            column: fresh.column.value.clone(),
            within: fresh.within.value.0,
            time_zone: fresh.timezone().0,
        }],
        Expectation::Sql(_) => Vec::new(),
    }
}

fn texts(columns: &[Spanned<String>]) -> Vec<String> {
    columns.iter().map(|column| column.value.clone()).collect()
}
