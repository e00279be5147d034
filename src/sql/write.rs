//! SQL as text: escaping for Redshift and for Athena, and filling the holes of a statement so that no value ends a quote.
//!
//! Redshift's literals take `\` as an escape, as PostgreSQL's did before version 9.1, so backslashes are
//! doubled like quotes; Athena's take none. [`Scanner`] follows a text from its beginning and says what a hole at its end
//! stands in.

use super::Dialect;
use crate::template::{MissingValue, Part, RunValues, Template};
use std::collections::BTreeSet;
use std::ops::Range;

/// Writes a text as a literal.
pub fn literal(text: &str) -> String {
    format!("'{}'", in_literal(text))
}

/// Writes a name as a quoted identifier.
pub fn identifier(name: &str) -> String {
    let mut identifier = String::with_capacity(name.len() + 2);
    push_identifier(&mut identifier, name);
    identifier
}

fn push_identifier(text: &mut String, name: &str) {
    text.push('"');
    for (n, part) in name.split('"').enumerate() {
        if n > 0 {
            text.push_str("\"\"");
        }
        text.push_str(part);
    }
    text.push('"');
}

/// Writes a schema's table.
pub fn qualified(schema: &str, table: &str) -> String {
    let mut qualified = String::with_capacity(schema.len() + table.len() + 5);
    push_identifier(&mut qualified, schema);
    qualified.push('.');
    push_identifier(&mut qualified, table);
    qualified
}

/// Writes names as a list of identifiers.
pub fn identifiers<T: AsRef<str>>(names: &[T]) -> String {
    names.iter().map(|name| identifier(name.as_ref())).collect::<Vec<_>>().join(", ")
}

fn in_literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "''")
}

fn in_literal_of(dialect: Dialect, text: &str) -> String {
    match dialect {
        Dialect::Redshift => in_literal(text),
        Dialect::Athena => text.replace('\'', "''"),
    }
}

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

/// What a position in SQL stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Between the tokens.
    Code,
    /// `'...'`
    Literal,
    /// `"..."`
    Identifier,
    /// `-- ...`
    LineComment,
    /// `/* ... */`
    BlockComment,
}

/// Reads SQL piece by piece and knows what its end stands in. What is between `$$` is SQL as well, and whatever
/// stands open in it ends with it.
#[derive(Clone, Debug, Default)]
pub struct Scanner {
    dialect: Dialect,
    state: State,
    /// What ends the text between dollar signs, when it is in one: `$$`, `$tag$`.
    body: Option<String>,
    /// How many such texts have begun and ended.
    signs: usize,
    /// What may become such a sign.
    sign: String,
    /// The last character was one of a name, of which a dollar sign behind it is a part.
    in_name: bool,
    /// The last character, when it may begin a token of two.
    held: Option<char>,
    depth: usize,
    /// How many literals have begun.
    literals: usize,
    /// The last character ended a literal; a quote behind it goes on with it.
    has_ended: bool,
    /// Within the literal, an odd number of quotes were doubled or escaped so far.
    inner: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Code,
    Literal,
    Identifier,
    /// A name between backticks, as Hive writes it.
    Backticks,
    LineComment,
    BlockComment,
}

impl Scanner {
    /// Begins to read SQL of a dialect.
    pub fn of(dialect: Dialect) -> Self {
        Self { dialect, ..Self::default() }
    }

    /// Returns what the end of the text stands in.
    pub fn place(&self) -> Place {
        match self.state {
            State::Code => Place::Code,
            State::Literal => Place::Literal,
            State::Identifier | State::Backticks => Place::Identifier,
            State::LineComment => Place::LineComment,
            State::BlockComment => Place::BlockComment,
        }
    }

    /// Reads on.
    pub fn read(&mut self, text: &str) {
        text.chars().for_each(|c| self.read_one(c));
    }

