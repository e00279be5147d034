//! What can stand anywhere in a statement elsewhere, most of it in queries.

use super::casts::{CASTS, cast, cast_as};
use super::statements::MERGE;
use super::{Runs, error, functions, is_number, is_qualified, is_text, is_value};
use crate::sql::SqlError;
use crate::sql::cursor::Cursor;
use crate::sql::place;
use crate::sql::scan::Kind;

/// What can stand anywhere, told apart by its first character: most tokens begin nothing of it.
pub(super) fn at(cursor: &Cursor<'_>, n: usize, runs: Runs) -> Option<SqlError> {
    match cursor.script.as_bytes().get(cursor.tokens[n].range.start)?.to_ascii_lowercase() {
        b'`' => {
            let close = (n + 1..cursor.tokens.len()).find(|m| cursor.is(*m, "`")).unwrap_or(n);
            error(cursor, n..close + 1, "names in backticks", "write names as they are, or in double quotes")
        }
        b'[' => bracket(cursor, n, runs),
        b'(' => functions::function(cursor, n, runs),
        b'-' | b'@' => functions::operator(cursor, n),
        b':' => cast(cursor, n, runs),
        b'=' if is_one_operator(cursor, n) => error(cursor, n..n + 2, "operator `==`", "write `=`"),
        b'a' if cursor.is(n, "as") && CASTS.iter().any(|(name, _)| cursor.is(n + 1, name)) => {
            cast_as(cursor, n, runs)
        }
        b'd' if cursor.is(n, "distinct") => distinct(cursor, n),
        b'q' if cursor.is(n, "qualify") => qualify(cursor, n),
        b'a' | b'c' | b'f' | b'j' | b'o' | b's' | b't' | b'w' => {
            table(cursor, n).or_else(|| rows(cursor, n)).or_else(|| conflict(cursor, n))
        }
        b'e' | b'i' | b'l' | b'm' | b'r' | b'u' => {
            operator(cursor, n).or_else(|| set_operator(cursor, n)).or_else(|| rows(cursor, n))
        }
        _ => None,
    }
}

fn upper(cursor: &Cursor<'_>, n: usize) -> String {
    cursor.tokens[n].text(cursor.script).to_uppercase()
}

/// What stands for a table, or behind one.
fn table(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    match () {
        () if cursor.any(n, &["as", "from", "join"]) && cursor.has(n + 1, &["(", "values", "("]) => {
            error(cursor, n + 2..n + 3, "`VALUES` as a table", "write `SELECT ... UNION ALL SELECT ...`")
        }
        () if cursor.has(n, &["sample", "("]) && is_value(cursor, n + 2) && is_behind_a_table(cursor, n) => {
            error(cursor, n..n + 1, "`SAMPLE`", "write `WHERE RANDOM() < 0.1`")
        }
        () if cursor.has(n, &["with", "(", "nolock", ")"]) => {
            error(cursor, n..n + 4, "hints of tables", "take it away")
        }
        () if cursor.any(n, &["cross", "outer"]) && cursor.is(n + 1, "apply") => {
            error(cursor, n..n + 2, "`APPLY`", "join the table, or a query of it")
        }
        () if n > 0
            && cursor.any(n, &["semi", "anti"])
            && cursor.is(n + 1, "join")
            && cursor.any(n - 1, &["left", "right"]) =>
        {
            let what = format!("`{} JOIN`", upper(cursor, n));
            error(cursor, n..n + 2, &what, "write `WHERE EXISTS (...)`, or `NOT EXISTS`")
        }
        () if cursor.is(n, "window")
            && cursor.one_name(n + 1).is_some()
            && cursor.has(n + 2, &["as", "("]) =>
        {
            error(cursor, n..n + 2, "`WINDOW`", "write the window behind each `OVER`")
        }
        () => None,
    }
}

/// How many rows are given.
fn rows(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    match () {
        () if cursor.is(n, "top") && is_value(cursor, n + 1) => top(cursor, n),
        () if cursor.is(n, "limit")
            && cursor.is(n + 2, ",")
            && is_value(cursor, n + 1)
            && is_value(cursor, n + 3) =>
        {
            error(cursor, n..n + 4, "`LIMIT` with two numbers", "write `LIMIT count OFFSET start`")
        }
        () if cursor.is(n, "offset") && is_value(cursor, n + 1) && cursor.any(n + 2, &["row", "rows"]) => {
            error(cursor, n..n + 3, "`ROWS` behind `OFFSET`", "leave it out")
        }
        () if n > 0
            && cursor.is(n, "fetch")
            && cursor.any(n + 1, &["first", "next"])
            && (is_value(cursor, n + 2) || cursor.any(n + 2, &["row", "rows"])) =>
        {
            error(cursor, n..n + 2, "`FETCH FIRST`", "write `LIMIT`")
        }
        () => None,
    }
}

/// What is done with rows that are there already.
fn conflict(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    match () {
        () if cursor.has(n, &["on", "conflict"])
            && cursor.any(0, &["insert", "with"])
            && (cursor.any(n + 2, &["do", "on"]) || cursor.is(n + 2, "(")) =>
        {
            error(cursor, n..n + 2, "`ON CONFLICT`", MERGE)
        }
        () if cursor.has(n, &["on", "duplicate", "key"]) => {
            error(cursor, n..n + 3, "`ON DUPLICATE KEY`", MERGE)
        }
        () => None,
    }
}

