//! Checks: queries whose results say whether a table holds what it should, whoever is asked.

use super::log::Log;
use super::outcome::Failure;
use crate::service::assertion;
use crate::service::check_sql::{Asked, CheckKind, asked};
use crate::sql::Dialect;
use crate::sql::write::Unfilled;
use crate::template::RunValues;

/// How many of the offending rows are shown.
const MOST_ROWS: usize = 10;

/// A check without its SQL.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    /// What is asserted, in a few words.
    pub name: String,
    /// How its result is read.
    pub kind: CheckKind,
}

/// The rows of a result.
pub(crate) struct Rows {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The values of each row as text; none for NULL.
    pub cells: Vec<Vec<Option<String>>>,
    /// How many rows there are, also those that were not read.
    pub total: u64,
}

impl Rows {
    /// Returns the values of a row by its columns' names.
    pub(crate) fn value<'a>(&self, row: &'a [Option<String>], column: &str) -> Option<&'a str> {
        let at = self.columns.iter().position(|name| name.eq_ignore_ascii_case(column))?;
        row.get(at)?.as_deref().map(str::trim)
    }
}

/// Completes the queries, in the order of what is asserted.
pub(crate) fn complete(
    check: &assertion::Check,
    values: &RunValues,
    dialect: Dialect,
) -> Result<Vec<(Check, String)>, Unfilled> {
    let complete = |asked: Asked| {
        let sql = asked.sql.render(values, dialect)?;
        let kind = match (asked.kind, limit(&sql)) {
            // A query of the user's that stops counts no more than one of ours.
            (CheckKind::NoRows, Some(most)) => CheckKind::NoRowsUpTo(most),
            (kind, _) => kind,
        };
        Ok((Check { name: asked.name, kind }, sql))
    };
    asked(check, dialect).into_iter().map(complete).collect()
}

/// Reads how many rows a query gives at most, when its end says so.
fn limit(sql: &str) -> Option<u64> {
    let mut words = sql.trim_end_matches([';', ' ', '\n']).split_whitespace().rev();
    let most = words.next()?.parse().ok()?;
    words.next().filter(|word| word.eq_ignore_ascii_case("limit")).map(|_| most)
}

/// Tells whether a check holds, and gives how it does not.
pub(crate) fn tell(check: &Check, rows: &Rows, log: &Log<'_>) -> Result<Option<String>, Failure> {
    let Some(violation) = violation(&check.kind, rows)? else {
        log.info(format!("passed: {}", check.name));
        return Ok(None);
    };
    log.error(format!("failed: {}: {violation}", check.name));
    for line in sample(&check.kind, rows) {
        log.info(format!("    {line}"));
    }
    Ok(Some(format!("{} ({violation})", check.name)))
}

/// Fails for good when some of so many checks do not hold.
pub(crate) fn verdict(failed: &[String], checks: usize) -> Result<(), Failure> {
    if failed.is_empty() {
        return Ok(());
    }
    let count = format!("{} of {checks} checks failed", failed.len());
    Err(Failure::for_good(format!("{count}: {}", failed.join("; "))))
}

/// Says how a result violates a check, nothing when it holds.
fn violation(kind: &CheckKind, rows: &Rows) -> Result<Option<String>, Failure> {
    match kind {
        CheckKind::NoRows => Ok((rows.total > 0).then(|| match rows.total {
            1 => "1 row offends".to_owned(),
            more => format!("{more} rows offend"),
        })),
        // The query does not count those that it leaves out.
        CheckKind::NoRowsUpTo(most) if rows.total >= *most => Ok(Some(format!("{most} or more rows offend"))),
        CheckKind::NoRowsUpTo(_) => violation(&CheckKind::NoRows, rows),
        CheckKind::Count(wanted) => {
            let cell = rows.cells.first().and_then(|row| row.first()).and_then(Option::as_deref);
            let count: u64 = cell.and_then(|text| text.parse().ok()).ok_or_else(|| {
                Failure::for_good(format!("a check's query gave {cell:?}, which is no number of rows"))
            })?;
            Ok((!wanted.holds(count))
                .then(|| format!("there are {count} rows, not {} {}", wanted.operator, wanted.count)))
        }
    }
}

/// Writes some of the offending rows as a table.
fn sample(kind: &CheckKind, rows: &Rows) -> Vec<String> {
    match kind {
        CheckKind::NoRows | CheckKind::NoRowsUpTo(_) => {}
        CheckKind::Count(_) => return Vec::new(),
    }
    let mut table = vec![rows.columns.join(" | ")];
    for row in rows.cells.iter().take(MOST_ROWS) {
        let cells: Vec<_> = row.iter().map(|cell| cell.as_deref().unwrap_or("NULL")).collect();
        table.push(cells.join(" | "));
    }
    let shown = u64::try_from(MOST_ROWS).unwrap_or(u64::MAX);
    if rows.total > shown {
        table.push(format!("... and {} more", rows.total - shown));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::step::RowCount;

    fn rows(values: &[&str], total: u64) -> Rows {
        let cells = values.iter().map(|value| vec![Some((*value).to_owned()), None]).collect();
        Rows { columns: vec!["id".to_owned(), "carrier".to_owned()], cells, total }
    }

    #[test]
    fn results_hold_or_say_how_not() {
        let count =
            |operator: &str, count| CheckKind::Count(RowCount { operator: operator.to_owned(), count });
        for (kind, rows, expected) in [
            (count(">=", 1), rows(&["3"], 1), None),
            (count(">=", 1), rows(&["0"], 1), Some("there are 0 rows, not >= 1")),
            (CheckKind::NoRows, rows(&[], 0), None),
            (CheckKind::NoRows, rows(&["7"], 1), Some("1 row offends")),
            (CheckKind::NoRows, rows(&["7"], 42), Some("42 rows offend")),
            (CheckKind::NoRowsUpTo(10), rows(&[], 0), None),
            (CheckKind::NoRowsUpTo(10), rows(&["7"], 1), Some("1 row offends")),
            (CheckKind::NoRowsUpTo(10), rows(&["7"], 9), Some("9 rows offend")),
            (CheckKind::NoRowsUpTo(10), rows(&["7"], 10), Some("10 or more rows offend")),
        ] {
            assert_eq!(violation(&kind, &rows).unwrap().as_deref(), expected);
        }
        assert!(violation(&count("=", 1), &rows(&["many"], 1)).is_err());
        assert!(violation(&count("=", 1), &rows(&[], 0)).is_err());
    }

    #[test]
    fn a_query_that_stops_says_so() {
        for (sql, expected) in [
            ("SELECT * FROM t LIMIT 10", Some(10)),
            ("select * from t\n  limit 5 ;\n", Some(5)),
            ("select * from t where n = 10", None),
            ("select * from (select * from t limit 10) as some", None),
            ("", None),
        ] {
            assert_eq!(limit(sql), expected, "{sql}");
        }
    }

    #[test]
    fn a_sample_of_the_offending_rows_is_shown() {
        assert_eq!(sample(&CheckKind::NoRows, &rows(&["7"], 1)), ["id | carrier", "7 | NULL"]);
        assert_eq!(sample(&CheckKind::NoRows, &rows(&["7"; 12], 42)).len(), 12);
        assert_eq!(sample(&CheckKind::NoRows, &rows(&["7"; 12], 42)).last().unwrap(), "... and 32 more");
        let count = CheckKind::Count(RowCount { operator: "=".to_owned(), count: 1 });
        assert!(sample(&count, &rows(&["7"], 1)).is_empty());
    }
}