    fn read_one(&mut self, c: char) {
        let is_athena = self.dialect == Dialect::Athena;
        if !is_athena && self.ends_sign(c) {
            return;
        }
        let held = self.held.take();
        let has_ended = std::mem::take(&mut self.has_ended);
        match (self.state, held, c) {
            (State::Code, _, '\'') => {
                self.state = State::Literal;
                self.literals += usize::from(!has_ended);
                self.inner = has_ended && !self.inner;
            }
            (State::Code, _, '"') => self.state = State::Identifier,
            (State::Code, _, '`') if is_athena => self.state = State::Backticks,
            (State::Code, Some('-'), '-') => self.state = State::LineComment,
            (State::Code, Some('/'), '*') => {
                self.state = State::BlockComment;
                self.depth = 1;
            }
            // After a backslash nothing ends the literal. A doubled quote ends it and begins another.
            (State::Literal, Some('\\'), _) if !is_athena => self.inner ^= c == '\'',
            (State::Literal, _, '\'') => {
                self.state = State::Code;
                self.has_ended = true;
            }
            (State::Identifier, _, '"')
            | (State::Backticks, _, '`')
            | (State::LineComment, _, '\n' | '\r') => {
                self.state = State::Code;
            }
            (State::BlockComment, Some('/'), '*') if !is_athena => self.depth += 1,
            (State::BlockComment, Some('*'), '/') => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.state = State::Code;
                }
            }
            (State::Code, _, '-' | '/') | (State::Literal, _, '\\') | (State::BlockComment, _, '*' | '/') => {
                self.held = Some(c);
            }
            _ => {}
        }
    }

    /// Says whether a character ends the sign that begins or ends a text between dollar signs.
    fn ends_sign(&mut self, c: char) -> bool {
        let goes_on_name = c.is_alphanumeric() || c == '_';
        let was_in_name = self.in_name;
        self.in_name = goes_on_name || (c == '$' && was_in_name);
        if c != '$' {
            let goes_on = goes_on_name && !(self.sign == "$" && c.is_ascii_digit()) && !self.sign.is_empty();
            if goes_on {
                self.sign.push(c);
            } else {
                self.sign.clear();
            }
            return false;
        }
        let sign = std::mem::replace(&mut self.sign, "$".to_owned());
        let is_whole = !sign.is_empty();
        match &self.body {
            Some(body) if is_whole && body.strip_suffix('$') == Some(&sign) => self.body = None,
            None if is_whole && self.state == State::Code => self.body = Some(sign + "$"),
            // A name may have dollar signs in it.
            None if was_in_name => {
                self.sign.clear();
                return false;
            }
            Some(_) | None => return false,
        }
        self.signs += 1;
        self.sign.clear();
        self.held = None;
        self.state = State::Code;
        self.in_name = false;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_what_stands_between_the_tokens() {
        for (text, expected) in [
            ("select :a, :b_1 from t where x = :a", &["a", "b_1"][..]),
            ("select x::int, ':a', \":b\" -- :c\n/* :d */ from t", &[]),
            ("select a.b[1:2], :é", &["é"]),
            ("select 'it''s :a' || :b", &["b"]),
        ] {
            assert_eq!(parameters(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn empty_values_stand_in_the_text() {
        let text = "select :a, ':a', :ab, :a::date from t -- :a";
        let expected = "select '', ':a', :ab, ''::date from t -- :a";
        assert_eq!(without_empty(text, |name| name == "a"), expected);
    }

    #[test]
    fn names_and_texts_are_quoted() {
        assert_eq!(literal(r"it's a \ "), r"'it''s a \\ '");
        assert_eq!(identifier(r#"a"b"#), r#""a""b""#);
        assert_eq!(qualified("mart", "flights"), r#""mart"."flights""#);
        assert_eq!(identifiers(&["a", "b"]), r#""a", "b""#);
    }

    #[test]
    fn the_end_of_a_text_stands_in_something() {
        for (text, place) in [
            ("select ", Place::Code),
            ("select 'a", Place::Literal),
            ("select 'a''", Place::Literal),
            ("select 'a'", Place::Code),
            (r"select 'a\'", Place::Literal),
            (r"select 'a\\'", Place::Code),
            ("select \"a'", Place::Identifier),
            ("select 1 - ", Place::Code),
            ("select 1 -- it's", Place::LineComment),
            ("select 1 -- it's\n", Place::Code),
            ("select 1 -- it's\r", Place::Code),
            ("/* a /* b */ '", Place::BlockComment),
            ("/* a /* b */ */ '", Place::Literal),
            ("/*/ '", Place::BlockComment),
            ("a / * '", Place::Literal),
            // What stands open between dollar signs ends with them.
            ("do $$ it's $$ ", Place::Code),
            ("do $$ it's $$ '", Place::Literal),
            ("do $a$ it's $$ $b$ ", Place::Literal),
            ("do $a$ it's $$ $b$ $a$ ", Place::Code),
            ("do $a$ -- it's $a$ ", Place::Code),
            ("select a$b$ + 'c", Place::Literal),
            ("select $1, $2 'c", Place::Literal),
            ("select '$$', ", Place::Code),
        ] {
            let mut whole = Scanner::default();
            whole.read(text);
            assert_eq!(whole.place(), place, "{text}");
            let mut pieces = Scanner::default();
            text.chars().for_each(|c| pieces.read(&c.to_string()));
            assert_eq!(pieces.place(), place, "{text}");
        }
    }

    #[test]
    fn no_value_ends_a_text_between_dollar_signs() {
        let values = |text: &str| RunValues { run_id: text.to_owned(), ..RunValues::default() };
        let filled = |text: &str, value: &str| render(&Template::parse(text).unwrap(), &values(value));
        let ends =
            |text: &str, value: &str| filled(text, value) == Err(Unfilled::EndsText("run_id".to_owned()));
        for (text, value) in [
            ("do $$ select {{ run_id }} $$; drop table t", "$$; drop table u; --"),
            ("do $$ select {{ run_id }} $$", "$$; drop table u; select $$"),
            ("do $$ select '{{ run_id }}' $$", "a$$b"),
            ("do $$ select 1 -- {{ run_id }}\n $$", "$$"),
            ("do $$ select \"{{ run_id }}\" $$", "$$"),
            ("do $a$ select {{ run_id }} $a$", "$a$"),
            // It takes two, and one of them is the user's.
            ("do $a$ select '{{ run_id }}$ ' $a$", "$a"),
            ("do $$ select '{{ run_id }}$ ' $$", "a$"),
        ] {
            assert!(ends(text, value), "{text}: {:?}", filled(text, value));
        }
        for (text, value, expected) in [
            ("do $$ select {{ run_id }} $$", "a$b", "do $$ select 'a$b' $$"),
            ("do $a$ select {{ run_id }} $a$", "$$", "do $a$ select '$$' $a$"),
            ("select {{ run_id }}, '{{ run_id }}'", "$$", "select '$$', '$$'"),
            ("do $$ it's $$; select {{ run_id }}", "it's", "do $$ it's $$; select 'it''s'"),
        ] {
            assert_eq!(filled(text, value).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn no_value_ends_a_quote() {
        let values = RunValues {
            run_id: "it's".to_owned(),
            logical_date: Some("2026-01-31T00:00:00Z".parse().unwrap()),
            params: serde_json::json!({
                "n": 3, "below": -3, "yes": true, "slash": "\\", "quote": "a\"b", "comment": "*/ drop\n x",
            })
            .as_object()
            .unwrap()
            .clone(),
            ..RunValues::default()
        };
        for (text, expected) in [
            ("day = {{ ds }}", "day = '2026-01-31'"),
            ("day = '{{ ds }} 00:00'", "day = '2026-01-31 00:00'"),
            ("limit {{ params.n }} {{ params.yes }}", "limit 3 true"),
            ("x = '{{ params.n }}'", "x = '3'"),
            ("x -{{ params.below }}", "x -(-3)"),
            ("x = {{ run_id }} or y = '{{ run_id }}'", "x = 'it''s' or y = 'it''s'"),
            ("x = '{{ params.slash }}' -- '", r"x = '\\' -- '"),
            (
                "unload ('select * from t where a = ''{{ run_id }}'' and b = {{ ds }} limit {{ params.n }}') \
                 to 's3://x/{{ ds }}/' iam_role '{{ run_id }}'",
                "unload ('select * from t where a = ''it''''s'' and b = ''2026-01-31'' limit 3') \
                 to 's3://x/2026-01-31/' iam_role 'it''s'",
            ),
            (
                r"UNLOAD( 'select \'{{ run_id }}\', {{ run_id }}') to ''",
                r"UNLOAD( 'select \'it''''s\', ''it''''s''') to ''",
            ),
            (
                "unload ($$ select '{{ run_id }}', {{ run_id }} $$) to 's3://{{ ds }}/'",
                "unload ($$ select 'it''s', 'it''s' $$) to 's3://2026-01-31/'",
            ),
            (r#"select "{{ params.quote }}""#, r#"select "a""b""#),
            ("-- {{ params.comment }}\nx", "-- */ drop  x\nx"),
            ("/* {{ params.comment }} */", "/* * / drop\n x */"),
        ] {
            let statement = Template::parse(text).unwrap();
            assert_eq!(render(&statement, &values).unwrap(), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_literal_is_one_literal(text in ".*") {
            let written = literal(&text);
            let mut scanner = Scanner::default();
            scanner.read(&written[..written.len() - 1]);
            proptest::prop_assert_eq!(scanner.place(), Place::Literal);
            scanner.read("'");
            proptest::prop_assert_eq!(scanner.place(), Place::Code);
        }
    }
}
