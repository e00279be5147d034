//! What no table of Athena's can be: of a type that Hive knows not, without files, with its partitions elsewhere than last.
//!
//! From "CREATE TABLE", "CREATE TABLE AS", "Data types in Amazon Athena" and "Supported data types for Iceberg tables in
//! Athena" in the Athena User Guide. What these pages do not rule out is let through.

use super::super::SqlError;
use super::super::columns::{column, selected};
use super::super::cursor::Cursor;
use super::super::dialect::{error, refused};
use super::super::scan::Kind;
use std::ops::Range;

/// Types of other databases and of Athena's queries, and what a definition of a table says instead.
const TYPES: &[(&str, &str)] = &[
    ("bigserial", "BIGINT"),
    ("blob", "BINARY"),
    ("bytea", "BINARY"),
    ("clob", "STRING"),
    ("datetime", "TIMESTAMP"),
    ("float4", "FLOAT"),
    ("float8", "DOUBLE"),
    ("int2", "SMALLINT"),
    ("int4", "INT"),
    ("int64", "BIGINT"),
    ("int8", "BIGINT"),
    ("json", "STRING"),
    ("jsonb", "STRING"),
    ("money", "DECIMAL(18, 2)"),
    ("number", "DECIMAL(18, 2)"),
    ("nvarchar", "STRING"),
    ("serial", "INT"),
    ("super", "STRING"),
    ("text", "STRING"),
    ("time", "STRING"),
    ("timestamptz", "TIMESTAMP"),
    ("uuid", "STRING"),
    ("varbinary", "BINARY"),
    ("varbyte", "BINARY"),
    ("varchar2", "STRING"),
    ("variant", "STRING"),
];

/// Types that tables of Iceberg have not.
const NOT_OF_ICEBERG: &[(&str, &str)] = &[("char", "STRING"), ("smallint", "INT"), ("tinyint", "INT")];

/// Finds what is wrong with the table that a statement makes. What a run fills in may be anything.
pub(super) fn wrong(cursor: &Cursor<'_>) -> Option<SqlError> {
    let kind = cursor.skip(1, &["or", "replace", "external"]);
    let is_view = cursor.is(kind, "view");
    if !cursor.is(0, "create") || !(is_view || cursor.is(kind, "table")) {
        return None;
    }
    let (_, behind) = cursor.name(cursor.skip(kind + 1, &["if", "not", "exists"]))?;
    let query = std::iter::successors(cursor.find(behind, &["as"]), |at| cursor.find(at + 1, &["as"]))
        .map(|at| at + 1)
        .find(|at| cursor.any(*at, &["select", "with"]));
    let Some(query) = query else { return (!is_view).then(|| defined(cursor, kind, behind)).flatten() };
    let is_filled_in = is_filled_in(cursor, behind..query);
    let columns = selected(cursor, query)?;
    let has_names = is_view && cursor.is(behind, "(");
    columns
        .iter()
        .find_map(|item| nameless(cursor, item, if is_view { "view" } else { "table" }))
        .filter(|_| !has_names)
        .or_else(|| {
            (!is_filled_in && !is_view).then(|| from_query(cursor, behind..query, &columns)).flatten()
        })
}

/// Says whether a run fills in something of these tokens.
fn is_filled_in(cursor: &Cursor<'_>, tokens: Range<usize>) -> bool {
    let is_hole =
        |n: usize| cursor.tokens[n].kind == Kind::Hole || cursor.tokens[n].text(cursor.script).contains("{{");
    tokens.into_iter().any(is_hole)
}

/// A table whose columns are written out.
fn defined(cursor: &Cursor<'_>, kind: usize, behind: usize) -> Option<SqlError> {
    let close = cursor.close(behind).filter(|_| cursor.is(behind, "("))?;
    let tail = &cursor.tokens[close..];
    let is_filled_in = is_filled_in(cursor, behind..cursor.tokens.len());
    let is_iceberg =
        tail.iter().any(|token| token.text(cursor.script).trim_matches('\'').eq_ignore_ascii_case("iceberg"));
    let columns = members(cursor, behind + 1..close);
    if let Some(error) = columns.iter().find_map(|item| typed(cursor, item, is_iceberg)) {
        return Some(error);
    }
    let parted = cursor.find(close + 1, &["partitioned"]).map(|at| at + 2).filter(|at| cursor.is(*at, "("));
    if let Some(open) = parted.filter(|_| !is_iceberg) {
        let items = members(cursor, open + 1..cursor.close(open)?);
        let repeated = items.iter().find_map(|item| repeated(cursor, item, &columns));
        if let Some(error) = repeated.or_else(|| items.iter().find_map(|item| typed(cursor, item, false))) {
            return Some(error);
        }
    }
    let has_place = cursor.find(close + 1, &["location"]).is_some();
    (cursor.is(kind - 1, "external") && !has_place && !is_filled_in).then(|| {
        let message = "this table says nothing of where its files are: write `LOCATION 's3://...'` behind it";
        refused(cursor, kind, message.to_owned())
    })
}

