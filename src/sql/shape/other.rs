//! Statements that move data in and out, that hold another statement, and that look after tables.

use super::{Reading, Shape, list, shape, touch};
use crate::sql::cursor::Cursor;
use crate::sql::dialect;
use crate::sql::scan::{Kind, Token, scan};
use crate::sql::session::Effect;
use crate::sql::{Access, SqlError, SqlErrorKind, Use, Verb};
use std::borrow::Cow;
use std::ops::Range;

pub(super) fn copy(cursor: &Cursor<'_>) -> Shape {
    if cursor.is(1, "job") {
        // What a job loads was said when it was made.
        let verb = if cursor.any(2, &["create", "drop"]) { Verb::Alone } else { Verb::Other };
        return Shape { hidden: cursor.is(2, "run"), ..Shape::verb(verb, 0..3) };
    }
    let job = cursor.find(1, &["job"]).filter(|at| cursor.is(at + 1, "create"));
    if let Some(job) = job {
        // It loads what comes later, by itself.
        let target = touch(cursor, 1, Access::Needs);
        return Shape { uses: target.into_iter().collect(), ..Shape::verb(Verb::Alone, job..job + 2) };
    }
    let access = if cursor.find(1, &["noload"]).is_some() { Access::Needs } else { Access::Appends };
    // Behind `FROM`, and the file of a form: `JSON 's3://.../paths.json'`.
    let files = (1..cursor.tokens.len()).filter_map(|n| cursor.prefix(n, Access::Reads));
    // What a manifest names is not in the text.
    let hidden = cursor.find(1, &["manifest"]).is_some() && access == Access::Appends;
    Shape { hidden, ..Shape::touching(touch(cursor, 1, access).into_iter().chain(files)) }
}

pub(super) fn unload(cursor: &Cursor<'_>) -> Shape {
    let mut shape = Shape::default();
    match cursor.tokens.iter().find(|token| token.kind == Kind::Text) {
        Some(token) => unloaded(cursor, token, &mut shape),
        None => shape.hidden = true,
    }
    shape.uses.extend(cursor.find(1, &["to"]).and_then(|n| cursor.prefix(n + 1, Access::Writes)));
    shape
}

/// The query of an `UNLOAD`.
fn unloaded(cursor: &Cursor<'_>, token: &Token, shape: &mut Shape) {
    let text = token.text(cursor.script);
    let (query, before) = if let Some(inner) = text.strip_prefix('\'') {
        (Cow::Owned(unescaped(inner.strip_suffix('\'').unwrap_or(inner))), 1)
    } else {
        let tag = text[1..].find('$').map_or(1, |length| length + 2);
        (Cow::Borrowed(text.get(tag..text.len() - tag).unwrap_or_default()), tag)
    };
    if !is_query(&query) {
        shape.hidden = true;
        if query.trim_start().starts_with("{{") {
            // It would become a literal within the literal.
            shape.errors.push(SqlError { range: token.range.clone(), kind: SqlErrorKind::HoleInName });
        }
        return;
    }
    // Places inside a literal with doubled quotes mean nothing: what is there stands at the literal.
    let is_same =
        cursor.script.get(token.range.start + before..).is_some_and(|text| text.starts_with(&*query));
    let start = token.range.start + before;
    let place = |range: Range<usize>| {
        if is_same { range.start + start..range.end + start } else { token.range.clone() }
    };
    let inner = crate::sql::read(&query);
    let (tokens, _) = scan(&query);
    let significant: Vec<&Token> = tokens.iter().filter(|token| token.kind != Kind::Comment).collect();
    let limit = dialect::unloaded(&Cursor { script: &query, tokens: &significant });
    let values =
        inner.statements.iter().flat_map(|statement| &statement.params).map(|(name, range)| SqlError {
            range: range.clone(),
            kind: SqlErrorKind::Foreign {
                what: format!("`:{name}` inside the text of an `UNLOAD`"),
                instead: "write `{{ ... }}` in its place".to_owned(),
            },
        });
    let refused = limit.into_iter().chain(values);
    shape.errors.extend(refused.map(|error| SqlError { range: place(error.range), kind: error.kind }));
    for statement in inner.statements {
        shape.hidden |= statement.hidden;
        shape.uses.extend(statement.uses.into_iter().map(|item| Use { range: place(item.range), ..item }));
    }
    for error in inner.errors {
        match error.kind {
            // The whole text was looked at.
            SqlErrorKind::Template(_) => {}
            SqlErrorKind::Syntax(_)
            | SqlErrorKind::NotUnderstood(_)
            | SqlErrorKind::Refused(_)
            | SqlErrorKind::Foreign { .. }
            | SqlErrorKind::NoFunction { .. }
            | SqlErrorKind::HoleInName => {
                shape.errors.push(SqlError { range: place(error.range), kind: error.kind });
            }
        }
    }
}

/// The text of a literal: `''` and `\'` are a quote.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\'' | '\\' => plain.push(characters.next().unwrap_or(c)),
            _ => plain.push(c),
        }
    }
    plain
}

