//! What the state of a query means, and what is told of it.

use super::api::{Error, Query, Results};
use crate::exec::outcome::Failure;
use crate::exec::runner::Phase;

/// How much a query may scan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub most_bytes: Option<u64>,
}

impl Limit {
    /// Says that it has scanned too much.
    pub(super) fn passed(self, scanned: Option<u64>) -> Option<String> {
        let (most, scanned) = self.most_bytes.zip(scanned).filter(|(most, scanned)| scanned > most)?;
        Some(format!("it has scanned {scanned} bytes, and `max_scan` is {most}"))
    }
}

/// Says what a state means. One that has scanned too much is to be stopped.
pub(super) fn phase(query: &Query, limit: Limit) -> Phase {
    let state = query.status.state.as_str();
    let too_much = limit.passed(query.statistics.data_scanned_in_bytes);
    match (state, too_much) {
        ("QUEUED" | "RUNNING", Some(_)) => Phase::Stopping(format!("{state}, and scans too much")),
        ("QUEUED" | "RUNNING", None) => Phase::Running(state.to_owned()),
        ("SUCCEEDED", _) => Phase::Succeeded,
        ("CANCELLED", Some(too_much)) => {
            let id = &query.id;
            Phase::Failed(Failure::for_good(format!("Athena query {id} was stopped: {too_much}")))
        }
        ("FAILED" | "CANCELLED", _) => Phase::Failed(failure(query)),
        (other, _) => Phase::Unknown(other.to_owned()),
    }
}

fn failure(query: &Query) -> Failure {
    let (id, status) = (&query.id, &query.status);
    let told = status.athena_error.as_ref().and_then(|error| error.message.as_deref());
    let why = status.state_change_reason.as_deref().or(told).unwrap_or_default().trim();
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    let message = format!("Athena query {id} ended as {}{why}", status.state);
    if may_pass(&status.state, &why, status.athena_error.as_ref()) {
        Failure::retry(message)
    } else {
        Failure::for_good(message)
    }
}

/// Words of failures that pass, whatever their category says: commits of Iceberg that have met another, and services
/// behind Athena that were asked too often.
const PASSING: &[&str] = &[
    "iceberg_commit_error",
    // A part of it is done, and the next one goes on.
    "_more_runs_needed",
    "concurrent update",
    "rate exceeded",
    "throttl",
    "slowdown",
    "slow down",
    "exhausted resources",
    "internal error",
    "please try again",
    "please retry",
    "query timeout",
];

/// Says whether a failure may pass: the system's own (category 1), what Athena says may be run again, and what somebody
/// has stopped, unless the workgroup has for what it scans.
fn may_pass(state: &str, why: &str, error: Option<&Error>) -> bool {
    let why = why.to_lowercase();
    if why.contains("bytes scanned limit") {
        return false;
    }
    let is_said = error.is_some_and(|error| error.retryable || error.category == 1);
    state == "CANCELLED" || is_said || PASSING.iter().any(|words| why.contains(words))
}

/// The categories of errors (Athena User Guide, "Athena error catalog").
fn category(error: &Error) -> &'static str {
    match error.category {
        1 => "of Athena itself",
        2 => "of whoever has written the query",
        _ => "of something else",
    }
}

/// What is told of a query that has failed beside its message.
pub(super) fn details(query: &Query, is_writing: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(error) = &query.status.athena_error {
        let again = if error.retryable { "says that it may pass" } else { "does not say that it may pass" };
        lines.push(format!("the error is one {} (type {}); Athena {again}", category(error), error.number));
    }
    if is_writing {
        let listed = match &query.statistics.data_manifest_location {
            Some(place) => format!(": {place} lists them"),
            None => String::new(),
        };
        lines.push(format!(
            "a statement that writes and has failed may leave files in the table's folder, which count as rows where \
             it is not Iceberg's{listed}"
        ));
    }
    lines
}

/// What is told of a query that has succeeded.
pub(super) fn told(query: &Query, results: Option<&Results>) -> String {
    let mut told = format!("query {}", query.id);
    if query.statistics.result_reuse_information.reused_previous_result {
        told.push_str(" was not run: its result is one of before");
        return told;
    }
    match query.statistics.data_scanned_in_bytes {
        Some(bytes) => told.push_str(&format!(" has scanned {bytes} bytes")),
        None => told.push_str(" has ended"),
    }
    if let Some(rows) = results.and_then(|results| results.update_count).filter(|rows| *rows > 0) {
        told.push_str(&format!(" and written {rows} rows"));
    }
    told
}

