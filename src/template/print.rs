//! Templates as text: what the parser reads back.

use super::{Date, DateForm, Expr, Part, Template, Zone};
use std::fmt;

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, part) in self.parts.iter().enumerate() {
            match part {
                Part::Text(text) if !text.contains('{') => f.write_str(text)?,
                Part::Text(text) => {
                    let is_before_hole = n + 1 < self.parts.len();
                    for piece in pieces(text, is_before_hole) {
                        match piece {
                            Piece::Plain(text) => f.write_str(text)?,
                            Piece::Brace => f.write_str("{{ \"{\" }}")?,
                        }
                    }
                }
                Part::Expr(expr) => write!(f, "{{{{ {expr} }}}}")?,
            }
        }
        Ok(())
    }
}

/// A piece of literal text.
pub(crate) enum Piece<'a> {
    /// Text that is read back as it is.
    Plain(&'a str),
    /// A `{` that would open a block.
    Brace,
}

/// Takes text apart at the braces that would open a block of Jinja's.
pub(crate) fn pieces(text: &str, is_before_hole: bool) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices('{') {
        let opens = match text.as_bytes().get(at + 1) {
            Some(next) => matches!(next, b'{' | b'%' | b'#'),
            None => is_before_hole,
        };
        if opens {
            if from < at {
                pieces.push(Piece::Plain(&text[from..at]));
            }
            pieces.push(Piece::Brace);
            from = at + 1;
        }
    }
    if from < text.len() {
        pieces.push(Piece::Plain(&text[from..]));
    }
    pieces
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date { date, zone, form } => write_date(*date, *zone, form, f),
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

fn write_date(date: Date, zone: Zone, form: &DateForm, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (name, is_written) = match (date, form) {
        (Date::Logical, DateForm::Format(_)) => ("logical_date", false),
        (Date::Logical, _) => (form.name(), true),
        (Date::IntervalStart, _) => ("data_interval_start", matches!(form, DateForm::Ts)),
        (Date::IntervalEnd, _) => ("data_interval_end", matches!(form, DateForm::Ts)),
    };
    f.write_str(name)?;
    if zone == Zone::Local {
        f.write_str(" | local")?;
    }
    match form {
        DateForm::Format(format) => write!(f, " | format({})", quoted(format)),
        DateForm::Ds | DateForm::DsNodash | DateForm::Ts | DateForm::TsNodash if is_written => Ok(()),
        DateForm::Ds | DateForm::DsNodash | DateForm::Ts | DateForm::TsNodash => {
            write!(f, " | {}", form.name())
        }
    }
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('"') { '\'' } else { '"' };
    format!("{quote}{text}{quote}")
}

impl DateForm {
    /// Says whether it is a format of the user's.
    pub(crate) fn is_format(&self) -> bool {
        matches!(self, Self::Format(_))
    }

    /// Returns the filter that writes it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Ds => "ds",
            Self::DsNodash => "ds_nodash",
            Self::Ts => "ts",
            Self::TsNodash => "ts_nodash",
            Self::Format(_) => "format",
        }
    }
}
