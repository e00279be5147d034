//! `copy-option`: options of COPY that the format of the files does not take.
//!
//! From the Redshift Database Developer Guide: "COPY from columnar data formats", "COPY from JSON format",
//! "Data conversion parameters", "File compression parameters".

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Action, Data, Pipeline, Scope};
use crate::source::{Span, Spanned};
use crate::spec::source::{CsvSettings, Format, JsonSettings};
use crate::spec::step::{CopyOptions, RedshiftCopyStep};

/// All that Parquet and ORC take.
const COLUMNAR: &[&str] = &["acceptinvchars", "fillrecord", "statupdate"];
/// What JSON and Avro do not take: they have no lines of fields.
const LINES: &[&str] = &["fillrecord", "ignoreblanklines"];
/// The greatest number of wrong rows that COPY passes over.
const MOST_ERRORS: u32 = 100_000;
const ENCODINGS: &[&str] = &["UTF8", "UTF16", "UTF16LE", "UTF16BE", "ISO88591"];

pub(super) fn check(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        let Action::Copy { step, input, .. } = &task.action else { continue };
        if let Some(options) = &step.options {
            values(options, diagnostics);
        }
        let Some(format) = format(step, input.as_ref()) else { continue };
        for (key, span) in step.options.as_deref().into_iter().flat_map(given) {
            let why = match format {
                Format::Parquet | Format::Orc if !COLUMNAR.contains(&key) => {
                    "formats that store columns take only `acceptinvchars`, `fillrecord` and `statupdate`"
                }
                Format::Json(_) | Format::Avro if LINES.contains(&key) => {
                    "it is for files with lines of fields"
                }
                Format::Avro if key == "compression" => "Avro files carry their own compression",
                _ => continue,
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::CopyOption,
                    span,
                    format!("COPY takes no `{key}` when the files are {}", format.name()),
                )
                .note(why)
                .help(format!("take `{key}` away")),
            );
        }
        match format {
            Format::Csv(csv) => csv_settings(csv, step, diagnostics),
            Format::Json(json) => json_settings(json, step, diagnostics),
            Format::Parquet | Format::Orc | Format::Avro => {}
        }
    }
}

fn format<'a>(step: &'a RedshiftCopyStep, input: Option<&Data<'a>>) -> Option<&'a Format> {
    let of_input = match input {
        Some(Data::Files { format, .. }) => *format,
        _ => None,
    };
    step.format.as_ref().map(|format| &format.format).or(of_input)
}

/// The options that are given, with their places.
fn given(options: &CopyOptions) -> Vec<(&'static str, Span)> {
    fn at<T>(key: &'static str, value: Option<&Spanned<T>>) -> Option<(&'static str, Span)> {
        value.map(|value| (key, value.span))
    }
    [
        at("compression", options.compression.as_ref()),
        at("maxerror", options.maxerror.as_ref()),
        at("acceptinvchars", options.acceptinvchars.as_ref()),
        at("fillrecord", options.fillrecord.as_ref()),
        at("blanksasnull", options.blanksasnull.as_ref()),
        at("emptyasnull", options.emptyasnull.as_ref()),
        at("dateformat", options.dateformat.as_ref()),
        at("timeformat", options.timeformat.as_ref()),
        at("truncatecolumns", options.truncatecolumns.as_ref()),
        at("trimblanks", options.trimblanks.as_ref()),
        at("ignoreblanklines", options.ignoreblanklines.as_ref()),
        at("encoding", options.encoding.as_ref()),
        at("statupdate", options.statupdate.as_ref()),
        at("compupdate", options.compupdate.as_ref()),
        at("region", options.region.as_ref()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn values(options: &CopyOptions, diagnostics: &mut Diagnostics) {
    if let Some(count) = options.maxerror.as_ref().filter(|count| count.value > MOST_ERRORS) {
        diagnostics.push(Diagnostic::new(
            Code::InvalidNumber,
            count.span,
            format!("COPY passes over {MOST_ERRORS} wrong rows at most"),
        ));
    }
    if let Some(encoding) = &options.encoding
        && !ENCODINGS.contains(&encoding.to_uppercase().as_str())
    {
        diagnostics.push(
            Diagnostic::new(
                Code::UnknownWord,
                encoding.span,
                format!("COPY knows no encoding `{}`", encoding.value),
            )
            .suggest(encoding, ENCODINGS.iter().copied()),
        );
    }
    if let Some(text) = options.acceptinvchars.as_ref().filter(|text| text.len() != 1) {
        diagnostics.push(
            Diagnostic::new(
                Code::CopyOption,
                text.span,
                "`acceptinvchars` takes one ASCII character, which replaces each invalid one",
            )
            .help("write `acceptinvchars: \"?\"`"),
        );
    }
}

fn csv_settings(csv: &CsvSettings, step: &RedshiftCopyStep, diagnostics: &mut Diagnostics) {
    for (key, value) in [("delimiter", &csv.delimiter), ("quote", &csv.quote)] {
        if let Some(value) = value.as_ref().filter(|value| value.len() != 1) {
            diagnostics.push(Diagnostic::new(
                Code::CopyOption,
                value.span,
                format!("COPY takes one ASCII character as `{key}`, not `{}`", value.value),
            ));
        }
    }
    let Some(escape) = &csv.escape else { return };
    let quote = csv.quote.as_ref().map_or("\"", |quote| quote.value.as_str());
    if escape.value != "\\" && escape.value != quote {
        diagnostics.push(
            Diagnostic::new(
                Code::CopyOption,
                escape.span,
                format!("COPY cannot read `{}` as the escape of a CSV file", escape.value),
            )
            .also(step.table.span, "loaded into this table")
            .help("it reads doubled quotes, and `\\`"),
        );
    }
    if escape.value == "\\" && quote != "\"" {
        diagnostics.push(
            Diagnostic::new(
                Code::CopyOption,
                escape.span,
                format!("COPY does not take `\\` as escape together with `{quote}` as quote"),
            )
            .help("with `\\` as escape values may stand in double quotes only"),
        );
    }
}

fn json_settings(json: &JsonSettings, step: &RedshiftCopyStep, diagnostics: &mut Diagnostics) {
    if let Some(lines) = json.lines.as_ref().filter(|lines| !lines.value) {
        diagnostics.push(
            Diagnostic::new(Code::CopyOption, lines.span, "COPY reads JSON objects, not one list of them")
                .also(step.table.span, "loaded into this table")
                .help("convert the files to one object a line, in a Glue job for example"),
        );
    }
}
