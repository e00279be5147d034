//! What other databases have and Redshift has not.
//!
//! From the Redshift Database Developer Guide: "Unsupported PostgreSQL features", "... data types",
//! "... functions", and the synopsis of each command. What these pages do not rule out is let through.

mod alter;
mod casts;
mod columns;
mod definition;
mod files;
mod functions;
mod merge;
mod query;
mod rows;
mod statements;

pub(super) use files::unloaded;

use super::cursor::Cursor;
use super::place;
use super::scan::Kind;
use super::{SqlError, SqlErrorKind};
use std::ops::Range;

/// Where Redshift runs a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runs {
    /// On its leader node alone: a query or a view of catalog tables, or of none.
    OnLeader,
    /// On the nodes that have the tables.
    OnNodes,
}

/// Finds what Redshift has not in a statement; each thing once.
pub(super) fn foreign(cursor: &Cursor<'_>, runs: Runs) -> Vec<SqlError> {
    let anywhere = (0..cursor.tokens.len()).filter_map(|n| query::at(cursor, n, runs));
    let mut found: Vec<SqlError> = Vec::new();
    for error in statement(cursor).into_iter().chain(anywhere) {
        if found.iter().all(|other| other.kind != error.kind) {
            found.push(error);
        }
    }
    found
}

/// What a database has not, at these tokens, and what to write instead.
pub(super) fn error(
    cursor: &Cursor<'_>,
    tokens: Range<usize>,
    what: &str,
    instead: &str,
) -> Option<SqlError> {
    let last = cursor.tokens.get(tokens.end.min(cursor.tokens.len()).checked_sub(1)?)?;
    let range = cursor.tokens.get(tokens.start)?.range.start..last.range.end;
    let kind = SqlErrorKind::Foreign { what: what.to_owned(), instead: instead.to_owned() };
    Some(SqlError { range, kind })
}

/// What no database of this dialect takes, at this token, in a sentence.
pub(super) fn refused(cursor: &Cursor<'_>, at: usize, message: String) -> SqlError {
    SqlError { range: cursor.tokens[at].range.clone(), kind: SqlErrorKind::Refused(message) }
}

fn statement(cursor: &Cursor<'_>) -> Option<SqlError> {
    if let Some(found) = statements::statement(cursor) {
        return Some(found);
    }
    match () {
        () if cursor.is(0, "create") => columns::table(cursor),
        () if cursor.has(0, &["alter", "table"]) => alter::alter(cursor),
        () if cursor.is(0, "merge") => merge::merge(cursor),
        () if cursor.is(0, "copy") => files::copy(cursor),
        () if cursor.is(0, "unload") => files::unload(cursor),
        () if cursor.is(0, "insert") => returning(cursor).or_else(|| rows::wrong(cursor)),
        () if cursor.any(0, &["update", "delete"]) => returning(cursor),
        () => None,
    }
}

fn returning(cursor: &Cursor<'_>) -> Option<SqlError> {
    let words =
        std::iter::successors(cursor.find(3, &["returning"]), |at| cursor.find(at + 1, &["returning"]));
    let mut clauses = words.filter(|at| place::is_clause(cursor, *at));
    let at = clauses.next()?;
    error(cursor, at..at + 1, "`RETURNING`", "write a SELECT behind it")
}

fn is_text(cursor: &Cursor<'_>, n: usize) -> bool {
    cursor.tokens.get(n).is_some_and(|token| token.kind == Kind::Text)
}

fn is_value(cursor: &Cursor<'_>, n: usize) -> bool {
    cursor.tokens.get(n).is_some_and(|token| matches!(token.kind, Kind::Number | Kind::Hole))
}

fn is_number(cursor: &Cursor<'_>, n: usize) -> bool {
    cursor.tokens.get(n).is_some_and(|token| token.kind == Kind::Number)
}

fn is_qualified(cursor: &Cursor<'_>, n: usize) -> bool {
    n > 0 && cursor.is(n - 1, ".")
}
