//! What other databases have and Redshift has not.
//!
//! From the Redshift Database Developer Guide: "Unsupported PostgreSQL features", "... data types",
//! "... functions", and the synopsis of each command. What these pages do not rule out is let through.

mod alter;
mod files;
mod functions;
mod merge;

pub(super) use files::unloaded;

use super::cursor::Cursor;
use super::scan::Kind;
use super::{SqlError, SqlErrorKind};
use std::ops::Range;

/// Finds what Redshift has not in a statement; each thing once.
pub(super) fn foreign(cursor: &Cursor<'_>) -> Vec<SqlError> {
    let anywhere = (0..cursor.tokens.len()).filter_map(|n| at(cursor, n));
    let mut found: Vec<SqlError> = Vec::new();
    for error in statement(cursor).into_iter().chain(anywhere) {
        if found.iter().all(|other| other.kind != error.kind) {
            found.push(error);
        }
    }
    found
}

fn error(cursor: &Cursor<'_>, tokens: Range<usize>, what: &str, instead: &str) -> Option<SqlError> {
    let last = cursor.tokens.get(tokens.end.min(cursor.tokens.len()).checked_sub(1)?)?;
    let range = cursor.tokens.get(tokens.start)?.range.start..last.range.end;
    let kind = SqlErrorKind::Foreign { what: what.to_owned(), instead: instead.to_owned() };
    Some(SqlError { range, kind })
}

/// First words, what they are called, and what to write instead.
const STATEMENTS: &[(&[&str], &str, &str)] = &[
    (&["insert", "overwrite"], "`INSERT OVERWRITE`", "delete the rows before, in the same step"),
    (&["insert", "ignore"], "`INSERT IGNORE`", MERGE),
    (&["insert", "or"], "`INSERT OR ...`", MERGE),
    (&["replace", "into"], "`REPLACE`", MERGE),
    (&["upsert"], "`UPSERT`", MERGE),
    (&["savepoint"], "`SAVEPOINT`", "make two steps of it"),
    (&["release"], "`SAVEPOINT`", "make two steps of it"),
    (&["rollback", "to"], "`SAVEPOINT`", "make two steps of it"),
    (&["reindex"], "indexes", KEYS),
    (&["vacuum", "analyze"], "`VACUUM ANALYZE`", "write `VACUUM` and `ANALYZE`, each in a step of its own"),
    (&["values"], "`VALUES` as a statement", "write a SELECT"),
    (&["create", "temp", "view"], "temporary views", TEMPORARY),
    (&["create", "temporary", "view"], "temporary views", TEMPORARY),
    (&["create", "recursive", "view"], "recursive views", "write `WITH RECURSIVE` in its query"),
    (&["create", "view", "if"], "`IF NOT EXISTS` of views", "write `CREATE OR REPLACE VIEW`"),
    (&["create", "or", "replace", "view", "if"], "`IF NOT EXISTS` of views", "leave it out"),
    (
        &["create", "or", "replace", "table"],
        "`CREATE OR REPLACE TABLE`",
        "write `DROP TABLE IF EXISTS` before it",
    ),
];

const MERGE: &str = "write `MERGE`, or load the table with `redshift_copy` and `mode: merge`";
const TEMPORARY: &str = "write `CREATE TEMP TABLE ... AS`";
const KEYS: &str = "choose the table's `SORTKEY` and `DISTKEY` instead";