/// The first column of the first row. The first row of a query's result are the names of its columns, and no other
/// statement has such a row.
pub(super) fn first_value(query: &Query, results: &Results) -> Option<String> {
    let header = usize::from(query.statement_type == "DML");
    let row = results.result_set.rows.get(header)?;
    row.data.first()?.var_char_value.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::outcome::Exit;
    use serde_json::{Value, json};

    fn query(state: &str, reason: &str, error: &Value, scanned: u64) -> Query {
        let status = json!({ "State": state, "StateChangeReason": reason, "AthenaError": error });
        let statistics = json!({ "DataScannedInBytes": scanned });
        let query = json!({ "QueryExecutionId": "q-1", "Status": status, "Statistics": statistics });
        serde_json::from_value(query).unwrap()
    }

    const NO_LIMIT: Limit = Limit { most_bytes: None };

    #[test]
    fn every_state_of_a_query_has_a_meaning() {
        let phase = |state| phase(&query(state, "", &Value::Null, 0), NO_LIMIT);
        for state in ["QUEUED", "RUNNING"] {
            assert_eq!(phase(state), Phase::Running(state.to_owned()));
        }
        assert_eq!(phase("SUCCEEDED"), Phase::Succeeded);
        assert_eq!(phase("DREAMING"), Phase::Unknown("DREAMING".to_owned()));
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        let error =
            |category: i64, retryable: bool| json!({ "ErrorCategory": category, "Retryable": retryable });
        for (state, reason, error, exit) in [
            ("FAILED", "SYNTAX_ERROR: line 1:8", error(2, false), Exit::ForGood),
            ("FAILED", "GENERIC_INTERNAL_ERROR", error(1, false), Exit::Retry),
            ("FAILED", "x", error(3, true), Exit::Retry),
            ("FAILED", "ICEBERG_COMMIT_ERROR: Failed to commit", error(2, false), Exit::Retry),
            ("FAILED", "TABLE_NOT_FOUND", Value::Null, Exit::ForGood),
            ("CANCELLED", "Query cancelled by user", Value::Null, Exit::Retry),
            ("CANCELLED", "Bytes scanned limit was exceeded", Value::Null, Exit::ForGood),
        ] {
            let Phase::Failed(failure) = phase(&query(state, reason, &error, 0), NO_LIMIT) else { panic!() };
            assert_eq!(
                (failure.exit, failure.message),
                (exit, format!("Athena query q-1 ended as {state}: {reason}"))
            );
        }
    }

    #[test]
    fn what_scans_too_much_is_stopped_for_good() {
        let limit = Limit { most_bytes: Some(10) };
        let phase = |state, scanned| phase(&query(state, "", &Value::Null, scanned), limit);
        assert_eq!(phase("RUNNING", 10), Phase::Running("RUNNING".to_owned()));
        assert!(matches!(phase("RUNNING", 11), Phase::Stopping(_)));
        assert_eq!(phase("SUCCEEDED", 11), Phase::Succeeded);
        let Phase::Failed(failure) = phase("CANCELLED", 11) else { panic!() };
        assert_eq!(failure.exit, Exit::ForGood);
        assert_eq!(
            failure.message,
            "Athena query q-1 was stopped: it has scanned 11 bytes, and `max_scan` is 10"
        );
    }

    #[test]
    fn the_names_of_columns_are_no_value() {
        let results = |rows: Value| serde_json::from_value(json!({ "ResultSet": { "Rows": rows } })).unwrap();
        let row = |text: &str| json!({ "Data": [{ "VarCharValue": text }] });
        let of = |kind: &str| Query { statement_type: kind.to_owned(), ..Query::default() };
        assert_eq!(first_value(&of("DML"), &results(json!([row("n"), row("7")]))).as_deref(), Some("7"));
        assert_eq!(first_value(&of("UTILITY"), &results(json!([row("lake")]))).as_deref(), Some("lake"));
        assert_eq!(first_value(&of("DML"), &results(json!([row("n")]))), None);
        assert_eq!(first_value(&of("DML"), &results(json!([row("n"), { "Data": [{}] }]))), None);
    }
}
