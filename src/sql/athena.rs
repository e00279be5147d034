//! Athena's dialect: Trino's for queries and for what writes, Hive's for DDL.
//!
//! Works on tokens as all of [`super`]: statements are told by their first words, tables by the words before them. What
//! the parser does not know is told once, since Athena knows more than any of its dialects. A name without a database has
//! an empty schema: the step says which one is meant.

mod asked;
mod files;
mod foreign;
mod prepared;
mod table;

use super::cursor::{Cursor, Name};
use super::names;
use super::scan::{Kind, Token, scan_as};
use super::sent::sent;
use super::statement::{holes_in_names, unbalanced};
use super::syntax::{self, Wrong};
use super::{Access, Dialect, External, Script, SqlError, SqlErrorKind, SqlStatement, Target, Use, Verb};
use std::ops::Range;

/// More tokens than this in one statement are lists of values.
const MOST_PARSED: usize = 20_000;

/// Reads a script.
pub(super) fn analyse(text: &str) -> Script {
    let (tokens, mut errors) = scan_as(text, Dialect::Athena);
    let (mut statements, mut external) = (Vec::new(), Vec::new());
    for tokens in tokens.split(|token| token.is(text, ";")) {
        let Some(first) = tokens.iter().position(|token| token.kind != Kind::Comment) else { continue };
        statements.push(statement(text, &tokens[first..], &mut errors, &mut external));
    }
    tell_once(&mut errors);
    prepared::know_prepared(&mut statements);
    statements.shrink_to_fit();
    Script { statements, external, errors, ..Script::default() }
}

/// What is not understood is told of the first place only.
fn tell_once(errors: &mut Vec<SqlError>) {
    let mut is_told = false;
    errors.retain(|error| {
        let is_new = !matches!(error.kind, SqlErrorKind::NotUnderstood(_)) || !is_told;
        is_told |= matches!(error.kind, SqlErrorKind::NotUnderstood(_));
        is_new
    });
}

fn statement(
    script: &str,
    tokens: &[Token],
    errors: &mut Vec<SqlError>,
    external: &mut Vec<External>,
) -> SqlStatement {
    let range = tokens[0].range.start..tokens[tokens.len() - 1].range.end;
    let significant: Vec<&Token> = tokens.iter().filter(|token| token.kind != Kind::Comment).collect();
    let now = in_the_present(&Cursor { script, tokens: &significant });
    let cursor = Cursor { script, tokens: &now };
    let (text, template) = sent(script, tokens, errors);
    external.extend(files::files(&cursor));
    let shape = shape(&cursor);
    let mut uses = shape.uses;
    let (mut holes, mut too_deep) = (Vec::new(), false);
    if let Some((from, target)) = &shape.reading {
        let names = names::names(&cursor, *from, target.as_ref());
        let is_changed = |start: usize| uses.iter().any(|item| item.range.start == start);
        let read: Vec<Use> = names
            .tables
            .iter()
            .filter(|table| !is_changed(table.range.start))
            .filter_map(|table| table.touched(Access::Reads))
            .collect();
        uses.extend(read);
        (holes, too_deep) = (names.holes, names.too_deep);
    }
    uses.iter_mut().for_each(of_whole_table);
    uses.sort_by_key(|item| item.range.start);
    errors.extend(holes_in_names(&cursor, &holes));
    errors.extend(foreign::foreign(&cursor));
    if !errors.iter().any(|error| range.contains(&error.range.start)) {
        errors.extend(wrong(&cursor, shape.parsed));
    }
    let asked = asked::asked(&cursor, &uses);
    SqlStatement {
        text,
        template,
        words: (String::new(), cursor.tokens.first().map_or(0..0, |token| token.range.clone())),
        range,
        verb: if shape.is_query { Verb::Query } else { Verb::Other },
        uses,
        hidden: shape.hidden || too_deep,
        apart: Vec::new(),
        of_session: false,
        loose: None,
        asked,
        params: Vec::new(),
    }
}

/// What is known of an Iceberg table is read as a table beside it: `"t$snapshots"`.
const OF_TABLES: &[&str] = &[
    "all_entries",
    "all_manifests",
    "data",
    "entries",
    "files",
    "history",
    "manifests",
    "metadata_log_entries",
    "partitions",
    "properties",
    "refs",
    "snapshots",
];

