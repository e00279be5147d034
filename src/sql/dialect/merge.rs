//! `MERGE`, from its page in the Redshift Database Developer Guide: a table as its source, an alias for that one
//! only, one `WHEN MATCHED` and one `WHEN NOT MATCHED` without conditions, or `REMOVE DUPLICATES`.

use super::error;
use crate::sql::SqlError;
use crate::sql::cursor::Cursor;

const TEMPORARY: &str =
    "select the rows into a temporary table before it, in the same step, and write `USING` that table";

/// Finds what Redshift's `MERGE` has not.
pub(super) fn merge(cursor: &Cursor<'_>) -> Option<SqlError> {
    (0..cursor.tokens.len())
        .find_map(|n| clause(cursor, n))
        .or_else(|| tables(cursor))
        .or_else(|| branches(cursor))
}

fn clause(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    let is_branch = n > 0 && cursor.any(n - 1, &["when", "not"]);
    match () {
        () if cursor.is(n, "matched") && !is_branch => None,
        () if cursor.has(n, &["matched", "and"]) => {
            error(cursor, n..n + 2, "a condition behind `MATCHED`", TEMPORARY)
        }
        () if cursor.has(n, &["matched", "by"]) => {
            error(cursor, n..n + 3, "`MATCHED BY`", "write a DELETE behind the MERGE")
        }
        () if cursor.has(n, &["then", "do", "nothing"]) => {
            error(cursor, n + 1..n + 3, "`DO NOTHING`", "write an INSERT of the new rows only")
        }
        () => None,
    }
}

/// The target has no alias, and the source is a table.
fn tables(cursor: &Cursor<'_>) -> Option<SqlError> {
    let (_, behind) = cursor.name(cursor.skip(1, &["into"]))?;
    let using = cursor.find(behind, &["using"])?;
    if using > behind {
        return error(cursor, behind..using, "alias for the target of `MERGE`", "write the table's own name");
    }
    if cursor.is(using + 1, "(") {
        return error(cursor, using..using + 2, "query as the source of `MERGE`", TEMPORARY);
    }
    None
}

fn branches(cursor: &Cursor<'_>) -> Option<SqlError> {
    let from = cursor.find(1, &["using"])?;
    let has = |words: &[&str]| (from..cursor.tokens.len()).any(|n| cursor.has(n, words));
    match (has(&["when", "matched"]), has(&["when", "not", "matched"])) {
        (true, false) => {
            error(cursor, 0..1, "`MERGE` without `WHEN NOT MATCHED`", "write an UPDATE or a DELETE")
        }
        (false, true) => {
            let instead = "write `INSERT ... SELECT ... WHERE NOT EXISTS (...)`";
            error(cursor, 0..1, "`MERGE` without `WHEN MATCHED`", instead)
        }
        (true, true) | (false, false) => None,
    }
}
