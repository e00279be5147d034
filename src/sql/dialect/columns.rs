//! What `CREATE TABLE` has elsewhere: types, constraints, partitions.

use super::statements::KEYS;
use super::{definition, error, is_text};
use crate::sql::SqlError;
use crate::sql::cursor::{Cursor, Name};

/// Finds what a table of Redshift's cannot have.
pub(super) fn table(cursor: &Cursor<'_>) -> Option<SqlError> {
    let kind = cursor.skip(1, &["or", "replace", "local", "global", "temp", "temporary", "external"]);
    if !cursor.is(kind, "table") {
        return None;
    }
    let at = cursor.skip(kind + 1, &["if", "not", "exists"]);
    let (name, behind) = cursor.name(at)?;
    columns(cursor, behind)
        .or_else(|| temporary_elsewhere(cursor, kind, at, &name))
        .or_else(|| query_if_not_exists(cursor, kind, behind))
        .or_else(|| without_rows(cursor, behind))
        .or_else(|| definition::wrong(cursor, behind))
}

/// `CREATE TEMP TABLE mart.t`: the schema of temporary tables is the session's own.
fn temporary_elsewhere(cursor: &Cursor<'_>, kind: usize, at: usize, name: &Name) -> Option<SqlError> {
    let is_temporary = (1..kind).any(|n| cursor.any(n, &["temp", "temporary"]));
    let [.., schema, _] = name.parts.as_slice() else { return None };
    let is_so = is_temporary && !schema.starts_with("pg_temp");
    is_so.then(|| error(cursor, at..at + 1, "temporary tables in schemas", "take the schema away")).flatten()
}

/// `CREATE TABLE ... AS ... WITH NO DATA`.
fn without_rows(cursor: &Cursor<'_>, behind: usize) -> Option<SqlError> {
    let last = cursor.tokens.len().checked_sub(3)?;
    let is_so = cursor.has(last, &["with", "no", "data"]) && cursor.find(behind, &["as"]).is_some();
    let instead = "choose no rows: `... WHERE 1 = 0`";
    is_so.then(|| error(cursor, last..last + 3, "`WITH NO DATA`", instead)).flatten()
}

/// `CREATE TABLE IF NOT EXISTS ... AS`.
fn query_if_not_exists(cursor: &Cursor<'_>, kind: usize, behind: usize) -> Option<SqlError> {
    let at = kind + 1;
    let query = cursor.find(behind, &["as"]).filter(|_| cursor.has(at, &["if", "not", "exists"]))?;
    let is_query = cursor.any(query + 1, &["select", "with"]) || cursor.is(query + 1, "(");
    if !is_query || cursor.is(1, "external") {
        return None;
    }
    let instead = "write `CREATE TABLE IF NOT EXISTS` with the columns and an INSERT, or `DROP TABLE IF EXISTS` before it";
    error(cursor, at..at + 3, "`IF NOT EXISTS` of a table that is made from a query", instead)
}

/// Types that a column cannot have.
const TYPES: &[(&str, &str)] = &[
    ("bigserial", "`BIGINT IDENTITY(1, 1)`"),
    ("serial", "`INTEGER IDENTITY(1, 1)`"),
    ("smallserial", "`SMALLINT IDENTITY(1, 1)`"),
    ("json", "`SUPER`"),
    ("jsonb", "`SUPER`"),
    ("hstore", "`SUPER`"),
    ("bytea", "`VARBYTE`"),
    ("uuid", "`CHAR(36)`"),
    ("money", "`DECIMAL(18, 2)`"),
    ("xml", "`VARCHAR`"),
    ("inet", "`VARCHAR`"),
    ("cidr", "`VARCHAR`"),
    ("bit", "`BOOLEAN`"),
    ("macaddr", "`VARCHAR`"),
    ("tsquery", "`VARCHAR`"),
    ("tsvector", "`VARCHAR`"),
    // Those of other databases, which no page names.
    ("blob", "`VARBYTE`"),
    ("clob", "`VARCHAR`"),
    ("datetimeoffset", "`TIMESTAMPTZ`"),
    ("enum", "`VARCHAR`"),
    ("float64", "`FLOAT8`"),
    ("int64", "`BIGINT`"),
    ("longtext", "`VARCHAR`"),
    ("mediumint", "`INTEGER`"),
    ("mediumtext", "`VARCHAR`"),
    ("number", "`DECIMAL`"),
    ("string", "`VARCHAR`"),
    ("timestamp_ltz", "`TIMESTAMPTZ`"),
    ("timestamp_ntz", "`TIMESTAMP`"),
    ("timestamp_tz", "`TIMESTAMPTZ`"),
    ("tinyint", "`SMALLINT`"),
    ("uniqueidentifier", "`CHAR(36)`"),
    ("varchar2", "`VARCHAR`"),
    ("variant", "`SUPER`"),
];

