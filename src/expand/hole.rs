//! Finding the `${...}` of a text.

use std::ops::Range;

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Stands as it is.
    Text(&'t str),
    /// Is filled.
    Hole(Hole<'t>),
}

/// A `${...}`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Hole<'t> {
    /// A name, and its bytes in the text.
    Name { name: &'t str, range: Range<usize> },
    /// Something else, or without an end.
    Wrong { range: Range<usize>, message: String },
}

/// Splits a text. `$${` stands for `${`.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("${") {
        let open = at + found;
        if text[at..open].ends_with('$') {
            pieces.push(Piece::Text(&text[at..open - 1]));
            pieces.push(Piece::Text("${"));
            at = open + 2;
            continue;
        }
        pieces.push(Piece::Text(&text[at..open]));
        let (hole, end) = hole(text, open);
        pieces.push(Piece::Hole(hole));
        at = end;
    }
    pieces.push(Piece::Text(&text[at..]));
    pieces
}

/// Reads the hole that begins at `open`; gives the byte behind it too.
fn hole(text: &str, open: usize) -> (Hole<'_>, usize) {
    let inner = &text[open + 2..];
    let length = inner.find(['}', '\n', '{']).filter(|length| inner[*length..].starts_with('}'));
    let Some(length) = length else {
        let message = "`${` is not closed by `}`".to_owned();
        return (Hole::Wrong { range: open..open + 2, message }, open + 2);
    };
    let written = &inner[..length];
    let end = open + 2 + length + 1;
    let name = written.trim();
    let start = open + 2 + (written.len() - written.trim_start().len());
    if name.is_empty() {
        return (Hole::Wrong { range: open..end, message: "`${}` names nothing".to_owned() }, end);
    }
    let range = start..start + name.len();
    if is_name(name) {
        (Hole::Name { name, range }, end)
    } else {
        (Hole::Wrong { range, message: format!("`{name}` is no name of a variable") }, end)
    }
}

/// Words of letters, digits, `_` and `-`, joined by dots.
fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    name.split('.').all(|word| !word.is_empty() && word.chars().all(allowed))
}
