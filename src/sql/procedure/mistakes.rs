//! What is wrong with the statements of a procedure.
//!
//! From the Redshift Database Developer Guide: "PL/pgSQL language constructs", "Managing transactions" of stored procedures,
//! "Dynamic SQL".

use super::{NOTHING, Piece, blocks, executed, pieces};
use crate::sql::cursor::Cursor;
use crate::sql::scan::{Kind, Token, scan};
use crate::sql::shape::{Shape, shape};
use crate::sql::statement::{unbalanced, wrong};
use crate::sql::{SqlError, SqlErrorKind};

/// Words that begin a statement of PL/pgSQL which is none of SQL.
const OWN: &[&str] = &["commit", "perform", "rollback", "start"];

/// Finds what is wrong in the text of a procedure; `has_setting` says that it was made with `SET`. The places are bytes of
/// the text.
pub(in crate::sql) fn mistakes(body: &str, has_setting: bool) -> Vec<SqlError> {
    let (tokens, mut errors) = scan(body);
    errors.retain(|error| !is_in_template(error));
    if !errors.is_empty() {
        return errors;
    }
    let significant: Vec<&Token> = tokens.iter().filter(|token| token.kind != Kind::Comment).collect();
    let cursor = Cursor { script: body, tokens: &significant };
    for (kind, tokens) in pieces(&cursor) {
        let piece = Cursor { tokens: &cursor.tokens[tokens], ..cursor };
        let found = match kind {
            Piece::Word => Vec::new(),
            Piece::Control | Piece::Declaration => queried(&piece),
            Piece::Statement => statement(&piece, has_setting),
        };
        errors.extend(found.into_iter().filter(|error| !is_in_template(error)));
    }
    if errors.is_empty() {
        errors.extend(blocks::mistake(&cursor));
    }
    errors
}

/// Templates were looked at in the whole text.
fn is_in_template(error: &SqlError) -> bool {
    matches!(error.kind, SqlErrorKind::Template(_))
}

fn statement(piece: &Cursor<'_>, has_setting: bool) -> Vec<SqlError> {
    if let Some(control) = control(piece, has_setting) {
        return vec![control];
    }
    let is_assignment =
        piece.name(0).is_some_and(|(_, behind)| [":", "=", "["].iter().any(|sign| piece.is(behind, sign)));
    match () {
        () if piece.tokens.is_empty() => Vec::new(),
        () if piece.any(0, NOTHING) || piece.any(0, OWN) || piece.is(0, "execute") || is_assignment => {
            balance(piece)
        }
        () if piece.is(0, "open") || piece.tokens[0].kind != Kind::Word => queried(piece),
        () => {
            let tokens = without_variables(piece);
            let piece = Cursor { tokens: &tokens, ..*piece };
            let shape = shape(&piece);
            if shape.known { wrong(&piece, shape) } else { vec![unknown(&piece)] }
        }
    }
}

fn unknown(piece: &Cursor<'_>) -> SqlError {
    let message = format!("expected a statement of PL/pgSQL, found {}", piece.tokens[0].text(piece.script));
    SqlError { range: piece.tokens[0].range.clone(), kind: SqlErrorKind::Syntax(message) }
}

/// What may not end a transaction, or not so.
fn control(piece: &Cursor<'_>, has_setting: bool) -> Option<SqlError> {
    let executed = executed(piece).filter(|_| piece.is(0, "execute"));
    let (n, word) = match executed {
        Some(word) => (1, word),
        None => (0, piece.one_name(0)?),
    };
    let ends = matches!(word.as_str(), "commit" | "rollback" | "truncate");
    let word = word.to_uppercase();
    let (what, instead) = match () {
        () if !ends => return None,
        () if has_setting => (
            format!("`{word}` in a procedure that is made with `SET`"),
            "take `SET` away, and write it into the procedure",
        ),
        () if n == 1 && word != "TRUNCATE" => {
            (format!("`{word}` in `EXECUTE`"), "write the statement itself")
        }
        () => return None,
    };
    let kind = SqlErrorKind::Foreign { what, instead: instead.to_owned() };
    Some(SqlError { range: piece.tokens[n].range.clone(), kind })
}

fn balance(piece: &Cursor<'_>) -> Vec<SqlError> {
    let message = "a parenthesis is not closed, or closes nothing".to_owned();
    let wrong = unbalanced(piece).map(|range| SqlError { range, kind: SqlErrorKind::Syntax(message) });
    wrong.into_iter().collect()
}

/// `FOR row IN SELECT ... LOOP`, `c CURSOR FOR SELECT ...`, `OPEN c FOR SELECT ...`.
fn queried(piece: &Cursor<'_>) -> Vec<SqlError> {
    let query = piece.find(1, &["select", "with"]).filter(|at| piece.any(at - 1, &["for", "in", "is"]));
    let Some(query) = query else { return balance(piece) };
    let piece = Cursor { tokens: &piece.tokens[query..], ..*piece };
    let shape = Shape { parsed: 0..piece.tokens.len(), ..Shape::default() };
    wrong(&piece, shape)
}

/// The tokens of a query without the variables that its rows go to: `SELECT a, b INTO x, y FROM t`.
fn without_variables<'a>(piece: &Cursor<'a>) -> Vec<&'a Token> {
    let mut tokens = piece.tokens.to_vec();
    let into = piece.find(1, &["into"]).filter(|_| piece.any(0, &["select", "with"]));
    let Some(into) = into else { return tokens };
    let mut end = piece.skip(into + 1, &["strict", "temp", "temporary", "table"]);
    while let Some((_, behind)) = piece.name(end) {
        end = behind;
        if !piece.is(behind, ",") {
            break;
        }
        end = behind + 1;
    }
    tokens.drain(into..end.min(tokens.len()));
    tokens
}