/// Whoever reads what is known of a table reads the table.
fn of_whole_table(item: &mut Use) {
    let Target::Table { table, .. } = &mut item.target else { return };
    if let Some((whole, of)) = table.rsplit_once('$')
        && OF_TABLES.contains(&of)
        && !whole.is_empty()
    {
        table.truncate(whole.len());
    }
}

/// Leaves out `FOR TIMESTAMP AS OF ...` and `FOR VERSION AS OF ...`, which the parser knows not: a table is read as of
/// some time, and the same table.
fn in_the_present<'a>(cursor: &Cursor<'a>) -> Vec<&'a Token> {
    const TIMES: &[&str] = &["timestamp", "version", "system_time", "system_version"];
    let mut kept = Vec::with_capacity(cursor.tokens.len());
    let mut at = 0;
    while at < cursor.tokens.len() {
        if cursor.is(at, "for") && cursor.any(at + 1, TIMES) && cursor.has(at + 2, &["as", "of"]) {
            at = moment(cursor, at + 4);
        } else {
            kept.push(cursor.tokens[at]);
            at += 1;
        }
    }
    kept
}

/// Passes over an expression for a moment: `TIMESTAMP '...'`, `(current_timestamp - interval '1' day)`, a number, a hole.
fn moment(cursor: &Cursor<'_>, from: usize) -> usize {
    let closing = cursor.closing();
    let group = |at: usize| if cursor.is(at, "(") { closing[at] + 1 } else { at };
    let mut at = cursor.skip(from, &["timestamp", "date"]);
    loop {
        at = if cursor.is(at, "interval") { at + 3 } else { group(at).max(group(at + 1)).max(at + 1) };
        if cursor.has(at, &["at", "time", "zone"]) {
            at += 4;
        }
        if !(cursor.is(at, "+") || cursor.is(at, "-")) {
            return at.min(cursor.tokens.len());
        }
        at += 1;
    }
}

/// What a statement is.
#[derive(Default)]
struct Shape {
    is_query: bool,
    uses: Vec<Use>,
    /// From where on tables are read, and the table whose columns are in scope there.
    reading: Option<(usize, Option<Name>)>,
    /// The tokens that the parser is asked about.
    parsed: Range<usize>,
    /// What it touches is not in its text.
    hidden: bool,
}

impl Shape {
    /// Moves it behind what stands before the statement proper.
    fn behind(self, at: usize) -> Self {
        let reading = self.reading.map(|(from, target)| (from + at, target));
        Self { reading, parsed: self.parsed.start + at..self.parsed.end + at, ..self }
    }

    fn touching(uses: impl IntoIterator<Item = Use>) -> Self {
        Self { uses: uses.into_iter().collect(), ..Self::default() }
    }
}

fn shape(cursor: &Cursor<'_>) -> Shape {
    let all = 0..cursor.tokens.len();
    let word = cursor.one_name(0).unwrap_or_default();
    match word.as_str() {
        _ if cursor.is(0, "(") => query(all),
        "select" | "with" | "values" | "table" => query(all),
        "insert" => changed(cursor, cursor.skip(1, &["into"]), Access::Appends),
        "update" => changed(cursor, 1, Access::Writes),
        "delete" => changed(cursor, cursor.skip(1, &["from"]), deletes(cursor)),
        "merge" => changed(cursor, cursor.skip(1, &["into"]), Access::Writes),
        "create" => create(cursor),
        "drop" => {
            let at = cursor.skip(1, &["table", "view"]);
            if at == 1 {
                return Shape::default();
            }
            Shape::touching(touch(cursor, cursor.skip(at, &["if", "exists"]), Access::Ends))
        }
        "alter" => alter(cursor),
        "msck" => Shape::touching(touch(cursor, cursor.skip(1, &["repair", "table"]), Access::Appends)),
        // The rows stay what they are: it comes after all that has changed them.
        "optimize" | "vacuum" => Shape::touching(touch(cursor, 1, Access::Reads)),
        "unload" => unload(cursor),
        "explain" => explain(cursor),
        "show" => {
            let of = cursor.skip(
                1,
                &["create", "table", "view", "partitions", "columns", "tblproperties", "in", "from"],
            );
            let is_one = cursor.any(1, &["create", "partitions", "columns", "tblproperties"]);
            Shape::touching(is_one.then(|| shown(cursor, of)).flatten())
        }
        "describe" | "desc" => {
            let at = cursor.skip(1, &["extended", "formatted", "view"]);
            Shape::touching(touch(cursor, at, Access::Needs))
        }
        "execute" => Shape { hidden: true, ..Shape::default() },
        "deallocate" => Shape::default(),
        "prepare" | "using" => match proper(cursor, &word) {
            Some(at) => {
                let shape = shape(&Cursor { tokens: &cursor.tokens[at..], ..*cursor }).behind(at);
                // What is prepared is kept, and gives no rows.
                Shape { is_query: shape.is_query && word == "using", ..shape }
            }
            None => Shape { parsed: all, hidden: true, ..Shape::default() },
        },
        _ => Shape { parsed: all, hidden: true, ..Shape::default() },
    }
}