/// What the columns of a table and the clauses behind them cannot have; its name ends before `behind`.
fn columns(cursor: &Cursor<'_>, behind: usize) -> Option<SqlError> {
    if cursor.is(behind, "like") && cursor.one_name(behind + 1).is_some() {
        return error(cursor, behind..behind + 1, "`LIKE` without parentheses", "write `(LIKE parent)`");
    }
    let query = cursor.find(behind, &["as"]).unwrap_or(cursor.tokens.len());
    let mut depth = 0_usize;
    for n in behind..query {
        match () {
            () if cursor.is(n, "(") => depth += 1,
            () if cursor.is(n, ")") => depth = depth.saturating_sub(1),
            () if depth == 1 && (cursor.is(n - 1, "(") || cursor.is(n - 1, ",")) => {
                let typed = TYPES.iter().find(|(name, _)| cursor.is(n + 1, name) && !cursor.is(n, "like"));
                if let Some((name, instead)) = typed {
                    let what = format!("type `{name}`");
                    return error(cursor, n + 1..n + 2, &what, &format!("write {instead}"));
                }
                if cursor.has(n + 1, &["double"]) && !cursor.is(n + 2, "precision") && !cursor.is(n, "like") {
                    return error(cursor, n + 1..n + 2, "type `double`", "write `DOUBLE PRECISION`");
                }
                if cursor.is(n, "exclude") && (cursor.is(n + 1, "using") || cursor.is(n + 1, "(")) {
                    return error(cursor, n..n + 1, "exclusion constraints", "take it away");
                }
                if cursor.has(n, &["check", "("]) {
                    return check(cursor, n);
                }
            }
            () if depth == 1 && cursor.has(n, &["generated", "always", "as"]) => {
                let instead = "write `GENERATED BY DEFAULT AS IDENTITY(1, 1)`, or `IDENTITY(1, 1)`";
                return error(cursor, n..n + 2, "`GENERATED ALWAYS`", instead);
            }
            () if depth == 1 && cursor.any(n, &["auto_increment", "autoincrement"]) => {
                return error(cursor, n..n + 1, "`AUTO_INCREMENT`", "write `IDENTITY(1, 1)`");
            }
            () if depth == 1 && cursor.has(n, &["check", "("]) => return check(cursor, n),
            () if depth == 1 && cursor.is(n, "unsigned") && cursor.one_name(n - 1).is_some() => {
                return error(cursor, n..n + 1, "`UNSIGNED`", "take it away, or choose a wider type");
            }
            () if depth == 1 && cursor.is(n, "comment") && is_text(cursor, n + 1) => {
                return error(
                    cursor,
                    n..n + 1,
                    "`COMMENT` in `CREATE TABLE`",
                    "write `COMMENT ON COLUMN` behind it",
                );
            }
            () if depth == 0 && cursor.has(n, &["partition", "of"]) => {
                return error(
                    cursor,
                    n..n + 2,
                    "partitions of tables",
                    "choose the table's `SORTKEY` instead",
                );
            }
            () if depth == 0 && cursor.has(n, &["partition", "by"]) => {
                return error(
                    cursor,
                    n..n + 2,
                    "partitions of tables",
                    "choose the table's `SORTKEY` instead",
                );
            }
            () if depth == 0 && cursor.has(n, &["cluster", "by"]) => {
                return error(cursor, n..n + 2, "`CLUSTER BY`", KEYS);
            }
            () if depth == 0 && cursor.is(n, "clone") && cursor.name(n + 1).is_some() => {
                return error(
                    cursor,
                    n..n + 1,
                    "`CLONE`",
                    "write `CREATE TABLE ... AS SELECT * FROM` that table",
                );
            }
            () if depth == 0 && cursor.has(n, &["inherits", "("]) => {
                return error(cursor, n..n + 1, "inheritance", "write `(LIKE parent)`");
            }
            () if depth == 0 && cursor.has(n, &["on", "commit"]) => {
                let instead = "drop it in the same step; a temporary table ends with its session";
                return error(cursor, n..n + 2, "`ON COMMIT`", instead);
            }
            () if depth == 0 && cursor.is(n, "tablespace") => {
                return error(cursor, n..n + 1, "tablespaces", "take it away");
            }
            () => {}
        }
    }
    None
}

fn check(cursor: &Cursor<'_>, at: usize) -> Option<SqlError> {
    error(cursor, at..at + 1, "check constraints", "write a `sql_check` step")
}
