//! Functions and operators that PostgreSQL has and Redshift has not, from "Unsupported PostgreSQL functions" in the
//! Redshift Database Developer Guide. `GENERATE_SERIES`, which works where no table is read, is let through.
//!
//! Its leader node is a PostgreSQL 8, and runs alone what reads catalog tables or none ("SQL functions supported on the
//! leader node"): what that version had works there.

use super::{Runs, error, is_qualified};
use crate::sql::cursor::Cursor;
use crate::sql::place::begins_expression;
use crate::sql::scan::Kind;
use crate::sql::{SqlError, SqlErrorKind};

/// Functions with what to write instead.
const FUNCTIONS: &[(&str, &str)] = &[
    ("approx_count_distinct", "write `APPROXIMATE COUNT(DISTINCT ...)`"),
    ("approx_distinct", "write `APPROXIMATE COUNT(DISTINCT ...)`"),
    ("array_agg", SUPER),
    ("array_contains", "read its members in `FROM`"),
    ("array_length", "write `GET_ARRAY_LENGTH`"),
    ("array_to_string", SUPER),
    ("arrayagg", SUPER),
    ("bit_length", "write `8 * OCTET_LENGTH(...)`"),
    ("clock_timestamp", "write `GETDATE()`"),
    ("convert_from", "write `FROM_VARBYTE(...)`"),
    ("convert_to", "write `TO_VARBYTE(...)`"),
    ("corr", BY_HAND),
    ("count_if", "write `SUM(CASE WHEN ... THEN 1 ELSE 0 END)`"),
    ("countif", "write `SUM(CASE WHEN ... THEN 1 ELSE 0 END)`"),
    ("covar_pop", BY_HAND),
    ("covar_samp", BY_HAND),
    ("currval", IDENTITY),
    ("date_format", "write `TO_CHAR`"),
    ("div", "write `TRUNC(a / b)`"),
    ("encode", "write `TO_HEX(...)` or `FROM_VARBYTE(...)`"),
    ("every", "write `BOOL_AND`"),
    ("explode", "read the members of a SUPER value in `FROM`"),
    ("format", "join the texts with `||`"),
    ("from_unixtime", "write `TIMESTAMP 'epoch' + seconds * INTERVAL '1 second'`"),
    ("gen_random_uuid", "write `MD5(RANDOM() || ...)`"),
    ("generate_uuid", "write `MD5(RANDOM() || ...)`"),
    ("get_json_object", "write `JSON_EXTRACT_PATH_TEXT`"),
    ("group_concat", "write `LISTAGG`"),
    ("ifnull", "write `NVL`"),
    ("iif", "write `CASE`"),
    ("instr", "write `STRPOS`"),
    ("json_agg", SUPER),
    ("json_build_object", "write `OBJECT(...)`"),
    ("json_extract", "write `JSON_EXTRACT_PATH_TEXT`"),
    ("jsonb_agg", SUPER),
    ("jsonb_build_object", "write `OBJECT(...)`"),
    ("justify_days", BY_HAND),
    ("justify_hours", BY_HAND),
    ("justify_interval", BY_HAND),
    ("locate", "write `STRPOS`"),
    ("nextval", IDENTITY),
    ("overlay", "join `SUBSTRING`s with `||`"),
    ("parse_json", "write `JSON_PARSE`"),
    ("pg_sleep", "let a step wait"),
    ("quote_nullable", "write `QUOTE_LITERAL`"),
    ("regexp_like", "write `~`, or `REGEXP_INSTR(...) > 0`"),
    ("regexp_matches", "write `REGEXP_SUBSTR`"),
    ("regexp_split_to_array", "write `SPLIT_TO_ARRAY`"),
    ("regexp_split_to_table", "write `SPLIT_TO_ARRAY`, and read its members in `FROM`"),
    ("regr_avgx", BY_HAND),
    ("regr_avgy", BY_HAND),
    ("regr_count", BY_HAND),
    ("regr_intercept", BY_HAND),
    ("regr_r2", BY_HAND),
    ("regr_slope", BY_HAND),
    ("regr_sxx", BY_HAND),
    ("regr_sxy", BY_HAND),
    ("regr_syy", BY_HAND),
    ("safe_cast", "write `TRY_CAST`"),
    ("setseed", "write `SET seed TO ...`"),
    ("setval", IDENTITY),
    ("str_to_date", "write `TO_DATE`, or `TO_TIMESTAMP`"),
    ("string_agg", "write `LISTAGG`"),
    ("string_to_array", "write `SPLIT_TO_ARRAY`"),
    ("timestampadd", "write `DATEADD`"),
    ("timestampdiff", "write `DATEDIFF`"),
    ("to_variant", "write `JSON_PARSE`"),
    ("transaction_timestamp", "write `SYSDATE`"),
    ("unix_timestamp", "write `EXTRACT(epoch FROM ...)`"),
    ("width_bucket", "write `CASE` or `NTILE`"),
    ("xmlagg", "write `LISTAGG`"),
    ("zeroifnull", "write `NVL(..., 0)`"),
];