/// Finds the statement proper behind `PREPARE name FROM`, and behind `USING EXTERNAL FUNCTION ...`.
fn proper(cursor: &Cursor<'_>, word: &str) -> Option<usize> {
    const STATEMENTS: &[&str] =
        &["select", "with", "values", "table", "insert", "create", "unload", "merge", "update", "delete"];
    let at = match word {
        "prepare" if cursor.is(2, "from") => 3,
        "using" => cursor.find(1, STATEMENTS)?,
        _ => return None,
    };
    cursor.any(at, STATEMENTS).then_some(at).or_else(|| cursor.is(at, "(").then_some(at))
}

/// A table of which something is shown: `t`, `lake.t`, `t IN lake`.
fn shown(cursor: &Cursor<'_>, at: usize) -> Option<Use> {
    let (mut name, behind) = cursor.name(at)?;
    if let ([_], true) = (name.parts.as_slice(), cursor.any(behind, &["in", "from"])) {
        name.parts.insert(0, cursor.one_name(behind + 1)?);
    }
    name.touched(Access::Needs)
}

fn touch(cursor: &Cursor<'_>, at: usize, access: Access) -> Option<Use> {
    cursor.name(at).and_then(|(name, _)| name.touched(access))
}

fn query(parsed: Range<usize>) -> Shape {
    Shape { is_query: true, reading: Some((parsed.start, None)), parsed, ..Shape::default() }
}

fn changed(cursor: &Cursor<'_>, at: usize, access: Access) -> Shape {
    let parsed = 0..cursor.tokens.len();
    let Some((name, behind)) = cursor.name(at) else { return Shape { parsed, ..Shape::default() } };
    let uses = name.touched(access);
    let target = (access != Access::Appends).then_some(name);
    Shape { reading: Some((behind, target)), parsed, ..Shape::touching(uses) }
}

/// `DELETE` without a condition leaves nothing.
fn deletes(cursor: &Cursor<'_>) -> Access {
    if cursor.find(1, &["where"]).is_some() { Access::Writes } else { Access::Empties }
}

fn create(cursor: &Cursor<'_>) -> Shape {
    let kind = cursor.skip(1, &["or", "replace", "external", "protected", "multi", "dialect"]);
    if !cursor.any(kind, &["table", "view"]) {
        return Shape::default();
    }
    let Some((name, behind)) = cursor.name(cursor.skip(kind + 1, &["if", "not", "exists"])) else {
        return Shape::default();
    };
    let is_query = |at: usize| cursor.any(at, &["select", "with", "values", "table"]) || cursor.is(at, "(");
    let mut words = std::iter::successors(cursor.find(behind, &["as"]), |at| cursor.find(at + 1, &["as"]));
    let made = name.touched(Access::Creates);
    let Some(from) = words.find(|at| is_query(at + 1)).map(|at| at + 1) else { return Shape::touching(made) };
    let end = cursor.find(from, &["with"]).filter(|at| cursor.any(at + 1, &["data", "no"]));
    let parsed = from..end.unwrap_or(cursor.tokens.len());
    let written = made.clone().map(|made| Use { access: Access::Writes, ..made });
    let mut uses: Vec<Use> = made.into_iter().chain(written).collect();
    uses.extend(own_place(cursor, behind..from));
    Shape { uses, reading: Some((from, None)), parsed, ..Shape::default() }
}

