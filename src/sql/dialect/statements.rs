//! Statements that other databases have, told by their first words, and what follows them there.

use super::{error, is_value};
use crate::sql::SqlError;
use crate::sql::cursor::Cursor;
use crate::sql::scan::Kind;

/// First words, what they are called, and what to write instead.
const STATEMENTS: &[(&[&str], &str, &str)] = &[
    (&["insert", "into", "table"], "`INSERT INTO TABLE`", "leave `TABLE` out"),
    (&["insert", "overwrite"], "`INSERT OVERWRITE`", "delete the rows before, in the same step"),
    (&["insert", "ignore"], "`INSERT IGNORE`", MERGE),
    (&["insert", "or"], "`INSERT OR ...`", MERGE),
    (&["replace", "into"], "`REPLACE`", MERGE),
    (&["upsert"], "`UPSERT`", MERGE),
    (&["savepoint"], "`SAVEPOINT`", "make two steps of it"),
    (&["release"], "`SAVEPOINT`", "make two steps of it"),
    (&["rollback", "to"], "`SAVEPOINT`", "make two steps of it"),
    (&["reindex"], "indexes", KEYS),
    (&["analyze", "table"], "`ANALYZE TABLE`", "leave `TABLE` out"),
    (&["explain", "analyze"], "`EXPLAIN ANALYZE`", "write `EXPLAIN`; `SYS_QUERY_DETAIL` has what a run took"),
    (&["execute", "immediate"], "`EXECUTE IMMEDIATE`", "write the statement itself"),
    (&["copy", "into"], "`COPY INTO`", "write `COPY table FROM`, or `UNLOAD`"),
    (&["describe"], "`DESCRIBE`", "write `SHOW TABLE`, or read `SVV_COLUMNS`"),
    (&["show", "create", "table"], "`SHOW CREATE TABLE`", "write `SHOW TABLE`"),
    (&["vacuum", "analyze"], "`VACUUM ANALYZE`", "write `VACUUM` and `ANALYZE`, each in a step of its own"),
    (&["values"], "`VALUES` as a statement", "write a SELECT"),
    (&["create", "temp", "view"], "temporary views", TEMPORARY),
    (&["create", "temporary", "view"], "temporary views", TEMPORARY),
    (&["create", "materialized", "view", "if", "not"], "`IF NOT EXISTS` of views", IN_TWO),
    (&["create", "or", "replace", "materialized"], "`OR REPLACE` of materialized views", IN_TWO),
    (
        &["refresh", "materialized", "view", "concurrently"],
        "`REFRESH MATERIALIZED VIEW CONCURRENTLY`",
        "leave `CONCURRENTLY` out",
    ),
    (&["create", "recursive", "view"], "recursive views", "write `WITH RECURSIVE` in its query"),
    (&["create", "view", "if", "not"], "`IF NOT EXISTS` of views", "write `CREATE OR REPLACE VIEW`"),
    (&["create", "or", "replace", "view", "if", "not"], "`IF NOT EXISTS` of views", "leave it out"),
    (
        &["create", "or", "replace", "table"],
        "`CREATE OR REPLACE TABLE`",
        "write `DROP TABLE IF EXISTS` before it",
    ),
];

/// What is there already goes before it.
const IN_TWO: &str = "write `DROP MATERIALIZED VIEW IF EXISTS` before it";
pub(super) const MERGE: &str = "write `MERGE`, or load the table with `redshift_copy` and `mode: merge`";
const TEMPORARY: &str = "write `CREATE TEMP TABLE ... AS`";
pub(super) const KEYS: &str = "choose the table's `SORTKEY` and `DISTKEY` instead";

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

/// Finds a statement that Redshift has not.
pub(super) fn statement(cursor: &Cursor<'_>) -> Option<SqlError> {
    if let Some((words, what, instead)) = STATEMENTS.iter().find(|(words, ..)| cursor.has(0, words)) {
        return error(cursor, 0..words.len(), what, instead);
    }
    match () {
        () if cursor.any(0, &["create", "alter", "drop"]) => {
            object(cursor).or_else(|| language(cursor)).or_else(|| purge(cursor))
        }
        () if cursor.is(0, "with") => with(cursor),
        () if cursor.is(0, "truncate") => truncate(cursor),
        () if cursor.is(0, "lock") => lock(cursor),
        () if cursor.is(0, "insert") => insert(cursor),
        () if cursor.any(0, &["update", "delete"]) => changed(cursor),
        () if cursor.is(0, "declare") => declare(cursor),
        () if cursor.is(0, "desc") && !cursor.any(1, &["datashare", "identity"]) => {
            error(cursor, 0..1, "`DESC`", "write `SHOW TABLE`, or read `SVV_COLUMNS`")
        }
        () => None,
    }
}

fn object(cursor: &Cursor<'_>) -> Option<SqlError> {
    let kind = cursor.skip(1, &["or", "replace", "unique", "constraint", "temp", "temporary"]);
    let (word, what, instead) = OBJECTS.iter().find(|(word, ..)| cursor.is(kind, word))?;
    error(cursor, 0..cursor.skip(kind, &[word]), what, instead)
}

