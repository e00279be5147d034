//! What other databases have and Redshift has not.
//!
//! From the Redshift Database Developer Guide: "Unsupported PostgreSQL features", "... data types",
//! "... functions", and the synopsis of each command. What these pages do not rule out is let through.

mod alter;
mod files;
mod functions;
mod merge;
mod place;

pub(super) use files::unloaded;

use super::cursor::Cursor;
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
    let anywhere = (0..cursor.tokens.len()).filter_map(|n| at(cursor, n, runs));
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
    (&["create", "view", "if", "not"], "`IF NOT EXISTS` of views", "write `CREATE OR REPLACE VIEW`"),
    (&["create", "or", "replace", "view", "if", "not"], "`IF NOT EXISTS` of views", "leave it out"),
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
    if cursor.is(0, "create") {
        let kind = cursor.skip(1, &["or", "replace", "local", "global", "temp", "temporary", "external"]);
        if cursor.is(kind, "table") {
            let (_, behind) = cursor.name(cursor.skip(kind + 1, &["if", "not", "exists"]))?;
            return columns(cursor, behind).or_else(|| query_if_not_exists(cursor, kind, behind));
        }
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
        let words =
            std::iter::successors(cursor.find(3, &["returning"]), |at| cursor.find(at + 1, &["returning"]));
        let mut clauses = words.filter(|at| place::is_clause(cursor, *at));
        if let Some(at) = clauses.next() {
            return error(cursor, at..at + 1, "`RETURNING`", "write a SELECT behind it");
        }
    }
    None
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
];

/// What the columns of a table and the clauses behind them cannot have; its name ends before `behind`.
fn columns(cursor: &Cursor<'_>, behind: usize) -> Option<SqlError> {
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
fn at(cursor: &Cursor<'_>, n: usize, runs: Runs) -> Option<SqlError> {
    match cursor.script.as_bytes().get(cursor.tokens[n].range.start)?.to_ascii_lowercase() {
        b'`' => {
            let close = (n + 1..cursor.tokens.len()).find(|m| cursor.is(*m, "`")).unwrap_or(n);
            error(cursor, n..close + 1, "names in backticks", "write names as they are, or in double quotes")
        }
        b'[' => bracket(cursor, n, runs),
        b'(' => functions::function(cursor, n, runs),
        b'-' | b'@' => functions::operator(cursor, n),
        b':' => cast(cursor, n, runs),
        b'a' if cursor.is(n, "as") && CASTS.iter().any(|(name, _)| cursor.is(n + 1, name)) => {
            cast_as(cursor, n, runs)
        }
        b'r' if cursor.any(n, &["regexp", "rlike"])
            && is_text(cursor, n + 1)
            && place::is_clause(cursor, n) =>
        {
            let word = cursor.tokens[n].text(cursor.script).to_uppercase();
            error(cursor, n..n + 1, &format!("operator `{word}`"), "write `~`, or `REGEXP_INSTR(...) > 0`")
        }
        b'd' if cursor.is(n, "distinct") => distinct(cursor, n),
        b'o' if cursor.has(n, &["on", "conflict"])
            && cursor.any(0, &["insert", "with"])
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
            if cursor.any(n, &["as", "from", "join"]) && cursor.has(n + 1, &["(", "values", "("]) =>
        {
            error(cursor, n + 2..n + 3, "`VALUES` as a table", "write `SELECT ... UNION ALL SELECT ...`")
        }
        b's' if cursor.has(n, &["sample", "("])
            && is_value(cursor, n + 2)
            && is_behind_a_table(cursor, n) =>
        {
            error(cursor, n..n + 1, "`SAMPLE`", "write `WHERE RANDOM() < 0.1`")
        }
        b'f' if n > 0
            && cursor.is(n, "fetch")
            && cursor.any(n + 1, &["first", "next"])
            && (is_value(cursor, n + 2) || cursor.any(n + 2, &["row", "rows"])) =>
        {
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

/// `::json`; the colon stands at `n`.
fn cast(cursor: &Cursor<'_>, n: usize, runs: Runs) -> Option<SqlError> {
    let next = cursor.tokens.get(n + 1)?;
    let is_cast = next.range.start == cursor.tokens[n].range.end && cursor.is(n + 1, ":");
    if is_cast { no_type(cursor, n + 2, runs) } else { None }
}

/// `CAST(... AS json)`; `AS` stands at `n`.
fn cast_as(cursor: &Cursor<'_>, n: usize, runs: Runs) -> Option<SqlError> {
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
const CASTS: &[(&str, &str)] = &[
    ("bytea", "write `::varbyte`, or `FROM_HEX(...)`"),
    ("hstore", "write `JSON_PARSE(...)`, which gives SUPER"),
    ("json", "write `JSON_PARSE(...)`, which gives SUPER"),
    ("jsonb", "write `JSON_PARSE(...)`, which gives SUPER"),
    ("uuid", "leave it a text"),
    ("xml", "leave it a text"),
];

fn no_type(cursor: &Cursor<'_>, n: usize, runs: Runs) -> Option<SqlError> {
    let (name, instead) = CASTS.iter().find(|(name, _)| cursor.is(n, name))?;
    let is_there = runs == Runs::OnLeader && *name == "bytea";
    if is_there { None } else { error(cursor, n..n + 1, &format!("type `{name}`"), instead) }
}

fn is_text(cursor: &Cursor<'_>, n: usize) -> bool {
    cursor.tokens.get(n).is_some_and(|token| token.kind == Kind::Text)
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
