//! Which run of which task this is.

use super::outcome::Failure;
use super::variables as names;
use crate::plan::PlanFile;
use crate::template::{RunValues, time_zone};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::io;
use std::str::FromStr;
use std::time::SystemTime;

/// The run, as the DAG tells it.
#[derive(Clone, Debug, Default)]
pub struct RunContext {
    /// The DAG.
    pub dag_id: String,
    /// The task.
    pub task_id: String,
    /// The run.
    pub run_id: String,
    /// Which of the mapped instances; -1 when the task is not mapped.
    pub map_index: i64,
    /// Which attempt, from 1, over all generations.
    pub try_number: i64,
    /// How many attempts were behind when a person last cleared the task.
    pub generation: i64,
    /// What tells the generations apart: it stays through retries and deploys.
    pub mark: i64,
    /// The start of the interval that the run works on.
    pub logical_date: Option<Timestamp>,
    /// The time after which the run was allowed to start.
    pub run_after: Option<Timestamp>,
    /// The start of the data interval.
    pub data_interval_start: Option<Timestamp>,
    /// The end of the data interval.
    pub data_interval_end: Option<Timestamp>,
    /// When the run began.
    pub run_started: Option<Timestamp>,
    /// When the first attempt of this generation began, as far as Airflow tells.
    pub generation_started: Option<Timestamp>,
    /// When the first look of this attempt ended; none in the first look.
    pub waiting_since: Option<Timestamp>,
    /// How many seconds there are between SIGTERM and the end of the process, as far as Airflow tells.
    pub grace: Option<u64>,
    /// The run's params.
    pub params: Map<String, Value>,
    /// The outputs of earlier tasks, by task id.
    pub outputs: Map<String, Value>,
}

impl RunContext {
    /// Reads the variables; every error is one of usage, and all of them are told at once.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let mut reader = Reader { variable, errors: Vec::new() };
        let generation = reader.parsed(names::GENERATION, "a number").unwrap_or(0);
        let context = Self {
            dag_id: reader.required(names::DAG_ID),
            task_id: reader.required(names::TASK_ID),
            run_id: reader.required(names::RUN_ID),
            map_index: reader.parsed(names::MAP_INDEX, "a number").unwrap_or(-1),
            try_number: reader.parsed(names::TRY_NUMBER, "a number").unwrap_or(1),
            generation,
            mark: reader.parsed(names::MARK, "a number").unwrap_or(generation),
            logical_date: reader.time(names::LOGICAL_DATE),
            run_after: reader.time(names::RUN_AFTER),
            data_interval_start: reader.time(names::DATA_INTERVAL_START),
            data_interval_end: reader.time(names::DATA_INTERVAL_END),
            run_started: reader.time(names::RUN_STARTED),
            generation_started: reader.time(names::GENERATION_STARTED),
            waiting_since: reader.time(names::WAITING_SINCE),
            grace: reader.parsed(names::GRACE, "a number"),
            params: reader.object(names::PARAMS),
            outputs: reader.object(names::OUTPUTS),
        };
        if reader.errors.is_empty() { Ok(context) } else { Err(Failure::usage(reader.errors.join("; "))) }
    }

    /// Says whether an attempt of the same generation came before: a job of it may be there.
    pub fn is_retry(&self) -> bool {
        self.earlier_attempts() > 0
    }

    /// Returns how many attempts of the same generation came before.
    pub fn earlier_attempts(&self) -> usize {
        usize::try_from(self.try_number - self.generation - 1).unwrap_or_default()
    }

    /// Returns how many attempts there were before a person last cleared the task.
    pub fn attempts_of_earlier_generations(&self) -> usize {
        usize::try_from(self.try_number - 1).unwrap_or_default().saturating_sub(self.earlier_attempts())
    }

    /// Returns when the run began, or when it was due where Airflow does not tell.
    pub fn began(&self) -> Option<SystemTime> {
        self.run_started.or(self.run_after).and_then(|at| SystemTime::try_from(at).ok())
    }

    /// Returns when the first look of this attempt ended; none in the first look.
    pub fn first_look_ended(&self) -> Option<SystemTime> {
        self.waiting_since.and_then(|at| SystemTime::try_from(at).ok())
    }

    /// Returns what templates are filled with. Outputs are found by the step's name as well as by its task.
    pub fn values(&self, plan: &PlanFile) -> RunValues {
        let mut outputs = self.outputs.clone();
        for (id, task) in &plan.tasks {
            if let Some(value) = self.outputs.get(id) {
                outputs.entry(&task.step).or_insert_with(|| value.clone());
            }
        }
        RunValues {
            time_zone: plan.time_zone.as_deref().and_then(time_zone).unwrap_or(TimeZone::UTC),
            dag_id: self.dag_id.clone(),
            task_id: self.task_id.clone(),
            run_id: self.run_id.clone(),
            logical_date: self.logical_date,
            run_after: self.run_after,
            data_interval_start: self.data_interval_start,
            data_interval_end: self.data_interval_end,
            params: self.params.clone(),
            outputs,
        }
    }
}

