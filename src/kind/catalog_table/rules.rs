//! `catalog_table`: names, types, a folder that stays, formats, and values of partitions.

use super::CatalogTableStep;
use super::types::catalog_type;
use crate::columns::Type;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::columns;
use crate::kind::shared::keys::chosen;
use crate::kind::shared::names::{CATALOG_DATABASE, GLUE};
use crate::lang::columns::Column;
use crate::lang::decode::Map;
use crate::lang::source::{CsvSettings, Format};
use crate::lang::value::TableName;
use crate::objects::wildcard;
use crate::scope::Data;
use crate::template::Template;
use crate::text::{Span, Spanned};

const CODE: Code = Code::CatalogTableOption;

pub(super) fn check(step: &CatalogTableStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    chosen(&step.given(), CatalogTableStep::CHOICES, cx, diagnostics);
    let TableName { schema, table } = &step.table.value;
    for (rule, name) in [(CATALOG_DATABASE, schema), (GLUE, table)] {
        rule.check(Some(&Spanned { value: name.clone(), span: step.table.span }), diagnostics);
    }
    names(step, cx, diagnostics);
    partitions(step, cx, diagnostics);
    values(step, diagnostics);
    if CatalogTableStep::files(cx.task).is_some() {
        place(step, cx, diagnostics);
        known(step, cx, diagnostics);
    }
}

/// Where its files are said.
fn at(step: &CatalogTableStep, cx: &Checking<'_, '_>) -> Span {
    let from = step.from.as_ref().map(|from| from.span);
    step.path.as_ref().map(|path| path.span).or(from).unwrap_or_else(|| cx.at())
}

/// Columns: their names, each once, and their types.
fn names(step: &CatalogTableStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let own = step.columns.iter().flat_map(|columns| &columns.0);
    let folders = step.partition_by.iter().flat_map(|columns| &columns.0);
    for (name, _) in own.clone().chain(folders.clone()) {
        columns::catalog(name, diagnostics);
    }
    for (name, _) in folders.clone() {
        columns::folder(name, diagnostics);
    }
    let of_files = step.columns_of(cx.task).map_or(&[][..], |columns| &columns.0);
    let all: Vec<Spanned<String>> =
        of_files.iter().chain(folders.clone()).map(|(name, _)| name.clone()).collect();
    columns::once("columns", &all, diagnostics);
    for (name, column) in own.chain(folders) {
        if let Err(message) = catalog_type(&column.value.kind) {
            let help = format!(
                "write a type of the Data Catalog for `{}`, such as `string` or `timestamp`",
                name.value
            );
            diagnostics.push(Diagnostic::new(CODE, column.span, message).help(help));
        }
    }
    if let Some((name, column)) = foreign(step, cx) {
        let message = format!(
            "the files of step `{}` have a column `{}` of type `{}`, which the Data Catalog has not",
            cx.task.name, name.value, column.value.kind
        );
        diagnostics.push(
            Diagnostic::new(CODE, at(step, cx), message)
                .also(column.span, "this column")
                .help("write `columns:` in the step, with types of the Data Catalog"),
        );
    }
    for (key, columns) in [("columns", &step.columns), ("partition_by", &step.partition_by)] {
        if columns.as_ref().is_some_and(|columns| columns.0.is_empty()) {
            diagnostics.push(
                Diagnostic::new(CODE, cx.at(), format!("`{key}` names no column"))
                    .help("name the columns with their types, such as `id: bigint`"),
            );
        }
    }
}

/// A column of the source whose type the catalog has not.
fn foreign<'t>(
    step: &'t CatalogTableStep,
    cx: &'t Checking<'_, '_>,
) -> Option<&'t (Spanned<String>, Spanned<Column>)> {
    if step.columns.is_some() {
        return None;
    }
    let columns = step.columns_of(cx.task)?;
    columns.0.iter().find(|(_, column)| catalog_type(&column.value.kind).is_err())
}

