//! What a word can be where it stands: most words of SQL are names, too.
//!
//! Which words Redshift keeps for itself is in "Reserved words" of its Database Developer Guide.

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

/// Words that are no keywords of Redshift's, and are taken for some by who reads them: each with the words behind which one
/// is a keyword, and with those before which it is one.
type Kept = (&'static str, &'static [&'static str], &'static [&'static str]);

/// These words, by their first letter.
fn kept(first: u8) -> &'static [Kept] {
    match first.to_ascii_lowercase() {
        b'a' => &[("anti", &[], &[]), ("asof", &[], &[])],
        b'c' => &[("cluster", &[], &[]), ("connect", &[], &["by"])],
        b'd' => &[("distribute", &[], &[]), ("div", &[], &[])],
        b'e' => &[("exclude", &["*"], &["("]), ("exists", &["if", "not"], &["("]), ("explain", &[], &[])],
        b'f' => &[("fetch", &[], &["first", "next"]), ("format", &[], &[])],
        b'g' => &[("glob", &[], &[]), ("global", &[], &[])],
        b'l' => &[("lateral", &[], &["("])],
        b'm' => &[
            ("match", &[], &[]),
            ("match_condition", &[], &[]),
            ("match_recognize", &[], &[]),
            ("member", &[], &[]),
        ],
        b'o' => &[("operator", &[], &[]), ("output", &[], &[]), ("over", &[], &["("])],
        b'p' => &[("prewhere", &[], &[])],
        b'r' => &[
            ("regexp", &[], &[]),
            ("remove", &[], &["duplicates"]),
            ("returning", &[], &[]),
            ("rlike", &[], &[]),
        ],
        b's' => &[
            ("sample", &[], &[]),
            ("semi", &[], &[]),
            ("settings", &[], &[]),
            ("sort", &[], &[]),
            ("start", &[], &["with"]),
        ],
        b't' => &[("tablesample", &[], &["bernoulli", "system"]), ("trim", &[], &["("])],
        b'v' => &[("values", &["default"], &["("]), ("view", &["create", "replace"], &[])],
        b'x' => &[("xor", &[], &[])],
        _ => &[],
    }
}

/// Says whether a word is a name, though who reads it would take it for a keyword.
pub(super) fn is_plain_name(cursor: &Cursor<'_>, n: usize) -> bool {
    let Some(token) = cursor.tokens.get(n).filter(|token| token.kind == Kind::Word) else { return false };
    match () {
        () if cursor.is(n, "qualify") => !is_clause(cursor, n) && !cursor.is(n + 1, "not"),
        () if cursor.is(n, "recursive") => {
            n > 0 && cursor.is(n - 1, "with") && (cursor.is(n + 1, "as") || cursor.is(n + 1, "("))
        }
        () if cursor.is(n, "set") => !begins_assignment(cursor, n),
        () if cursor.is(n, "window") => {
            !(cursor.one_name(n + 1).is_some() && cursor.has(n + 2, &["as", "("]))
        }
        () => {
            let first = cursor.script.as_bytes()[token.range.start];
            let found = kept(first).iter().find(|(word, ..)| cursor.is(n, word));
            found.is_some_and(|(_, before, behind)| {
                !behind.iter().any(|next| cursor.is(n + 1, next))
                    && !before.iter().any(|last| n > 0 && cursor.is(n - 1, last))
            })
        }
    }
}

/// `SET a.b = ...`, and `SET (a, b) = ...` of an `UPDATE`.
fn begins_assignment(cursor: &Cursor<'_>, n: usize) -> bool {
    let is_list = || cursor.is(n + 1, "(") && cursor.is(0, "update");
    cursor.name(n + 1).is_some_and(|(_, behind)| cursor.is(behind, "=")) || is_list()
}
