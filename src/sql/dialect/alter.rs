//! `ALTER TABLE`, from its page in the Redshift Database Developer Guide and "Features that are implemented
//! differently": one change a statement, of a column only the type and the encoding.

use super::error;
use super::statements::KEYS;
use crate::sql::SqlError;
use crate::sql::cursor::Cursor;

/// What other databases do with `ALTER TABLE`.
pub(super) fn alter(cursor: &Cursor<'_>) -> Option<SqlError> {
    let (_, behind) = cursor.name(cursor.skip(2, &["if", "exists"]))?;
    if let Some(wrong) = column(cursor, behind) {
        return Some(wrong);
    }
    match () {
        () if cursor.has(behind, &["swap", "with"]) => error(
            cursor,
            behind..behind + 2,
            "`SWAP WITH`",
            "write three `ALTER TABLE ... RENAME TO` in one step",
        ),
        () if cursor.has(behind, &["set", "schema"]) => error(
            cursor,
            behind..behind + 2,
            "`SET SCHEMA`",
            "create the table there as a query of this one, and drop this one",
        ),
        () if cursor.has(behind, &["cluster", "by"]) => {
            error(cursor, behind..behind + 2, "`CLUSTER BY`", KEYS)
        }
        () => None,
    }
}

/// What it does to columns elsewhere; the action begins at `at`.
fn column(cursor: &Cursor<'_>, at: usize) -> Option<SqlError> {
    let column = cursor.skip(at + 1, &["column"]);
    match () {
        () if cursor.any(at, &["modify", "change"]) => {
            let word = cursor.tokens[at].text(cursor.script).to_uppercase();
            let instead = "write `ALTER COLUMN ... TYPE` or `RENAME COLUMN ... TO`";
            error(cursor, at..at + 1, &format!("`{word}`"), instead)
        }
        () if cursor.any(at, &["add", "alter", "drop", "rename"]) && is_condition(cursor, column) => {
            if_exists(cursor, column)
        }
        () if cursor.is(at, "drop") => several(cursor, at),
        () if cursor.is(at, "add") => several(cursor, at).or_else(|| added(cursor, column)),
        () if cursor.is(at, "alter") => changed(cursor, at, column),
        () => None,
    }
}

/// `IF` alone may be a column.
fn is_condition(cursor: &Cursor<'_>, at: usize) -> bool {
    cursor.has(at, &["if", "exists"]) || cursor.has(at, &["if", "not", "exists"])
}

/// Partitions have it, columns have not.
fn if_exists(cursor: &Cursor<'_>, at: usize) -> Option<SqlError> {
    let name = cursor.skip(at, &["if", "not", "exists"]);
    if cursor.is(name, "partition") {
        return None;
    }
    let instead = "leave it out; `SVV_COLUMNS` tells which columns there are";
    error(cursor, at..name, "`IF EXISTS` of columns", instead)
}

/// What a new column cannot have: a place among the others, a key, rows that must have a value and get none.
fn added(cursor: &Cursor<'_>, column: usize) -> Option<SqlError> {
    const KEYS: &[&str] = &["constraint", "foreign", "primary", "unique", "partition"];
    if cursor.is(column, "(") || cursor.any(column, &["columns"]) && cursor.is(column + 1, "(") {
        let instead = "write an `ALTER TABLE` for each, without parentheses";
        return error(cursor, column..column + 1, "several changes in one `ALTER TABLE`", instead);
    }
    let (_, kind) = cursor.name(column).filter(|_| !cursor.any(column, KEYS))?;
    let from = kind + 1;
    if let Some(at) = cursor.find(from, &["first", "after"]) {
        let word = cursor.tokens[at].text(cursor.script).to_uppercase();
        let instead = "take it away: a new column is the last one";
        return error(cursor, at..cursor.tokens.len(), &format!("`{word}` of columns"), instead);
    }
    if let Some(at) = cursor.find(from, &["primary", "unique", "identity", "references"]) {
        let word = cursor.tokens[at].text(cursor.script).to_uppercase();
        let instead = "make the table anew with such a column: create it, insert, and rename";
        return error(cursor, at..at + 1, &format!("`{word}` of a column that is added"), instead);
    }
    let must = cursor.find(from, &["not"]).filter(|at| cursor.is(at + 1, "null"))?;
    if cursor.find(from, &["default"]).is_some() {
        return None;
    }
    let what = "`NOT NULL` without `DEFAULT` of a column that is added";
    error(cursor, must..must + 2, what, "write `DEFAULT` with the value of the rows that are there")
}

fn several(cursor: &Cursor<'_>, at: usize) -> Option<SqlError> {
    let is_another = |n: &usize| cursor.is(*n, ",") && cursor.any(n + 1, &["add", "drop", "alter"]);
    let mut depth = 0_usize;
    let comma = (at..cursor.tokens.len()).find(|n| {
        depth += usize::from(cursor.is(*n, "("));
        depth = depth.saturating_sub(usize::from(cursor.is(*n, ")")));
        depth == 0 && is_another(n)
    })?;
    let instead = "write an `ALTER TABLE` for each";
    error(cursor, comma..comma + 2, "several changes in one `ALTER TABLE`", instead)
}

fn changed(cursor: &Cursor<'_>, at: usize, column: usize) -> Option<SqlError> {
    if cursor.any(at + 1, &["distkey", "sortkey", "diststyle", "encode"]) {
        return None;
    }
    let (_, behind) = cursor.name(column)?;
    if cursor.has(behind, &["set", "data", "type"]) {
        return error(cursor, behind..behind + 3, "`SET DATA TYPE`", "write `TYPE`");
    }
    if !cursor.any(behind, &["set", "drop"]) || !cursor.any(behind + 1, &["not", "default"]) {
        return None;
    }
    let instead = "make the table anew with such a column: create it, insert, and rename";
    error(cursor, behind..behind + 2, "changes of a column but for its type and encoding", instead)
}
