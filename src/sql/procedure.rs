//! The body of a stored procedure: PL/pgSQL, read for the tables that its statements touch, and for what is wrong with
//! them.
//!
//! Its control structures are passed over, and queries in their conditions are read. What it runs as text (`EXECUTE`) is
//! hidden.

mod blocks;
mod mistakes;

pub(super) use mistakes::mistakes;

use super::cursor::Cursor;
use super::names;
use super::scan::{Kind, Token, scan};
use super::session::Effect;
use super::shape::shape;
use super::statement::uses;
use super::{Access, Loose, SqlStatement, Use, Verb};
use std::ops::Range;

/// Reads the text of a procedure: its statements, in the order of its text, with what each changes for those behind it.
pub(super) fn read(body: &str) -> Vec<(SqlStatement, Effect)> {
    let (tokens, _) = scan(body);
    let significant: Vec<&Token> = tokens.iter().filter(|token| token.kind != Kind::Comment).collect();
    let cursor = Cursor { script: body, tokens: &significant };
    let read = |(kind, tokens): (Piece, Range<usize>)| {
        let piece = Cursor { tokens: &cursor.tokens[tokens], ..cursor };
        match kind {
            Piece::Word => None,
            Piece::Control => Some((queries(&piece), Effect::Nothing)),
            Piece::Declaration | Piece::Statement => statement(&piece),
        }
    };
    pieces(&cursor).into_iter().filter_map(read).collect()
}

/// What a piece of a procedure's text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    /// What holds others together: `BEGIN`, `ELSE`.
    Word,
    /// The head of a control structure: `IF ... THEN`.
    Control,
    /// A variable or a cursor.
    Declaration,
    /// A statement.
    Statement,
}

/// Cuts the text into pieces, in order; labels and symbols are in none.
fn pieces(cursor: &Cursor<'_>) -> Vec<(Piece, Range<usize>)> {
    let mut pieces = Vec::new();
    let (mut at, mut declares) = (0, false);
    while at < cursor.tokens.len() {
        declares = match () {
            () if cursor.is(at, "declare") => true,
            () if cursor.is(at, "begin") => false,
            () => declares,
        };
        let end = |words: &[&str]| until(cursor, at + 1, words);
        let (kind, stop) = match () {
            () if cursor.any(at, &["begin", "declare", "else", "exception", "loop"]) => {
                pieces.push((Piece::Word, at..at + 1));
                at += 1;
                continue;
            }
            // A label.
            () if cursor.has(at, &["<", "<"]) && cursor.has(at + 3, &[">", ">"]) => {
                at += 5;
                continue;
            }
            () if cursor.tokens[at].kind == Kind::Symbol && !cursor.is(at, "(") => {
                at += 1;
                continue;
            }
            () if declares => (Piece::Declaration, end(&[])),
            () if cursor.any(at, &["if", "elsif", "elseif", "when", "case"]) => {
                (Piece::Control, end(&["then"]))
            }
            () if cursor.any(at, &["for", "foreach", "while"]) => (Piece::Control, end(&["loop"])),
            () => (Piece::Statement, end(&[])),
        };
        pieces.push((kind, at..stop));
        at = stop + 1;
    }
    pieces
}

/// Finds where a piece ends: at a semicolon, or at one of these words that belongs to no `CASE` in it.
fn until(cursor: &Cursor<'_>, from: usize, words: &[&str]) -> usize {
    let (mut depth, mut cases) = (0_usize, 0_usize);
    for n in from..cursor.tokens.len() {
        match () {
            () if cursor.is(n, ";") => return n,
            () if cursor.is(n, "(") => depth += 1,
            () if cursor.is(n, ")") => depth = depth.saturating_sub(1),
            () if cursor.is(n, "case") => cases += 1,
            () if cursor.is(n, "end") => cases = cases.saturating_sub(1),
            () if depth == 0 && cases == 0 && cursor.any(n, words) => return n,
            () => {}
        }
    }
    cursor.tokens.len()
}

/// Words that begin a statement which touches nothing, or is not looked at.
const NOTHING: &[&str] =
    &["close", "continue", "end", "exit", "fetch", "get", "move", "null", "raise", "return"];
/// Words that begin SQL as it stands outside of a procedure, too.
const SQL: &[&str] = &[
    "alter", "analyze", "call", "comment", "copy", "create", "delete", "drop", "grant", "insert", "lock",
    "merge", "refresh", "reset", "revoke", "set", "truncate", "unload", "update", "vacuum",
];

fn statement(piece: &Cursor<'_>) -> Option<(SqlStatement, Effect)> {
    match () {
        () if piece.any(0, NOTHING) || piece.tokens.is_empty() => None,
        () if piece.any(0, &["commit", "rollback"]) => Some((ending(piece), Effect::Nothing)),
        () if piece.is(0, "execute") => {
            let truncates = executed(piece).is_some_and(|word| word == "truncate");
            let verb = if truncates { Verb::Commits } else { Verb::Other };
            Some((
                SqlStatement { verb, words: ("truncate".to_owned(), 0..0), ..bare(Vec::new(), true) },
                Effect::Nothing,
            ))
        }
        () if piece.any(0, SQL) => {
            let shape = shape(piece);
            let (found, names) = uses(piece, &shape);
            let mut statement = bare(found, shape.hidden || names.too_deep || !names.holes.is_empty());
            statement.loose = shape.called.map(Loose::call);
            if shape.verb == Verb::Commits {
                (statement.verb, statement.words.0) = (shape.verb, "truncate".to_owned());
            }
            Some((statement, shape.effect))
        }
        // `INTO` names a variable here.
        () => Some((queries(piece), Effect::Nothing)),
    }
}

/// `COMMIT` and `ROLLBACK`.
fn ending(piece: &Cursor<'_>) -> SqlStatement {
    let word = piece.one_name(0).unwrap_or_default();
    SqlStatement { verb: Verb::TransactionControl, words: (word, 0..0), ..bare(Vec::new(), false) }
}

/// The first word of the text that `EXECUTE` runs, where it stands there.
fn executed(piece: &Cursor<'_>) -> Option<String> {
    let text = piece.literal(1)?.trim_start();
    Some(text.split(|c: char| !c.is_ascii_alphabetic()).next()?.to_lowercase())
}

/// What the queries in a piece read.
fn queries(piece: &Cursor<'_>) -> SqlStatement {
    let names = names::names(piece, 0, None);
    let hidden = names.too_deep || !names.holes.is_empty();
    bare(names.tables.iter().filter_map(|table| table.touched(Access::Reads)).collect(), hidden)
}

fn bare(uses: Vec<Use>, hidden: bool) -> SqlStatement {
    SqlStatement {
        text: String::new(),
        template: None,
        range: 0..0,
        verb: Verb::Other,
        words: (String::new(), 0..0),
        uses,
        hidden,
        apart: Vec::new(),
        of_session: false,
        loose: None,
        asked: None,
        params: Vec::new(),
    }
}
