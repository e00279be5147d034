//! Python's literals: the one place where text becomes Python source.
//!
//! Takes any text, gives source that Python reads back as the same text, in the form that `ruff format`
//! leaves as it is. What cannot be seen (controls, marks that turn the direction of text) is escaped.

use std::fmt::Write as _;
use unicode_width::UnicodeWidthChar;

/// Returns a string literal on one line: in double quotes, unless single quotes need fewer escapes.
pub fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_string(&mut out, text);
    out
}

/// Writes what [`string`] returns.
pub(super) fn push_string(out: &mut String, text: &str) {
    if is_bare(text) {
        out.extend(["\"", text, "\""]);
        return;
    }
    let quote = preferred_quote(text);
    out.push(char::from(quote));
    push_text(out, text, |byte| byte != quote);
    out.push(char::from(quote));
}

fn preferred_quote(text: &str) -> u8 {
    let count = |wanted: u8| text.bytes().filter(|byte| *byte == wanted).count();
    if count(b'"') > count(b'\'') { b'\'' } else { b'"' }
}

/// Writes what stands between `"""` and `"""`: lines stay lines. The text must not end with a quote or a
/// backslash; both callers end it with a line break.
pub fn block(text: &str) -> String {
    if is_bare(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for (n, piece) in text.split("\"\"\"").enumerate() {
        if n > 0 {
            out.push_str("\\\"\\\"\\\"");
        }
        for (n, line) in piece.split('\n').enumerate() {
            if n > 0 {
                out.push('\n');
            }
            push_text(&mut out, line, |_| true);
        }
    }
    out
}

/// Returns the number of columns that a text takes, as `ruff` counts them.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The bytes that stand for themselves, unless they are quotes that end the literal.
const IS_PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        plain[byte as usize] = byte != b'\\';
        byte += 1;
    }
    plain
};

/// Says whether a text has nothing to escape and no quotes, as most have.
fn is_bare(text: &str) -> bool {
    text.bytes().all(|byte| IS_PLAIN[usize::from(byte)] && !matches!(byte, b'"' | b'\''))
}

/// Writes a text, and escapes what Python would not take as it is, or what is not `plain`.
fn push_text(out: &mut String, text: &str, plain: impl Fn(u8) -> bool) {
    let is_plain = |byte: u8| IS_PLAIN[usize::from(byte)] && plain(byte);
    let mut rest = text;
    loop {
        let run = rest.bytes().position(|byte| !is_plain(byte)).unwrap_or(rest.len());
        out.push_str(&rest[..run]);
        rest = &rest[run..];
        let Some(c) = rest.chars().next() else { return };
        push_char(out, c);
        rest = &rest[c.len_utf8()..];
    }
}

fn push_char(out: &mut String, c: char) {
    match c {
        '\\' | '"' | '\'' => out.extend(['\\', c]),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c.is_control() || is_invisible(c) => {
            // Writing to a string cannot fail.
            let _ = match u32::from(c) {
                code @ 0..=0xff => write!(out, "\\x{code:02x}"),
                code @ 0x100..=0xffff => write!(out, "\\u{code:04x}"),
                code => write!(out, "\\U{code:08x}"),
            };
        }
        c => out.push(c),
    }
}

/// Says whether a reader would not see the character, or it would turn what is around it.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{a0}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}'
            | '\u{3000}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_choose_their_quotes() {
        for (text, expected) in [
            ("plain", "\"plain\""),
            ("it's", "\"it's\""),
            ("say \"x\"", "'say \"x\"'"),
            ("'\"", "\"'\\\"\""),
            ("a\nb\t\\", "\"a\\nb\\t\\\\\""),
            ("é 航 \u{202e}\u{0}\u{85}\u{e0001}", "\"é 航 \\u202e\\x00\\x85\\U000e0001\""),
        ] {
            assert_eq!(string(text), expected);
        }
    }

    #[test]
    fn blocks_keep_their_lines() {
        assert_eq!(block("a \"\"\"\"b\n\\ 'c'\t\n"), "a \\\"\\\"\\\"\"b\n\\\\ 'c'\\t\n");
    }
}
