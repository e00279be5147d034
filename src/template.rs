//! `{{ ... }}`: text that is completed for each run.
//!
//! [`Template::parse`] checks every name when compiling; what runs later can only miss a value, never
//! meet an unknown name. The names are Airflow's and mean what they mean there. Rendering is pure: the
//! run's values come in as [`RunValues`] (see `render`).

mod render;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::Range;

pub use render::{MissingValue, RunValues};

/// Text with holes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Template {
    parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Stands as it is.
    Text(String),
    /// A hole.
    Expr(Expr),
}

/// What fills a hole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expr {
    /// A date of the run, in some form.
    Date {
        /// Which date.
        date: Date,
        /// How it is written.
        form: DateForm,
    },
    /// `run_id`
    RunId,
    /// `dag_id`
    DagId,
    /// `task_id`
    TaskId,
    /// `params.NAME`
    Param(String),
    /// `outputs.STEP.FIELD`: a value that an earlier step gave.
    Output {
        /// The step, as written.
        step: String,
        /// The field of its outputs.
        field: String,
    },
    /// `macros.ds_add(DATE, DAYS)`
    DsAdd {
        /// A date in the form `YYYY-MM-DD`.
        date: Box<Expr>,
        /// Days to add; may be negative.
        days: i64,
    },
    /// `macros.ds_format(DATE, INPUT, OUTPUT)`, with strftime formats.
    DsFormat {
        /// The date.
        date: Box<Expr>,
        /// How the date is written.
        input: String,
        /// How it shall be written.
        output: String,
    },
}

/// A date of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Date {
    /// The start of the interval that the run works on; when the run has none, the time after which it ran.
    Logical,
    /// `data_interval_start`
    IntervalStart,
    /// `data_interval_end`
    IntervalEnd,
}

/// How a date is written; all forms are in UTC, as in Airflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateForm {
    /// `2026-01-31`
    Ds,
    /// `20260131`
    DsNodash,
    /// `2026-01-31T03:15:00+00:00`
    Ts,
    /// `20260131T031500`
    TsNodash,
}

/// Why a text is no template, with the bytes concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// What is wrong there.
    pub kind: TemplateErrorKind,
}

/// What is wrong in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateErrorKind {
    /// It does not parse; says what was expected.
    Syntax(String),
    /// A name that no run has.
    UnknownName(String),
}

/// The names that stand alone in a template.
pub const NAMES: &[&str] = &[
    "ds",
    "ds_nodash",
    "ts",
    "ts_nodash",
    "logical_date",
    "data_interval_start",
    "data_interval_end",
    "run_id",
    "dag_id",
    "task_id",
    "params",
    "outputs",
    "macros.ds_add",
    "macros.ds_format",
];

/// The filters that a date takes, as in `{{ data_interval_end | ds }}`.
pub const FILTERS: &[&str] = &["ds", "ds_nodash", "ts", "ts_nodash"];

