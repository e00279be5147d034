//! `${...}` in SQL files: the same names as in specs, with the places of the file kept.

use crate::diagnostic::Diagnostics;
use crate::expand::{Variables, expand};
use crate::sql::Dialect;
use crate::text::{FileId, SourceMap, Span};
use crate::yaml::{Kind, Node, Scalar, Style};
use std::borrow::Cow;
use std::ops::Range;

/// A text in which names were replaced by their values.
#[derive(Clone, Debug)]
pub(super) struct Substituted<'a> {
    /// The text.
    pub(super) text: Cow<'a, str>,
    /// Each replaced place: its bytes in the text, and those in the file.
    replaced: Vec<(Range<usize>, Range<usize>)>,
}

/// Replaces `${vars.NAME}`, `${environment}` and `${project}` in a file. Anything else behind a `$` is SQL:
/// a text between dollar signs may well begin with a brace. Athena has no such texts, and `$${` is a plain `${` there, as
/// in specs.
pub(super) fn substitute<'a>(
    sources: &'a SourceMap,
    (file, dialect): (FileId, Dialect),
    variables: &Variables,
    diagnostics: &mut Diagnostics,
) -> Substituted<'a> {
    let source: &str = &sources.file(file).text;
    let mut text = String::new();
    let mut replaced = Vec::new();
    let mut at = 0;
    for hole in holes(source, dialect) {
        if source[hole.clone()].starts_with("$$") {
            text.push_str(&source[at..hole.start]);
            replaced.push((text.len()..text.len() + hole.len() - 1, hole.clone()));
            text.push_str(&source[hole.start + 1..hole.end]);
            at = hole.end;
            continue;
        }
        let node = Node {
            span: Span::new(file, hole.start, hole.end),
            kind: Kind::Scalar(Scalar {
                text: source[hole.clone()].to_owned(),
                style: Style::Plain,
                expanded: false,
            }),
        };
        let value = expand(node, variables, sources, diagnostics);
        text.push_str(&source[at..hole.start]);
        let start = text.len();
        text.push_str(value.as_scalar().map_or("", |scalar| &scalar.text));
        replaced.push((start..text.len(), hole.clone()));
        at = hole.end;
    }
    if replaced.is_empty() {
        return Substituted { text: Cow::Borrowed(source), replaced };
    }
    text.push_str(&source[at..]);
    Substituted { text: Cow::Owned(text), replaced }
}

/// Finds `${name}` and `${name.name}`, and in Athena's SQL `$${`.
fn holes(text: &str, dialect: Dialect) -> Vec<Range<usize>> {
    let mut holes = Vec::new();
    for (start, _) in text.match_indices("${") {
        if text[..start].ends_with('$') && dialect == Dialect::Athena {
            holes.push(start - 1..start + 2);
            continue;
        }
        let inner = &text[start + 2..];
        let length = inner.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')));
        let Some(length) = length.filter(|length| *length > 0 && inner[*length..].starts_with('}')) else {
            continue;
        };
        if !text[..start].ends_with('$') {
            holes.push(start..start + length + 3);
        }
    }
    holes
}

impl Substituted<'_> {
    /// Finds the bytes of the file for bytes of the text.
    pub(super) fn source(replaced: &[(Range<usize>, Range<usize>)], range: Range<usize>) -> Range<usize> {
        let place = |at: usize, is_end: bool| {
            let before =
                replaced.iter().take_while(|(text, _)| text.start < at || (!is_end && text.start == at));
            match before.last() {
                None => at,
                Some((text, source)) if at < text.end || (is_end && at == text.end) => {
                    if is_end {
                        source.end
                    } else {
                        source.start
                    }
                }
                Some((text, source)) => at - text.end + source.end,
            }
        };
        place(range.start, false)..place(range.end, true)
    }

    /// Gives the replaced places.
    pub(super) fn into_places(self) -> Vec<(Range<usize>, Range<usize>)> {
        self.replaced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_those_of_the_file() {
        let mut sources = SourceMap::default();
        let source = "select a from ${vars.schema}.t where e = '${environment}' and $${\"a\"}$$ x";
        let file = sources.add("a.sql", source);
        let variables = Variables {
            environment: "dev".to_owned(),
            vars: [("schema".to_owned(), "m".to_owned())].into(),
            ..Variables::default()
        };
        let mut diagnostics = Diagnostics::default();
        let found = substitute(&sources, (file, Dialect::Redshift), &variables, &mut diagnostics);
        assert_eq!(found.text, "select a from m.t where e = 'dev' and $${\"a\"}$$ x");
        assert!(diagnostics.is_empty());
        let text = found.text.clone().into_owned();
        let places = found.into_places();
        for (word, expected) in [
            ("select", "select"),
            ("m.t", "${vars.schema}.t"),
            ("where", "where"),
            ("dev", "${environment}"),
            ("x", "x"),
        ] {
            let start = if word == "x" { text.len() - 1 } else { text.find(word).unwrap() };
            let range = Substituted::source(&places, start..start + word.len());
            assert_eq!(&source[range], expected);
        }
    }

    /// Partition projection of Athena's writes `${dt}` itself.
    #[test]
    fn a_plain_dollar_brace_is_athenas() {
        let mut sources = SourceMap::default();
        let source = "select 1; -- ${environment}\n'storage.location.template' = 's3://b/$${dt}/' x";
        let file = sources.add("a.sql", source);
        let variables = Variables { environment: "dev".to_owned(), ..Variables::default() };
        let mut diagnostics = Diagnostics::default();
        let found = substitute(&sources, (file, Dialect::Athena), &variables, &mut diagnostics);
        let text = found.text.clone().into_owned();
        assert_eq!(text, "select 1; -- dev\n'storage.location.template' = 's3://b/${dt}/' x");
        let (places, at) = (found.into_places(), text.len() - 1);
        assert_eq!(&source[Substituted::source(&places, at..at + 1)], "x");
        let found = substitute(&sources, (file, Dialect::Redshift), &variables, &mut diagnostics);
        assert!(found.text.contains("$${dt}"));
        assert!(diagnostics.is_empty());
    }

    #[test]
    fn unknown_names_are_marked() {
        let mut sources = SourceMap::default();
        let file = sources.add("a.sql", "select 1;\nselect '${vars.x}'");
        let mut diagnostics = Diagnostics::default();
        substitute(&sources, (file, Dialect::Redshift), &Variables::default(), &mut diagnostics);
        let found: Vec<&str> = diagnostics.iter().map(|item| sources.text(item.primary.span)).collect();
        assert_eq!(found.len(), 1);
        assert!("${vars.x}".contains(found[0]) && found[0].contains('x'), "{found:?}");
    }
}
