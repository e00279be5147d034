//! Types to which nothing can be cast.

use super::{Runs, error};
use crate::sql::SqlError;
use crate::sql::cursor::Cursor;

/// `::json`; the colon stands at `n`.
pub(super) fn cast(cursor: &Cursor<'_>, n: usize, runs: Runs) -> Option<SqlError> {
    let next = cursor.tokens.get(n + 1)?;
    let is_cast = next.range.start == cursor.tokens[n].range.end && cursor.is(n + 1, ":");
    if is_cast { no_type(cursor, n + 2, runs) } else { None }
}

/// `CAST(... AS json)`; `AS` stands at `n`.
pub(super) fn cast_as(cursor: &Cursor<'_>, n: usize, runs: Runs) -> Option<SqlError> {
    if !cursor.is(n + 2, ")") {
        return None;
    }
    let mut depth = 0_usize;
    let open = (n.saturating_sub(LONGEST_CAST)..n).rev().find(|m| {
        depth += usize::from(cursor.is(*m, ")"));
        let opens = cursor.is(*m, "(");
        let is_own = opens && depth == 0;
        depth -= usize::from(opens && depth > 0);
        is_own
    })?;
    let is_cast = open > 0 && cursor.any(open - 1, &["cast", "try_cast"]);
    if is_cast { no_type(cursor, n + 1, runs) } else { None }
}

/// Nobody casts more tokens at once.
const LONGEST_CAST: usize = 1_000;

/// Types to which nothing can be cast; the leader node has some of them.
pub(super) const CASTS: &[(&str, &str)] = &[
    ("bytea", "write `::varbyte`, or `FROM_HEX(...)`"),
    ("hstore", "write `JSON_PARSE(...)`, which gives SUPER"),
    ("json", "write `JSON_PARSE(...)`, which gives SUPER"),
    ("jsonb", "write `JSON_PARSE(...)`, which gives SUPER"),
    ("double", "write `DOUBLE PRECISION`"),
    ("float64", "write `FLOAT8`"),
    ("int64", "write `BIGINT`"),
    ("signed", "write `BIGINT`"),
    ("string", "write `VARCHAR`"),
    ("tinyint", "write `SMALLINT`"),
    ("uuid", "leave it a text"),
    ("xml", "leave it a text"),
];

fn no_type(cursor: &Cursor<'_>, n: usize, runs: Runs) -> Option<SqlError> {
    let (name, instead) = CASTS.iter().find(|(name, _)| cursor.is(n, name))?;
    let is_there =
        (runs == Runs::OnLeader && *name == "bytea") || (*name == "double" && cursor.is(n + 1, "precision"));
    if is_there { None } else { error(cursor, n..n + 1, &format!("type `{name}`"), instead) }
}