/// Operators that are words, and intervals.
fn operator(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    match () {
        () if cursor.any(n, &["regexp", "rlike"])
            && is_text(cursor, n + 1)
            && place::is_clause(cursor, n) =>
        {
            let what = format!("operator `{}`", upper(cursor, n));
            error(cursor, n..n + 1, &what, "write `~`, or `REGEXP_INSTR(...) > 0`")
        }
        () if cursor.any(n, &["like", "ilike"])
            && cursor.any(n + 1, &["any", "all", "some"])
            && cursor.is(n + 2, "(") =>
        {
            let instead = "write a comparison for each, with `OR` between them, or `~ 'a|b'`";
            error(cursor, n..n + 2, "`LIKE ANY`", instead)
        }
        () if cursor.is(n, "interval") && is_number(cursor, n + 1) => {
            error(cursor, n..n + 2, "intervals of a number", "write `INTERVAL '1 day'`, or `DATEADD`")
        }
        () => None,
    }
}

fn set_operator(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    match () {
        () if cursor.is(n, "union") && cursor.any(n + 1, &["distinct", "by"]) => {
            let what = format!("`UNION {}`", upper(cursor, n + 1));
            error(cursor, n..n + 2, &what, "write `UNION`, the columns in one order")
        }
        () if cursor.any(n, &["intersect", "except", "minus"]) && cursor.any(n + 1, &["all", "distinct"]) => {
            let word = upper(cursor, n + 1);
            let what = format!("`{word}` behind `INTERSECT`, `EXCEPT` and `MINUS`");
            error(cursor, n..n + 2, &what, &format!("leave `{word}` out"))
        }
        () => None,
    }
}

/// `TOP 5 WITH TIES`, `TOP 10 PERCENT`; `TOP` stands at `n`.
fn top(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    let behind = n + 2;
    match () {
        () if cursor.has(behind, &["with", "ties"]) => {
            let instead = "write `QUALIFY RANK() OVER (ORDER BY ...) <= 5`";
            error(cursor, behind..behind + 2, "`WITH TIES`", instead)
        }
        () if cursor.is(behind, "percent") => {
            let instead = "write `QUALIFY PERCENT_RANK() OVER (ORDER BY ...) <= 0.1`";
            error(cursor, n..behind + 1, "`TOP ... PERCENT`", instead)
        }
        () => None,
    }
}

/// Right behind a table that has no alias the word would be one; "QUALIFY clause".
fn qualify(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    if place::is_plain_name(cursor, n) || !is_behind_a_table(cursor, n) {
        return None;
    }
    let instead = "give the table an alias, or write a `WHERE` before it";
    error(cursor, n..n + 1, "`QUALIFY` right behind a table without an alias", instead)
}

/// `==`; the first stands at `n`.
fn is_one_operator(cursor: &Cursor<'_>, n: usize) -> bool {
    let next = cursor.tokens.get(n + 1);
    cursor.is(n + 1, "=") && next.is_some_and(|next| next.range.start == cursor.tokens[n].range.end)
}

fn distinct(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    if cursor.has(n + 1, &["on", "("]) {
        return error(cursor, n..n + 2, "`DISTINCT ON`", "write `QUALIFY ROW_NUMBER() OVER (...) = 1`");
    }
    if !cursor.is(n + 1, "from") || !is_comparison(cursor, n) {
        return None;
    }
    let instead = "compare with `NVL`, or write `a = b OR (a IS NULL AND b IS NULL)`";
    error(cursor, n..n + 2, "`IS DISTINCT FROM`", instead)
}

/// `FROM schema.name` stands before the token.
fn is_behind_a_table(cursor: &Cursor<'_>, n: usize) -> bool {
    let mut at = n;
    while at > 1 && cursor.one_name(at - 1).is_some() {
        if !is_qualified(cursor, at - 1) {
            return cursor.any(at - 2, &["from", "join"]);
        }
        at -= 2;
    }
    false
}

/// `a IS DISTINCT FROM b`, and not `SELECT DISTINCT FROM`.
fn is_comparison(cursor: &Cursor<'_>, n: usize) -> bool {
    n > 1 && (cursor.is(n - 1, "is") || (cursor.is(n - 1, "not") && cursor.is(n - 2, "is")))
}

/// `[name]` is a name of SQL Server's, `ARRAY[...]` an array of PostgreSQL's; behind a value it is a subscript.
fn bracket(cursor: &Cursor<'_>, n: usize, runs: Runs) -> Option<SqlError> {
    let has_arrays = runs == Runs::OnLeader;
    if cursor.is(n + 1, "]") {
        return (!has_arrays).then(|| error(cursor, n..n + 2, "array types", "write `SUPER`")).flatten();
    }
    if n > 0 && cursor.is(n - 1, "array") && !has_arrays && !is_qualified(cursor, n - 1) {
        return error(cursor, n - 1..n + 1, "array constructors", "write `ARRAY(...)`, which gives SUPER");
    }
    let before = n.checked_sub(1).and_then(|n| cursor.tokens.get(n));
    let is_subscript = before.is_some_and(|token| match token.kind {
        Kind::Word => token.range.end == cursor.tokens[n].range.start,
        Kind::Name | Kind::Text | Kind::Hole => true,
        Kind::Symbol => matches!(token.text(cursor.script), ")" | "]"),
        Kind::Number | Kind::Comment => false,
    });
    if is_subscript || !cursor.is(n + 2, "]") || cursor.one_name(n + 1).is_none() {
        return None;
    }
    error(cursor, n..n + 3, "names in brackets", "write names as they are, or in double quotes")
}