const SUPER: &str = "write `LISTAGG`, and `SPLIT_TO_ARRAY` or `JSON_PARSE` around it for a SUPER value";
const IDENTITY: &str = "declare the column as `IDENTITY(1, 1)`";
const BY_HAND: &str = "write the formula";

/// Functions of these that the leader node has.
const ON_LEADER: &[&str] = &[
    "array_length",
    "array_to_string",
    "bit_length",
    "encode",
    "every",
    "justify_days",
    "justify_hours",
    "overlay",
    "setseed",
    "string_to_array",
    "width_bucket",
];

/// Statements that name functions and call none.
const NAMING: &[&str] = &["alter", "comment", "drop", "grant", "revoke", "show"];

/// Finds a function that Redshift has not; the parenthesis behind its name stands at `open`.
pub(super) fn function(cursor: &Cursor<'_>, open: usize, runs: Runs) -> Option<SqlError> {
    let n = open.checked_sub(1)?;
    let token = cursor.tokens[n];
    if token.kind != Kind::Word {
        return None;
    }
    let name = token.text(cursor.script);
    let (known, instead) = FUNCTIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    let is_there = runs == Runs::OnLeader && ON_LEADER.contains(known);
    if is_there || !is_call(cursor, n, open) {
        return None;
    }
    let kind = SqlErrorKind::NoFunction { name: (*known).to_owned(), instead: (*instead).to_owned() };
    Some(SqlError { range: token.range.clone(), kind })
}

/// Says whether a name with a parenthesis behind it is a function that is called, and of nobody's own.
fn is_call(cursor: &Cursor<'_>, n: usize, open: usize) -> bool {
    if cursor.any(0, NAMING) {
        return false;
    }
    if is_qualified(cursor, n) {
        return n > 1 && cursor.is(n - 2, "pg_catalog");
    }
    begins_expression(cursor, n) && !is_with_query(cursor, open)
}

/// `WITH name (a, b) AS (...)`.
fn is_with_query(cursor: &Cursor<'_>, open: usize) -> bool {
    let is_listed = |n: &usize| cursor.one_name(*n).is_some() || cursor.is(*n, ",");
    let close = (open + 1..cursor.tokens.len()).find(|n| !is_listed(n));
    close.is_some_and(|close| cursor.has(close, &[")", "as", "("]))
}

/// Finds `->`, `->>` and `@>`, which lead into JSON elsewhere; the first of the two characters stands at `n`.
pub(super) fn operator(cursor: &Cursor<'_>, n: usize) -> Option<SqlError> {
    let next = cursor.tokens.get(n + 1)?;
    let is_one = next.range.start == cursor.tokens[n].range.end && cursor.is(n + 1, ">");
    if !is_one {
        return None;
    }
    let end = if cursor.is(n + 2, ">") { n + 3 } else { n + 2 };
    let written = &cursor.script[cursor.tokens[n].range.start..cursor.tokens[end - 1].range.end];
    let instead = "lead into a SUPER value with `.` and `[0]`; `JSON_PARSE` makes one of a text";
    error(cursor, n..end, &format!("operator `{written}`"), instead)
}
