//! `local-day`: `ds` where it is not the day that the pipeline's schedule means.
//!
//! `ds` is the day, by UTC, at which the interval begins. Where each interval is a day that begins by a local clock,
//! that may be the day before or after the local one.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::document::pipeline::Schedule;
use crate::lang::value::{Clock, TimeZoneName};
use crate::resolve::{Pipeline, Scope, each_template, narrowed};
use crate::template::{Date, DateForm, Expr, Template, Zone, time_zone};
use crate::text::{Span, Spanned};
use jiff::tz::TimeZone;

const DAY: u64 = 24 * 60 * 60;

pub(super) fn check(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    let spec = pipeline.spec;
    let (Some(zone), Some(schedule)) = (spec.timezone.as_ref(), spec.schedule.as_ref()) else { return };
    let Schedule::Clock(clock) = &schedule.schedule else { return };
    let beginnings = beginnings(clock);
    if beginnings.is_empty() {
        return mixed(scope, pipeline, zone, diagnostics);
    }
    let months = months(clock);
    let is_one = beginnings.len() == 1;
    let found = time_zone(&zone.value.0).and_then(|zone| {
        let other = |(hour, minute)| Some((hour, minute, other_day(&zone, &months, hour, minute)?));
        beginnings.into_iter().find_map(other)
    });
    let Some((hour, minute, begins)) = found else {
        return mixed(scope, pipeline, zone, diagnostics);
    };
    let Some((expr, span)) = first_day(scope, pipeline) else { return };
    let which = if is_one { "the interval" } else { "an interval" };
    let message = format!(
        "`{expr}` is the day {begins} the one in {}: {which} begins at {hour:02}:{minute:02} there, and `{expr}` goes by UTC",
        zone.value.0
    );
    let local = in_zone(&expr);
    diagnostics.push(
        Diagnostic::new(Code::LocalDay, span, message)
            .also(zone.span, "the pipeline's time zone")
            .note("if it is UTC's day that is meant, say so: `data_interval_start | ds`")
            .help(format!("write `{{{{ {local} }}}}`")),
    );
}

/// Finds the day by UTC beside the local time of the same moment in one text: near midnight they are of two days.
fn mixed(
    scope: &Scope<'_>,
    pipeline: &Pipeline<'_>,
    zone: &Spanned<TimeZoneName>,
    diagnostics: &mut Diagnostics,
) {
    let is_utc = time_zone(&zone.value.0).is_none_or(|zone| [1, 7].iter().all(|month| is_utc(&zone, *month)));
    if is_utc {
        return;
    }
    let sources = scope.files.sources();
    let mut found = None;
    let mut look = |template: &Template, span: Span| {
        let (mut day, mut has_local) = (None, false);
        template.visit(&mut |expr| {
            has_local |= matches!(expr, Expr::Date { date: Date::Logical, zone: Zone::Local, .. });
            if is_day(expr) && day.is_none() {
                day = Some(expr.clone());
            }
        });
        if let (Some(day), true, true) = (day, has_local, found.is_none()) {
            let at = narrowed(sources, span, &day.to_string());
            found = Some((day, at));
        }
    };
    for path in pipeline.spec.sources().iter().filter_map(|(_, source)| source.path.as_ref()) {
        look(&path.value.0, path.span);
    }
    for task in &pipeline.tasks {
        each_template(task, sources, &mut look);
    }
    let Some((expr, span)) = found else { return };
    let message =
        format!("`{expr}` is a day by UTC, beside a time by the clock of {} in one text", zone.value.0);
    diagnostics.push(
        Diagnostic::new(Code::LocalDay, span, message)
            .also(zone.span, "the pipeline's time zone")
            .note("near midnight they are of two days")
            .help(format!("write `{{{{ {} }}}}`", in_zone(&expr))),
    );
}

fn is_utc(zone: &TimeZone, month: i8) -> bool {
    let Ok(day) = jiff::civil::Date::new(2026, month, 15) else { return true };
    zone.to_timestamp(day.at(12, 0, 0, 0)).is_ok_and(|instant| zone.to_offset(instant).seconds() == 0)
}

/// The same date by the pipeline's clock.
fn in_zone(expr: &Expr) -> Expr {
    match expr {
        Expr::Date { date, form, zone: _ } => {
            Expr::Date { date: *date, zone: Zone::Local, form: form.clone() }
        }
        other => other.clone(),
    }
}

/// The times of the day at which intervals begin, when each is a day or some, or a cron lists their hours.
fn beginnings(clock: &Clock) -> Vec<(i8, i8)> {
    match clock {
        Clock::Every(seconds) if seconds.0 % DAY == 0 => vec![(0, 0)],
        Clock::Cron(cron) => listed(cron).unwrap_or_default(),
        Clock::Every(_) | Clock::Manual => Vec::new(),
    }
}

