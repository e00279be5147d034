//! Texts that Airflow fills in, with filters that are dagc's alone in them: an operator's arguments.
//!
//! Takes a text with Jinja of any kind; gives its pieces. A hole with `| local`, with `| format("%H")` behind a date,
//! or of a macro that dagc has, is dagc's and is parsed; whatever else stands in the text is Airflow's, and is not
//! looked at.

use super::parse::Parser;
use super::{Expr, Part, TemplateError, TemplateErrorKind, closing, trial};
use std::ops::Range;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shared<'t> {
    /// Airflow's, as it is.
    Airflows(&'t str),
    /// A hole of dagc's, without the marks around it.
    Own(Expr),
}

/// Takes a text apart.
pub(crate) fn shared(text: &str) -> Result<Vec<Shared<'_>>, TemplateError> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(open) = text[at..].find('{').map(|found| at + found) {
        at = match text.as_bytes().get(open + 1) {
            Some(b'{') => {
                let Some(length) = closing(&text[open + 2..]) else { return Err(unclosed(open, "{{", "}}")) };
                let inner = trimmed(text, open + 2..open + 2 + length);
                if let Some(expr) = own(text, inner.clone())? {
                    pieces.push(Shared::Airflows(&text[from..inner.start]));
                    pieces.push(Shared::Own(expr));
                    from = inner.end;
                }
                open + 2 + length
            }
            Some(b'%') => {
                let Some(length) = text[open..].find("%}") else { return Err(unclosed(open, "{%", "%}")) };
                if let Some(filter) = own_filter(&text[open..open + length]) {
                    let message =
                        format!("`{filter}` is a filter of dagc's, which knows it in `{{{{ ... }}}}` only");
                    return Err(trial::refused(
                        open..open + length + 2,
                        message,
                        "write the date in a hole of its own",
                    ));
                }
                open + length
            }
            Some(b'#') => text[open..].find("#}").map_or(text.len(), |length| open + length),
            _ => open + 1,
        };
    }
    pieces.push(Shared::Airflows(&text[from..]));
    Ok(pieces)
}

/// Says that Airflow would not read the text.
fn unclosed(open: usize, begins: &str, ends: &str) -> TemplateError {
    let kind = TemplateErrorKind::Syntax(format!("`{begins}` is not closed by `{ends}`"));
    TemplateError { range: open..open + 2, kind }
}

/// The inner text of a hole without blanks and without the marks by which Jinja drops blanks around it.
fn trimmed(text: &str, inner: Range<usize>) -> Range<usize> {
    let marks = |c: char| c.is_whitespace() || matches!(c, '-' | '+');
    let start = inner.end - text[inner.clone()].trim_start_matches(marks).len();
    start..start + text[start..inner.end].trim_end_matches(marks).len()
}

/// Reads what stands in a hole, if it is dagc's. Of its macros, which are Airflow's too, Airflow takes more than
/// dagc knows; what would fail there is an error.
fn own(text: &str, inner: Range<usize>) -> Result<Option<Expr>, TemplateError> {
    let has_filter = own_filter(&text[inner.clone()]).is_some();
    if !has_filter && !text[inner.clone()].starts_with("macros.ds_") {
        return Ok(None);
    }
    match Parser::new(text, inner).whole() {
        Ok(Part::Expr(expr)) => Ok(Some(expr)),
        Err(error) if has_filter || matches!(error.kind, TemplateErrorKind::Refused { .. }) => Err(error),
        Ok(Part::Text(_)) | Err(_) => Ok(None),
    }
}

/// Returns the filter of an expression that is dagc's. Jinja has no `local`; it has a `format`, which fills in a
/// text and never a date.
fn own_filter(expression: &str) -> Option<&'static str> {
    let mut quote = None;
    for (at, c) in expression.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '|') => match word(expression[at + 1..].trim_start()) {
                "local" => return Some("local"),
                "format" if is_date(expression[..at].trim_end()) => return Some("format"),
                _ => {}
            },
            _ => {}
        }
    }
    None
}

fn word(text: &str) -> &str {
    &text[..text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len())]
}

