//! `CREATE ...`.

use super::{Shape, external, in_temp_schema, reading, touch, with_rows};
use crate::sql::cursor::Cursor;
use crate::sql::names;
use crate::sql::scan::Kind;
use crate::sql::session::Effect;
use crate::sql::{Access, SqlError, SqlErrorKind, Target, Use, Verb};
use std::ops::Range;

pub(super) fn create(cursor: &Cursor<'_>) -> Shape {
    let kind = cursor.skip(1, &["or", "replace", "local", "temp", "temporary", "external", "materialized"]);
    let is = |word| (1..kind).any(|n| cursor.is(n, word));
    let is_external = is("external");
    match () {
        () if cursor.any(kind, &["table", "view"]) => {
            table(cursor, kind, is("temp") || is("temporary"), is_external)
        }
        () if cursor.any(kind, &["database", "library"]) => Shape::verb(Verb::Alone, 0..kind + 1),
        () if is_external && cursor.is(kind, "schema") => {
            let made = external::schema(cursor, cursor.skip(kind + 1, &["if", "not", "exists"]));
            Shape { effect: made.map_or(Effect::Nothing, Effect::External), ..Shape::default() }
        }
        () if cursor.is(kind, "function") => {
            let name = cursor.name(kind + 1).and_then(|(mut name, _)| name.parts.pop());
            Shape { effect: name.map_or(Effect::Nothing, Effect::Function), ..Shape::default() }
        }
        () if cursor.is(kind, "procedure") => procedure(cursor, kind),
        () if cursor.has(kind, &["rls", "policy"]) => policy(cursor, kind),
        // What a model learns from. A function reads when it is called.
        () if cursor.is(kind, "model") => {
            let from = cursor.find(kind, &["from"]);
            Shape { reading: from.map(reading), ..Shape::default() }
        }
        () => Shape::default(),
    }
}

fn procedure(cursor: &Cursor<'_>, kind: usize) -> Shape {
    let made =
        cursor.name(kind + 1).zip(body(cursor, kind + 1)).map(|((name, _), range)| Effect::Procedure {
            name: name.parts,
            body: cursor.script[range.clone()].to_owned(),
            at: range.start,
            has_setting: cursor.find(kind + 2, &["set"]).is_some(),
        });
    Shape { effect: made.unwrap_or_default(), ..Shape::default() }
}

/// `CREATE RLS POLICY`: the tables that its condition looks up must be there.
fn policy(cursor: &Cursor<'_>, kind: usize) -> Shape {
    let condition = cursor.find(kind, &["using"]).unwrap_or(cursor.tokens.len());
    let read = names::names(cursor, condition + 1, None).tables;
    Shape::touching(read.iter().filter_map(|table| table.touched(Access::Needs)))
}

/// Where the text of a procedure stands: between dollar signs.
fn body(cursor: &Cursor<'_>, from: usize) -> Option<Range<usize>> {
    let text = |n: usize| {
        let token = cursor.tokens.get(n).filter(|token| token.kind == Kind::Text)?;
        let text = token.text(cursor.script);
        let tag = text.strip_prefix('$')?.find('$')? + 2;
        let range = token.range.start + tag..token.range.end.checked_sub(tag)?;
        cursor.script.get(range.clone()).map(|_| range)
    };
    (from..cursor.tokens.len()).filter(|n| cursor.is(*n, "as")).find_map(|n| text(n + 1))
}

