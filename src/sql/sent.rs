//! The text of a statement as it goes to Redshift: the user's own, without what would break it there.
//!
//! Comments with templates in them are left out: their quotes mean nothing, so that a hole in one could not be
//! completed. Blanks that Redshift does not know as such become spaces.

use super::scan::{Kind, Token};
use super::{SqlError, SqlErrorKind};
use crate::template::Template;

/// Makes the text of a statement, and checks the templates in it.
pub(super) fn sent(script: &str, tokens: &[Token], errors: &mut Vec<SqlError>) -> String {
    let mut text = String::new();
    // Where each piece of the text begins: there, and in the script.
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    let mut end = tokens[0].range.start;
    for token in tokens {
        for c in script[end..token.range.start].chars() {
            text.push(if c.is_ascii_whitespace() { c } else { ' ' });
        }
        let written = token.text(script);
        if token.kind == Kind::Comment && ["{{", "{%", "{#"].iter().any(|open| written.contains(open)) {
            if !text.ends_with(char::is_whitespace) {
                text.push(' ');
            }
        } else {
            pieces.push((text.len(), token.range.start));
            text.push_str(written);
        }
        end = token.range.end;
    }
    if (text.contains("{{") || text.contains("{%"))
        && let Err(wrong) = Template::parse(&text)
    {
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
    }
    text.truncate(text.trim_end().len());
    text
}
