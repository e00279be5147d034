//! `{{ ... }}`: text that is completed for each run.
//!
//! [`Template::parse`] checks every name when compiling, and tries functions whose arguments are known; what
//! runs later can only miss a value, never meet an unknown name. The names are Airflow's and mean what they
//! mean there. Rendering is pure: the run's values come in as [`RunValues`] (see `render`). [`forms`] are the
//! forms of dates, as Python writes and reads them; `shared` takes texts apart that Airflow itself fills in;
//! [`Json`] is JSON with such texts in it.

pub mod forms;
mod json;
mod parse;
mod print;
mod render;
mod shared;
mod trial;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ops::Range;

pub use json::Json;
pub(crate) use parse::{closing, opening};
pub(crate) use print::{Piece, pieces};
pub use render::{MissingValue, RunValues, time_zone};
pub(crate) use shared::{Shared, shared};
pub(crate) use trial::samples;

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
        /// On which clock.
        zone: Zone,
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

/// The clock by which a date is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    /// UTC, as Airflow writes dates.
    Utc,
    /// The time zone of the pipeline: `| local`.
    Local,
}

/// How a date is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DateForm {
    /// `2026-01-31`
    Ds,
    /// `20260131`
    DsNodash,
    /// `2026-01-31T03:15:00+00:00`
    Ts,
    /// `20260131T031500`
    TsNodash,
    /// As a format of Python's `strftime` says, which has been checked.
    Format(String),
}

/// What parsing gives.
type Parsed<T> = Result<T, TemplateError>;

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
    /// A filter that dagc does not have.
    UnknownFilter(String),
    /// A method or an attribute of Python's behind a value.
    Method(String),
    /// A statement of Jinja's, by its word.
    Statement(String),
    /// An action of Go's templates, such as `{{.Names}}`, as written.
    Foreign(String),
    /// It can never work; says why, and what to write.
    Refused {
        /// Why.
        message: String,
        /// What to write.
        help: String,
    },
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
pub const FILTERS: &[&str] = &["ds", "ds_nodash", "ts", "ts_nodash", "local", "format"];

impl Template {
    /// Makes a template without holes.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { parts: if text.is_empty() { Vec::new() } else { vec![Part::Text(text)] } }
    }

    /// Makes a template of one hole.
    pub(crate) fn hole(expr: Expr) -> Self {
        Self { parts: vec![Part::Expr(expr)] }
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
            self.push(part);
        }
        self
    }

    /// Puts a piece at the end; text joins text.
    fn push(&mut self, part: Part) {
        match (self.parts.last_mut(), part) {
            (_, Part::Text(text)) if text.is_empty() => {}
            (Some(Part::Text(last)), Part::Text(text)) => last.push_str(&text),
            (_, part) => self.parts.push(part),
        }
    }
}

impl Expr {
    /// Calls `f` with the expression and those within it.
    pub fn visit<'a>(&'a self, f: &mut impl FnMut(&'a Self)) {
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
