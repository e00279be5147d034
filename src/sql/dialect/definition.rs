//! What a table's definition says of its columns and its keys, and what no table can be: a column twice, a key of none.
//!
//! From "CREATE TABLE", "Compression encodings" and "Data types" in the Redshift Database Developer Guide.

use super::refused;
use crate::sql::SqlError;
use crate::sql::cursor::Cursor;
use crate::sql::scan::Kind;
use std::ops::Range;

/// Words that begin something else than a column.
const CONSTRAINTS: &[&str] = &["check", "constraint", "exclude", "foreign", "like", "primary", "unique"];
/// Words that stand behind `ENCODE`.
const ENCODINGS: &[&str] = &[
    "auto",
    "az64",
    "bytedict",
    "delta",
    "delta32k",
    "lzo",
    "mostly16",
    "mostly32",
    "mostly8",
    "none",
    "raw",
    "runlength",
    "text255",
    "text32k",
    "zstd",
];
/// The greatest length or precision of types, in bytes or digits.
const LONGEST: &[(&[&str], u32)] = &[
    (&["char", "character", "nchar"], 4_096),
    (&["varchar", "nvarchar"], 65_535),
    (&["decimal", "numeric"], 38),
];

/// Finds what is wrong with the columns of a table, whose name ends before `behind`, or with its keys.
pub(super) fn wrong(cursor: &Cursor<'_>, behind: usize) -> Option<SqlError> {
    let close = cursor.close(behind).filter(|_| cursor.is(behind, "("))?;
    let query = cursor.find(close, &["as"]).unwrap_or(cursor.tokens.len());
    let is_filled_in = cursor.tokens[behind..query].iter().any(|token| token.kind == Kind::Hole);
    // The columns of a parent are not known.
    let is_like = (behind..close).any(|n| cursor.is(n, "like"));
    if is_filled_in || is_like {
        return None;
    }
    let columns: Vec<Range<usize>> = cursor
        .items(behind + 1..close)
        .into_iter()
        .filter(|member| !member.is_empty() && !cursor.any(member.start, CONSTRAINTS))
        .collect();
    twice(cursor, &columns)
        .or_else(|| columns.iter().find_map(|column| typed(cursor, column)))
        .or_else(|| keys(cursor, &columns, close + 1..query))
}

fn twice(cursor: &Cursor<'_>, columns: &[Range<usize>]) -> Option<SqlError> {
    let mut names: Vec<String> = Vec::with_capacity(columns.len());
    for column in columns {
        let name = cursor.one_name(column.start)?;
        if names.contains(&name) {
            return Some(refused(
                cursor,
                column.start,
                format!("column `{name}` stands twice in this table"),
            ));
        }
        names.push(name);
    }
    None
}

/// The length of a type, and the encoding.
fn typed(cursor: &Cursor<'_>, column: &Range<usize>) -> Option<SqlError> {
    let of_type = column.start + 1;
    let is_varying = cursor.is(of_type + 1, "varying");
    let length = of_type + 1 + usize::from(is_varying);
    let longest = LONGEST.iter().find(|(names, _)| cursor.any(of_type, names));
    if let Some((_, longest)) = longest.filter(|_| cursor.is(length, "(")) {
        let longest = if is_varying { &65_535 } else { longest };
        let given = cursor.tokens.get(length + 1)?.text(cursor.script);
        if given.parse::<u64>().is_ok_and(|given| given > u64::from(*longest)) {
            let message = format!("the longest of this type is {longest}, and this one has {given}");
            return Some(refused(cursor, length + 1, message));
        }
    }
    let encode = column.clone().skip(2).find(|n| cursor.is(*n, "encode"))? + 1;
    let is_one = encode >= column.end || cursor.any(encode, ENCODINGS);
    let message = || format!("Redshift has no encoding `{}`", cursor.tokens[encode].text(cursor.script));
    (!is_one).then(|| refused(cursor, encode, message()))
}

/// Keys name columns of the table; rows are spread by one.
fn keys(cursor: &Cursor<'_>, columns: &[Range<usize>], behind: Range<usize>) -> Option<SqlError> {
    let names: Vec<String> = columns.iter().filter_map(|column| cursor.one_name(column.start)).collect();
    // The column by which rows are spread, and where this is said.
    let mut spread: Vec<(String, usize)> = Vec::new();
    for column in columns {
        let at = column.clone().skip(2).find(|n| cursor.is(*n, "distkey"));
        spread.extend(at.and_then(|at| Some((cursor.one_name(column.start)?, at))));
    }
    for n in behind.clone().filter(|n| cursor.any(*n, &["distkey", "sortkey"]) && cursor.is(n + 1, "(")) {
        let close = cursor.close(n + 1)?;
        let column_at = |at: &usize| cursor.one_name(*at).filter(|_| !cursor.is(*at, ","));
        if let Some(at) = (n + 2..close).find(|at| column_at(at).is_some_and(|name| !names.contains(&name))) {
            let name = cursor.tokens[at].text(cursor.script);
            return Some(refused(cursor, at, format!("the table has no column `{name}`")));
        }
        if cursor.is(n, "distkey") {
            spread.extend(column_at(&(n + 2)).map(|name| (name, n)));
        }
    }
    let (first, key) = spread.first()?;
    if let Some((_, second)) = spread.iter().find(|(name, _)| name != first) {
        return Some(refused(cursor, *second, "a table has one `DISTKEY`".to_owned()));
    }
    let style = behind.clone().find(|n| cursor.is(*n, "diststyle") && cursor.any(n + 1, &["all", "even"]))?;
    let word = cursor.tokens[style + 1].text(cursor.script).to_uppercase();
    Some(refused(cursor, *key, format!("`DISTSTYLE {word}` has no `DISTKEY`")))
}