fn table(cursor: &Cursor<'_>, kind: usize, temporary: bool, is_external: bool) -> Shape {
    let mut shape = Shape::default();
    let is_table = cursor.is(kind, "table");
    let Some((name, behind)) = cursor.name(cursor.skip(kind + 1, &["if", "not", "exists"])) else {
        return Shape { parsed: 0..cursor.tokens.len(), ..shape };
    };
    let iceberg = cursor.find(behind, &["using"]).filter(|at| is_table && cursor.is(at + 1, "iceberg"));
    if is_table && (is_external || iceberg.is_some()) {
        (shape.verb, shape.words) = match iceberg {
            Some(at) => (Verb::Alone, at..at + 2),
            None => (Verb::Alone, 0..kind + 1),
        };
        let made = external::table(cursor, &name, behind, iceberg.is_some());
        shape.effect = made.map_or(Effect::Nothing, Effect::External);
    }
    let is_query = |n: usize| cursor.any(n, &["select", "with"]) || cursor.is(n, "(");
    // `STORED AS PARQUET` is another one.
    let mut words = std::iter::successors(cursor.find(behind, &["as"]), |at| cursor.find(at + 1, &["as"]));
    let query = words.find(|at| is_query(at + 1)).map(|at| at + 1);
    let target = name.touched(Access::Creates);
    let target = target.map(|target| if temporary { in_temp_schema(target) } else { target });
    match query {
        Some(query) => {
            shape.uses.extend(target.into_iter().flat_map(with_rows));
            shape.uses.extend(location(cursor, behind, query));
            shape.reading = Some(reading(query));
            if !is_external {
                shape.errors.extend(stray(cursor, behind..query - 1));
            }
            shape.parsed = query..end_of_query(cursor, query);
        }
        None if is_table => {
            shape.uses.extend(target);
            shape.uses.extend(like(cursor, behind));
            shape.uses.extend(references(cursor, behind));
            // What follows the columns is Redshift's own.
            if !is_external && cursor.is(behind, "(") {
                let close = cursor.close(behind).unwrap_or(cursor.tokens.len() - 1);
                shape.parsed = 0..close + 1;
                shape.errors.extend(stray(cursor, close + 1..cursor.tokens.len()));
            }
        }
        None => {
            // A view without a query: let the parser say what is missing.
            shape.uses.extend(target.into_iter().flat_map(with_rows));
            shape.reading = Some(reading(behind));
            shape.parsed = 0..cursor.tokens.len();
        }
    }
    shape
}

/// Finds a word that is no attribute of a table or view.
fn stray(cursor: &Cursor<'_>, tokens: Range<usize>) -> Option<SqlError> {
    const ATTRIBUTES: &[&str] = &[
        "all",
        "auto",
        "backup",
        "by",
        "commit",
        "compound",
        "delete",
        "distkey",
        "diststyle",
        "drop",
        "encode",
        "even",
        "iceberg",
        "interleaved",
        "key",
        "location",
        "no",
        "on",
        "partitioned",
        "preserve",
        "properties",
        "refresh",
        "rows",
        "sortkey",
        "table",
        "using",
        "yes",
    ];
    let mut depth = 0_usize;
    for n in tokens {
        match () {
            () if cursor.is(n, "(") => depth += 1,
            () if cursor.is(n, ")") => depth = depth.saturating_sub(1),
            () if depth > 0 || cursor.any(n, ATTRIBUTES) => {}
            () if matches!(cursor.tokens[n].kind, Kind::Text | Kind::Hole) => {}
            () => {
                let found = cursor.tokens[n].text(cursor.script);
                let message = format!("expected an attribute of the table, found {found}");
                let kind = SqlErrorKind::NotUnderstood(message);
                return Some(SqlError { range: cursor.tokens[n].range.clone(), kind });
            }
        }
    }
    None
}

/// `WITH NO SCHEMA BINDING` and `WITH DATA` belong to what is made.
fn end_of_query(cursor: &Cursor<'_>, from: usize) -> usize {
    let end = cursor.tokens.len();
    let tails = [&["with", "no", "schema", "binding"][..], &["with", "no", "data"], &["with", "data"]];
    let mut found = tails.into_iter().filter_map(|tail| end.checked_sub(tail.len()).zip(Some(tail)));
    found.find(|(at, tail)| *at > from && cursor.has(*at, tail)).map_or(end, |(at, _)| at)
}

/// The files of an external table that is made from a query are written with it.
fn location(cursor: &Cursor<'_>, from: usize, query: usize) -> Option<Use> {
    let at = cursor.find(from, &["location"]).filter(|at| *at < query)?;
    let written = cursor.prefix(at + 1, Access::Writes)?;
    match written.target {
        Target::Prefix(path) => Some(Use { target: Target::Prefix(external::folder(&path)), ..written }),
        Target::Table { .. } => None,
    }
}

/// `(LIKE other)` and `LIKE other` look at the columns of the other table, and at no row.
fn like(cursor: &Cursor<'_>, behind: usize) -> Option<Use> {
    let at = if cursor.is(behind, "(") { behind + 1 } else { behind };
    cursor.is(at, "like").then(|| touch(cursor, at + 1, Access::Needs)).flatten()
}

/// The tables of foreign keys, which must be there.
pub(super) fn references(cursor: &Cursor<'_>, from: usize) -> Vec<Use> {
    let named = (from..cursor.tokens.len()).filter(|n| cursor.is(*n, "references"));
    named.filter_map(|n| touch(cursor, n + 1, Access::Needs)).collect()
}
