//! The body of a stored procedure: PL/pgSQL, read for the tables that its statements touch.
//!
//! Its control structures are passed over, and queries in their conditions are read. What it runs as text (`EXECUTE`) is
//! hidden.

use super::cursor::Cursor;
use super::names;
use super::scan::{Kind, Token, scan};
use super::session::Effect;
use super::shape::shape;
use super::statement::uses;
use super::{Access, Loose, SqlStatement, Use, Verb};

/// Reads the text of a procedure: its statements, in the order of its text, with what each changes for those behind it.
pub(super) fn read(body: &str) -> Vec<(SqlStatement, Effect)> {
    let (tokens, _) = scan(body);
    let significant: Vec<&Token> = tokens.iter().filter(|token| token.kind != Kind::Comment).collect();
    let cursor = Cursor { script: body, tokens: &significant };
    let mut statements = Vec::new();
    let mut at = 0;
    while at < significant.len() {
        at = next(&cursor, at, &mut statements);
    }
    statements
}

/// Reads what begins at a token; gives the index behind it.
fn next(cursor: &Cursor<'_>, at: usize, statements: &mut Vec<(SqlStatement, Effect)>) -> usize {
    let end = |words: &[&str]| until(cursor, at + 1, words);
    let (stop, ends) = match () {
        () if cursor.any(at, &["begin", "declare", "else", "exception", "loop"]) => return at + 1,
        // A label.
        () if cursor.has(at, &["<", "<"]) && cursor.has(at + 3, &[">", ">"]) => return at + 5,
        () if cursor.tokens[at].kind == Kind::Symbol && !cursor.is(at, "(") => return at + 1,
        () if cursor.any(at, &["if", "elsif", "elseif", "when", "case"]) => (end(&["then"]), true),
        () if cursor.any(at, &["for", "foreach", "while"]) => (end(&["loop"]), true),
        () => (end(&[]), false),
    };
    let piece = Cursor { tokens: &cursor.tokens[at..stop], ..*cursor };
    statements.extend(if ends { Some((queries(&piece), Effect::Nothing)) } else { statement(&piece) });
    stop + 1
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
const NOTHING: &[&str] = &[
    "close", "commit", "continue", "end", "exit", "fetch", "get", "move", "null", "raise", "return",
    "rollback",
];
/// Words that begin SQL as it stands outside of a procedure, too.
const SQL: &[&str] = &[
    "alter", "analyze", "call", "comment", "copy", "create", "delete", "drop", "grant", "insert", "lock",
    "merge", "refresh", "reset", "revoke", "set", "truncate", "unload", "update", "vacuum",
];

fn statement(piece: &Cursor<'_>) -> Option<(SqlStatement, Effect)> {
    match () {
        () if piece.any(0, NOTHING) || piece.tokens.is_empty() => None,
        () if piece.is(0, "execute") => Some((bare(Vec::new(), true), Effect::Nothing)),
        () if piece.any(0, SQL) => {
            let shape = shape(piece);
            let (found, names) = uses(piece, &shape);
            let mut statement = bare(found, shape.hidden || names.too_deep || !names.holes.is_empty());
            statement.loose = shape.called.map(Loose::call);
            Some((statement, shape.effect))
        }
        // `INTO` names a variable here.
        () => Some((queries(piece), Effect::Nothing)),
    }
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
        of_session: false,
        loose: None,
        asked: None,
        params: Vec::new(),
    }
}