/// The folder that a CTAS writes to, where it says one: `external_location = 's3://...'`.
fn own_place(cursor: &Cursor<'_>, within: Range<usize>) -> Option<Use> {
    let at = within.clone().find(|at| cursor.any(*at, &["external_location", "location"]))?;
    cursor.prefix(at + 2, Access::Writes).filter(|_| at + 2 < within.end)
}

fn alter(cursor: &Cursor<'_>) -> Shape {
    if !cursor.any(1, &["table", "view"]) {
        return Shape::default();
    }
    let Some((name, behind)) = cursor.name(2) else { return Shape::default() };
    match () {
        () if cursor.is(behind, "add") && cursor.find(behind, &["partition"]).is_some() => {
            // What lies there is in the table afterwards.
            let places = (behind..cursor.tokens.len()).filter(|at| cursor.is(*at, "location"));
            let read = places.filter_map(|at| cursor.prefix(at + 1, Access::Reads));
            Shape::touching(name.touched(Access::Appends).into_iter().chain(read))
        }
        () if cursor.is(behind, "drop") && cursor.find(behind, &["partition"]).is_some() => {
            Shape::touching(name.touched(Access::Writes))
        }
        () if cursor.has(behind, &["rename", "to"]) => {
            let new = touch(cursor, behind + 2, Access::Writes);
            let made = new.clone().map(|new| Use { access: Access::Creates, ..new });
            Shape::touching(name.touched(Access::Ends).into_iter().chain(made).chain(new))
        }
        () => Shape::touching(name.touched(Access::Alters)),
    }
}

fn unload(cursor: &Cursor<'_>) -> Shape {
    let close = if cursor.is(1, "(") { cursor.closing()[1] } else { cursor.tokens.len() };
    let to = cursor.find(1, &["to"]).and_then(|at| cursor.prefix(at + 1, Access::Writes));
    Shape { reading: Some((2, None)), parsed: 2.min(close)..close, ..Shape::touching(to) }
}

/// What is explained is not done; `EXPLAIN ANALYZE` runs it.
fn explain(cursor: &Cursor<'_>) -> Shape {
    let options = cursor.skip(1, &["analyze", "verbose"]);
    let from = if cursor.is(options, "(") { cursor.closing()[options] + 1 } else { options };
    Shape { is_query: true, reading: Some((from, None)), ..Shape::default() }
}

fn wrong(cursor: &Cursor<'_>, parsed: Range<usize>) -> Option<SqlError> {
    if let Some(range) = unbalanced(cursor) {
        let message = "a parenthesis is not closed, or closes nothing".to_owned();
        return Some(SqlError { range, kind: SqlErrorKind::Syntax(message) });
    }
    let first_at = parsed.start;
    let tokens = cursor.tokens.get(parsed)?;
    let (first, last) = (tokens.first()?, tokens.last()?);
    // `TABLE t` is a query that the parser knows inside of others only.
    if tokens.len() > MOST_PARSED || cursor.is(first_at, "table") || is_beyond_the_parser(cursor) {
        return None;
    }
    let Err(Wrong::At { at, message }) = syntax::parse_as_athena(cursor.script, tokens) else { return None };
    let at = at.map(|at| at + first.range.start);
    let found = tokens.iter().find(|token| at.is_some_and(|at| token.range.contains(&at)));
    let range = found.unwrap_or(last).range.clone();
    Some(SqlError { range, kind: SqlErrorKind::NotUnderstood(message) })
}

/// `VALUES 1, 2` and `MATCH_RECOGNIZE`, which Trino knows and the parser does not.
fn is_beyond_the_parser(cursor: &Cursor<'_>) -> bool {
    let is_bare = |n: usize| {
        let next = cursor.tokens.get(n + 1);
        next.is_some_and(|next| matches!(next.kind, Kind::Number | Kind::Text | Kind::Hole))
    };
    (0..cursor.tokens.len())
        .any(|n| cursor.has(n, &["match_recognize", "("]) || (cursor.is(n, "values") && is_bare(n)))
}

#[cfg(test)]
mod tests;
