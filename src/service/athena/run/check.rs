//! Checks: each is a query by itself, and all are asked, whatever the answers are.

use super::api::{Datum, Results, Row};
use crate::exec::checks::{Check, Rows, verdict};
use crate::exec::outcome::{Failure, Outputs};
use crate::service::check_sql::CheckKind;
use serde_json::{Value, json};

/// How many rows one call gives (`MaxResults` in the service's model); the first are the names of the columns.
const MOST_ROWS: u32 = 1000;

/// The output in which a query says how its check does not hold. The end of the last one takes it out.
const VIOLATION: &str = "violation";

/// How many rows of a result are read, with the names of the columns.
pub(super) fn rows_read(kind: &CheckKind) -> u32 {
    let rows = match kind {
        CheckKind::Count(_) => 1,
        CheckKind::NoRowsUpTo(most) => u32::try_from(*most).unwrap_or(MOST_ROWS),
        CheckKind::NoRows => MOST_ROWS,
    };
    rows.saturating_add(1).min(MOST_ROWS)
}

/// Reads a result. Where there are more rows than were read, they are not counted.
pub(super) fn read(check: &Check, results: Results) -> (Check, Rows) {
    let has_more = results.next_token.is_some();
    let text = |Datum { var_char_value }: Datum| var_char_value;
    let mut rows = results.result_set.rows.into_iter();
    let names = rows.next().map(|Row { data }| data).unwrap_or_default();
    let columns = names.into_iter().map(|name| text(name).unwrap_or_default()).collect();
    let cells: Vec<Vec<Option<String>>> = rows.map(|row| row.data.into_iter().map(text).collect()).collect();
    let total = u64::try_from(cells.len()).unwrap_or(u64::MAX);
    let kind = match &check.kind {
        CheckKind::NoRows | CheckKind::NoRowsUpTo(_) if has_more => CheckKind::NoRowsUpTo(total),
        kind => kind.clone(),
    };
    (Check { name: check.name.clone(), kind }, Rows { columns, cells, total })
}

/// What a query of a check gives.
pub(super) fn outputs(violation: Option<&String>, scanned: Option<u64>) -> Outputs {
    let mut outputs = Outputs::new();
    outputs.insert(VIOLATION.to_owned(), json!(violation));
    outputs.insert("bytes_scanned".to_owned(), json!(scanned));
    outputs
}

/// Takes out how a check does not hold; nothing of what is no check, or holds.
pub(super) fn violation(outputs: &mut Outputs) -> Option<String> {
    match outputs.remove(VIOLATION)? {
        Value::String(violation) => Some(violation),
        _ => None,
    }
}

/// Gives what all of them give; fails for good when some do not hold.
pub(super) fn ended(mut outputs: Outputs, failed: &[String], checks: usize) -> Result<Outputs, Failure> {
    verdict(failed, checks)?;
    outputs.insert("checks".to_owned(), json!(checks));
    Ok(outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(rows: &Value, more: bool) -> Results {
        let token = more.then_some("more");
        serde_json::from_value(json!({ "ResultSet": { "Rows": rows }, "NextToken": token })).unwrap()
    }

    #[test]
    fn the_first_row_are_the_names_of_columns() {
        let check = Check { name: "few".to_owned(), kind: CheckKind::NoRows };
        let rows = json!([
            { "Data": [{ "VarCharValue": "id" }, { "VarCharValue": "v" }] },
            { "Data": [{ "VarCharValue": "7" }, {}] },
        ]);
        let (read_as, read_rows) = read(&check, results(&rows, false));
        assert_eq!((read_as.kind, read_rows.total), (CheckKind::NoRows, 1));
        assert_eq!(read_rows.columns, ["id", "v"]);
        assert_eq!(read_rows.cells, [[Some("7".to_owned()), None]]);
        // Those that were not read are not counted.
        assert_eq!(read(&check, results(&rows, true)).0.kind, CheckKind::NoRowsUpTo(1));
        assert_eq!(read(&check, results(&json!([]), false)).1.total, 0);
    }

    #[test]
    fn as_many_rows_are_read_as_are_told() {
        let count = CheckKind::Count(serde_json::from_value(json!({ "operator": ">", "count": 1 })).unwrap());
        for (kind, rows) in [
            (count, 2),
            (CheckKind::NoRowsUpTo(10), 11),
            (CheckKind::NoRowsUpTo(u64::MAX), 1000),
            (CheckKind::NoRows, 1000),
        ] {
            assert_eq!(rows_read(&kind), rows, "{kind:?}");
        }
    }
}
