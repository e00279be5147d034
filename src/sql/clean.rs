//! Blanking out: what Redshift knows and the parser does not.

use super::Dialect;
use super::cursor::Cursor;
use super::place::is_plain_name;
use super::scan::{Kind, Token};
use std::ops::Range;

/// What the parser sees of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// What it is: a hole is a literal.
    AsItIs,
    /// Blanks.
    Nothing,
    /// A function that has this name but for its last letter, so that it is one like others.
    Renamed,
    /// The number 1: what stands in its place must still be an expression.
    One,
}

/// Says what the parser sees of each token of a statement: not the parts of Redshift's dialect that it does not
/// know.
pub(super) fn seen(script: &str, tokens: &[&Token], dialect: Dialect) -> Vec<Seen> {
    let mut seen = vec![Seen::AsItIs; tokens.len()];
    let cursor = Cursor { script, tokens };
    let closing = cursor.closing();
    let is_create = tokens.first().is_some_and(|token| token.is(script, "create"));
    let mut at = 0;
    while at < tokens.len() {
        let rest = &tokens[at..];
        // Behind the parenthesis that closes the one at `n`.
        let behind =
            |n: usize| closing.get(at + n).map_or(rest.len(), |close| (close + 1 - at).min(rest.len()));
        if seen[at] == Seen::AsItIs
            && let Some(own) = own_arguments(script, rest, &behind)
        {
            seen[at] = Seen::Renamed;
            seen[at + own.start..at + own.end].fill(Seen::Nothing);
        }
        if dialect == Dialect::Redshift && seen[at] == Seen::AsItIs && is_plain_name(&cursor, at) {
            seen[at] = Seen::Renamed;
        }
        let is_first = at > 0 && (tokens[at - 1].is(script, "(") || tokens[at - 1].is(script, ","));
        // The parser takes `[i]` for a name of SQL Server's.
        if is_subscript(script, rest) {
            seen[at + 1] = Seen::One;
        }
        // `BINARY VARYING` is `VARBYTE`.
        if at > 0 && tokens[at - 1].is(script, "binary") && tokens[at].is(script, "varying") {
            seen[at] = Seen::Nothing;
        }
        let is_named = at > 0 && (tokens[at - 1].is(script, ".") || tokens[at - 1].is(script, "table"));
        let length = unknown_to_parser(script, rest, is_create && !is_first && !is_named, &behind);
        let is_hidden = seen[at] == Seen::Nothing;
        seen[at..at + length].fill(Seen::Nothing);
        if length > 0 && !is_hidden && tokens[at].is(script, "grouping") {
            seen[at] = Seen::One;
        }
        at += length.max(1);
    }
    seen
}

/// Gives the text of a statement as the parser sees it, as long as the statement itself, so that every place stays
/// where the user wrote it.
pub(super) fn clean(script: &str, tokens: &[&Token], seen: &[Seen]) -> String {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return String::new() };
    let start = first.range.start;
    let mut bytes = script.as_bytes()[start..last.range.end].to_vec();
    // Comments, and blanks that the parser does not know as such; lines stay lines.
    for gap in tokens.windows(2).map(|pair| pair[0].range.end..pair[1].range.start) {
        let gap = &mut bytes[gap.start - start..gap.end - start];
        gap.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
    for (token, seen) in tokens.iter().zip(seen) {
        let bytes = &mut bytes[token.range.start - start..token.range.end - start];
        match (seen, token.kind) {
            (Seen::Nothing, _) => bytes.fill(b' '),
            (Seen::Renamed, _) => bytes[token.range.len() - 1] = b'_',
            (Seen::One, _) => {
                bytes.fill(b' ');
                bytes[0] = b'1';
            }
            (Seen::AsItIs, Kind::Hole) => literal(bytes),
            (Seen::AsItIs, Kind::Text) => fill_holes(bytes, token.text(script)),
            (Seen::AsItIs, Kind::Word | Kind::Name | Kind::Number | Kind::Symbol | Kind::Comment) => {}
        }
    }
    // Only whole tokens were overwritten, so that no character was cut.
    String::from_utf8(bytes).unwrap_or_default()
}

/// `values[i]`, where `i` is a name.
fn is_subscript(script: &str, tokens: &[&Token]) -> bool {
    tokens[0].is(script, "[")
        && tokens.get(1).is_some_and(|token| token.kind == Kind::Word)
        && tokens.get(2).is_some_and(|token| token.is(script, "]"))
}

fn literal(bytes: &mut [u8]) {
    bytes.fill(b'x');
    if let [first, .., last] = bytes {
        *first = b'\'';
        *last = b'\'';
    }
}

/// Fills the holes of a literal, which may hold quotes of their own. `text` is what the bytes are.
pub(super) fn fill_holes(bytes: &mut [u8], text: &str) {
    for hole in crate::objects::holes(text) {
        bytes[hole].fill(b'x');
    }
}

