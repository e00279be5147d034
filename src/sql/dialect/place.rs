//! What a word can be where it stands: most words of SQL are names, too.

use crate::sql::cursor::Cursor;
use crate::sql::scan::Kind;

/// Words behind which an expression begins, or a function that stands for a table.
const BEFORE_EXPRESSION: &[&str] = &[
    "all", "and", "any", "between", "by", "call", "case", "default", "distinct", "else", "escape", "from",
    "having", "ilike", "in", "join", "like", "limit", "not", "offset", "on", "or", "qualify", "select",
    "set", "similar", "some", "then", "to", "when", "where",
];

/// Words that go on with a query behind a value or a table.
const AFTER_VALUE: &[&str] = &[
    "and",
    "as",
    "asc",
    "at",
    "between",
    "connect",
    "cross",
    "desc",
    "else",
    "end",
    "except",
    "fetch",
    "from",
    "full",
    "group",
    "having",
    "ilike",
    "in",
    "inner",
    "intersect",
    "into",
    "is",
    "join",
    "left",
    "like",
    "limit",
    "minus",
    "natural",
    "not",
    "offset",
    "on",
    "or",
    "order",
    "qualify",
    "right",
    "similar",
    "start",
    "then",
    "union",
    "using",
    "when",
    "where",
    "window",
];

/// Says whether an expression can begin with the token, by what stands before it. It cannot behind a value or a name:
/// there it is an alias, or the name of what is made.
pub(super) fn begins_expression(cursor: &Cursor<'_>, n: usize) -> bool {
    let Some(before) = n.checked_sub(1) else { return true };
    match cursor.tokens[before].kind {
        Kind::Word => {
            // `ON` of a table, which is named with its columns: `ATTACH MASKING POLICY ... ON t (a)`.
            let is_named = cursor.is(before, "on") && cursor.any(0, &["attach", "detach"]);
            cursor.any(before, BEFORE_EXPRESSION) && !is_named && !is_name(cursor, before)
        }
        Kind::Symbol => ![")", "]", "."].iter().any(|close| cursor.is(before, close)),
        Kind::Number | Kind::Hole => before > 0 && cursor.is(before - 1, "top"),
        Kind::Name | Kind::Text | Kind::Comment => false,
    }
}

/// A word behind a dot is a name whatever it is.
fn is_name(cursor: &Cursor<'_>, n: usize) -> bool {
    n > 0 && cursor.is(n - 1, ".")
}

/// Says whether a word stands between two values, so that it can be no name: `... returning id`.
pub(super) fn is_clause(cursor: &Cursor<'_>, n: usize) -> bool {
    let Some(next) = cursor.tokens.get(n + 1) else { return false };
    let is_followed = match next.kind {
        Kind::Word => !cursor.any(n + 1, AFTER_VALUE),
        Kind::Symbol => cursor.is(n + 1, "*") || cursor.is(n + 1, "("),
        Kind::Name | Kind::Text | Kind::Number | Kind::Hole => true,
        Kind::Comment => false,
    };
    is_followed && n > 0 && !begins_expression(cursor, n) && !cursor.is(n - 1, ".") && !cursor.is(n - 1, "as")
}
