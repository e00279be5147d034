//! One statement: its shape, the tables that it touches, and whether it parses.

use super::cursor::{Cursor, Name};
use super::names::{self, Names};
use super::scan::{self, Kind, Token};
use super::sent::sent;
use super::session::Effect;
use super::shape::{Shape, shape};
use super::syntax::{self, Wrong};
use super::{Access, Loose, SqlError, SqlErrorKind, SqlStatement, Use, Verb, dialect};
use std::ops::Range;

/// More tokens than this in one statement are lists of values: their syntax is Redshift's to judge.
const MOST_PARSED: usize = 20_000;

/// Reads a statement; its first token is no comment.
pub(super) fn read(script: &str, tokens: &[Token], errors: &mut Vec<SqlError>) -> (SqlStatement, Effect) {
    let range = tokens[0].range.start..tokens[tokens.len() - 1].range.end;
    let significant: Vec<&Token> = tokens.iter().filter(|token| token.kind != Kind::Comment).collect();
    let cursor = Cursor { script, tokens: &significant };
    let (text, template) = sent(script, tokens, errors);
    if script[range.clone()].contains("{#") {
        let quoted = significant.iter().filter(|token| matches!(token.kind, Kind::Text | Kind::Name));
        errors.extend(quoted.filter_map(|token| scan::jinja_comment(token, script)));
    }
    let mut shape = shape(&cursor);
    let (uses, names) = uses(&cursor, &shape);
    errors.extend(holes_in_names(&cursor, &names.holes));
    errors.extend(dialect::foreign(&cursor, runs(&cursor, &shape, &names)));
    let is_wrong = |error: &SqlError| !matches!(error.kind, SqlErrorKind::NoFunction { .. });
    let broken = errors.iter().any(|error| range.contains(&error.range.start) && is_wrong(error));
    match () {
        () if broken => {}
        () if shape.errors.is_empty() => errors.extend(syntax_error(&cursor, &shape)),
        () => errors.append(&mut shape.errors),
    }
    let statement = SqlStatement {
        text,
        template,
        range,
        verb: shape.verb,
        words: words(&cursor, &shape),
        uses,
        hidden: shape.hidden || names.too_deep,
        apart: Vec::new(),
        of_session: false,
        loose: loose(&shape),
        asked: None,
        params: params(&cursor),
    };
    (statement, shape.effect)
}

/// Finds what is wrong with a statement of a procedure.
pub(super) fn wrong(cursor: &Cursor<'_>, mut shape: Shape) -> Vec<SqlError> {
    let (_, names) = uses(cursor, &shape);
    let mut errors = dialect::foreign(cursor, runs(cursor, &shape, &names));
    match () {
        () if errors.iter().any(|error| !matches!(error.kind, SqlErrorKind::NoFunction { .. })) => {}
        () if shape.errors.is_empty() => errors.extend(syntax_error(cursor, &shape)),
        () => errors.append(&mut shape.errors),
    }
    errors
}

/// Where it runs: what reads catalog tables only, or none, does on the leader node.
fn runs(cursor: &Cursor<'_>, shape: &Shape, names: &Names) -> dialect::Runs {
    let is_catalog = |name: &Name| match name.parts.as_slice() {
        [table] => table.starts_with("pg_"),
        [.., schema, _] => matches!(schema.as_str(), "pg_catalog" | "information_schema"),
        [] => false,
    };
    let is_view = || cursor.is(0, "create") && cursor.is(cursor.skip(1, &["or", "replace"]), "view");
    let is_alone = shape.reading.is_some()
        && (shape.verb == Verb::Query || is_view())
        && names.tables.iter().all(is_catalog);
    if is_alone { dialect::Runs::OnLeader } else { dialect::Runs::OnNodes }
}

/// What is dropped beside that which is named.
fn loose(shape: &Shape) -> Option<Box<Loose>> {
    if let Some(called) = &shape.called {
        return Some(Loose::call(called.clone()));
    }
    let (cascades, dropped) = (shape.cascades, shape.dropped.clone());
    (cascades || !dropped.is_empty()).then(|| Box::new(Loose { dropped, cascades, ..Loose::default() }))
}

/// What the shape says, and the tables that are read.
pub(super) fn uses(cursor: &Cursor<'_>, shape: &Shape) -> (Vec<Use>, Names) {
    let mut uses = shape.uses.clone();
    let Some(reading) = &shape.reading else { return (uses, Names::default()) };
    let names = names::names(cursor, reading.from, reading.target.as_ref());
    let is_changed = |start: usize| shape.uses.iter().any(|item| item.range.start == start);
    let tables = names.tables.iter().filter(|table| !is_changed(table.range.start));
    uses.extend(tables.filter_map(|table| table.touched(Access::Reads)));
    uses.sort_by_key(|item| item.range.start);
    uses.shrink_to_fit();
    (uses, names)
}

/// The words that say what a statement is, and where they stand.
fn words(cursor: &Cursor<'_>, shape: &Shape) -> (String, Range<usize>) {
    let tokens = cursor.tokens.get(shape.words.clone()).unwrap_or_default();
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return (String::new(), 0..0) };
    let range = first.range.start..last.range.end;
    match shape.verb {
        Verb::Query | Verb::Other => (String::new(), range),
        Verb::TransactionControl | Verb::Commits | Verb::Alone => {
            let words = tokens.iter().map(|token| token.text(cursor.script).to_lowercase());
            (words.collect::<Vec<_>>().join(" "), range)
        }
    }
}