fn is_query(text: &str) -> bool {
    let (tokens, _) = scan(text);
    let first = tokens.iter().find(|token| token.kind != Kind::Comment);
    first.is_some_and(|token| token.is_any(text, &["select", "with"]) || token.is(text, "("))
}

/// `EXPLAIN` runs nothing: it wants the tables to be there.
pub(super) fn explain(cursor: &Cursor<'_>) -> Shape {
    let at = cursor.skip(1, &["verbose"]);
    let mut inner = nested(cursor, at);
    inner.hidden = false;
    for item in &mut inner.uses {
        item.access = Access::Needs;
    }
    Shape { verb: Verb::Query, words: 0..1, effect: Effect::Nothing, ..inner }
}

/// `PREPARE name AS statement` and `DECLARE name CURSOR FOR query`: what they hold is done in this session.
pub(super) fn inner(cursor: &Cursor<'_>) -> Shape {
    let word = if cursor.is(0, "prepare") { "as" } else { "for" };
    let Some(at) = cursor.find(1, &[word]) else { return Shape::default() };
    let effect = Effect::Prepares(cursor.one_name(1).unwrap_or_default());
    Shape { verb: Verb::Other, words: 0..1, effect, ..nested(cursor, at + 1) }
}

fn nested(cursor: &Cursor<'_>, at: usize) -> Shape {
    let at = at.min(cursor.tokens.len());
    if cursor.any(at, &["explain", "prepare", "declare"]) {
        return Shape { known: false, parsed: at..cursor.tokens.len(), ..Shape::default() };
    }
    let inner = shape(&Cursor { tokens: &cursor.tokens[at..], ..*cursor });
    Shape {
        reading: inner.reading.map(|reading| Reading { from: reading.from + at, ..reading }),
        parsed: inner.parsed.start + at..inner.parsed.end + at,
        ..inner
    }
}

pub(super) fn maintenance(cursor: &Cursor<'_>) -> Shape {
    let is_vacuum = cursor.is(0, "vacuum");
    let words: &[&str] = if is_vacuum {
        &["full", "sort", "only", "delete", "reindex", "recluster"]
    } else {
        &["verbose", "compression"]
    };
    let at = cursor.skip(1, words);
    let is_option = (cursor.any(at, &["predicate", "all"]) && cursor.is(at + 1, "columns"))
        || (is_vacuum && cursor.any(at, &["to", "boost"]));
    let target = if is_option { None } else { touch(cursor, at, Access::Needs) };
    Shape { verb: if is_vacuum { Verb::Alone } else { Verb::Other }, ..Shape::touching(target) }
}

/// `GRANT` and `REVOKE`: on tables, or on what is none.
pub(super) fn grant(cursor: &Cursor<'_>) -> Shape {
    const NO_TABLES: &[&str] = &[
        "all",
        "assumerole",
        "copy",
        "database",
        "datashare",
        "function",
        "functions",
        "job",
        "language",
        "masking",
        "model",
        "procedure",
        "procedures",
        "rls",
        "schema",
        "schemas",
        "tables",
        "template",
        "views",
    ];
    let Some(on) = cursor.find(1, &["on"]) else { return Shape::default() };
    if cursor.is(on + 1, "external") {
        // On the Data Catalog.
        let is_table = cursor.is(on + 2, "table");
        let names = if is_table { list(cursor, on + 3, Access::Needs) } else { Vec::new() };
        return Shape { uses: names, ..Shape::verb(Verb::Alone, 0..1) };
    }
    if cursor.any(on + 1, NO_TABLES) && !cursor.is(on + 2, ".") {
        return Shape::default();
    }
    Shape::touching(list(cursor, cursor.skip(on + 1, &["table"]), Access::Needs))
}

/// `COMMENT ON TABLE`, `VIEW`, `COLUMN` and `CONSTRAINT`.
pub(super) fn comment(cursor: &Cursor<'_>) -> Shape {
    let named = match () {
        () if cursor.any(2, &["table", "view"]) => touch(cursor, 3, Access::Needs),
        () if cursor.is(2, "column") => cursor.name(3).and_then(|(mut column, _)| {
            column.parts.pop();
            (!column.parts.is_empty()).then(|| column.touched(Access::Needs)).flatten()
        }),
        () if cursor.is(2, "constraint") => {
            cursor.find(4, &["on"]).and_then(|on| touch(cursor, on + 1, Access::Needs))
        }
        () => None,
    };
    Shape::touching(named)
}

/// `ALTER DATASHARE`: tables are added to it; it is made public outside of a transaction only.
pub(super) fn datashare(cursor: &Cursor<'_>) -> Shape {
    let public = cursor.find(2, &["publicaccessible"]);
    if let Some(public) = public.filter(|at| cursor.is(at - 1, "set")) {
        return Shape::verb(Verb::Alone, public - 1..public + 1);
    }
    let table = cursor.find(2, &["table"]).filter(|at| cursor.is(at - 1, "add"));
    Shape::touching(table.map(|at| list(cursor, at + 1, Access::Needs)).unwrap_or_default())
}
