//! Where `{{ ... }}` begins and ends, and where somebody wrote `{% ... %}`.

use crate::template::{TemplateError, TemplateErrorKind};

/// Finds Jinja's `{% if ... %}` and the like, which would go through as text and do nothing. What goes on or
/// ends is told only where nothing began it.
pub(super) fn statements(text: &str) -> impl Iterator<Item = TemplateError> {
    const BEGINNINGS: &[&str] = &[
        "if",
        "for",
        "set",
        "block",
        "macro",
        "raw",
        "filter",
        "with",
        "include",
        "import",
        "from",
        "extends",
        "call",
        "autoescape",
        "do",
        "trans",
    ];
    const OTHERS: &[&str] = &[
        "elif",
        "else",
        "endif",
        "endfor",
        "endset",
        "endblock",
        "endmacro",
        "endraw",
        "endfilter",
        "endwith",
        "endcall",
        "endautoescape",
        "endtrans",
        "break",
        "continue",
    ];
    let mut has_begun = false;
    text.match_indices("{%").filter_map(move |(start, _)| {
        let inner = text[start + 2..].split_once("%}")?.0;
        let word = inner.trim_matches(['-', '+']).split_whitespace().next()?;
        let is_told = BEGINNINGS.contains(&word) || (OTHERS.contains(&word) && !has_begun);
        has_begun |= is_told;
        is_told.then(|| TemplateError {
            range: start..start + inner.len() + 4,
            kind: TemplateErrorKind::Statement(word.to_owned()),
        })
    })
}

/// Nobody writes a longer hole. Where none ends so soon its quotes mean nothing, and the rest of a long text is not
/// looked at again for each of its holes.
const LONGEST: usize = 2_048;

/// Finds the first `{{`. Most texts are short, and have not even one brace: to look for that costs next to nothing.
pub(crate) fn opening(text: &str) -> Option<usize> {
    let mut braces = text.bytes().enumerate().filter(|(_, byte)| *byte == b'{');
    let is_double = |at: usize| text.as_bytes().get(at + 1) == Some(&b'{');
    braces.find_map(|(at, _)| is_double(at).then_some(at))
}

/// Finds the `}}` that closes an expression, passing over quoted strings.
pub(crate) fn closing(text: &str) -> Option<usize> {
    let bytes = &text.as_bytes()[..text.len().min(LONGEST)];
    let mut quote = None;
    let mut at = 0;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(open), byte) if byte == open => quote = None,
            (None, byte @ (b'\'' | b'"')) => quote = Some(byte),
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    text.find("}}")
}