fn syntax_error(cursor: &Cursor<'_>, shape: &Shape) -> Option<SqlError> {
    let tokens = &cursor.tokens[shape.parsed.clone()];
    if !shape.known {
        let first = tokens.first()?;
        let message = format!("expected an SQL statement, found {}", first.text(cursor.script));
        return Some(SqlError { range: first.range.clone(), kind: SqlErrorKind::Syntax(message) });
    }
    let unbalanced = unbalanced(cursor);
    if !tokens.is_empty()
        && tokens.len() <= MOST_PARSED
        && let Err(Wrong::At { at, message }) = syntax::parse(cursor.script, tokens)
    {
        let at = at.map(|at| at + tokens[0].range.start);
        let range = marked(cursor.script, tokens, at, &message);
        let kind = if unbalanced.is_some() { SqlErrorKind::Syntax } else { SqlErrorKind::NotUnderstood };
        return Some(SqlError { range, kind: kind(message) });
    }
    let message = "a parenthesis is not closed, or closes nothing".to_owned();
    unbalanced.map(|range| SqlError { range, kind: SqlErrorKind::Syntax(message) })
}

/// A hole becomes a literal when it runs: it cannot be a name or a part of one. `tables` are holes that stand
/// where a table is read.
pub(super) fn holes_in_names(cursor: &Cursor<'_>, tables: &[usize]) -> Vec<SqlError> {
    let is_adjacent = |left: usize, right: usize, other: usize| {
        let (Some(left), Some(right)) = (cursor.tokens.get(left), cursor.tokens.get(right)) else {
            return false;
        };
        let other = cursor.tokens[other];
        left.range.end == right.range.start
            && (matches!(other.kind, Kind::Word | Kind::Name | Kind::Number | Kind::Hole)
                || other.is(cursor.script, "."))
    };
    let is_wrong = |n: usize| match cursor.tokens[n].kind {
        Kind::Name => cursor.tokens[n].text(cursor.script).contains("{{"),
        Kind::Hole => {
            let before = n.checked_sub(1);
            before.is_some_and(|before| is_adjacent(before, n, before))
                || is_adjacent(n, n + 1, n + 1)
                || before.is_some_and(|before| cursor.any(before, &["into", "table", "update", "view"]))
                || (n == 2 && cursor.has(0, &["delete", "from"]))
                || tables.contains(&n)
        }
        Kind::Word | Kind::Text | Kind::Number | Kind::Comment | Kind::Symbol => false,
    };
    let wrong = (0..cursor.tokens.len()).filter(|n| is_wrong(*n));
    wrong
        .map(|n| SqlError { range: cursor.tokens[n].range.clone(), kind: SqlErrorKind::HoleInName })
        .collect()
}

/// Finds a parenthesis or bracket that is not closed as it was opened.
pub(super) fn unbalanced(cursor: &Cursor<'_>) -> Option<Range<usize>> {
    let mut open: Vec<(&str, usize)> = Vec::new();
    for n in (0..cursor.tokens.len()).filter(|n| cursor.tokens[*n].kind == Kind::Symbol) {
        for (opening, closing) in [("(", ")"), ("[", "]")] {
            if cursor.is(n, opening) {
                open.push((closing, n));
            } else if cursor.is(n, closing) && open.pop().is_none_or(|(expected, _)| expected != closing) {
                return Some(cursor.tokens[n].range.clone());
            }
        }
    }
    open.pop().map(|(_, n)| cursor.tokens[n].range.clone())
}

/// Finds `:name`; `a::type` is a cast.
fn params(cursor: &Cursor<'_>) -> Vec<(String, Range<usize>)> {
    let adjacent = |n: usize| cursor.tokens[n].range.end == cursor.tokens[n + 1].range.start;
    // `struct<a:int>`
    let is_typed = cursor.any(0, &["create", "alter"]);
    (0..cursor.tokens.len().saturating_sub(1))
        .filter(|n| cursor.is(*n, ":") && cursor.tokens[n + 1].kind == Kind::Word && adjacent(*n))
        .filter(|n| !(*n > 0 && cursor.is(n - 1, ":") && adjacent(n - 1)))
        .filter(|n| !(is_typed && *n > 0 && cursor.tokens[n - 1].kind == Kind::Word && adjacent(n - 1)))
        .map(|n| {
            let name = cursor.tokens[n + 1];
            (name.text(cursor.script).to_owned(), cursor.tokens[n].range.start..name.range.end)
        })
        .collect()
}

/// The token at a place, or the last one. The parser sometimes gives the place of the token behind the one
/// that it names as found.
fn marked(script: &str, tokens: &[&Token], at: Option<usize>, message: &str) -> Range<usize> {
    let index = at.and_then(|at| tokens.iter().position(|token| token.range.contains(&at)));
    let index = index.unwrap_or(tokens.len() - 1);
    let found = message.rsplit_once("found ").map_or("", |(_, found)| found);
    let named = (index.saturating_sub(2)..=index).rev().find(|n| tokens[*n].text(script) == found);
    tokens[named.unwrap_or(index)].range.clone()
}