/// Values for each column of the folders, and for no other one.
fn partitions(step: &CatalogTableStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let by: Vec<Spanned<String>> =
        step.partition_by.iter().flat_map(|columns| &columns.0).map(|(name, _)| name.clone()).collect();
    for partition in step.partitions.iter().flatten() {
        unknown(&by, partition, cx, diagnostics);
        let missing: Vec<String> = by
            .iter()
            .filter(|column| partition.get(&column.value).is_none())
            .map(|column| format!("`{}`", column.value))
            .collect();
        if !missing.is_empty() {
            let span = partition.0.first().map_or_else(|| cx.at(), |(name, _)| name.span);
            let message = format!("this partition has no value for {}", missing.join(", "));
            diagnostics.push(
                Diagnostic::new(CODE, span, message)
                    .help("a partition has a value for each column of `partition_by`"),
            );
        }
    }
}

fn unknown(
    by: &[Spanned<String>],
    partition: &Map<Spanned<Template>>,
    cx: &Checking<'_, '_>,
    diagnostics: &mut Diagnostics,
) {
    for (name, _) in &partition.0 {
        if by.iter().any(|column| column.value == name.value) {
            continue;
        }
        let message = format!("step `{}` makes no folders of column `{}`", cx.task.name, name.value);
        let diagnostic = Diagnostic::new(Code::UnknownPartition, name.span, message);
        diagnostics.push(if by.is_empty() {
            diagnostic.help(format!("add `partition_by: {{{}: string}}`, with its type", name.value))
        } else {
            diagnostic.suggest(&name.value, by.iter().map(|column| column.value.as_str()))
        });
    }
}

/// A table has one folder, in each run the same.
fn place(step: &CatalogTableStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(Data::Files { path, whole, .. }) = CatalogTableStep::files(cx.task) else { return };
    let path = whole.as_ref().unwrap_or(path);
    let name = cx.task.name;
    if wildcard(path).is_some() {
        let message =
            format!("step `{name}` makes a table of `{path}`, and a table has all that is in a folder");
        diagnostics.push(
            Diagnostic::new(Code::PathPattern, at(step, cx), message).help("write `path:` with the folder"),
        );
    } else if step.location(cx.task).is_none() {
        let message =
            format!("step `{name}` makes a table of `{path}`, which is another folder in another run");
        diagnostics.push(Diagnostic::new(CODE, at(step, cx), message).help(
            "a table has one folder: write `path:` with what does not change, and `partition_by` and `partitions` for the \
             folders `NAME=VALUE/` below it",
        ));
    }
}

/// Formats that the step can declare, and columns that it knows.
fn known(step: &CatalogTableStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    if cx.task.incomplete {
        return;
    }
    let missing = |key: &str, what: &str, such: &str| {
        Diagnostic::new(Code::MissingKey, cx.at(), format!("step `{}` does not know {what}", cx.task.name))
            .label(format!("`{key}` is missing"))
            .help(format!("add `{key}:`, such as `{such}`, here or where the files come from"))
    };
    match step.format_of(cx.task) {
        None => diagnostics.push(missing("format", "the format of its files", "format: parquet")),
        Some(format) => refused(step, format, cx, diagnostics),
    }
    if step.columns_of(cx.task).is_none() {
        diagnostics.push(missing("columns", "its columns", "columns: {id: bigint}"));
    }
}

fn refused(step: &CatalogTableStep, format: &Format, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let span = step.format.as_ref().map_or_else(|| at(step, cx), |format| format.span);
    let found = match format {
        Format::Parquet | Format::Orc => None,
        Format::Avro => Some((
            "a table of Avro files needs their schema, which `catalog_table` does not know".to_owned(),
            "write a `glue_crawler`, which reads it from the files",
        )),
        Format::Json(json) => json.lines.as_ref().filter(|lines| !lines.value).map(|_| {
            (
                "a table of JSON files has one object a line".to_owned(),
                "write the files so, and take `lines: false` away",
            )
        }),
        Format::Csv(csv) => quoted(step, csv, cx),
    };
    if let Some((message, help)) = found {
        diagnostics.push(Diagnostic::new(CODE, span, message).help(help));
    }
}

