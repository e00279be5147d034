//! What other databases have and Athena has not.

use super::super::cursor::Cursor;
use super::super::{SqlError, SqlErrorKind};

/// First words of what other databases have and Athena has not, what they are called, and what to do instead (Athena
/// User Guide, "Considerations and limitations for SQL queries" and "Unsupported DDL").
const FOREIGN: &[(&[&str], &str, &str)] = &[
    (
        &["insert", "overwrite"],
        "`INSERT OVERWRITE`",
        "delete the rows before, or write the table's folder anew",
    ),
    (&["truncate"], "`TRUNCATE`", "write `DELETE FROM`, which takes all rows of an Iceberg table"),
    (&["begin"], "transactions", "take it away: each statement takes effect by itself"),
    (&["start", "transaction"], "transactions", "take it away: each statement takes effect by itself"),
    (&["commit"], "transactions", "take it away: each statement takes effect by itself"),
    (&["rollback"], "transactions", "take it away: each statement takes effect by itself"),
    (&["copy"], "`COPY`", "create a table over the files, and `INSERT` from it"),
    (&["load", "data"], "`LOAD DATA`", "create a table over the files"),
    (&["create", "temp"], "temporary tables", "write a `WITH` query"),
    (&["create", "temporary"], "temporary tables", "write a `WITH` query"),
    (
        &["create", "or", "replace", "table"],
        "`CREATE OR REPLACE TABLE`",
        "write `DROP TABLE IF EXISTS` before it",
    ),
    (
        &["create", "function"],
        "functions of one's own in SQL",
        "write the expression, or `USING EXTERNAL FUNCTION`",
    ),
    (&["grant"], "`GRANT`", "grant it in Lake Formation"),
    (&["revoke"], "`REVOKE`", "revoke it in Lake Formation"),
    (&["call"], "procedures", "write statements"),
    (
        &["use"],
        "`USE`: each statement is sent by itself, with the database of the step",
        "write `database: NAME` beside `sql`, or the database before the name of each table",
    ),
    (&["set", "role"], "roles", "grant it in Lake Formation"),
    (&["create", "role"], "roles", "grant it in Lake Formation"),
    (&["drop", "role"], "roles", "grant it in Lake Formation"),
    (&["set"], "settings: each statement is sent by itself, and has no session", "take it away"),
    (&["reset"], "settings: each statement is sent by itself, and has no session", "take it away"),
    (&["create", "index"], "indexes", "take it away; partitions are what Athena reads less by"),
    (&["alter", "index"], "indexes", "take it away; partitions are what Athena reads less by"),
    (&["drop", "index"], "indexes", "take it away"),
    (&["create", "macro"], "macros", "write the expression"),
    (&["drop", "macro"], "macros", "take it away"),
    (&["export", "table"], "`EXPORT TABLE`", "write `UNLOAD (SELECT ...) TO 's3://...'`"),
    (&["import", "table"], "`IMPORT TABLE`", "create a table over the files"),
    (&["lock"], "locks", "take it away"),
    (&["unlock"], "locks", "take it away"),
    (&["describe", "database"], "`DESCRIBE DATABASE`", "take it away"),
    (&["describe", "input"], "`DESCRIBE INPUT`", "take it away"),
    (&["describe", "output"], "`DESCRIBE OUTPUT`", "take it away"),
];

pub(super) fn foreign(cursor: &Cursor<'_>) -> Option<SqlError> {
    // `CREATE TABLE a LIKE b`
    if cursor.has(0, &["create", "table"])
        && let Some((_, at)) = cursor.name(cursor.skip(2, &["if", "not", "exists"]))
        && cursor.is(at, "like")
    {
        let kind = SqlErrorKind::Foreign {
            what: "`CREATE TABLE ... LIKE`".to_owned(),
            instead: "write `CREATE TABLE ... AS SELECT ... WITH NO DATA`".to_owned(),
        };
        return Some(SqlError { range: cursor.tokens[at].range.clone(), kind });
    }
    let (words, what, instead) = FOREIGN.iter().find(|(words, ..)| cursor.has(0, words))?;
    let range = cursor.tokens[0].range.start..cursor.tokens[words.len() - 1].range.end;
    let kind = SqlErrorKind::Foreign { what: (*what).to_owned(), instead: (*instead).to_owned() };
    Some(SqlError { range, kind })
}
