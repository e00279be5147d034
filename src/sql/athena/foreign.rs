//! What other databases have and Athena has not.

use super::super::SqlError;
use super::super::cursor::Cursor;
use super::super::dialect::error;
use super::super::place;
use super::super::scan::Kind;
use super::table;

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

/// Functions that other databases have, and what Trino has instead ("Functions in Amazon Athena"). One of the user's own
/// is declared before the statement.
const FUNCTIONS: &[(&str, &str)] = &[
    ("add_months", "date_add('month', n, x)"),
    ("charindex", "strpos(text, part)"),
    ("convert_timezone", "x AT TIME ZONE 'name'"),
    ("date_part", "extract(day FROM x)"),
    ("dateadd", "date_add('day', n, x)"),
    ("datediff", "date_diff('day', a, b)"),
    ("getdate", "current_timestamp"),
    ("group_concat", "array_join(array_agg(x), ',')"),
    ("ifnull", "coalesce(a, b)"),
    ("instr", "strpos(text, part)"),
    ("isnull", "coalesce(a, b)"),
    ("json_extract_path_text", "json_extract_scalar(x, '$.path')"),
    ("last_day", "last_day_of_month(x)"),
    ("len", "length(x)"),
    ("nvl", "coalesce(a, b)"),
    ("nvl2", "if(x IS NOT NULL, a, b)"),
    ("regexp_substr", "regexp_extract(text, pattern)"),
    ("string_agg", "array_join(array_agg(x), ',')"),
    ("strtol", "from_base(text, 16)"),
    ("to_number", "cast(x AS decimal(18, 2))"),
    ("zeroifnull", "coalesce(x, 0)"),
];

/// First words of what Trino reads; all else is Hive's.
const TRINO: &[&str] = &["delete", "insert", "merge", "select", "unload", "update", "values", "with"];

/// What files of a query's result can be ("CREATE TABLE AS", "UNLOAD").
const FORMATS: &[&str] =
    &["'avro'", "'csv'", "'ion'", "'json'", "'orc'", "'parquet'", "'rcfile'", "'sequencefile'", "'textfile'"];

/// Finds what Athena has not.
pub(super) fn foreign(cursor: &Cursor<'_>) -> Option<SqlError> {
    let found = table_like(cursor)
        .or_else(|| several_dropped(cursor))
        .or_else(|| not_external(cursor))
        .or_else(|| table::wrong(cursor))
        .or_else(|| merges_nothing(cursor));
    if found.is_some() {
        return found;
    }
    if let Some((words, what, instead)) = FOREIGN.iter().find(|(words, ..)| cursor.has(0, words)) {
        return error(cursor, 0..words.len(), what, instead);
    }
    let reads = cursor.any(0, TRINO);
    (0..cursor.tokens.len())
        .find_map(|n| written(cursor, n).or_else(|| reads.then(|| read(cursor, n)).flatten()))
}

/// `CREATE TABLE a LIKE b`.
fn table_like(cursor: &Cursor<'_>) -> Option<SqlError> {
    if !cursor.has(0, &["create", "table"]) {
        return None;
    }
    let (_, at) =
        cursor.name(cursor.skip(2, &["if", "not", "exists"])).filter(|(_, at)| cursor.is(*at, "like"))?;
    let instead = "write `CREATE TABLE ... AS SELECT ... WITH NO DATA`";
    error(cursor, at..at + 1, "`CREATE TABLE ... LIKE`", instead)
}

/// `DROP TABLE a, b`.
fn several_dropped(cursor: &Cursor<'_>) -> Option<SqlError> {
    if !cursor.is(0, "drop") || !cursor.any(1, &["table", "view"]) {
        return None;
    }
    let (_, behind) = cursor.name(cursor.skip(2, &["if", "exists"])).filter(|(_, at)| cursor.is(*at, ","))?;
    error(cursor, behind..behind + 1, "`DROP` of several tables", "write one for each")
}

