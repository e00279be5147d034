//! The forms in which a secret may be shown.

use crate::exec::key::hex;
use crate::service::console::encode;

/// A secret that is shorter than this is masked only where its name stands: it could be a part of any word.
const SHORTEST: usize = 4;

/// A line of a secret of several lines that is shorter than this could be any line.
const SHORTEST_LINE: usize = 8;

/// Adds a secret in all forms in which it may be shown: as it is, in a literal of SQL or of Python, in a text of
/// JSON, in a link or a form, in Base64 or by its bytes, and by its lines, as a key of several lines is printed.
pub(super) fn push(text: &str, secrets: &mut Vec<String>) {
    let whole = [text, text.trim()].into_iter().filter(|text| text.len() >= SHORTEST);
    let lines = text.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE);
    for part in whole.chain(lines) {
        let doubled = part.replace('\'', "''");
        let in_literal = doubled.replace('\\', "\\\\");
        let escaped = part.replace('\\', "\\\\");
        let quoted = escaped.replace('\'', "\\'");
        let in_json = serde_json::to_string(part).unwrap_or_default();
        let in_json = in_json.get(1..in_json.len().saturating_sub(1)).unwrap_or_default();
        let in_link = encode(part);
        let forms = [doubled, in_literal, escaped, quoted, in_ascii(in_json), in_json.to_owned()];
        let forms =
            forms.into_iter().chain(links(&in_link)).chain(coded(part)).chain([part.to_owned(), in_link]);
        for form in forms {
            if !form.is_empty() && !secrets.contains(&form) {
                secrets.push(form);
            }
        }
    }
}

/// The ways in which others write an encoded text: with small letters in its codes, as a form with `+` for blanks,
/// and with the marks left that only some encode.
fn links(encoded: &str) -> Vec<String> {
    let lower = |text: &str| {
        let mut pieces = text.split('%');
        let mut lower = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (code, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
            lower.push('%');
            lower.push_str(&code.to_lowercase());
            lower.push_str(rest);
        }
        lower
    };
    let form = encoded.replace("%20", "+");
    let marks = [("%21", "!"), ("%27", "'"), ("%28", "("), ("%29", ")"), ("%2A", "*")];
    let browser = marks.iter().fold(encoded.to_owned(), |text, (code, mark)| text.replace(code, mark));
    let path = encoded.replace("%2F", "/");
    [encoded, &form, &browser, &path].into_iter().flat_map(|text| [lower(text), text.to_owned()]).collect()
}

/// A piece of Base64 that is shorter than this could be a part of any word.
const SHORTEST_CODED: usize = 8;

/// A text by its bytes, and in Base64, wherever in a longer text it stands: `user:password` of an HTTP header.
fn coded(text: &str) -> Vec<String> {
    let bytes = hex(text.as_bytes());
    let mut forms: Vec<String> = [b"+/", b"-_"]
        .into_iter()
        .flat_map(|last| (0..3).map(move |before| base64(text.as_bytes(), before, *last)))
        .collect();
    forms.push(bytes.to_uppercase());
    forms.push(bytes);
    forms.retain(|form| form.len() >= SHORTEST_CODED);
    forms
}

/// The characters of Base64 that bytes alone decide where so many others stand before them. `last` are its last two
/// characters.
fn base64(bytes: &[u8], before: usize, last: [u8; 2]) -> String {
    let character = |value: u32| {
        char::from(match u8::try_from(value & 63).unwrap_or_default() {
            value @ 0..26 => b'A' + value,
            value @ 26..52 => b'a' + value - 26,
            value @ 52..62 => b'0' + value - 52,
            62 => last[0],
            _ => last[1],
        })
    };
    let mut all = vec![0; before];
    all.extend_from_slice(bytes);
    let mut coded = String::with_capacity(all.len().div_ceil(3) * 4);
    for group in all.chunks(3) {
        let value =
            (0..3).fold(0, |value, n| value << 8 | u32::from(group.get(n).copied().unwrap_or_default()));
        coded.extend([18, 12, 6, 0].into_iter().take(group.len() + 1).map(|shift| character(value >> shift)));
    }
    // The first and the last character may hold bits of the neighbours.
    let start = (before * 8).div_ceil(6);
    let end = all.len() * 8 / 6;
    coded.get(start..end).unwrap_or_default().to_owned()
}

/// Returns a text of JSON as it is written where only ASCII is.
fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            ascii.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            ascii.push_str(&format!("\\u{unit:04x}"));
        }
    }
    ascii
}