impl Template {
    /// Makes a template without holes.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { parts: if text.is_empty() { Vec::new() } else { vec![Part::Text(text)] } }
    }

    /// Parses a text. Gives all errors at once.
    pub fn parse(text: &str) -> Result<Self, Vec<TemplateError>> {
        let mut parts = Vec::new();
        let mut errors: Vec<TemplateError> = jinja_blocks(text).collect();
        let mut at = 0;
        while let Some(found) = text[at..].find("{{") {
            let open = at + found;
            if open > at {
                parts.push(Part::Text(text[at..open].to_owned()));
            }
            let Some(length) = closing(&text[open + 2..]) else {
                errors.push(TemplateError {
                    range: open..open + 2,
                    kind: TemplateErrorKind::Syntax("`{{` is not closed by `}}`".to_owned()),
                });
                at = text.len();
                break;
            };
            let inner = open + 2..open + 2 + length;
            match Parser::new(text, inner.clone()).whole() {
                Ok(expr) => parts.push(Part::Expr(expr)),
                Err(error) => errors.push(error),
            }
            at = inner.end + 2;
        }
        if at < text.len() {
            parts.push(Part::Text(text[at..].to_owned()));
        }
        if errors.is_empty() { Ok(Self { parts }) } else { Err(errors) }
    }

    /// Returns the pieces.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Returns the text when there are no holes.
    pub fn as_text(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Returns the text before the first hole.
    pub fn static_prefix(&self) -> &str {
        match self.parts.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }

    /// Calls `f` with every expression, the inner ones of functions too.
    pub fn visit<'a>(&'a self, f: &mut impl FnMut(&'a Expr)) {
        for part in &self.parts {
            if let Part::Expr(expr) = part {
                expr.visit(f);
            }
        }
    }

    /// Gives the steps whose outputs are used other names: those that `rename` knows.
    #[must_use]
    pub fn rename_steps(&self, rename: impl Fn(&str) -> Option<String>) -> Self {
        let mut renamed = self.clone();
        for part in &mut renamed.parts {
            if let Part::Expr(Expr::Output { step, .. }) = part
                && let Some(name) = rename(step)
            {
                *step = name;
            }
        }
        renamed
    }

    /// Puts a template behind another.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        for part in other.parts {
            match (self.parts.last_mut(), part) {
                (Some(Part::Text(last)), Part::Text(text)) => last.push_str(&text),
                (_, part) => self.parts.push(part),
            }
        }
        self
    }
}

impl Expr {
    fn visit<'a>(&'a self, f: &mut impl FnMut(&'a Self)) {
        f(self);
        match self {
            Self::DsAdd { date, .. } | Self::DsFormat { date, .. } => date.visit(f),
            Self::Date { .. }
            | Self::RunId
            | Self::DagId
            | Self::TaskId
            | Self::Param(_)
            | Self::Output { .. } => {}
        }
    }
}

/// Finds Jinja's `{% if ... %}` and the like, which would go through as text and do nothing.
fn jinja_blocks(text: &str) -> impl Iterator<Item = TemplateError> {
    const WORDS: &[&str] = &["if", "elif", "else", "endif", "for", "endfor", "set", "block", "macro", "raw"];
    text.match_indices("{%").filter_map(|(start, _)| {
        let inner = text[start + 2..].split_once("%}")?.0;
        let word = inner.trim_matches('-').split_whitespace().next()?;
        WORDS.contains(&word).then(|| TemplateError {
            range: start..start + inner.len() + 4,
            kind: TemplateErrorKind::Syntax(
                "`{% ... %}` would stay as it is: only `{{ ... }}` is filled in".to_owned(),
            ),
        })
    })
}

/// Finds the `}}` that closes an expression, passing over quoted strings.
pub(crate) fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
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

struct Parser<'a> {
    text: &'a str,
    at: usize,
    end: usize,
}

type Parsed<T> = Result<T, TemplateError>;

impl<'a> Parser<'a> {
    fn new(text: &'a str, range: Range<usize>) -> Self {
        Self { text, at: range.start, end: range.end }
    }

    fn whole(mut self) -> Parsed<Expr> {
        let expr = self.expr()?;
        self.space();
        if self.at < self.end {
            return Err(self.syntax("expected `}}` here"));
        }
        Ok(expr)
    }

    fn expr(&mut self) -> Parsed<Expr> {
        let mut expr = self.base()?;
        while self.eat('|') {
            let start = self.after_space();
            let name = self.name()?;
            let form = match name {
                "ds" => DateForm::Ds,
                "ds_nodash" => DateForm::DsNodash,
                "ts" => DateForm::Ts,
                "ts_nodash" => DateForm::TsNodash,
                other => return Err(unknown(start..self.at, other)),
            };
            expr = match expr {
                Expr::Date { date, .. } => Expr::Date { date, form },
                _ => {
                    return Err(TemplateError {
                        range: start..self.at,
                        kind: TemplateErrorKind::Syntax(format!("`{name}` applies to a date only")),
                    });
                }
            };
        }
        Ok(expr)
    }