/// `CREATE TABLE t (a int)`: only a query, and Iceberg, make tables that are Athena's own.
fn not_external(cursor: &Cursor<'_>) -> Option<SqlError> {
    if !cursor.has(0, &["create", "table"]) {
        return None;
    }
    let (_, behind) = cursor.name(cursor.skip(2, &["if", "not", "exists"]))?;
    let is_known = cursor.is(behind, "(")
        && cursor.find(behind, &["as"]).is_none()
        && !cursor.tokens[behind..].iter().any(|token| {
            token.kind == Kind::Hole || token.text(cursor.script).to_lowercase().contains("iceberg")
        });
    let instead = "write `CREATE EXTERNAL TABLE`, or `TBLPROPERTIES ('table_type' = 'ICEBERG')` behind it";
    is_known
        .then(|| error(cursor, 0..2, "`CREATE TABLE` without `EXTERNAL`, but for Iceberg", instead))
        .flatten()
}

/// `MERGE` that says nothing of what is done.
fn merges_nothing(cursor: &Cursor<'_>) -> Option<SqlError> {
    let is_so = cursor.is(0, "merge") && cursor.find(1, &["when"]).is_none();
    let instead = "write `WHEN MATCHED THEN ...` or `WHEN NOT MATCHED THEN ...` behind it";
    is_so.then(|| error(cursor, 0..1, "`MERGE` without `WHEN`", instead)).flatten()
}

/// Formats of results that nobody writes.
fn written(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    let is_format =
        cursor.is(n, "format") && cursor.is(n + 1, "=") && cursor.tokens.get(n + 2)?.kind == Kind::Text;
    let format = cursor.tokens.get(n + 2).filter(|_| is_format)?.text(cursor.script).to_lowercase();
    let is_last = cursor.is(n + 3, ",") || cursor.is(n + 3, ")");
    let is_one = FORMATS.contains(&format.as_str()) || format.contains("{{") || !is_last;
    let begun = (0..n).any(|at| cursor.is(at, "with") && cursor.is(at + 1, "("));
    (begun && !is_one)
        .then(|| {
            error(
                cursor,
                n + 2..n + 3,
                &format!("format {format}"),
                "write `PARQUET`, `ORC`, `AVRO`, `JSON` or `TEXTFILE`",
            )
        })
        .flatten()
}

/// What Trino does not read.
fn read(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    let token = cursor.tokens[n];
    let text = token.text(cursor.script);
    let next = cursor.tokens.get(n + 1);
    if token.kind == Kind::Name && text.starts_with('`') {
        return error(cursor, n..n + 1, "backquotes in queries", "write double quotes: `\"name\"`");
    }
    if cursor.any(n, &["from", "join"])
        && next.is_some_and(|next| next.kind == Kind::Text)
        && begins_tables(cursor, n)
    {
        let instead = "write the name without quotes, or in double quotes";
        return error(cursor, n + 1..n + 2, "tables in single quotes", instead);
    }
    if cursor.is(n, "qualify") && place::is_clause(cursor, n) {
        let instead = "write a query around it, and `WHERE` of its column";
        return error(cursor, n..n + 1, "`QUALIFY`", instead);
    }
    if cursor.is(n, ":")
        && cursor.is(n + 1, ":")
        && next.is_some_and(|next| next.range.start == token.range.end)
    {
        return error(cursor, n..n + 2, "`::`", "write `CAST(x AS type)`");
    }
    if token.kind != Kind::Word || !cursor.is(n + 1, "(") || (n > 0 && cursor.is(n - 1, ".")) {
        return None;
    }
    let (name, instead) = FUNCTIONS.iter().find(|(name, _)| cursor.is(n, name))?;
    // A list of columns has a name before its parenthesis, too.
    let is_named = n > 0 && (cursor.any(n - 1, &["as", "into", "update", "with"]) || cursor.is(n - 1, ")"));
    (!is_named)
        .then(|| {
            error(cursor, n..n + 1, &format!("`{}`", name.to_uppercase()), &format!("write `{instead}`"))
        })
        .flatten()
}

/// Says whether a `FROM` is a clause: none of `trim(both from x)`, `extract(day from x)`, `is distinct from x`.
fn begins_tables(cursor: &Cursor<'_>, n: usize) -> bool {
    let mut depth = 0_usize;
    for at in (0..n).rev() {
        match () {
            () if cursor.is(at, ")") => depth += 1,
            () if cursor.is(at, "(") && depth == 0 => return false,
            () if cursor.is(at, "(") => depth -= 1,
            () if depth == 0 && cursor.is(at, "select") => return !cursor.is(n - 1, "distinct"),
            () => {}
        }
    }
    cursor.is(n, "join") || cursor.has(0, &["delete"])
}
