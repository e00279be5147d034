//! The text of a statement as it goes to Redshift: the user's own, without what would break it there.
//!
//! Comments with templates in them are left out: their quotes mean nothing, so that a hole in one could not be
//! completed. Blanks that Redshift does not know as such become spaces.

use super::scan::{Kind, Token};
use super::{SqlError, SqlErrorKind};
use crate::template::Template;

/// Makes the text of a statement, and reads it as a template where it has holes.
pub(super) fn sent(script: &str, tokens: &[Token], errors: &mut Vec<SqlError>) -> (String, Option<Template>) {
    let start = tokens[0].range.start;
    let whole = &script[start..tokens[tokens.len() - 1].range.end];
    // Where each piece of the text begins: there, and in the script.
    let (mut text, pieces) = if goes_as_it_is(script, tokens) {
        (whole.to_owned(), vec![(0, start)])
    } else {
        put_together(script, tokens)
    };
    text.truncate(text.trim_end().len());
    let has_holes = text.contains("{{");
    if !has_holes && !text.contains("{%") {
        return (text, None);
    }
    let wrong = match Template::parse(&text) {
        Ok(template) => return (text, has_holes.then_some(template)),
        Err(wrong) => wrong,
    };
    let place = |at: usize| {
        let piece = pieces.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        pieces.get(piece).map_or(at, |(start, script)| at - start + script)
    };
    errors.extend(wrong.into_iter().map(|error| {
        let start = place(error.range.start);
        // The last character lies in the same piece as those before it, or in a later one.
        let end = place(error.range.end.saturating_sub(1)).max(start) + 1;
        let end = script.ceil_char_boundary(end.min(script.len()));
        SqlError { range: start..end, kind: SqlErrorKind::Template(error) }
    }));
    (text, None)
}

/// Says whether a token is a comment with a template in it.
fn is_left_out(script: &str, token: &Token) -> bool {
    let has_template = || ["{{", "{%", "{#"].iter().any(|open| token.text(script).contains(open));
    token.kind == Kind::Comment && has_template()
}

/// Says whether nothing has to be left out or replaced, as in nearly all SQL.
fn goes_as_it_is(script: &str, tokens: &[Token]) -> bool {
    let mut gaps = tokens.windows(2).map(|pair| pair[0].range.end..pair[1].range.start);
    gaps.all(|gap| script.as_bytes()[gap].iter().all(u8::is_ascii_whitespace))
        && !tokens.iter().any(|token| is_left_out(script, token))
}

/// Puts the text together from its tokens and the blanks between them.
fn put_together(script: &str, tokens: &[Token]) -> (String, Vec<(usize, usize)>) {
    let mut text = String::new();
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    let mut end = tokens[0].range.start;
    for token in tokens {
        for c in script[end..token.range.start].chars() {
            text.push(if c.is_ascii_whitespace() { c } else { ' ' });
        }
        if is_left_out(script, token) {
            if !text.ends_with(char::is_whitespace) {
                text.push(' ');
            }
        } else {
            pieces.push((text.len(), token.range.start));
            text.push_str(token.text(script));
        }
        end = token.range.end;
    }
    (text, pieces)
}
