//! Functions and operators that PostgreSQL has and Redshift has not, from "Unsupported PostgreSQL functions" in the
//! Redshift Database Developer Guide. `GENERATE_SERIES`, which works where no table is read, is let through.

use super::{error, is_qualified};
use crate::sql::SqlError;
use crate::sql::cursor::Cursor;
use crate::sql::scan::Kind;

/// Functions with what to write instead.
const FUNCTIONS: &[(&str, &str)] = &[
    ("array_agg", SUPER),
    ("array_length", "write `GET_ARRAY_LENGTH`"),
    ("array_to_string", SUPER),
    ("bit_length", "write `8 * OCTET_LENGTH(...)`"),
    ("clock_timestamp", "write `GETDATE()`"),
    ("convert_from", "write `FROM_VARBYTE(...)`"),
    ("convert_to", "write `TO_VARBYTE(...)`"),
    ("corr", BY_HAND),
    ("covar_pop", BY_HAND),
    ("covar_samp", BY_HAND),
    ("div", "write `TRUNC(a / b)`"),
    ("encode", "write `TO_HEX(...)` or `FROM_VARBYTE(...)`"),
    ("every", "write `BOOL_AND`"),
    ("format", "join the texts with `||`"),
    ("json_agg", SUPER),
    ("json_build_object", "write `OBJECT(...)`"),
    ("jsonb_agg", SUPER),
    ("jsonb_build_object", "write `OBJECT(...)`"),
    ("justify_days", BY_HAND),
    ("justify_hours", BY_HAND),
    ("justify_interval", BY_HAND),
    ("overlay", "join `SUBSTRING`s with `||`"),
    ("pg_sleep", "let a step wait"),
    ("quote_nullable", "write `QUOTE_LITERAL`"),
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
    ("setseed", "write `SET seed TO ...`"),
    ("string_agg", "write `LISTAGG`"),
    ("string_to_array", "write `SPLIT_TO_ARRAY`"),
    ("transaction_timestamp", "write `SYSDATE`"),
    ("width_bucket", "write `CASE` or `NTILE`"),
    ("xmlagg", "write `LISTAGG`"),
];

const SUPER: &str = "write `LISTAGG`, and `SPLIT_TO_ARRAY` or `JSON_PARSE` around it for a SUPER value";
const BY_HAND: &str = "write the formula";

/// Finds a function that Redshift has not; the parenthesis behind its name stands at `open`.
pub(super) fn function(cursor: &Cursor<'_>, open: usize) -> Option<SqlError> {
    let n = open.checked_sub(1)?;
    let token = cursor.tokens[n];
    if token.kind != Kind::Word || is_qualified(cursor, n) {
        return None;
    }
    let name = token.text(cursor.script);
    let (known, instead) = FUNCTIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    if is_made(cursor, n) {
        return None;
    }
    error(cursor, n..n + 1, &format!("`{}`", known.to_uppercase()), instead)
}

/// A name that is given here, and not called: of a column, of a table, of a function of the user's.
fn is_made(cursor: &Cursor<'_>, n: usize) -> bool {
    const BEFORE: &[&str] =
        &["as", "exists", "function", "into", "join", "on", "procedure", "references", "table", "to"];
    n > 0 && cursor.any(n - 1, BEFORE)
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
