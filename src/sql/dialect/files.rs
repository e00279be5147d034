//! What `COPY` and `UNLOAD` take, from their pages in the Redshift Database Developer Guide: "Data format
//! parameters", "COPY from columnar data formats", "COPY from Amazon S3", "Authorization parameters", "UNLOAD".

use super::error;
use crate::sql::SqlError;
use crate::sql::cursor::Cursor;

/// Words by which a statement says as whom Redshift goes to S3.
const AUTHORIZATION: &[&str] = &["iam_role", "credentials", "access_key_id"];

/// What COPY takes for files with lines or text only.
const NOT_COLUMNAR: &[&str] = &[
    "acceptanydate",
    "blanksasnull",
    "bzip2",
    "compupdate",
    "comprows",
    "csv",
    "dateformat",
    "delimiter",
    "emptyasnull",
    "encoding",
    "escape",
    "fixedwidth",
    "gzip",
    "ignoreblanklines",
    "ignoreheader",
    "lzop",
    "maxerror",
    "quote",
    "removequotes",
    "roundec",
    "timeformat",
    "trimblanks",
    "truncatecolumns",
    "zstd",
];

/// What UNLOAD takes for text, by the format that does not take it.
const UNLOADED: &[(&str, &[&str])] = &[
    (
        "parquet",
        &["addquotes", "bzip2", "delimiter", "escape", "fixedwidth", "gzip", "header", "null", "zstd"],
    ),
    ("json", &["addquotes", "delimiter", "escape", "fixedwidth", "header", "null"]),
    ("csv", &["fixedwidth"]),
];

/// Finds what `COPY` does not take.
pub(super) fn copy(cursor: &Cursor<'_>) -> Option<SqlError> {
    let direction = cursor.find(1, &["from", "to"])?;
    if cursor.is(direction, "to") {
        let instead = "write `UNLOAD ('SELECT ...') TO 's3://...'`";
        return error(cursor, direction..direction + 1, "`COPY ... TO`", instead);
    }
    let from = direction;
    if cursor.any(from + 1, &["stdin", "program"]) {
        let instead = "put the rows into a file in S3, or write `INSERT`";
        return error(cursor, from..from + 2, "`COPY` from anything but files", instead);
    }
    let path = cursor.literal(from + 1)?;
    if path.starts_with("s3://") && path.contains('*') {
        let instead = "load with `redshift_copy`, which has patterns, or write the text that all keys begin with \
                       (`'s3://bucket/folder/part-'`)";
        return error(cursor, from + 1..from + 2, "patterns in the path of `COPY`", instead);
    }
    if let Some(missing) = unauthorized(cursor, from + 2, "COPY") {
        return Some(missing);
    }
    cursor.find(from + 2, &["parquet", "orc"])?;
    let refused = cursor.find(from + 2, NOT_COLUMNAR)?;
    together(cursor, refused, "Parquet and ORC in `COPY`")
}

/// Finds what `UNLOAD` does not take.
pub(super) fn unload(cursor: &Cursor<'_>) -> Option<SqlError> {
    let to = cursor.find(1, &["to"])?;
    if let Some(missing) = unauthorized(cursor, to + 2, "UNLOAD") {
        return Some(missing);
    }
    let has = |word: &str| cursor.find(to + 2, &[word]);
    if let (Some(clean), Some(over)) = (has("cleanpath"), has("allowoverwrite")) {
        let what = "`CLEANPATH` together with `ALLOWOVERWRITE`";
        let at = clean.max(over);
        return error(
            cursor,
            at..at + 1,
            what,
            "keep `CLEANPATH`, which leaves no file of an earlier run behind",
        );
    }
    UNLOADED.iter().find_map(|(format, refused)| {
        has(format)?;
        together(cursor, cursor.find(to + 2, refused)?, &format!("`{}` in `UNLOAD`", format.to_uppercase()))
    })
}

/// Finds a limit of the query itself in what `UNLOAD` runs.
pub(in crate::sql) fn unloaded(cursor: &Cursor<'_>) -> Option<SqlError> {
    let limit = cursor.find(0, &["limit"])?;
    let instead = "put it into a query of its own: `select * from (select ... limit 10)`";
    error(cursor, limit..limit + 1, "`LIMIT` in the outer query of `UNLOAD`", instead)
}

fn unauthorized(cursor: &Cursor<'_>, from: usize, verb: &str) -> Option<SqlError> {
    if cursor.find(from, AUTHORIZATION).is_some() {
        return None;
    }
    error(
        cursor,
        0..1,
        &format!("`{verb}` without authorization"),
        "write `IAM_ROLE default` behind the path",
    )
}

fn together(cursor: &Cursor<'_>, at: usize, format: &str) -> Option<SqlError> {
    let word = cursor.tokens[at].text(cursor.script);
    error(cursor, at..at + 1, &format!("`{}` for {format}", word.to_uppercase()), "take it away")
}
