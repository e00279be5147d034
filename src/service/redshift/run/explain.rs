//! Why a statement failed, in the words of the task's log.

use super::api::Api;
use super::batch::Role;
use super::{schema, view};
use crate::exec::checks::Rows;
use crate::exec::log::Log;
use crate::exec::mask::Mask;
use crate::exec::outcome::{Failure, Trouble};
use crate::sql::write::{Place, Scanner};
use aws_sdk_redshiftdata::operation::describe_statement::DescribeStatementOutput;
use aws_sdk_redshiftdata::types::StatementStatusString;
use std::time::Duration;

/// How many of COPY's errors are shown.
const MOST_ERRORS: usize = 20;

/// How many characters of a statement are shown.
const MOST_SQL: usize = 4_000;

/// Says which statement failed (`place` tells it where each is sent by itself), and why when its role tells; returns the failure in these words.
pub(super) async fn failed(
    api: &Api,
    described: &DescribeStatementOutput,
    roles: &[Role],
    place: Option<(usize, usize)>,
    failure: Failure,
    mask: &Mask,
    log: &Log<'_>,
) -> Failure {
    let parts = described.sub_statements();
    let at = parts.iter().position(|part| {
        matches!(part.status.as_ref().map(StatementStatusString::as_str), Some("FAILED" | "ABORTED"))
            && part.error.as_ref().is_some_and(|error| !error.is_empty())
    });
    let (at, sql, error, query) = match at {
        Some(at) => {
            let part = &parts[at];
            (at, part.query_string.as_deref(), part.error.as_deref(), part.redshift_query_id)
        }
        None if parts.is_empty() => {
            (0, described.query_string.as_deref(), described.error.as_deref(), described.redshift_query_id)
        }
        None => return failure,
    };
    let sql = sql.unwrap_or_default();
    let (number, total) = place.unwrap_or((at, parts.len().max(1)));
    log.error(format!("statement {} of {total} failed:", number + 1));
    for line in excerpt(&mask.sql(sql)).lines() {
        log.info(format!("    {line}"));
    }
    let role = roles.get(at).copied().unwrap_or(Role::Script);
    if let Some(plain) = plain_words(role, error.unwrap_or_default()) {
        return plain;
    }
    if let Some(cure) = error.and_then(|error| elsewhere(role, error)) {
        return Failure::for_good(format!("{}: {cure}", failure.message));
    }
    if role == Role::Copy || (role == Role::Script && is_copy(sql)) {
        return copy_errors(api, query, failure, log).await;
    }
    failure
}

/// What the failure of a guard or of a lock means.
fn plain_words(role: Role, error: &str) -> Option<Failure> {
    let error = error.to_lowercase();
    if let Some(failure) = view::plain_words(role, &error).or_else(|| schema::plain_words(role, &error)) {
        return Some(failure);
    }
    if role == Role::Lock && error.contains("does not exist") {
        return Some(Failure::retry("the ledger was dropped in the meantime: nothing was loaded"));
    }
    if !error.contains("by zero") {
        return None;
    }
    match role {
        Role::NoDuplicateKeys => Some(Failure::for_good(
            "the files hold more than one row with the same key: nothing was loaded. Make the rows unique before \
             they are loaded, or name a key that tells them apart",
        )),
        Role::NoNullKeys => Some(Failure::for_good(
            "the files hold rows without a value in a column of the key: nothing was loaded",
        )),
        Role::NotLoaded => Some(Failure::retry(
            "another load has loaded some of these files in the meantime: nothing was loaded twice",
        )),
        Role::Script
        | Role::Step
        | Role::Lock
        | Role::Copy
        | Role::Check
        | Role::Unload
        | Role::DropView
        | Role::MakeView
        | Role::RefreshView
        | Role::MakeSchema => None,
    }
}

/// Says what to do where S3 has sent Redshift to another region.
fn elsewhere(role: Role, error: &str) -> Option<&'static str> {
    let error = error.to_lowercase();
    let signs = ["permanentredirect", "addressed using the specified endpoint", "in a different region"];
    if !signs.iter().any(|sign| error.contains(sign)) {
        return None;
    }
    Some(match role {
        // The files are asked for their region before.
        Role::Copy => {
            "COPY reads its files and the JSONPaths file in one region: put the JSONPaths file into a bucket of the \
             files' region"
        }
        Role::Unload => "say where the bucket is: `region: us-east-1` or the like",
        Role::Script
        | Role::Step
        | Role::Lock
        | Role::Check
        | Role::DropView
        | Role::MakeView
        | Role::RefreshView
        | Role::MakeSchema
        | Role::NoDuplicateKeys
        | Role::NoNullKeys
        | Role::NotLoaded => "say where the bucket is, with `REGION 'us-east-1'` or the like",
    })
}