/// Says whether what stands before a filter ends in a date.
fn is_date(before: &str) -> bool {
    const DATES: &[&str] = &[
        "ds",
        "ds_nodash",
        "ts",
        "ts_nodash",
        "logical_date",
        "data_interval_start",
        "data_interval_end",
        "local",
    ];
    let name = before
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .map_or(before, |at| &before[at + 1..]);
    DATES.contains(&name) || (before.ends_with(')') && before.contains("macros.ds_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces, each of dagc's in brackets.
    fn told(text: &str) -> String {
        match shared(text) {
            Ok(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Shared::Airflows(text) => (*text).to_owned(),
                    Shared::Own(expr) => format!("[{expr}]"),
                })
                .collect(),
            Err(error) => format!("! {}", &text[error.range]),
        }
    }

    #[test]
    fn holes_of_dagcs_are_found_among_airflows() {
        for (text, expected) in [
            ("x {{ ds }} {{ ds | local }}/", "x {{ ds }} {{ [ds | local] }}/"),
            (
                "{{- ts | format('%H') -}} {{ var.value.x }}",
                "{{- [logical_date | format(\"%H\")] -}} {{ var.value.x }}",
            ),
            ("{{ macros.ds_add(ds | local, -1) }}", "{{ [macros.ds_add(ds | local, -1)] }}"),
            (
                "{{ data_interval_end | local | format('%H') }}",
                "{{ [data_interval_end | local | format(\"%H\")] }}",
            ),
            (
                "{{ macros.ds_add(ds, 1) | format('%d') }}",
                "{{ [macros.ds_format(macros.ds_add(ds, 1), \"%Y-%m-%d\", \"%d\")] }}",
            ),
            (
                "{{ macros.ds_add(ts, 1) | ds_nodash }}",
                "{{ [macros.ds_format(macros.ds_add(ts, 1), \"%Y-%m-%d\", \"%Y%m%d\")] }}",
            ),
            // Airflow's and Jinja's own, and no filters at all.
            (
                "{{ macros.ds_add(ds, params.days) }} {{ macros.ds_add(ds, 1)[:4] }}",
                "{{ macros.ds_add(ds, params.days) }} {{ macros.ds_add(ds, 1)[:4] }}",
            ),
            ("{{ macros.datetime.now() }}", "{{ macros.datetime.now() }}"),
            ("{{ '%s-%s' | format(ds, ts) }}", "{{ '%s-%s' | format(ds, ts) }}"),
            ("{{ params.pattern | format(ds) }}", "{{ params.pattern | format(ds) }}"),
            (
                "{{ 'a | local' }} {# ds | local #} { | local }",
                "{{ 'a | local' }} {# ds | local #} { | local }",
            ),
            ("{% set x = '%s' | format(ds) %}{{ x }}", "{% set x = '%s' | format(ds) %}{{ x }}"),
            ("{{ ds | locals }}", "{{ ds | locals }}"),
            ("é {{ ds }} {", "é {{ ds }} {"),
            ("", ""),
            // Wrong.
            ("{{ ds }} {{ ds }", "! {{"),
            ("{% if x", "! {%"),
            ("{{ 'x' | local }}", "! |"),
            ("{{ run_id | local }}", "! local"),
            ("{{ ds | format('YYYY') }}", "! YYYY"),
            ("{{ macros.ds_format(ds, '%Y/%m', '%Y') }}", "! %Y/%m"),
            ("{{ (ds if x else ts) | local }}", "! ("),
            ("{{ ds | local if x }}", "! i"),
            ("a {% set x = ds | local %}", "! {% set x = ds | local %}"),
            ("{% if ts | format('%H') == '01' %}", "! {% if ts | format('%H') == '01' %}"),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken_apart(text in "([{}%#é|]|\\{\\{|\\}\\}|[ a-z'-]|\\{\\{ ds \\| local \\}\\}){0,12}") {
            if let Ok(pieces) = shared(&text) {
                let has_own = pieces.iter().any(|piece| matches!(piece, Shared::Own(_)));
                proptest::prop_assert!(has_own || pieces == [Shared::Airflows(text.as_str())]);
            }
        }
    }
}