/// The times of a cron that lists hours and names one minute.
fn listed(cron: &str) -> Option<Vec<(i8, i8)>> {
    let mut fields = cron.split_whitespace();
    let minute: i8 = fields.next()?.parse().ok()?;
    let hours = fields.next()?.split(',').map(str::parse).collect::<Result<Vec<i8>, _>>().ok()?;
    let is_time = (0..60).contains(&minute) && hours.iter().all(|hour| (0..24).contains(hour));
    is_time.then(|| hours.into_iter().map(|hour| (hour, minute)).collect())
}

/// The months in which intervals begin: those that a cron lists, else one in winter and one in summer.
fn months(clock: &Clock) -> Vec<i8> {
    let listed: Option<Result<Vec<i8>, _>> = match clock {
        Clock::Cron(cron) => {
            cron.split_whitespace().nth(3).map(|field| field.split(',').map(str::parse).collect())
        }
        Clock::Every(_) | Clock::Manual => None,
    };
    listed.and_then(Result::ok).unwrap_or_else(|| vec![1, 7])
}

/// Says whether UTC has another day at a time of the day, in one of these months.
fn other_day(zone: &TimeZone, months: &[i8], hour: i8, minute: i8) -> Option<&'static str> {
    months.iter().find_map(|month| {
        let local = jiff::civil::Date::new(2026, *month, 15).ok()?.at(hour, minute, 0, 0);
        let utc = TimeZone::UTC.to_datetime(zone.to_timestamp(local).ok()?);
        match utc.date().cmp(&local.date()) {
            std::cmp::Ordering::Less => Some("before"),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some("after"),
        }
    })
}

/// The first place where the day of the run is written.
fn first_day(scope: &Scope<'_>, pipeline: &Pipeline<'_>) -> Option<(Expr, Span)> {
    let sources = scope.files.sources();
    let mut found: Option<(Expr, Span)> = None;
    let mut look = |template: &Template, span: Span| {
        template.visit(&mut |expr| {
            let is_first = found.as_ref().is_none_or(|(_, first)| span.start < first.start);
            if is_day(expr) && is_first {
                found = Some((expr.clone(), span));
            }
        });
    };
    for path in pipeline.spec.sources().iter().filter_map(|(_, source)| source.path.as_ref()) {
        look(&path.value.0, path.span);
    }
    for task in &pipeline.tasks {
        each_template(task, sources, &mut look);
    }
    found.map(|(expr, span)| {
        let narrow = narrowed(sources, span, &expr.to_string());
        (expr, narrow)
    })
}

/// Says whether an expression is the day of the run, without its time.
fn is_day(expr: &Expr) -> bool {
    match expr {
        Expr::Date { date: Date::Logical, zone: Zone::Utc, form } => match form {
            DateForm::Ds | DateForm::DsNodash => true,
            DateForm::Ts | DateForm::TsNodash => false,
            DateForm::Format(format) => {
                let times = ["%H", "%-H", "%I", "%k", "%l", "%T", "%X", "%R", "%c", "%r"];
                !times.iter().any(|time| format.contains(time))
            }
        },
        Expr::Date { .. }
        | Expr::RunId
        | Expr::DagId
        | Expr::TaskId
        | Expr::Param(_)
        | Expr::Output { .. }
        | Expr::DsAdd { .. }
        | Expr::DsFormat { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::value::Seconds;

    #[test]
    fn days_begin_by_the_clock_of_a_place() {
        for (zone, hour, expected) in [
            ("Europe/Amsterdam", 0, Some("before")),
            ("Europe/Amsterdam", 1, Some("before")), // in summer
            ("Europe/Amsterdam", 3, None),
            ("Asia/Tokyo", 8, Some("before")),
            ("Asia/Tokyo", 9, None),
            ("America/New_York", 3, None),
            ("America/New_York", 20, Some("after")),
            ("UTC", 0, None),
            ("Europe/London", 0, Some("before")),
        ] {
            assert_eq!(other_day(&time_zone(zone).unwrap(), &[1, 7], hour, 0), expected, "{zone} {hour}");
        }
        let in_months = |text: &str| months(&Clock::Cron(text.to_owned()));
        assert_eq!(in_months("0 0 1 1 *"), [1]);
        assert_eq!(in_months("0 0 1 6,12 *"), [6, 12]);
        assert_eq!(in_months("0 0 * * *"), [1, 7]);
        assert_eq!(other_day(&time_zone("Europe/London").unwrap(), &[1], 0, 0), None);
        let cron = |text: &str| beginnings(&Clock::Cron(text.to_owned()));
        assert_eq!(cron("15 3 * * 1"), [(3, 15)]);
        assert_eq!(cron("0 * * * *"), []);
        assert_eq!(cron("0 0,12 * * *"), [(0, 0), (12, 0)]);
        assert_eq!(cron("0,30 0 * * *"), []);
        assert_eq!(beginnings(&Clock::Every(Seconds(86_400))), [(0, 0)]);
        assert_eq!(beginnings(&Clock::Every(Seconds(3_600))), []);
    }
}
