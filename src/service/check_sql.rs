//! The SQL of checks: pure text, in the dialect of who is asked. An assertion is one query, which gives the rows that
//! offend, or a number of rows.

use super::assertion::{Assertion, Check, Expected};
use crate::lang::step::RowCount;
use crate::lang::value::TableName;
use crate::sql::Dialect;
use crate::sql::write::{self, Unfilled, identifier, identifiers, literal_of, qualified};
use crate::template::{RunValues, Template};
use std::fmt;

/// How many offending rows a query of dagc's gives: enough to see what is wrong.
const SAMPLE: u64 = 10;

/// A query that is asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    /// What is asserted, in a few words: `mart.flights: rows >= 1`.
    pub name: String,
    /// The query.
    pub sql: Query,
    /// How its result is read.
    pub kind: CheckKind,
}

/// A query, before a run's values are known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Query {
    /// The user's, with holes.
    Users(Template),
    /// One of dagc's: braces in it are text.
    Ours(String),
}

/// How the result of a check is read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CheckKind {
    /// The query gives one number of rows.
    Count(RowCount),
    /// The query gives the offending rows; none are expected.
    NoRows,
    /// The query gives so many of the offending rows at most; none are expected.
    NoRowsUpTo(u64),
}

impl Query {
    /// Fills the holes with a run's values.
    pub(crate) fn render(&self, values: &RunValues, dialect: Dialect) -> Result<String, Unfilled> {
        match self {
            Self::Users(query) => write::render_as(query, values, dialect),
            Self::Ours(sql) => Ok(sql.clone()),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Users(query) => query.fmt(f),
            Self::Ours(sql) => f.write_str(sql),
        }
    }
}

/// Writes the queries of a check, in the order of its assertions.
pub(crate) fn asked(check: &Check, dialect: Dialect) -> Vec<Asked> {
    check.assertions.iter().map(|assertion| one(check.table.as_ref(), assertion, dialect)).collect()
}

/// Writes the queries of a check as people are shown them, each below what it asserts.
pub(crate) fn shown(check: &Check, values: &RunValues, dialect: Dialect) -> Vec<String> {
    let complete = |asked: Asked| {
        let query = asked.sql.render(values, dialect).unwrap_or_else(|_| asked.sql.to_string());
        format!("-- {}\n{query}", asked.name.replace('\n', " "))
    };
    asked(check, dialect).into_iter().map(complete).collect()
}

fn one(table: Option<&TableName>, assertion: &Assertion, dialect: Dialect) -> Asked {
    let shown = table.map(ToString::to_string).unwrap_or_default();
    let name = |what: String| format!("{shown}: {what}");
    let table = table.map(|table| place(table, dialect)).unwrap_or_default();
    let offending = |what: String, sql: String| Asked {
        name: name(what),
        sql: Query::Ours(format!("{sql} LIMIT {SAMPLE}")),
        kind: CheckKind::NoRowsUpTo(SAMPLE),
    };
    match assertion {
        Assertion::Rows(count) => Asked {
            name: name(format!("rows {} {}", count.operator, count.count)),
            sql: Query::Ours(format!("SELECT COUNT(*) FROM {table}")),
            kind: CheckKind::Count(count.clone()),
        },
        Assertion::Unique { columns } => offending(
            format!("unique ({})", columns.join(", ")),
            format!(
                "SELECT {0}, COUNT(*) AS \"rows\" FROM {table} GROUP BY {0} HAVING COUNT(*) > 1",
                identifiers(columns)
            ),
        ),
        Assertion::NotNull { column } => offending(
            format!("{column} is not null"),
            format!("SELECT * FROM {table} WHERE {} IS NULL", identifier(column)),
        ),
        Assertion::Accepted { column, values } => {
            let values = values.iter().map(|value| literal_of(dialect, value)).collect::<Vec<_>>().join(", ");
            let column = identifier(column);
            let text = as_text(&column, dialect);
            offending(
                format!("{column} is one of {values}"),
                format!(
                    "SELECT {column}, COUNT(*) AS \"rows\" FROM {table} WHERE {text} NOT IN ({values}) GROUP BY \
                     {column}"
                ),
            )
        }
        Assertion::Fresh { column, within, time_zone } => Asked {
            name: name(format!("newest {column} within {within} seconds")),
            sql: Query::Ours(of_age(&table, column, *within, time_zone, dialect)),
            kind: CheckKind::NoRows,
        },
        Assertion::Query { name, query, expect } => Asked {
            name: name.clone(),
            sql: Query::Users(query.0.clone()),
            kind: match expect {
                Expected::NoRows => CheckKind::NoRows,
                Expected::Count(count) => CheckKind::Count(count.clone()),
            },
        },
    }
}

