//! What a task sends, for people: in its log and among Airflow's rendered fields.
//!
//! Takes a job and the values of the run; gives the job with its templates filled in, and its SQL apart, with
//! secrets masked. Sends nothing.

use super::log::Log;
use super::mask::Mask;
use crate::plan::Job;
use crate::template::{RunValues, Template};
use serde_json::{Map, Value, json};

/// How many characters of SQL, and of a value of the request, are shown.
const MOST_CHARS: usize = 20_000;

/// How many lines of a request are shown in the log.
const MOST_LINES: usize = 200;

/// What a task sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The job: paths, arguments, settings.
    pub request: Value,
    /// Its statements or checks; empty when it has none of its own.
    pub sql: String,
}

/// Fills a job in. What cannot be filled in stands as it is written: the job itself says what is wrong.
pub fn shown(job: &Job, values: &RunValues) -> Shown {
    let mask = Mask::new(&values.params, &values.outputs);
    let mut request = serde_json::to_value(job).unwrap_or_default();
    if let Some(request) = request.as_object_mut() {
        job.as_sent(request);
    }
    Shown { request: cut(mask.value("", filled(request, values))), sql: sql(&mask, &job.sql(values)) }
}

/// Returns statements as one text, with secrets masked.
pub(crate) fn sql(mask: &Mask, statements: &[impl AsRef<str>]) -> String {
    let masked: Vec<String> =
        statements.iter().map(|statement| format!("{};", mask.sql(statement.as_ref()).trim())).collect();
    bounded(&masked.join("\n\n"))
}

impl Shown {
    /// Writes it into the task's log.
    pub(crate) fn log(&self, log: &Log<'_>) {
        let mut lines = Vec::new();
        push_lines("", &self.request, &mut lines);
        if lines.len() > MOST_LINES {
            let left_out = lines.split_off(MOST_LINES).len();
            lines.push(format!("... and {left_out} lines more"));
        }
        log.info("this task sends:");
        for line in lines {
            log.info(format!("    {line}"));
        }
        log_sql(&self.sql, log);
    }

    /// Returns it as the JSON that the operator takes for its fields.
    pub fn into_json(self) -> Map<String, Value> {
        let Self { request, sql } = self;
        [("request".to_owned(), request), ("sql".to_owned(), json!(sql))].into_iter().collect()
    }
}

/// Writes SQL into the task's log.
pub(crate) fn log_sql(sql: &str, log: &Log<'_>) {
    if !sql.is_empty() {
        log.info("SQL:");
        for line in sql.lines() {
            log.info(format!("    {line}"));
        }
    }
}

/// Fills in every template among the texts of a value.
fn filled(value: Value, values: &RunValues) -> Value {
    match value {
        Value::String(text) => {
            let rendered = Template::parse(&text).ok().and_then(|template| template.render(values).ok());
            Value::String(rendered.unwrap_or(text))
        }
        Value::Array(items) => Value::Array(items.into_iter().map(|item| filled(item, values)).collect()),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, item)| (name, filled(item, values))).collect())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
    }
}

fn cut(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(bounded(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(cut).collect()),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, item)| (name, cut(item))).collect())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
    }
}

fn bounded(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{} ... and {} bytes more", &text[..end], text.len() - end),
        None => text.to_owned(),
    }
}

/// Writes a value as lines `name.name: value`.
fn push_lines(name: &str, value: &Value, lines: &mut Vec<String>) {
    let below = |inner: &str| if name.is_empty() { inner.to_owned() } else { format!("{name}.{inner}") };
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(inner, item)| push_lines(&below(inner), item, lines));
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            items.iter().enumerate().for_each(|(n, item)| push_lines(&below(&n.to_string()), item, lines));
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(plain).collect();
            lines.push(format!("{name}: {}", items.join(", ")));
        }
        Value::Null => {}
        other @ (Value::String(_) | Value::Bool(_) | Value::Number(_)) => {
            lines.push(format!("{name}: {}", plain(other)));
        }
    }
}

/// Returns a value on one line.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| text.replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn job(value: Value) -> Job {
        serde_json::from_value(value).unwrap()
    }

    fn values() -> RunValues {
        RunValues {
            logical_date: Some("2026-01-31T03:15:00Z".parse().unwrap()),
            params: json!({"db_password": "hunter22"}).as_object().unwrap().clone(),
            ..RunValues::default()
        }
    }

    #[test]
    fn arguments_and_paths_are_filled_in() {
        let arguments = json!({"--day": "{{ ds }}", "--p": "{{ params.db_password }}"});
        let job = job(json!({"type": "run_glue_job", "job": "clean", "arguments": arguments}));
        let shown = shown(&job, &values());
        let expected = json!({"--day": "2026-01-31", "--p": "***"});
        assert_eq!((&shown.request["arguments"], shown.sql.as_str()), (&expected, ""));
        let lines = RefCell::new(Vec::new());
        shown.log(&Log::new(&|_, line| lines.borrow_mut().push(line.to_owned())));
        assert_eq!(
            lines.into_inner(),
            [
                "this task sends:",
                "    arguments.--day: 2026-01-31",
                "    arguments.--p: ***",
                "    job: clean",
                "    type: run_glue_job"
            ]
        );
    }

    #[test]
    fn sql_stands_apart_and_is_bounded() {
        let connection = json!({"workgroup": "w", "database": "d"});
        let statements =
            json!(["delete from t where day = '{{ ds }}'", format!("select '{}'", "x".repeat(30_000))]);
        let body = json!({"type": "script", "transaction": true, "statements": statements});
        let shown =
            shown(&job(json!({"type": "run_sql", "connection": connection, "body": body})), &values());
        assert!(
            shown.sql.starts_with("delete from t where day = '2026-01-31';\n\nselect 'xxx"),
            "{}",
            shown.sql
        );
        assert!(shown.sql.ends_with("bytes more") && shown.sql.len() < 21_000);
        assert_eq!(shown.request["body"], json!({"type": "script", "transaction": true}));
    }
}