/// What can be created, altered and dropped elsewhere only.
const OBJECTS: &[(&str, &str, &str)] = &[
    ("index", "indexes", KEYS),
    ("sequence", "sequences", "declare the column as `IDENTITY(1, 1)`"),
    ("trigger", "triggers", "write a step for it"),
    ("tablespace", "tablespaces", "take it away"),
    ("rule", "rules", "write a view or a step for it"),
    ("extension", "extensions", "take it away"),
    ("domain", "domains", "write the type itself"),
    ("type", "types of the user's", "write `SUPER` or one column a field"),
    ("operator", "operators of the user's", "write a function"),
    ("aggregate", "aggregates of the user's", "write the query with those that are there"),
    ("publication", "publications", "make a datashare"),
    ("server", "foreign servers", "write `CREATE EXTERNAL SCHEMA`"),
    ("foreign", "foreign tables", "write `CREATE EXTERNAL SCHEMA`"),
    ("transient", "transient tables", "write `CREATE TEMP TABLE`, or `BACKUP NO`"),
    ("unlogged", "unlogged tables", "write `CREATE TEMP TABLE`, or `BACKUP NO`"),
    ("event", "triggers", "write a step for it"),
];

fn statement(cursor: &Cursor<'_>) -> Option<SqlError> {
    if let Some((words, what, instead)) = STATEMENTS.iter().find(|(words, ..)| cursor.has(0, words)) {
        return error(cursor, 0..words.len(), what, instead);
    }
    if cursor.any(0, &["create", "alter", "drop"]) {
        let kind = cursor.skip(1, &["or", "replace", "unique", "constraint", "temp", "temporary"]);
        if let Some((word, what, instead)) = OBJECTS.iter().find(|(word, ..)| cursor.is(kind, word)) {
            return error(cursor, 0..cursor.skip(kind, &[word]), what, instead);
        }
    }
    if cursor.is(0, "create") && cursor.find(0, &["table"]).is_some_and(|at| at < 5) {
        return columns(cursor).or_else(|| query_if_not_exists(cursor));
    }
    if cursor.is(0, "with")
        && let Some(at) = cursor.find(1, &["insert", "merge"]).filter(|at| cursor.is(at + 1, "into"))
    {
        let instead = "write it behind: `INSERT INTO ... WITH ... SELECT`";
        return error(cursor, at..at + 2, "`WITH` before `INSERT` and `MERGE`", instead);
    }
    if cursor.is(0, "truncate") {
        let (_, behind) = cursor.name(cursor.skip(1, &["table"]))?;
        let several = cursor.is(behind, ",");
        return several.then(|| {
            error(cursor, behind..behind + 1, "`TRUNCATE` of several tables", "write one for each")
        })?;
    }
    if cursor.has(0, &["alter", "table"]) {
        return alter::alter(cursor);
    }
    match () {
        () if cursor.is(0, "merge") => return merge::merge(cursor),
        () if cursor.is(0, "copy") => return files::copy(cursor),
        () if cursor.is(0, "unload") => return files::unload(cursor),
        () => {}
    }
    if cursor.any(0, &["insert", "update", "delete"]) {
        let returning = cursor.find(1, &["returning"]).filter(|at| *at > 2 && !cursor.is(at - 1, "."));
        if let Some(at) = returning.filter(|at| !cursor.is(at + 1, "=") && !cursor.is(at - 1, "as")) {
            return error(cursor, at..at + 1, "`RETURNING`", "write a SELECT behind it");
        }
    }
    None
}

/// `CREATE TABLE IF NOT EXISTS ... AS`.
fn query_if_not_exists(cursor: &Cursor<'_>) -> Option<SqlError> {
    let at = cursor.find(0, &["table"]).filter(|at| cursor.has(at + 1, &["if", "not", "exists"]))? + 1;
    let query = cursor.find(at, &["as"])?;
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
];

