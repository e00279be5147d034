//! How Spark reads and writes files of a format (Spark SQL Guide, "CSV Files", "JSON Files").

use crate::lang::decode::Absent;
use crate::lang::source::{CsvSettings, Format, JsonSettings};
use crate::python::{Expr, Keyword};

fn keyword(name: &str, value: Expr) -> Keyword {
    (name.to_owned(), value)
}

/// What is said of a format where its files are read, and where they are written.
pub(super) fn settings(format: &Format) -> Vec<Keyword> {
    match format {
        Format::Csv(csv) => csv_settings(csv),
        Format::Json(_) | Format::Parquet | Format::Orc | Format::Avro => Vec::new(),
    }
}

fn csv_settings(csv: &CsvSettings) -> Vec<Keyword> {
    let quote = csv.quote();
    // A quote in a value is doubled, unless something else is said; Spark would put a backslash before it.
    let escape = csv.escape.as_ref().map_or_else(|| quote.clone(), |escape| escape.value.clone());
    let mut settings = vec![keyword("header", Expr::truth(csv.header().0 > 0))];
    if csv.delimiter() != "," {
        settings.push(keyword("sep", Expr::text(csv.delimiter())));
    }
    if quote != "\"" {
        settings.push(keyword("quote", Expr::text(quote)));
    }
    if !escape.is_empty() {
        settings.push(keyword("escape", Expr::text(escape)));
    }
    if let Some(null) = &csv.null_as {
        settings.push(keyword("nullValue", Expr::text(null.value.as_str())));
    }
    settings
}

/// What is said besides where files are read; `is_declared`: their columns are known, and a record that does not fit them
/// fails the job.
pub(super) fn read_settings(format: &Format, is_declared: bool) -> Vec<Keyword> {
    let mut more = Vec::new();
    match format {
        Format::Csv(csv) if is_declared && csv.header().0 > 0 => {
            // The first line is held to the columns.
            more.push(keyword("enforceSchema", Expr::truth(false)));
        }
        Format::Json(JsonSettings { lines, .. }) if !Absent::or(lines, true) => {
            more.push(keyword("multiLine", Expr::truth(true)));
        }
        Format::Csv(_) | Format::Json(_) | Format::Parquet | Format::Orc | Format::Avro => {}
    }
    if is_declared && matches!(format, Format::Csv(_) | Format::Json(_)) {
        more.push(keyword("mode", Expr::text("FAILFAST")));
    }
    more
}