    fn base(&mut self) -> Parsed<Expr> {
        let start = self.after_space();
        let date = |date, form| Ok(Expr::Date { date, form });
        match self.name()? {
            "ds" => date(Date::Logical, DateForm::Ds),
            "ds_nodash" => date(Date::Logical, DateForm::DsNodash),
            "ts" | "logical_date" => date(Date::Logical, DateForm::Ts),
            "ts_nodash" => date(Date::Logical, DateForm::TsNodash),
            "data_interval_start" => date(Date::IntervalStart, DateForm::Ts),
            "data_interval_end" => date(Date::IntervalEnd, DateForm::Ts),
            "run_id" => Ok(Expr::RunId),
            "dag_id" => Ok(Expr::DagId),
            "task_id" => Ok(Expr::TaskId),
            "params" => {
                self.dot("`params` has the name of one behind it: `params.NAME`")?;
                Ok(Expr::Param(self.name()?.to_owned()))
            }
            "outputs" => {
                self.dot("`outputs` has a step and a field behind it: `outputs.STEP.FIELD`")?;
                let step = self.step()?;
                self.dot("`outputs` has a step and a field behind it: `outputs.STEP.FIELD`")?;
                Ok(Expr::Output { step, field: self.name()?.to_owned() })
            }
            "macros" => self.function(start),
            other => Err(unknown(start..self.at, other)),
        }
    }

    fn function(&mut self, start: usize) -> Parsed<Expr> {
        self.expect('.')?;
        let name = self.name()?;
        let end = self.at;
        match name {
            "ds_add" => {
                self.expect('(')?;
                let date = Box::new(self.date()?);
                self.expect(',')?;
                let days = self.number()?;
                self.expect(')')?;
                Ok(Expr::DsAdd { date, days })
            }
            "ds_format" => {
                self.expect('(')?;
                let date = Box::new(self.date()?);
                self.expect(',')?;
                let input = self.string()?;
                self.expect(',')?;
                let output = self.string()?;
                self.expect(')')?;
                Ok(Expr::DsFormat { date, input, output })
            }
            other => Err(unknown(start..end, &format!("macros.{other}"))),
        }
    }

    fn date(&mut self) -> Parsed<Expr> {
        let start = self.after_space();
        let expr = self.expr()?;
        match expr {
            Expr::Date { .. } | Expr::DsAdd { .. } | Expr::DsFormat { .. } | Expr::Param(_) => Ok(expr),
            Expr::RunId | Expr::DagId | Expr::TaskId | Expr::Output { .. } => Err(TemplateError {
                range: start..self.at,
                kind: TemplateErrorKind::Syntax("expected a date".to_owned()),
            }),
        }
    }

    /// A step's name, with the value of `each` in brackets if it has one: `load[orders]`.
    fn step(&mut self) -> Parsed<String> {
        let mut name = self.name()?.to_owned();
        if self.text[self.at..self.end].starts_with('[') {
            let Some(length) = self.text[self.at..self.end].find(']') else {
                return Err(self.syntax("`[` is not closed by `]`"));
            };
            name.push_str(&self.text[self.at..=self.at + length]);
            self.at += length + 1;
        }
        Ok(name)
    }

    /// Passes over the dot that a name must have behind it; `otherwise` says what is missing.
    fn dot(&mut self, otherwise: &str) -> Parsed<()> {
        let error = self.syntax(otherwise);
        self.expect('.').map_err(|_| error)
    }