/// Gives the variables, also those that are too long for the environment: `input` reads standard input, where
/// that is said to hold them.
pub fn with_longer(
    environment: impl Fn(&str) -> Option<String>,
    input: impl FnOnce() -> io::Result<String>,
) -> Result<impl Fn(&str) -> Option<String>, Failure> {
    let longer: HashMap<String, String> = match environment(names::LONGER).as_deref() {
        None | Some("") => HashMap::new(),
        Some("stdin") => {
            let text =
                input().map_err(|error| Failure::retry(format!("failed to read standard input: {error}")))?;
            serde_json::from_str(&text).map_err(|error| {
                Failure::usage(format!("standard input is not a JSON object of texts: {error}"))
            })?
        }
        Some(other) => {
            return Err(Failure::usage(format!("{} is `{other}`, and can be `stdin` only", names::LONGER)));
        }
    };
    Ok(move |name: &str| longer.get(name).cloned().or_else(|| environment(name)))
}

struct Reader<F> {
    variable: F,
    errors: Vec<String>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    fn text(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|text| !text.is_empty())
    }

    fn required(&mut self, name: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.errors.push(format!("the environment variable {name} is not set"));
            String::new()
        })
    }

    fn parsed<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let text = self.text(name)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.errors.push(format!("{name} is `{text}`, which is not {expected}"));
        }
        parsed
    }

    fn time(&mut self, name: &str) -> Option<Timestamp> {
        self.parsed(name, "a time with an offset")
    }

    fn object(&mut self, name: &str) -> Map<String, Value> {
        match self.text(name).map(|text| serde_json::from_str(&text)) {
            None => Map::new(),
            Some(Ok(Value::Object(object))) => object,
            Some(Ok(_)) => {
                self.errors.push(format!("{name} is not a JSON object"));
                Map::new()
            }
            Some(Err(error)) => {
                self.errors.push(format!("{name} is not JSON: {error}"));
                Map::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Exit;

    fn read(pairs: &[(&str, &str)]) -> Result<RunContext, Failure> {
        RunContext::read(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    }

    const IDS: [(&str, &str); 3] = [(names::DAG_ID, "d"), (names::TASK_ID, "t"), (names::RUN_ID, "r")];

    #[test]
    fn a_run_is_read_from_its_variables() {
        let context = read(&[
            IDS[0],
            IDS[1],
            IDS[2],
            (names::MAP_INDEX, "4"),
            (names::TRY_NUMBER, "5"),
            (names::GENERATION, "3"),
            (names::LOGICAL_DATE, "2026-01-31T04:15:00+01:00"),
            (names::RUN_STARTED, "2026-02-01T03:15:02.123456+00:00"),
            (names::GENERATION_STARTED, "2026-02-01T04:00:00+00:00"),
            (names::DATA_INTERVAL_END, ""),
            (names::PARAMS, r#"{"carrier": "UA"}"#),
        ])
        .unwrap();
        assert_eq!(context.map_index, 4);
        // Where an older DAG does not tell the mark, the generation stands for it.
        assert_eq!(context.mark, 3);
        assert!(context.is_retry());
        assert_eq!(context.logical_date, Some("2026-01-31T03:15:00Z".parse().unwrap()));
        assert_eq!(context.generation_started, Some("2026-02-01T04:00:00Z".parse().unwrap()));
        assert_eq!(context.data_interval_end, None);
        assert_eq!(context.params["carrier"], "UA");
        let least = read(&IDS).unwrap();
        assert_eq!((least.map_index, least.try_number, least.generation), (-1, 1, 0));
        assert!(!least.is_retry());
    }

    #[test]
    fn long_variables_are_read_from_standard_input() {
        let given = |longer: &str, input: io::Result<&str>| {
            let environment = |name: &str| match name {
                names::LONGER => Some(longer.to_owned()),
                _ => Some(format!("short {name}")),
            };
            let input = input.map(str::to_owned);
            with_longer(environment, || input).map(|variable| [variable("A"), variable("B")])
        };
        let both = |a: &str| Ok([a, "short B"].map(|text| Some(text.to_owned())));
        assert_eq!(given("stdin", Ok(r#"{"A": "long"}"#)), both("long"));
        assert_eq!(given("", Ok("x")), both("short A"));
        let gone = || Err(io::Error::from(io::ErrorKind::BrokenPipe));
        for (longer, input, exit) in [
            ("file", Ok(""), Exit::Usage),
            ("stdin", Ok(r#"{"A": 1}"#), Exit::Usage),
            ("stdin", Ok(""), Exit::Usage),
            ("stdin", gone(), Exit::Retry),
        ] {
            assert_eq!(given(longer, input).unwrap_err().exit, exit, "{longer}");
        }
    }

    #[test]
    fn all_errors_are_told_at_once() {
        let failure = read(&[
            IDS[0],
            (names::GENERATION, "x"),
            (names::RUN_AFTER, "2026-01-31"),
            (names::PARAMS, "[]"),
            (names::OUTPUTS, "{"),
        ])
        .unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        for expected in [
            "DAGC_TASK_ID is not set",
            "DAGC_RUN_ID is not set",
            "DAGC_GENERATION is `x`, which is not a number",
            "DAGC_RUN_AFTER is `2026-01-31`, which is not a time with an offset",
            "DAGC_PARAMS is not a JSON object",
            "DAGC_OUTPUTS is not JSON",
        ] {
            assert!(failure.message.contains(expected), "{}", failure.message);
        }
    }
}
