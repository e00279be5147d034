//! Functions and formats are tried when compiling, with dates of which each part has another form.

use super::forms::{self, FormatError, Moment};
use super::{DateForm, Expr, Parsed, RunValues, TemplateError, TemplateErrorKind};
use jiff::{Timestamp, tz::TimeZone};
use std::ops::Range;

/// Tries a format, which stands at `start`.
pub(super) fn tried_format(format: &str, start: usize) -> Parsed<()> {
    forms::write(format, &epoch()).map_err(|error| format_error(&error, start, format))?;
    if format.contains('%') {
        return Ok(());
    }
    let message = format!("`{format}` has no `%`, so that every date would be written the same");
    let help = "write the parts of a date with `%`, such as `%Y/%m/%d/%H`";
    Err(refused(start..start + format.len(), message, help))
}

fn epoch() -> Moment {
    Moment::new(Timestamp::UNIX_EPOCH, &TimeZone::UTC)
}

/// Runs with which a function is tried: days and months of one digit and of two, in both halves of the day.
pub(crate) fn samples() -> impl Iterator<Item = RunValues> {
    // The last one is a day that few years have: one read without its year is none.
    const SAMPLES: [&str; 3] = ["2026-01-31T03:15:00Z", "2026-12-05T23:09:07Z", "2028-02-29T12:00:00Z"];
    SAMPLES.iter().map(|sample| {
        let at = sample.parse().ok();
        RunValues { logical_date: at, data_interval_start: at, data_interval_end: at, ..RunValues::default() }
    })
}

/// A run that a person starts: its time has a fraction of a second, and so has its interval where no clock gives
/// it (`is_by_clock`).
pub(crate) fn by_hand(is_by_clock: bool) -> RunValues {
    let now = "2026-12-05T23:09:07.123456Z".parse().ok();
    let interval = if is_by_clock { "2026-12-05T03:15:00Z".parse().ok() } else { now };
    RunValues {
        logical_date: now,
        data_interval_start: interval,
        data_interval_end: interval,
        ..RunValues::default()
    }
}

/// What an expression gives for a moment; none when it depends on what a person sets.
fn sampled(expr: &Expr, values: &RunValues) -> Option<String> {
    let mut is_known = true;
    expr.visit(&mut |expr| {
        is_known &= matches!(expr, Expr::Date { .. } | Expr::DsAdd { .. } | Expr::DsFormat { .. });
    });
    if is_known { expr.render(values).ok() } else { None }
}

/// Tries to add days.
pub(super) fn tried_days(date: &Expr, date_at: Range<usize>, days: i64, days_at: Range<usize>) -> Parsed<()> {
    for values in samples() {
        let Some(text) = sampled(date, &values) else { continue };
        let is_day =
            matches!(date, Expr::Date { form: DateForm::Ts, .. }) || forms::read("%Y-%m-%d", &text).is_ok();
        if !is_day {
            let message =
                format!("`{date}` is written like `{text}`, and days are added to one like `2026-01-31`");
            return Err(refused(date_at, message, "write `ds`, or the date with `| ds` behind it"));
        }
        let sum = Expr::DsAdd { date: Box::new(date.clone()), days };
        if sum.render(&values).is_err() {
            let message = format!("{days} days lead out of the calendar");
            return Err(refused(days_at, message, "write fewer days"));
        }
    }
    Ok(())
}

/// Tries to read a date by one format and to write it by another.
pub(super) fn tried_forms(
    date: &Expr,
    (input, input_at): (&str, usize),
    (output, output_at): (&str, usize),
) -> Parsed<()> {
    if let Err(error @ FormatError { range: Some(_), .. }) = forms::read(input, "") {
        return Err(format_error(&error, input_at, input));
    }
    if let Err(error) = forms::write(output, &epoch()) {
        return Err(format_error(&error, output_at, output));
    }
    for values in samples() {
        let Some(text) = sampled(date, &values) else { continue };
        if forms::read(input, &text).is_err() {
            let message = format!("`{date}` is written like `{text}`, which `{input}` does not read");
            let help = match date {
                Expr::Date { .. } => {
                    format!("write `{}`", Expr::clone(date).formatted(output))
                }
                _ => "write the format in which the date stands".to_owned(),
            };
            return Err(refused(input_at..input_at + input.len(), message, help));
        }
    }
    Ok(())
}

impl Expr {
    /// Finds a function that writes the same text in every run, and gives the text: the hour of `ds`.
    pub(crate) fn is_always(&self) -> Option<(&Self, String)> {
        let (Self::DsAdd { date, .. } | Self::DsFormat { date, .. }) = self else { return None };
        let inside = date.is_always();
        if inside.is_some() || !matches!(self, Self::DsFormat { .. }) {
            return inside;
        }
        let runs = samples().chain([by_hand(false)]);
        let written: Vec<String> = runs.map(|values| sampled(self, &values)).collect::<Option<_>>()?;
        let (first, others) = written.split_first()?;
        others.iter().all(|other| other == first).then(|| (self, first.clone()))
    }

    /// Finds a function that fails in a run that a person starts, and gives the text that it cannot read. Of
    /// functions in one another it is the innermost.
    pub(crate) fn fails_by_hand(&self, is_by_clock: bool) -> Option<(&Self, String)> {
        let (Self::DsAdd { date, .. } | Self::DsFormat { date, .. }) = self else { return None };
        let values = by_hand(is_by_clock);
        date.fails_by_hand(is_by_clock).or_else(|| {
            let text = sampled(date, &values)?;
            self.render(&values).is_err().then_some((self, text))
        })
    }

    /// The same date, written by a format.
    pub(crate) fn formatted(self, format: &str) -> Self {
        match self {
            Self::Date { date, zone, .. } => {
                Self::Date { date, zone, form: DateForm::Format(format.to_owned()) }
            }
            other => other,
        }
    }
}

fn format_error(error: &FormatError, start: usize, format: &str) -> TemplateError {
    let range = error.range.clone().unwrap_or(0..format.len());
    refused(
        start + range.start..start + range.end,
        error.message.clone(),
        "the codes are those of Python's `strftime` that are the same on every machine",
    )
}

pub(super) fn refused(range: Range<usize>, message: String, help: impl Into<String>) -> TemplateError {
    TemplateError { range, kind: TemplateErrorKind::Refused { message, help: help.into() } }
}
