//! `INSERT INTO table (columns) VALUES (...)`: each row has a value for each column.

use crate::sql::cursor::Cursor;
use crate::sql::scan::Kind;
use crate::sql::{SqlError, SqlErrorKind};

/// Finds the first row that has more or fewer values than columns are named.
pub(super) fn wrong(cursor: &Cursor<'_>) -> Option<SqlError> {
    let (_, open) = cursor.name(cursor.skip(1, &["into"]))?;
    let close = cursor.close(open).filter(|_| cursor.is(open, "("))?;
    if !cursor.is(close + 1, "values") {
        return None;
    }
    let columns = members(cursor, open, close)?;
    let mut at = close + 2;
    while cursor.is(at, "(") {
        let end = cursor.close(at)?;
        let values = members(cursor, at, end)?;
        if values != columns {
            let message = format!("{columns} columns are named, and this row has {values} values");
            let range = cursor.tokens[at].range.start..cursor.tokens[end].range.end;
            return Some(SqlError { range, kind: SqlErrorKind::Refused(message) });
        }
        at = end + 2;
    }
    None
}

/// Counts what stands in parentheses; a hole may be several.
fn members(cursor: &Cursor<'_>, open: usize, close: usize) -> Option<usize> {
    let within = open + 1..close;
    let is_known = !within.is_empty() && within.clone().all(|n| cursor.tokens[n].kind != Kind::Hole);
    is_known.then(|| cursor.items(within).len())
}
