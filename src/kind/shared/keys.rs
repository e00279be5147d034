//! Keys that exclude each other, are missing, or do nothing.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::lang::decode::Choice;
use crate::lang::python::is_identifier;
use crate::lang::step::CopyMode;
use crate::text::{Span, Spanned};

/// A key that is given, with the place of its value.
pub type Key<'a> = Option<(&'a str, Span)>;

/// Returns a key with the place of its value, if it is given.
pub fn key<'a, T>(name: &'a str, value: Option<&Spanned<T>>) -> Key<'a> {
    value.map(|value| (name, value.span))
}

/// Finds two keys among those that are given.
fn among<'a>(given: &[(&'static str, Span)], names: [&'a str; 2]) -> [Key<'a>; 2] {
    names.map(|name| given.iter().find(|(key, _)| *key == name).map(|(_, span)| (name, *span)))
}

/// Says when keys of a step are given that exclude each other, or none of those of which one is needed; `given` are all
/// that are.
pub fn chosen(
    given: &[(&'static str, Span)],
    choices: &[Choice],
    cx: &Checking<'_, '_>,
    diagnostics: &mut Diagnostics,
) {
    chosen_of(&cx.what(), cx.at(), given, choices, diagnostics);
}

/// The same of any record. `at` is where a missing key is reported.
pub fn chosen_of(
    what: &str,
    at: Span,
    given: &[(&'static str, Span)],
    choices: &[Choice],
    diagnostics: &mut Diagnostics,
) {
    for Choice { keys, is_needed } in choices {
        let found = keys.iter().filter_map(|key| given.iter().find(|(name, _)| name == key));
        match found.collect::<Vec<_>>().as_slice() {
            [] if *is_needed => diagnostics.push(none_of(what, at, keys)),
            [first, second, ..] => diagnostics.push(conflict(what, **first, **second)),
            _ => {}
        }
    }
}

/// Says when two keys of a step are given that exclude each other; `given` are all that are.
pub fn not_both(
    given: &[(&'static str, Span)],
    names: [&str; 2],
    cx: &Checking<'_, '_>,
    diagnostics: &mut Diagnostics,
) {
    at_most_one(&cx.what(), among(given, names), diagnostics);
}

/// Says that none of some keys is given, of which one is needed. `at` is where it is missing.
fn none_of(what: &str, at: Span, keys: &[&str]) -> Diagnostic {
    let (last, others) = keys.split_last().unwrap_or((&"", &[]));
    let listed = |word: &str, end: &str| {
        let others: Vec<String> = others.iter().map(|key| format!("`{key}{end}`")).collect();
        format!("{} {word} `{last}{end}`", others.join(", "))
    };
    Diagnostic::new(Code::MissingKey, at, format!("{what} needs one of {}", listed("and", "")))
        .help(format!("add {}", listed("or", ":")))
}

/// Says when two keys are given that exclude each other.
pub fn at_most_one(what: &str, keys: [Key<'_>; 2], diagnostics: &mut Diagnostics) {
    if let [Some(first), Some(second)] = keys {
        diagnostics.push(conflict(what, first, second));
    }
}

/// Says that two keys stand together of which one is allowed: the second is marked.
pub fn conflict(what: &str, first: (&str, Span), second: (&str, Span)) -> Diagnostic {
    Diagnostic::new(
        Code::ConflictingKeys,
        second.1,
        format!("{what} has both `{}` and `{}`", first.0, second.0),
    )
    .also(first.1, format!("`{}` is here", first.0))
    .help("keep one of them")
}

/// Says that a setting does nothing, and because of which.
pub fn unused(key: &str, at: Span, why: &str, because: Option<(Span, &str)>) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::UnusedSetting, at, format!("`{key}` does nothing here: {why}"));
    let diagnostic = match because {
        Some((span, label)) => diagnostic.also(span, label),
        None => diagnostic,
    };
    diagnostic.help(format!("take `{key}` away"))
}

/// A block begins where its first key stands; the mark is that place.
pub fn first_line(span: Span) -> Span {
    Span { end: span.start + 1, ..span }
}

/// Says that a step lacks a key that could stand elsewhere as well.
pub fn missing(cx: &Checking<'_, '_>, key: &str, what: &str, elsewhere: &str) -> Diagnostic {
    Diagnostic::new(Code::MissingKey, cx.at(), format!("step `{}` needs {what}", cx.task.name))
        .label(format!("`{key}` is missing"))
        .help(format!("add `{key}:` to the step, or {elsewhere}"))
}

/// Says that a name is none that can stand in an expression.
pub fn identifier(name: &Spanned<String>, what: &str, why: &str, diagnostics: &mut Diagnostics) {
    if !is_identifier(name) {
        let message = format!("`{}` is no name of {what}", name.value);
        diagnostics.push(
            Diagnostic::new(Code::InvalidName, name.span, message)
                .help(format!("it has letters, digits and `_`, and does not begin with a digit, {why}")),
        );
    }
}

/// `merge-key`: a merge needs a key, and nothing else has one.
pub fn merge_key(
    mode: &Spanned<CopyMode>,
    key: &[Spanned<String>],
    cx: &Checking<'_, '_>,
    diagnostics: &mut Diagnostics,
) {
    let name = cx.task.name;
    match (mode.value, key) {
        (CopyMode::Merge, []) => diagnostics.push(
            Diagnostic::new(Code::MergeKey, mode.span, format!("step `{name}` merges without a key"))
                .label("`merge` needs `key`")
                .help("name the columns that tell one row from another: `key: [id]`"),
        ),
        (CopyMode::Append | CopyMode::Replace, [first, ..]) => {
            let message = format!("step `{name}` has a key, and its mode is `{}`", mode.value.as_str());
            diagnostics.push(
                Diagnostic::new(Code::MergeKey, first.span, message)
                    .also(mode.span, "only `merge` has a key")
                    .help("take `key` away, or write `mode: merge`"),
            );
        }
        (CopyMode::Merge, _) | (CopyMode::Append | CopyMode::Replace, []) => {}
    }
}