    fn name(&mut self) -> Parsed<&'a str> {
        self.space();
        let rest = &self.text[self.at..self.end];
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if length == 0 || rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.syntax("expected a name"));
        }
        self.at += length;
        Ok(&rest[..length])
    }

    fn number(&mut self) -> Parsed<i64> {
        let start = self.after_space();
        let rest = &self.text[self.at..self.end];
        let length = rest
            .char_indices()
            .find(|(n, c)| !(c.is_ascii_digit() || (*n == 0 && *c == '-')))
            .map_or(rest.len(), |(n, _)| n);
        self.at += length;
        rest[..length].parse().map_err(|_| TemplateError {
            range: start..(start + length).max(start + 1).min(self.end),
            kind: TemplateErrorKind::Syntax("expected a whole number".to_owned()),
        })
    }

    fn string(&mut self) -> Parsed<String> {
        self.space();
        let rest = &self.text[self.at..self.end];
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let Some(length) = quote.and_then(|quote| rest[1..].find(quote)) else {
            return Err(self.syntax("expected a quoted string"));
        };
        self.at += length + 2;
        Ok(rest[1..=length].to_owned())
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.space();
        let found = self.text[self.at..self.end].starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Parsed<()> {
        if self.eat(wanted) { Ok(()) } else { Err(self.syntax(&format!("expected `{wanted}`"))) }
    }

    fn space(&mut self) {
        let rest = &self.text[self.at..self.end];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn after_space(&mut self) -> usize {
        self.space();
        self.at
    }

    fn syntax(&self, message: &str) -> TemplateError {
        let width = self.text[self.at..self.end].chars().next().map_or(0, char::len_utf8);
        TemplateError { range: self.at..self.at + width, kind: TemplateErrorKind::Syntax(message.to_owned()) }
    }
}

fn unknown(range: Range<usize>, name: &str) -> TemplateError {
    TemplateError { range, kind: TemplateErrorKind::UnknownName(name.to_owned()) }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Expr(expr) => write!(f, "{{{{ {expr} }}}}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date { date, form } => match (date, form.filter()) {
                (Date::Logical, filter) => f.write_str(filter),
                (Date::IntervalStart, "ts") => f.write_str("data_interval_start"),
                (Date::IntervalEnd, "ts") => f.write_str("data_interval_end"),
                (Date::IntervalStart, filter) => write!(f, "data_interval_start | {filter}"),
                (Date::IntervalEnd, filter) => write!(f, "data_interval_end | {filter}"),
            },
            Self::RunId => f.write_str("run_id"),
            Self::DagId => f.write_str("dag_id"),
            Self::TaskId => f.write_str("task_id"),
            Self::Param(name) => write!(f, "params.{name}"),
            Self::Output { step, field } => write!(f, "outputs.{step}.{field}"),
            Self::DsAdd { date, days } => write!(f, "macros.ds_add({date}, {days})"),
            Self::DsFormat { date, input, output } => {
                write!(f, "macros.ds_format({date}, {}, {})", quoted(input), quoted(output))
            }
        }
    }
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('"') { '\'' } else { '"' };
    format!("{quote}{text}{quote}")
}

impl DateForm {
    fn filter(self) -> &'static str {
        match self {
            Self::Ds => "ds",
            Self::DsNodash => "ds_nodash",
            Self::Ts => "ts",
            Self::TsNodash => "ts_nodash",
        }
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|errors| serde::de::Error::custom(format!("invalid template: {errors:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_print_as_they_parse() {
        for text in [
            "s3://raw/dt={{ ds }}/",
            "{{ ds_nodash }}{{ ts }}",
            "{{ data_interval_end | ds }}",
            "{{ data_interval_start }}",
            "{{ macros.ds_add(ds, -7) }}",
            "{{ macros.ds_format(ds, \"%Y-%m-%d\", \"%Y/%m\") }}",
            "{{ outputs.load[orders].rows }} of {{ params.carrier }}",
            "plain { braces } stay",
        ] {
            assert_eq!(Template::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn errors_mark_the_smallest_wrong_thing() {
        for (text, marked) in [
            ("a {{ dz }}", "dz"),
            ("{{ ds | iso }} {{ foo }}", "iso"),
            ("{{ macros.ds_add(ds, x) }}", "x"),
            ("{{ ds ds }}", "d"),
            ("{{ ds", "{{"),
            ("{{ macros.year(ds) }}", "macros.year"),
        ] {
            let errors = Template::parse(text).unwrap_err();
            assert_eq!(&text[errors[0].range.clone()], marked, "{text}");
        }
        assert_eq!(Template::parse("{{ a }} {{ b }}").unwrap_err().len(), 2);
    }
}
