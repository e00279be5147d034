//! What a `write` says of a table of Iceberg, or of files as if they were one.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::glue_job::iceberg::{FORMATS, PartitionField};
use crate::kind::glue_job::{GlueJobStep, WriteSpec};
use crate::kind::shared::columns;
use crate::kind::shared::keys::unused;
use crate::lang::step::WriteMode;
use crate::text::{Span, Spanned};

pub(super) fn check(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    if step.has_iceberg(&cx.task.inputs) && step.made_of().is_some() {
        formats(step, diagnostics);
    }
    let Some(write) = &step.write else { return };
    columns::once("key", write.key.as_deref().unwrap_or_default(), diagnostics);
    match step.writes_iceberg() {
        Some(at) => of_table(write, at, diagnostics),
        None => of_files(write, diagnostics),
    }
}

fn refused(at: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::IcebergWrite, at, message)
}

/// The library is dagc's to ask for.
fn formats(step: &GlueJobStep, diagnostics: &mut Diagnostics) {
    let arguments = step.arguments.iter().flat_map(|arguments| &arguments.0);
    let is_it = |name: &str| name == FORMATS.trim_start_matches('-');
    for (name, _) in arguments.filter(|(name, _)| is_it(name)) {
        diagnostics.push(
            Diagnostic::new(
                Code::ReservedArgument,
                name.span,
                format!("dagc sets the argument `{FORMATS}` itself"),
            )
            .note("the step reads or writes a table of Iceberg")
            .help("take it away"),
        );
    }
}

fn of_table(write: &WriteSpec, at: Span, diagnostics: &mut Diagnostics) {
    if let (Some(path), None) = (&write.path, &write.table) {
        diagnostics.push(
            refused(path.span, "a table of Iceberg is named in the Data Catalog")
                .also(at, "it is one of Iceberg")
                .help("write `table: DATABASE.TABLE`, and where a new one lies as `location:`"),
        );
    }
    let merge = write.mode.as_ref().filter(|mode| mode.value == WriteMode::Merge);
    match (merge, write.key.as_deref()) {
        (Some(mode), None | Some([])) => diagnostics.push(
            refused(mode.span, "`merge` needs the columns by which a row is found again")
                .help("add `key: [COLUMN]`"),
        ),
        (None, Some([first, ..])) => {
            let because = write.mode.as_ref().map(|mode| (mode.span, "here"));
            diagnostics.push(unused("key", first.span, "only `mode: merge` looks for rows by it", because));
        }
        (Some(_), Some(_)) | (None, None | Some([])) => {}
    }
    let of_files = [
        ("compression", write.compression.as_ref().map(|compression| compression.span)),
        ("partition", write.partition.as_ref().and_then(|values| Some(values.0.first()?.0.span))),
    ];
    for (key, at) in of_files.into_iter().filter_map(|(key, at)| Some((key, at?))) {
        let why = "it is about files in folders, and a table of Iceberg says itself which files it has";
        diagnostics.push(unused(key, at, why, None));
    }
    for field in write.partition_by.iter().flatten() {
        partition(field, diagnostics);
    }
    if let Some(location) = write.location.as_ref().filter(|location| location.value.0.as_text().is_none()) {
        diagnostics.push(
            refused(location.span, "a table lies in one folder, and this one would be another in each run")
                .help("write a folder without `{{ ... }}`; what a run adds is told by `partition_by`"),
        );
    }
}

fn partition(field: &Spanned<String>, diagnostics: &mut Diagnostics) {
    if PartitionField::read(field).is_none() {
        let message = format!("`{}` is nothing by which a table of Iceberg is partitioned", field.value);
        diagnostics.push(refused(field.span, message).help(
            "write a column, or `year(C)`, `month(C)`, `day(C)`, `hour(C)`, `bucket(N, C)` or `truncate(N, C)` of one",
        ));
    }
}

/// Files are not found again row by row, and lie where their path says.
fn of_files(write: &WriteSpec, diagnostics: &mut Diagnostics) {
    let cure = "write `format: iceberg` and the table";
    if let Some(mode) = write.mode.as_ref().filter(|mode| mode.value == WriteMode::Merge) {
        let message = "files have no rows that are found by a key";
        diagnostics.push(refused(mode.span, message).help(format!("{cure}, or `mode: overwrite`")));
    } else if let Some([first, ..]) = write.key.as_deref() {
        diagnostics.push(unused("key", first.span, "only `mode: merge` looks for rows by it", None));
    }
    if let Some(location) = &write.location {
        let why = "files lie where `path` says, and a table that is none of Iceberg where it says itself";
        diagnostics.push(unused("location", location.span, why, None));
    }
}