/// Adds what COPY says about the rows that it did not take.
async fn copy_errors(api: &Api, query: i64, failure: Failure, log: &Log<'_>) -> Failure {
    if query <= 0 {
        return failure;
    }
    let rows = match load_errors(api, query, 2).await {
        Ok(rows) => rows,
        Err(trouble) => {
            log.warning(format!("COPY's errors cannot be read: {}", Failure::from(trouble).message));
            return failure;
        }
    };
    let Some(first) = rows.cells.first().map(|row| load_error(&rows, row)) else { return failure };
    for row in rows.cells.iter().take(MOST_ERRORS) {
        log.error(load_error(&rows, row));
    }
    Failure { exit: failure.exit, message: format!("{}: {first}", failure.message) }
}

/// Says which rows `MAXERROR` has left out of a load that succeeded.
pub(super) async fn warn_of_left_out_rows(api: &Api, query: i64, log: &Log<'_>) {
    match load_errors(api, query, 0).await {
        Ok(rows) => {
            for row in rows.cells.iter().take(MOST_ERRORS) {
                log.warning(format!("a row was left out: {}", load_error(&rows, row)));
            }
        }
        Err(trouble) => {
            log.warning(format!("COPY's errors cannot be read: {}", Failure::from(trouble).message));
        }
    }
}

/// Reads `SYS_LOAD_ERROR_DETAIL`, whose rows may come a little after the failure.
async fn load_errors(api: &Api, query: i64, more_looks: u32) -> Result<Rows, Trouble> {
    let sql = format!(
        "SELECT * FROM sys_load_error_detail WHERE query_id = {query} ORDER BY file_name, line_number \
         LIMIT {MOST_ERRORS}"
    );
    let mut rows = api.query(&sql).await?;
    for _ in 0..more_looks {
        if !rows.cells.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        rows = api.query(&sql).await?;
    }
    Ok(rows)
}

/// Writes one of COPY's errors: file, line, column, value, reason.
fn load_error(rows: &Rows, row: &[Option<String>]) -> String {
    let value = |column| rows.value(row, column).filter(|text| !text.is_empty());
    let mut text = value("file_name").unwrap_or("a file").to_owned();
    if let Some(line) = value("line_number").filter(|line| *line != "0") {
        text.push_str(&format!(", line {line}"));
    }
    if let Some(column) = value("column_name") {
        text.push_str(&format!(", column {column}"));
        if let Some(kind) = value("column_type") {
            text.push_str(&format!(" ({kind})"));
        }
    }
    if let Some(field) = value("raw_field_value") {
        text.push_str(&format!(", value `{field}`"));
    }
    if let Some(reason) = value("error_message") {
        text.push_str(&format!(": {reason}"));
    }
    text
}

/// Says whether a statement is a COPY, whatever comments stand before it.
fn is_copy(sql: &str) -> bool {
    let mut scanner = Scanner::default();
    let mut code = String::new();
    for c in sql.chars() {
        let before = scanner.place();
        scanner.read(c.encode_utf8(&mut [0; 4]));
        if scanner.place() == Place::Code {
            match before {
                // What has closed a comment is none of the code.
                Place::LineComment | Place::BlockComment => {}
                Place::Code | Place::Literal | Place::Identifier => code.push(c),
            }
        } else if before == Place::Code {
            // `--` and `/*` began as code.
            code.pop();
        }
        if code.trim_start().len() > "copy".len() {
            break;
        }
    }
    let code = code.trim();
    code.get(.."copy".len()).is_some_and(|word| word.eq_ignore_ascii_case("copy"))
        && code["copy".len()..].chars().all(|c| !c.is_alphanumeric() && c != '_')
}

fn excerpt(sql: &str) -> String {
    let sql = sql.trim();
    match sql.char_indices().nth(MOST_SQL) {
        Some((end, _)) => format!("{} ...", &sql[..end]),
        None => sql.to_owned(),
    }
}

#[cfg(test)]
mod tests;
