//! A query for each thing that must hold.

use super::{Expectation, Fresh, SqlCheckStep};
use crate::kind::contract::{Lowered, Lowering, connection, statements};
use crate::lang::value::TableName;
use crate::plan::{Check, CheckKind, Job, RunSql, SqlBody, Statement, Work};
use crate::sql::write::{identifier, identifiers, literal, qualified};
use crate::template::Template;
use crate::text::Spanned;

/// How many offending rows a query gives: enough to see what is wrong.
const SAMPLE: u64 = 10;

pub(super) fn lower(step: &SqlCheckStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let mut checks = Vec::with_capacity(step.expect.len());
    let mut queries = cx.task.scripts.iter();
    let table = cx.task.table();
    for expectation in &step.expect {
        if let Expectation::Sql(_) = expectation {
            let sql = statements(cx, queries.next()?)?.into_iter().next()?;
            let subject = table.map_or_else(|| cx.task.name.to_owned(), ToString::to_string);
            checks.push(Check {
                name: format!("{subject}: no rows of a query"),
                sql,
                kind: CheckKind::NoRows,
            });
        } else {
            checks.extend(of_table(table?, expectation));
        }
    }
    let run =
        RunSql { connection: connection(cx.task.connection.as_ref()?), body: SqlBody::Check { checks } };
    Some(Lowered::work(Work::Job(Job::RunSql(Box::new(run)))))
}

fn of_table(name: &TableName, expectation: &Expectation) -> Vec<Check> {
    let table = qualified(&name.schema, &name.table);
    // What is made here holds no hole: braces in a user's values are text.
    let check = |what: String, sql: String, kind: CheckKind| Check {
        name: format!("{name}: {what}"),
        sql: Statement(Template::text(sql)),
        kind,
    };
    let no_rows =
        |what, sql: String| check(what, format!("{sql} LIMIT {SAMPLE}"), CheckKind::NoRowsUpTo(SAMPLE));
    match expectation {
        Expectation::Rows(count) => vec![check(
            format!("rows {} {}", count.operator, count.count),
            format!("SELECT COUNT(*) FROM {table}"),
            CheckKind::Count(count.value.clone()),
        )],
        Expectation::Unique(columns) => vec![no_rows(
            format!("unique ({})", joined(columns)),
            format!(
                "SELECT {0}, COUNT(*) AS \"rows\" FROM {table} GROUP BY {0} HAVING COUNT(*) > 1",
                identifiers(&texts(columns))
            ),
        )],
        Expectation::NotNull(columns) => columns
            .iter()
            .map(|column| {
                no_rows(
                    format!("{} is not null", column.value),
                    format!("SELECT * FROM {table} WHERE {} IS NULL", identifier(column)),
                )
            })
            .collect(),
        Expectation::Accepted(columns) => columns
            .0
            .iter()
            .map(|(column, values)| {
                let values: Vec<String> = values.iter().map(|value| literal(&value.value.0)).collect();
                let column = identifier(column);
                no_rows(
                    format!("{column} is one of {}", values.join(", ")),
                    format!(
                        "SELECT {column}, COUNT(*) AS \"rows\" FROM {table} WHERE {column} NOT IN ({}) GROUP BY \
                         {column}",
                        values.join(", ")
                    ),
                )
            })
            .collect(),
        Expectation::Fresh(fresh) => {
            let (what, sql) = of_age(&table, fresh);
            vec![check(what, sql, CheckKind::NoRows)]
        }
        Expectation::Sql(_) => Vec::new(),
    }
}

/// An empty table is not fresh.
fn of_age(table: &str, fresh: &Fresh) -> (String, String) {
    let column = identifier(&fresh.column);
    let seconds = fresh.within.value.0;
    (
        format!("newest {} within {seconds} seconds", fresh.column.value),
        format!(
            "SELECT MAX({column}) AS newest FROM {table} HAVING MAX({column}) IS NULL OR MAX({column}) < \
             DATEADD(second, -{seconds}, GETDATE())"
        ),
    )
}

fn texts(columns: &[Spanned<String>]) -> Vec<&str> {
    columns.iter().map(|column| column.value.as_str()).collect()
}

fn joined(columns: &[Spanned<String>]) -> String {
    texts(columns).join(", ")
}