/// Functions whose arguments are written in Redshift as nowhere else: `trim(a, 'x')`, `extract(ms from a)`,
/// `object_transform(a keep 'b' set 'c', 1)`. Gives the tokens that the parser must not see.
fn own_arguments(script: &str, tokens: &[&Token], behind: &impl Fn(usize) -> usize) -> Option<Range<usize>> {
    let is = |n: usize, word: &str| tokens.get(n).is_some_and(|token| token.is(script, word));
    if !is(1, "(") {
        return None;
    }
    if is(0, "extract") {
        return is(3, "from").then_some(2..4);
    }
    if is(0, "trim") {
        let behind_first = if is(3, "(") { behind(3) } else { 3 };
        let is_standard = tokens.get(2)?.is_any(script, &["both", "leading", "trailing"]);
        if is_standard && is(3, "from") {
            return Some(2..4);
        }
        return (!is_standard && !is(behind_first, "from")).then_some(0..0);
    }
    if is(0, "object_transform") {
        let close = behind(1) - 1;
        let first = (2..close).find(|n| tokens[*n].is_any(script, &["keep", "set"]))?;
        return Some(first..close);
    }
    None
}

/// Returns how many of the next tokens are to be blanked out.
fn unknown_to_parser(
    script: &str,
    tokens: &[&Token],
    is_create: bool,
    behind: &impl Fn(usize) -> usize,
) -> usize {
    let is = |n: usize, word: &str| tokens.get(n).is_some_and(|token| token.is(script, word));
    let any = |n: usize, words: &[&str]| tokens.get(n).is_some_and(|token| token.is_any(script, words));
    // From an opening parenthesis at `n` to behind the closing one.
    let group = |n: usize| if is(n, "(") { behind(n) } else { n };
    let touches = |n: usize| tokens.get(n + 1).is_some_and(|next| next.range.start == tokens[n].range.end);
    let text = |n: usize| tokens.get(n).is_some_and(|token| token.kind == Kind::Text);
    match () {
        // Oracle's outer join.
        () if is(0, "(") && is(1, "+") && is(2, ")") => return 3,
        // Square root, cube root and absolute value.
        () if is(0, "|") && touches(0) && is(1, "/") => return 2,
        () if is(0, "|") && touches(0) && is(1, "|") && touches(1) && is(2, "/") => return 3,
        () if is(0, "@") => return 1,
        // `E'...'` and `U&'...'`: literals with escapes.
        () if is(0, "e") && touches(0) && text(1) => return 1,
        () if is(0, "u") && touches(0) && is(1, "&") && touches(1) && text(2) => return 2,
        () if tokens[0].kind != Kind::Word => return 0,
        () => {}
    }
    if is(0, "approximate") && any(1, &["count", "percentile_disc"]) {
        return 1;
    }
    if is(0, "siblings") && is(1, "by") {
        return 1;
    }
    // `unnest(a) as x with offset as n`
    if is(0, "with") && is(1, "offset") {
        return if is(2, "as") { 4 } else { 3 }.min(tokens.len());
    }
    if is(0, "remove") && is(1, "duplicates") {
        return 2;
    }
    if is(0, "grouping") && is(1, "sets") && is(2, "(") {
        return group(2);
    }
    if !is_create {
        return 0;
    }
    match () {
        () if is(0, "diststyle") && any(1, &["auto", "even", "key", "all"]) => 2,
        () if is(0, "distkey") => group(1),
        () if any(0, &["compound", "interleaved"]) && is(1, "sortkey") => sort_key(1, &is, &group),
        () if is(0, "sortkey") => sort_key(0, &is, &group),
        () if is(0, "encode") && tokens.get(1).is_some_and(|token| token.kind == Kind::Word) => 2,
        () if is(0, "backup") && any(1, &["yes", "no"]) => 2,
        () if is(0, "auto") && is(1, "refresh") && any(2, &["yes", "no"]) => 3,
        () if any(0, UNITS) && is(1, "to") && any(2, UNITS) => group(3),
        () if is(0, "identity") => group(1),
        () if is(0, "generated") && is(1, "by") && is(2, "default") && is(4, "identity") => group(5),
        () if is(0, "collate") && any(1, &["case_sensitive", "case_insensitive", "cs", "ci"]) => 2,
        () => 0,
    }
}

/// What an interval is made of: `INTERVAL DAY TO SECOND`.
const UNITS: &[&str] = &["year", "month", "day", "hour", "minute", "second"];

fn sort_key(at: usize, is: &impl Fn(usize, &str) -> bool, group: &impl Fn(usize) -> usize) -> usize {
    let next = at + 1;
    if is(next, "auto") { next + 1 } else { group(next) }
}
