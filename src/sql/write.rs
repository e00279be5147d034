//! SQL as text: escaping for Redshift and for Athena, and filling the holes of a statement so that no value ends a quote.
//!
//! Redshift's literals take `\` as an escape, as PostgreSQL's did before version 9.1, so backslashes are
//! doubled like quotes; Athena's take none. [`Scanner`] follows a text from its beginning and says what a hole at its end
//! stands in.

mod quote;
mod scanner;

use super::Dialect;
use crate::template::{MissingValue, Part, RunValues, Template};
use quote::in_literal_of;
pub use quote::{identifier, identifiers, literal, literal_of, qualified};
pub use scanner::{Place, Scanner};
use std::collections::BTreeSet;
use std::ops::Range;

/// Says whether Hive's parser reads a statement of Athena's: DDL without a query.
fn is_of_hive(statement: &Template) -> bool {
    let texts = statement.parts().iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        Part::Expr(_) => None,
    });
    let text = texts.collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let mut words =
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    matches!(first, "alter" | "create" | "desc" | "describe" | "drop" | "msck" | "show")
        && !words.any(|word| matches!(word, "select" | "values"))
}

/// Why a statement cannot be filled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfilled {
    /// The run does not have a value: the user's fault, or the world's.
    #[error(transparent)]
    Missing(#[from] MissingValue),
    /// A value would end the text between dollar signs that it stands in, where nothing can be escaped: the fault
    /// of whoever gives the value.
    #[error("the value of `{0}` would end the text between dollar signs that it stands in")]
    EndsText(String),
    /// A value would end its literal in a statement that Hive's parser reads, which escapes otherwise than Trino's: the
    /// fault of whoever gives the value.
    #[error("the value of `{0}` has a quote or a backslash in it, which no literal of Athena's DDL can hold")]
    EndsDdl(String),
}

/// Fills the holes of a statement with a run's values. A hole inside a quoted literal is completed with
/// quotes and backslashes doubled; outside of one it becomes a literal, or stands bare when it is a number
/// or a truth value. In a text between dollar signs nothing can be escaped: a value that ends it is refused.
pub fn render(statement: &Template, values: &RunValues) -> Result<String, Unfilled> {
    render_as(statement, values, Dialect::Redshift)
}

/// Fills the holes of a statement in a dialect.
pub fn render_as(statement: &Template, values: &RunValues, dialect: Dialect) -> Result<String, Unfilled> {
    let mut text = String::new();
    let mut scanner = Scanner::of(dialect);
    // What the statement is when no value is in the way of its dollar signs.
    let mut written_by_user = Scanner::of(dialect);
    let mut last = String::new();
    let is_ddl = dialect == Dialect::Athena && is_of_hive(statement);
    let in_literal = |value: &str| in_literal_of(dialect, value);
    let literal = |value: &str| format!("'{}'", in_literal_of(dialect, value));
    let is_unload = dialect == Dialect::Redshift && begins_with_a_query_in_quotes(statement.static_prefix());
    for part in statement.parts() {
        match part {
            Part::Text(piece) => {
                // Character by character: a value and what stands behind it may make a sign together.
                for c in piece.chars() {
                    scanner.read_one(c);
                    written_by_user.read_one(c);
                    if scanner.signs != written_by_user.signs {
                        return Err(Unfilled::EndsText(last));
                    }
                }
                text.push_str(piece);
            }
            Part::Expr(expr) => {
                let value = expr.render(values)?;
                if is_ddl && value.contains(['\'', '\\']) {
                    return Err(Unfilled::EndsDdl(expr.to_string()));
                }
                let in_query = is_unload && scanner.literals == 1;
                let written = match scanner.place() {
                    // The query of an UNLOAD is SQL in a literal: what holds there is written as a part of one.
                    Place::Literal if in_query && scanner.inner => in_literal(&in_literal(&value)),
                    Place::Literal if in_query && !expr.is_bare(values) => in_literal(&literal(&value)),
                    // `x -{{ params.n }}` must not become a comment.
                    Place::Code if expr.is_bare(values) && value.starts_with('-') => format!("({value})"),
                    Place::Code if expr.is_bare(values) => value,
                    Place::Code => literal(&value),
                    Place::Literal => in_literal(&value),
                    Place::Identifier => value.replace('"', "\"\""),
                    // No value ends a comment.
                    Place::LineComment => value.replace(['\n', '\r'], " "),
                    Place::BlockComment => value.replace("*/", "* /").replace("/*", "/ *"),
                };
                scanner.read(&written);
                text.push_str(&written);
                written_by_user.read("0");
                last = expr.to_string();
            }
        }
        if scanner.signs != written_by_user.signs {
            return Err(Unfilled::EndsText(last));
        }
    }
    Ok(text)
}

/// Returns the names of the values that a statement takes as `:name`.
pub fn parameters(text: &str) -> BTreeSet<&str> {
    places(text).map(|place| &text[place]).collect()
}

/// Writes literals for the values that are empty, which the Data API does not take beside the SQL.
pub fn without_empty(text: &str, is_empty: impl Fn(&str) -> bool) -> String {
    let mut written = String::with_capacity(text.len());
    let mut at = 0;
    for place in places(text).filter(|place| is_empty(&text[place.clone()])) {
        written.push_str(&text[at..place.start - 1]);
        written.push_str("''");
        at = place.end;
    }
    written.push_str(&text[at..]);
    written
}

/// Finds the names behind `:` between the tokens.
fn places(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut places = Vec::new();
    let mut scanner = Scanner::default();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if c == ':' && before != ':' && scanner.place() == Place::Code {
            let rest = &text[at + 1..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            if rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
                places.push(at + 1..at + 1 + end);
            }
        }
        scanner.read(&text[at..at + c.len_utf8()]);
        before = c;
    }
    places.into_iter()
}

/// Says whether a statement is `UNLOAD ('...` with its query in single quotes.
fn begins_with_a_query_in_quotes(text: &str) -> bool {
    let behind = text.split_at_checked(6).filter(|(word, _)| word.eq_ignore_ascii_case("unload"));
    let query = behind.and_then(|(_, rest)| rest.trim_start().strip_prefix('('));
    query.is_some_and(|query| query.trim_start().starts_with('\''))
}

#[cfg(test)]
mod tests;
