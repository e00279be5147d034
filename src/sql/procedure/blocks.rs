//! The blocks of a procedure: each `END` ends what was opened last, and all that was opened is ended.
//!
//! From the Redshift Database Developer Guide: "Structure of PL/pgSQL", "Supported PL/pgSQL statements".

use super::{Piece, pieces};
use crate::sql::cursor::Cursor;
use crate::sql::scan::Kind;
use crate::sql::{SqlError, SqlErrorKind};
use std::ops::Range;

/// What an `END` ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Begin,
    If,
    Loop,
    Case,
}

impl Block {
    /// What a word opens.
    fn opened_by(word: &str) -> Option<Self> {
        match word {
            "begin" => Some(Self::Begin),
            "if" => Some(Self::If),
            "loop" | "for" | "foreach" | "while" => Some(Self::Loop),
            "case" => Some(Self::Case),
            _ => None,
        }
    }

    fn end(self) -> &'static str {
        match self {
            Self::Begin => "END",
            Self::If => "END IF",
            Self::Loop => "END LOOP",
            Self::Case => "END CASE",
        }
    }
}

/// In what a word goes on.
fn continued_by(word: &str) -> &'static [Block] {
    match word {
        "else" => &[Block::If, Block::Case],
        "elsif" | "elseif" => &[Block::If],
        "when" => &[Block::Case, Block::Begin],
        "exception" => &[Block::Begin],
        _ => &[],
    }
}

/// Finds the first place where blocks are not ended as they were opened; what stands behind it means nothing.
pub(super) fn mistake(cursor: &Cursor<'_>) -> Option<SqlError> {
    let mut open: Vec<(Block, usize)> = Vec::new();
    let mut is_over = false;
    for (kind, piece) in pieces(cursor) {
        let at = piece.start;
        if cursor.tokens[at].kind == Kind::Hole {
            // Whatever is filled in may open or end something.
            return None;
        }
        let word = shown(cursor, at).to_lowercase();
        let innermost = open.last().map(|(block, _)| *block);
        let found = match kind {
            _ if is_over => Some(format!("`{word}` stands behind the procedure's last `END`")),
            Piece::Statement if word == "end" => wrong_end(cursor, &piece, open.pop()),
            Piece::Statement if open.is_empty() => {
                Some("a procedure's statements stand between `BEGIN` and `END`".into())
            }
            Piece::Declaration | Piece::Statement => None,
            Piece::Word | Piece::Control => {
                headless(cursor, &piece, &word).or_else(|| misplaced(&word, innermost))
            }
        };
        if let Some(message) = found {
            return Some(error(cursor, at, message));
        }
        open.extend(Block::opened_by(&word).filter(|_| kind != Piece::Statement).map(|block| (block, at)));
        is_over = kind == Piece::Statement && open.is_empty();
    }
    let (block, at) = open.pop()?;
    Some(error(cursor, at, format!("this `{}` has no `{}`", shown(cursor, at).to_uppercase(), block.end())))
}

/// What is wrong with an `END`, which ends this block.
fn wrong_end(cursor: &Cursor<'_>, piece: &Range<usize>, ended: Option<(Block, usize)>) -> Option<String> {
    let Some((block, opened)) = ended else { return Some("this `END` ends nothing".to_owned()) };
    let word = shown(cursor, piece.start + 1).to_lowercase();
    let (what, words) = match word.as_str() {
        "if" => (Block::If, 2),
        "case" => (Block::Case, 2),
        "loop" => (Block::Loop, 3),
        _ => (Block::Begin, 2),
    };
    let begun = shown(cursor, opened).to_uppercase();
    match () {
        () if what != block => {
            Some(format!("`{}` is expected here, of the `{begun}` that is open", block.end()))
        }
        () if piece.len() > words => Some(format!("`;` is missing behind this `{}`", what.end())),
        () => None,
    }
}

/// Says that the head of a control structure does not end as it has to.
fn headless(cursor: &Cursor<'_>, piece: &Range<usize>, word: &str) -> Option<String> {
    let closing = match word {
        "if" | "elsif" | "elseif" | "when" | "case" => "then",
        "for" | "foreach" | "while" => "loop",
        _ => return None,
    };
    let is_missing = !cursor.is(piece.end, closing);
    is_missing.then(|| format!("this `{}` has no `{}`", word.to_uppercase(), closing.to_uppercase()))
}

/// Says that a word stands in no block that it belongs to.
fn misplaced(word: &str, innermost: Option<Block>) -> Option<String> {
    let of = continued_by(word);
    let is_misplaced = !of.is_empty() && innermost.is_none_or(|block| !of.contains(&block));
    let begins = innermost.is_none() && !matches!(word, "begin" | "declare");
    (is_misplaced || begins)
        .then(|| format!("`{}` belongs to nothing that is open here", word.to_uppercase()))
}

fn shown<'a>(cursor: &Cursor<'a>, at: usize) -> &'a str {
    cursor.tokens.get(at).map_or("", |token| token.text(cursor.script))
}

fn error(cursor: &Cursor<'_>, at: usize, message: String) -> SqlError {
    SqlError { range: cursor.tokens[at].range.clone(), kind: SqlErrorKind::Syntax(message) }
}