/// `DROP TABLE ... PURGE`.
fn purge(cursor: &Cursor<'_>) -> Option<SqlError> {
    let (_, behind) =
        cursor.name(cursor.skip(2, &["if", "exists"])).filter(|_| cursor.has(0, &["drop", "table"]))?;
    let is_last = behind + 1 == cursor.tokens.len() && cursor.is(behind, "purge");
    is_last.then(|| error(cursor, behind..behind + 1, "`PURGE`", "take it away")).flatten()
}

/// Functions are written in SQL or in Python; "CREATE FUNCTION".
fn language(cursor: &Cursor<'_>) -> Option<SqlError> {
    let kind = cursor.skip(1, &["or", "replace"]);
    let at =
        cursor.find(kind, &["language"]).filter(|_| cursor.is(0, "create") && cursor.is(kind, "function"))?;
    if cursor.any(at + 1, &["sql", "plpythonu"]) || cursor.one_name(at + 1).is_none() {
        return None;
    }
    let what = format!("functions in `{}`", cursor.tokens[at + 1].text(cursor.script).to_lowercase());
    error(cursor, at..at + 2, &what, "write `LANGUAGE sql`, or a procedure in `plpgsql`")
}

fn with(cursor: &Cursor<'_>) -> Option<SqlError> {
    let at = cursor.find(1, &["insert", "merge"]).filter(|at| cursor.is(at + 1, "into"))?;
    let instead = "write it behind: `INSERT INTO ... WITH ... SELECT`";
    error(cursor, at..at + 2, "`WITH` before `INSERT` and `MERGE`", instead)
}

fn truncate(cursor: &Cursor<'_>) -> Option<SqlError> {
    let (_, behind) = cursor.name(cursor.skip(1, &["table"]))?;
    match () {
        () if cursor.is(behind, ",") => {
            error(cursor, behind..behind + 1, "`TRUNCATE` of several tables", "write one for each")
        }
        () if cursor.any(behind, &["cascade", "continue", "restart", "restrict"]) => {
            let what =
                format!("`{}` behind `TRUNCATE`", cursor.tokens[behind].text(cursor.script).to_uppercase());
            error(cursor, behind..cursor.tokens.len(), &what, "take it away")
        }
        () => None,
    }
}

fn lock(cursor: &Cursor<'_>) -> Option<SqlError> {
    let at = cursor.find(1, &["in"])?;
    error(
        cursor,
        at..cursor.tokens.len(),
        "a mode of `LOCK`",
        "take it away: the table is locked exclusively",
    )
}

fn insert(cursor: &Cursor<'_>) -> Option<SqlError> {
    if !cursor.is(1, "into") {
        return error(cursor, 0..1, "`INSERT` without `INTO`", "write `INSERT INTO`");
    }
    let (_, behind) = cursor.name(2)?;
    if cursor.is(behind, "set") {
        return error(cursor, behind..behind + 1, "`INSERT ... SET`", "write `(columns) VALUES (...)`");
    }
    None
}

/// `UPDATE` and `DELETE` have other tables in `FROM` and `USING`, and no end of their own.
fn changed(cursor: &Cursor<'_>) -> Option<SqlError> {
    let is_update = cursor.is(0, "update");
    let (_, behind) = cursor.name(cursor.skip(1, &["from"]))?;
    let set = cursor.find(behind, &["set"]).filter(|_| is_update);
    let joined = cursor.find(behind, &["join"]).filter(|at| set.is_some_and(|set| *at < set));
    if let Some(at) = joined.or_else(|| Some(behind).filter(|at| is_update && cursor.is(*at, ","))) {
        let instead = "write `UPDATE table SET ... FROM other WHERE ...`";
        return error(cursor, at..at + 1, "`UPDATE` of several tables", instead);
    }
    let using = cursor.find(behind, &["using", "where"]).unwrap_or(cursor.tokens.len());
    let other = (behind..using).find(|at| cursor.any(*at, &["from", "join"]));
    if let Some(at) = other.filter(|_| !is_update) {
        let instead = "write `DELETE FROM table USING other WHERE ...`";
        return error(cursor, at..at + 1, "`DELETE` with several tables in `FROM`", instead);
    }
    let limit = cursor.find(behind, &["limit"]).filter(|at| is_value(cursor, at + 1))?;
    let instead = "choose the rows in `WHERE`";
    error(cursor, limit..limit + 2, "`LIMIT` in `UPDATE` and `DELETE`", instead)
}

fn declare(cursor: &Cursor<'_>) -> Option<SqlError> {
    let is_name = |n: usize| cursor.tokens.get(n).is_some_and(|token| token.kind == Kind::Word);
    let is_variable =
        cursor.is(1, "@") || (is_name(1) && is_name(2) && cursor.find(2, &["cursor"]).is_none());
    let instead = "write the value itself, `{{ ... }}`, or a procedure";
    is_variable.then(|| error(cursor, 0..1, "variables outside of procedures", instead)).flatten()
}