/// What the columns of a table and the clauses behind them cannot have.
fn columns(cursor: &Cursor<'_>) -> Option<SqlError> {
    let query = cursor.find(1, &["as"]).unwrap_or(cursor.tokens.len());
    let mut depth = 0_usize;
    for n in 1..query {
        match () {
            () if cursor.is(n, "(") => depth += 1,
            () if cursor.is(n, ")") => depth = depth.saturating_sub(1),
            () if depth == 1 && (cursor.is(n - 1, "(") || cursor.is(n - 1, ",")) => {
                let typed = TYPES.iter().find(|(name, _)| cursor.is(n + 1, name));
                if let Some((name, instead)) = typed {
                    let what = format!("the type `{name}`");
                    return error(cursor, n + 1..n + 2, &what, &format!("write {instead}"));
                }
                if cursor.is(n, "exclude") && !cursor.is(n + 1, ",") {
                    return error(cursor, n..n + 1, "exclusion constraints", "take it away");
                }
                if cursor.has(n, &["check", "("]) {
                    return check(cursor, n);
                }
            }
            () if depth == 1 && cursor.has(n, &["check", "("]) => return check(cursor, n),
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

/// What can stand anywhere, told apart by its first character: most tokens begin nothing of it.
fn at(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    match cursor.script.as_bytes().get(cursor.tokens[n].range.start)?.to_ascii_lowercase() {
        b'`' => {
            let close = (n + 1..cursor.tokens.len()).find(|m| cursor.is(*m, "`")).unwrap_or(n);
            error(cursor, n..close + 1, "names in backticks", "write names as they are, or in double quotes")
        }
        b'[' => bracket(cursor, n),
        b'(' => functions::function(cursor, n),
        b'-' | b'@' => functions::operator(cursor, n),
        b':' => json(cursor, n),
        b'd' if cursor.is(n, "distinct") => distinct(cursor, n),
        b'o' if cursor.has(n, &["on", "conflict"])
            && (cursor.any(n + 2, &["do", "on"]) || cursor.is(n + 2, "(")) =>
        {
            error(cursor, n..n + 2, "`ON CONFLICT`", MERGE)
        }
        b'o' if cursor.has(n, &["on", "duplicate", "key"]) => {
            error(cursor, n..n + 3, "`ON DUPLICATE KEY`", MERGE)
        }
        b'i' | b'e' | b'm' if cursor.any(n, &["intersect", "except", "minus"]) && cursor.is(n + 1, "all") => {
            error(cursor, n..n + 2, "`ALL` behind `INTERSECT`, `EXCEPT` and `MINUS`", "leave `ALL` out")
        }
        b'l' if cursor.is(n, "limit")
            && cursor.is(n + 2, ",")
            && is_value(cursor, n + 1)
            && is_value(cursor, n + 3) =>
        {
            error(cursor, n..n + 4, "`LIMIT` with two numbers", "write `LIMIT count OFFSET start`")
        }
        b'a' | b'f' | b'j'
            if cursor.any(n, &["as", "from", "join"]) && cursor.has(n + 1, &["(", "values"]) =>
        {
            error(cursor, n + 2..n + 3, "`VALUES` as a table", "write `SELECT ... UNION ALL SELECT ...`")
        }
        b's' if cursor.has(n, &["sample", "("]) && is_behind_a_table(cursor, n) => {
            error(cursor, n..n + 1, "`SAMPLE`", "write `WHERE RANDOM() < 0.1`")
        }
        b'f' if n > 0 && cursor.is(n, "fetch") && cursor.any(n + 1, &["first", "next"]) => {
            error(cursor, n..n + 2, "`FETCH FIRST`", "write `LIMIT`")
        }
        _ => None,
    }
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

/// `::json`
fn json(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    let next = cursor.tokens.get(n + 1)?;
    let is_cast = next.range.start == cursor.tokens[n].range.end && cursor.is(n + 1, ":");
    if !is_cast || !cursor.any(n + 2, &["json", "jsonb"]) {
        return None;
    }
    error(cursor, n + 2..n + 3, "the type `json`", "write `JSON_PARSE(...)`, which gives SUPER")
}

fn is_value(cursor: &Cursor<'_>, n: usize) -> bool {
    cursor.tokens.get(n).is_some_and(|token| matches!(token.kind, Kind::Number | Kind::Hole))
}

fn is_qualified(cursor: &Cursor<'_>, n: usize) -> bool {
    n > 0 && cursor.is(n - 1, ".")
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
fn bracket(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    if cursor.is(n + 1, "]") {
        return error(cursor, n..n + 2, "array types", "write `SUPER`");
    }
    if n > 0 && cursor.is(n - 1, "array") {
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
