//! `redshift_unload`: one query, a folder, a role, and what UNLOAD takes.
//!
//! From the Redshift Database Developer Guide, "UNLOAD".

use super::{IfExists, RedshiftUnloadStep};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::{chosen, missing};
use crate::kind::shared::names::check_region;
use crate::kind::shared::statements::{longest, no_params, one_query};
use crate::kind::shared::{columns, partition};
use crate::lang::source::{CsvSettings, Format, JsonSettings};
use crate::objects::wildcard;
use crate::scope::Script;
use crate::sql::outer_clause;
use crate::text::{Span, Spanned};

pub(super) fn check(step: &RedshiftUnloadStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    chosen(&step.given(), RedshiftUnloadStep::CHOICES, cx, diagnostics);
    query(cx, diagnostics);
    folder(step, cx, diagnostics);
    role(step, cx, diagnostics);
    format(step, diagnostics);
    let by = step.partition_by.as_deref().unwrap_or_default();
    for column in by {
        columns::redshift(column, diagnostics);
        columns::folder(column, diagnostics);
    }
    columns::once("partition_by", by, diagnostics);
    partition::values(by, step.partition.as_ref(), cx, diagnostics);
    if let (Some(include), []) = (step.include.as_ref().filter(|include| include.value), by) {
        diagnostics.push(
            refused(include.span, "`include` is about columns that make folders".to_owned())
                .help("name them: `partition_by: [...]`, or take `include` away"),
        );
    }
    if let Some(region) = &step.region {
        check_region(region, diagnostics);
    }
}

fn refused(span: Span, why: String) -> Diagnostic {
    Diagnostic::new(Code::UnloadOption, span, why)
}

/// The query stands in a text of the statement: it is one, without a limit or values beside it.
fn query(cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    for script in &cx.task.scripts {
        one_query(script, "an unload writes what one query gives", cx, diagnostics);
        longest(cx.scope, script, diagnostics);
        no_limit(script, cx, diagnostics);
        let why = "the query of an UNLOAD is sent as a text";
        no_params(script, why, "write `{{ ... }}` in its place", cx, diagnostics);
    }
}

fn no_limit(script: &Script<'_>, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    for statement in &script.script.statements {
        let Some(found) = outer_clause(&statement.text, "limit") else { continue };
        let start = statement.range.start;
        let span = script.locate(cx.scope.files.sources(), start + found.start..start + found.end);
        let message = "Redshift has no `LIMIT` in the outer query of `UNLOAD`";
        diagnostics.push(
            Diagnostic::new(Code::SqlDialect, span, message)
                .help("put it into a query of its own: `select * from (select ... limit 10)`"),
        );
    }
}

/// The place of the files.
fn folder(step: &RedshiftUnloadStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    if let Some(c) = wildcard(&step.to.value.0) {
        let message = format!("step `{}` writes to a pattern", cx.task.name);
        diagnostics.push(
            Diagnostic::new(Code::PathPattern, step.to.span, message)
                .label(format!("`{c}` would be part of the name"))
                .help("write the folder"),
        );
    }
    let fails = step.if_exists.as_ref().filter(|answer| answer.value == IfExists::Fail);
    if let (Some(fails), true) = (fails, step.to.value.0.as_text().is_some()) {
        let message = format!(
            "the UNLOAD of step `{}` fails in the next run: its files are there already",
            cx.task.name
        );
        diagnostics.push(
            Diagnostic::new(Code::UnloadAgain, step.to.span, message)
                .also(fails.span, "files that are there make it fail")
                .help("write `if_exists: replace`, or the day of the run into the path"),
        );
    }
}

fn role(step: &RedshiftUnloadStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(connection) = &cx.task.connection else { return };
    if step.role.is_none() && connection.spec.copy_role.is_none() {
        let elsewhere = format!("`copy_role: default` in connection `{}`", connection.name);
        diagnostics.push(missing(cx, "role", "a role with which Redshift writes to S3", &elsewhere));
    }
}

/// What UNLOAD writes, and how.
fn format(step: &RedshiftUnloadStep, diagnostics: &mut Diagnostics) {
    let span = step.format.as_ref().map_or(step.span, |format| format.span);
    match step.format() {
        Format::Csv(csv) => csv_settings(csv, diagnostics),
        Format::Json(json) => json_settings(json, diagnostics),
        Format::Parquet => {
            if let Some(compression) = &step.compression {
                diagnostics.push(
                    refused(compression.span, "UNLOAD takes no `compression` for Parquet".to_owned())
                        .note("Parquet's columns are compressed by themselves")
                        .help("take `compression` away"),
                );
            }
        }
        other @ (Format::Orc | Format::Avro) => diagnostics.push(
            refused(span, format!("Redshift unloads no files of format `{}`", other.name()))
                .help("write `format: parquet`, `csv` or `json`"),
        ),
    }
}

fn csv_settings(csv: &CsvSettings, diagnostics: &mut Diagnostics) {
    fn at<T>(key: &'static str, value: Option<&Spanned<T>>) -> Option<(&'static str, Span)> {
        value.map(|value| (key, value.span))
    }
    let given = [at("quote", csv.quote.as_ref()), at("escape", csv.escape.as_ref())];
    for (key, span) in given.into_iter().flatten() {
        diagnostics.push(
            refused(span, format!("UNLOAD takes no `{key}` for CSV"))
                .note("it writes `\"` around values where they need it, and doubles those within")
                .help(format!("take `{key}` away")),
        );
    }
    if let Some(header) = csv.header.as_ref().filter(|header| header.value.0 > 1) {
        diagnostics.push(
            refused(header.span, format!("UNLOAD writes one line of names, and not {}", header.value.0))
                .help("write `header: true`"),
        );
    }
    if let Some(delimiter) = csv.delimiter.as_ref().filter(|delimiter| delimiter.len() != 1) {
        diagnostics.push(
            refused(delimiter.span, "UNLOAD takes one ASCII character as a delimiter".to_owned())
                .help("write `delimiter: \"|\"` or the like"),
        );
    }
}

fn json_settings(json: &JsonSettings, diagnostics: &mut Diagnostics) {
    if let Some(lines) = json.lines.as_ref().filter(|lines| !lines.value) {
        diagnostics.push(
            refused(lines.span, "UNLOAD writes one JSON object a line".to_owned())
                .help("take `lines: false` away"),
        );
    }
    if let Some(path) = &json.path {
        diagnostics.push(
            refused(path.span, "`path` is how COPY finds values, and UNLOAD writes them".to_owned())
                .help("take `path` away"),
        );
    }
}