/// What reads values in quotes knows few types, and no text for none (Athena User Guide, "Open CSV `SerDe`").
fn quoted(
    step: &CatalogTableStep,
    csv: &CsvSettings,
    cx: &Checking<'_, '_>,
) -> Option<(String, &'static str)> {
    if csv.quote().is_empty() {
        return None;
    }
    if csv.null_as.is_some() {
        return Some((
            "what reads CSV with quotes has no text that means no value".to_owned(),
            "take `null_as` away, or write `quote: \"\"` if no value stands in quotes",
        ));
    }
    let columns = &step.columns_of(cx.task)?.0;
    let (name, column) = columns.iter().find(|(_, column)| !is_read(&column.value.kind))?;
    Some((
        format!("what reads CSV with quotes cannot read column `{}` as `{}`", name.value, column.value.kind),
        "declare it `string` and cast it in SQL, or write `quote: \"\"` if no value stands in quotes",
    ))
}

/// Dates and times are numbers to it, and lists are none.
fn is_read(kind: &Type) -> bool {
    !matches!(
        kind,
        Type::Date
            | Type::Timestamp
            | Type::TimestampNtz
            | Type::Binary
            | Type::Array(_)
            | Type::Map(..)
            | Type::Struct(_)
    )
}

/// So many characters has a value of a partition, and so many a type (Glue's API model, `ValueString`, `ColumnTypeString`).
const LONGEST_VALUE: usize = 1024;
const LONGEST_TYPE: usize = 131_072;

/// Folders are named by values that a name can hold, and each fits its column.
fn values(step: &CatalogTableStep, diagnostics: &mut Diagnostics) {
    let own = step.columns.iter().flat_map(|columns| &columns.0);
    for (name, column) in own.filter(|(_, column)| is_long(&column.value.kind)) {
        let message = format!("the type of `{}` has more than {LONGEST_TYPE} characters", name.value);
        diagnostics.push(
            Diagnostic::new(CODE, column.span, message)
                .help("the Data Catalog keeps none that is longer: declare what is read of it"),
        );
    }
    for (name, column) in step.partition_by.iter().flat_map(|columns| &columns.0) {
        let kind = &column.value.kind;
        if matches!(kind, Type::Array(_) | Type::Map(..) | Type::Struct(_) | Type::Binary) {
            let message = format!("no folder is named by values of type `{kind}`");
            diagnostics.push(
                Diagnostic::new(CODE, column.span, message)
                    .help("a column of `partition_by` is a `string`, a `date` or a number"),
            );
        }
        let given = step.partitions.iter().flatten().filter_map(|partition| partition.get(&name.value));
        for value in given {
            let Some(why) = value.value.as_text().and_then(|text| unfit(text, kind)) else { continue };
            let message = format!("this is no value of partition column `{}`: {why}", name.value);
            diagnostics.push(
                Diagnostic::new(CODE, value.span, message)
                    .help("write it as it stands in the folder's name, behind `=`"),
            );
        }
    }
}

fn is_long(kind: &Type) -> bool {
    catalog_type(kind).is_ok_and(|text| text.len() > LONGEST_TYPE)
}

/// Says why a value names no partition.
fn unfit(text: &str, kind: &Type) -> Option<String> {
    let is_whole = matches!(kind, Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt);
    match text.chars().count() {
        0 => Some("the Data Catalog takes no empty one".to_owned()),
        length if length > LONGEST_VALUE => {
            Some(format!("it has {length} characters, and the Data Catalog takes {LONGEST_VALUE}"))
        }
        _ if is_whole && text.parse::<i64>().is_err() => Some(format!("it is no `{kind}`")),
        _ => None,
    }
}