/// A table of Athena's is one of the account's own catalog, whatever the catalog of the queries is.
fn place(table: &TableName, dialect: Dialect) -> String {
    let table = qualified(&table.schema, &table.table);
    match dialect {
        Dialect::Redshift => table,
        Dialect::Athena => format!("\"awsdatacatalog\".{table}"),
    }
}

/// Redshift reads a literal as what it is compared with; Trino compares a text with texts alone.
fn as_text(column: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Redshift => column.to_owned(),
        Dialect::Athena => format!("CAST({column} AS VARCHAR)"),
    }
}

/// An empty table is not fresh.
fn of_age(table: &str, column: &str, within: u64, time_zone: &str, dialect: Dialect) -> String {
    let column = identifier(column);
    let oldest = oldest(within, time_zone, dialect);
    format!(
        "SELECT MAX({column}) AS newest FROM {table} HAVING MAX({column}) IS NULL OR MAX({column}) < {oldest}"
    )
}

/// The time of a clock of this zone so many seconds ago, without its zone. The clock of Redshift is UTC's; that of Athena
/// is of a zone, which a cast takes away.
fn oldest(within: u64, time_zone: &str, dialect: Dialect) -> String {
    let zone = literal_of(dialect, time_zone);
    match (dialect, time_zone) {
        (Dialect::Redshift, "UTC") => format!("DATEADD(second, -{within}, GETDATE())"),
        (Dialect::Redshift, _) => format!("DATEADD(second, -{within}, CONVERT_TIMEZONE({zone}, GETDATE()))"),
        (Dialect::Athena, _) => {
            format!("CAST(current_timestamp AT TIME ZONE {zone} AS timestamp) - INTERVAL '{within}' SECOND")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// Writes what is asked of a table, given the assertion as it stands in a plan.
    fn asked_so(assertion: &Value, dialect: Dialect) -> String {
        let table = json!({ "schema": "mart", "table": "trips" });
        let check = serde_json::from_value(json!({ "table": table, "assertions": [assertion] })).unwrap();
        let asked = asked(&check, dialect).remove(0);
        format!("{}\n{}\n{:?}", asked.name, asked.sql, asked.kind)
    }

    #[test]
    fn each_assertion_is_a_query() {
        let count = json!({ "operator": ">=", "count": 1 });
        let assertions = [
            json!({ "type": "rows", "operator": ">=", "count": 1 }),
            json!({ "type": "unique", "columns": ["trip_id", "d\"t"] }),
            json!({ "type": "not_null", "column": "fare" }),
            json!({ "type": "accepted", "column": "kind", "values": ["a", "it's", "{{ b }}", "c\\"] }),
            json!({ "type": "fresh", "column": "loaded_at", "within": 86400, "time_zone": "UTC" }),
            json!({ "type": "fresh", "column": "loaded_at", "within": 60, "time_zone": "Europe/Berlin" }),
            json!({ "type": "query", "name": "late", "query": "select 1 where {{ ds }} < x", "expect": "no_rows" }),
            json!({ "type": "query", "name": "many", "query": "select 1", "expect": { "count": count } }),
        ];
        for (name, dialect) in
            [("each_assertion_is_a_query", Dialect::Redshift), ("each_is_a_query_of_athena", Dialect::Athena)]
        {
            let asked: Vec<String> =
                assertions.iter().map(|assertion| asked_so(assertion, dialect)).collect();
            insta::assert_snapshot!(name, asked.join("\n\n"));
        }
    }
}