/// The columns of a list, each with its whole type: `a map<int, string>` is one.
fn members(cursor: &Cursor<'_>, list: Range<usize>) -> Vec<Range<usize>> {
    let count = |item: &Range<usize>, symbol: &str| item.clone().filter(|n| cursor.is(*n, symbol)).count();
    let is_open = |item: &Range<usize>| count(item, "<") > count(item, ">");
    let mut members: Vec<Range<usize>> = Vec::new();
    for item in cursor.items(list) {
        match members.last_mut().filter(|last| is_open(last)) {
            Some(open) => open.end = item.end,
            None => members.push(item),
        }
    }
    members
}

/// A column whose type nobody knows there, or whose length is missing.
fn typed(cursor: &Cursor<'_>, item: &Range<usize>, is_iceberg: bool) -> Option<SqlError> {
    let end = item.clone().find(|n| cursor.is(*n, "comment")).unwrap_or(item.end);
    for n in item.start + 1..end {
        let is_type = n == item.start + 1
            || cursor.is(n - 1, ":")
            || (cursor.is(n - 1, "<") && cursor.any(n - 2, &["array", "map"]));
        if !is_type {
            continue;
        }
        let others = if is_iceberg { NOT_OF_ICEBERG } else { &[] };
        if let Some((name, instead)) = TYPES.iter().chain(others).find(|(name, _)| cursor.is(n, name)) {
            let of =
                if others.iter().any(|(other, _)| other == name) { " in a table of Iceberg" } else { "" };
            return error(cursor, n..n + 1, &format!("type `{name}`{of}"), &format!("write `{instead}`"));
        }
        if cursor.any(n, &["char", "varchar"]) && !cursor.is(n + 1, "(") {
            let name = cursor.tokens[n].text(cursor.script).to_lowercase();
            let instead = format!("write `{name}(100)`, or `string`");
            return error(cursor, n..n + 1, &format!("type `{name}` without a length"), &instead);
        }
    }
    None
}

/// A column that is one of the partitions as well.
fn repeated(cursor: &Cursor<'_>, item: &Range<usize>, columns: &[Range<usize>]) -> Option<SqlError> {
    let name = cursor.one_name(item.start)?;
    let is_one = columns.iter().any(|column| cursor.one_name(column.start).as_ref() == Some(&name));
    is_one.then(|| {
        let message = format!(
            "column `{name}` is one of the table and one of its partitions: take it out of the first list"
        );
        refused(cursor, item.start, message)
    })
}

/// A column of a query that has no name: what is made from it cannot call it.
fn nameless(cursor: &Cursor<'_>, item: &Range<usize>, made: &str) -> Option<SqlError> {
    let last = item.end.checked_sub(1).filter(|last| item.contains(last))?;
    let is_in_parentheses = cursor.is(item.start, "(") && cursor.close(item.start) == Some(last);
    let is_value = cursor.is(last, ")") || matches!(cursor.tokens[last].kind, Kind::Text | Kind::Number);
    let is_so = is_value && !is_in_parentheses && column(cursor, item.clone()).is_none();
    is_so.then(|| {
        let message = format!("this column of the {made} has no name: write `AS name` behind it");
        refused(cursor, item.start, message)
    })
}

/// A table that is made from a query, whose properties stand between its name and the query.
fn from_query(cursor: &Cursor<'_>, between: Range<usize>, columns: &[Range<usize>]) -> Option<SqlError> {
    let open = between.start + 1;
    if !cursor.is(between.start, "with") || !cursor.is(open, "(") {
        return None;
    }
    let properties = cursor.items(open + 1..cursor.close(open)?);
    let property = |name: &str| properties.iter().find(|item| cursor.is(item.start, name)).cloned();
    let is_iceberg = property("table_type").is_some_and(|item| {
        cursor.literal(item.start + 2).is_some_and(|it| it.eq_ignore_ascii_case("iceberg"))
    });
    let parted = property("partitioned_by");
    if is_iceberg {
        if let Some(item) = parted {
            let instead = "write `partitioning = ARRAY['...']`";
            return error(
                cursor,
                item.start..item.start + 1,
                "`partitioned_by` of a table of Iceberg",
                instead,
            );
        }
        let is_own = property("is_external").is_some_and(|item| cursor.is(item.start + 2, "false"));
        return (!is_own).then(|| {
            let message =
                "a table of Iceberg is Athena's own: write `is_external = false` beside `table_type`";
            refused(cursor, open, message.to_owned())
        });
    }
    in_order(cursor, &parted?, columns)
}

/// The partitions are the last columns, in their order.
fn in_order(cursor: &Cursor<'_>, parted: &Range<usize>, columns: &[Range<usize>]) -> Option<SqlError> {
    let partitions: Vec<String> =
        parted.clone().filter_map(|n| cursor.literal(n)).map(str::to_lowercase).collect();
    let first = columns.len().checked_sub(partitions.len());
    let last: Option<Vec<String>> =
        columns[first.unwrap_or(0)..].iter().map(|item| column(cursor, item.clone())).collect();
    // What a star stands for is not known: it may end with them.
    let is_known = first.is_some() || columns.iter().all(|item| column(cursor, item.clone()).is_some());
    let is_so = partitions.is_empty() || !is_known || last.is_none_or(|last| last == partitions);
    (!is_so).then(|| {
        let names = partitions.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let message = format!(
            "the partitions are the last columns of the query, in this order: write {names} at its end"
        );
        refused(cursor, parted.start, message)
    })
}
