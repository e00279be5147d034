//! `copy-option`: options of COPY that the format of the files does not take; `copy-quotes`: what COPY makes of
//! quotes.
//!
//! From the Redshift Database Developer Guide: "COPY from columnar data formats", "COPY from JSON format",
//! "Data format parameters", "Data conversion parameters", "Data load operations", "File compression
//! parameters".

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::redshift_copy::{CopyOptions, RedshiftCopyStep};
use crate::kind::shared::keys::conflict;
use crate::lang::source::{CsvSettings, Format, JsonPath, JsonSettings};
use crate::lang::step::CompUpdate;
use crate::lang::step::CopyMode;
use crate::text::{Span, Spanned};

/// All that Parquet and ORC take.
const COLUMNAR: &[&str] = &["acceptinvchars", "explicit_ids", "fillrecord", "serializetojson", "statupdate"];
/// What JSON and Avro do not take: they have no lines of fields.
const LINES: &[&str] = &["fillrecord", "fixedwidth", "ignoreblanklines"];
/// The greatest number of wrong rows that COPY passes over.
const MOST_ERRORS: u32 = 100_000;
/// How many rows COPY may look at to choose encodings.
const SAMPLE: std::ops::RangeInclusive<u32> = 1_000..=2_147_483_647;
const ENCODINGS: &[&str] = &["UTF8", "UTF16", "UTF16LE", "UTF16BE", "ISO88591"];

pub(super) fn check(step: &RedshiftCopyStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let options = step.options.as_deref();
    if let Some(options) = options {
        values(options, diagnostics);
        together(options, step, diagnostics);
    }
    let Some(format) = step.format_of(cx.task) else { return };
    for (key, span) in options.into_iter().flat_map(CopyOptions::given) {
        let Some(why) = refused(format, key) else { continue };
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
        Format::Csv(csv) => match options.and_then(|options| options.fixedwidth.as_ref()) {
            Some(widths) => fixed_width(csv, widths, step, diagnostics),
            None => csv_settings(csv, step, diagnostics),
        },
        Format::Json(json) => json_settings(json, step, diagnostics),
        Format::Parquet | Format::Orc | Format::Avro => {}
    }
}

/// Says why a format does not take an option.
fn refused(format: &Format, key: &str) -> Option<&'static str> {
    match format {
        Format::Parquet | Format::Orc if !COLUMNAR.contains(&key) => Some(
            "formats that store columns take only `acceptinvchars`, `explicit_ids`, `fillrecord`, \
             `serializetojson` and `statupdate`",
        ),
        Format::Json(_) | Format::Avro if LINES.contains(&key) => {
            Some("it is for files with lines of fields")
        }
        Format::Csv(_) | Format::Json(_) | Format::Avro if key == "serializetojson" => {
            Some("it is for Parquet and ORC; JSON values go into SUPER columns as they are")
        }
        Format::Avro if key == "compression" => Some("Avro files carry their own compression"),
        Format::Avro if key == "encoding" => Some("Avro files say themselves how their text is written"),
        Format::Csv(_) | Format::Json(_) | Format::Parquet | Format::Orc | Format::Avro => None,
    }
}

fn values(options: &CopyOptions, diagnostics: &mut Diagnostics) {
    if let Some(count) = options.maxerror.as_ref().filter(|count| count.value > MOST_ERRORS) {
        diagnostics.push(Diagnostic::new(
            Code::InvalidNumber,
            count.span,
            format!("COPY passes over {MOST_ERRORS} wrong rows at most"),
        ));
    }
    if let Some(count) = options.comprows.as_ref().filter(|count| !SAMPLE.contains(&count.value)) {
        diagnostics.push(Diagnostic::new(
            Code::InvalidNumber,
            count.span,
            format!("COPY looks at {} to {} rows to choose encodings", SAMPLE.start(), SAMPLE.end()),
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
    if let Some(text) = options.acceptinvchars.as_ref().filter(|text| !is_character(text)) {
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

/// Options that exclude each other, or what the step says.
fn together(options: &CopyOptions, step: &RedshiftCopyStep, diagnostics: &mut Diagnostics) {
    fn on(value: Option<&Spanned<bool>>) -> Option<&Spanned<bool>> {
        value.filter(|value| value.value)
    }
    if let (Some(all), Some(some)) = (on(options.ignoreallerrors.as_ref()), &options.maxerror) {
        let keys = (("ignoreallerrors", all.span), ("maxerror", some.span));
        diagnostics.push(conflict("`options`", keys.0, keys.1));
    }
    if let (Some(rows), Some(update)) = (&options.comprows, &options.compupdate)
        && update.value != CompUpdate::On
    {
        diagnostics.push(
            Diagnostic::new(Code::CopyOption, rows.span, "COPY looks at no rows to choose encodings")
                .also(update.span, "because of this")
                .help("take `comprows` away, or write `compupdate: true`"),
        );
    }
    if let Some(ids) = on(options.explicit_ids.as_ref()).filter(|_| step.mode.value == CopyMode::Merge) {
        diagnostics.push(
            Diagnostic::new(
                Code::CopyOption,
                ids.span,
                "a merge cannot give an IDENTITY column its values: only COPY can, and a merge inserts",
            )
            .also(step.mode.span, "merged here")
            .help("make the column `GENERATED BY DEFAULT AS IDENTITY`, list it in `columns`, and take this away"),
        );
    }
}

fn is_character(text: &str) -> bool {
    text.len() == 1 && text.is_ascii() && text != "\0"
}

/// A character that was written as an escape where YAML knows none.
fn escapes(csv: &CsvSettings, diagnostics: &mut Diagnostics) {
    for (key, value) in [("delimiter", &csv.delimiter), ("quote", &csv.quote)] {
        let Some(value) = value else { continue };
        let Some(written) = escaped(&value.value) else { continue };
        let message =
            format!("`{}` is written as {} characters, and means one", value.value, value.value.len());
        diagnostics.push(Diagnostic::new(Code::CopyOption, value.span, message).help(format!(
            "write `{key}: \"{written}\"`: only between double quotes does YAML read `\\` as an escape"
        )));
    }
}

fn csv_settings(csv: &CsvSettings, step: &RedshiftCopyStep, diagnostics: &mut Diagnostics) {
    escapes(csv, diagnostics);
    let quote = csv.quote();
    if let Some(value) = csv.quote.as_ref().filter(|value| !value.is_empty() && !is_character(value)) {
        diagnostics.push(
            Diagnostic::new(
                Code::CopyOption,
                value.span,
                format!("COPY takes one ASCII character as `quote`, not `{}`", value.value),
            )
            .help("write `quote: \"\"` when no value stands in quotes"),
        );
    }
    if let Some(value) = csv.delimiter.as_ref().filter(|value| value.is_empty()) {
        diagnostics.push(
            Diagnostic::new(Code::CopyOption, value.span, "something must stand between the values")
                .help("where each column has a width, name them: `options: {fixedwidth: \"id:5,name:20\"}`"),
        );
    }
    for (key, value) in [("null_as", &csv.null_as), ("delimiter", &csv.delimiter)] {
        if let Some(value) = value.as_ref().filter(|value| value.contains(['\n', '\r'])) {
            let message = format!("COPY ends a line at a line break, and takes none as `{key}`");
            diagnostics.push(Diagnostic::new(Code::CopyOption, value.span, message).help("take it away"));
        }
    }
    let delimiter = csv.delimiter();
    if quote == delimiter
        && let Some(value) = csv.quote.as_ref().or(csv.delimiter.as_ref())
    {
        let message = format!("`{quote}` cannot stand both around values and between them");
        diagnostics.push(
            Diagnostic::new(Code::CopyOption, value.span, message)
                .help("write `quote: \"\"` when no value stands in quotes"),
        );
    }
    let Some(escape) = &csv.escape else { return };
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
    if escape.value != "\\" || quote.is_empty() {
        return;
    }
    if quote == "\"" {
        diagnostics.push(copy_quotes(escape, step));
    } else {
        diagnostics.push(
            Diagnostic::new(
                Code::CopyOption,
                escape.span,
                format!("COPY does not take `\\` as escape together with `{quote}` as quote"),
            )
            .help("with `\\` as escape values may stand in double quotes only, or in none: `quote: \"\"`"),
        );
    }
}

fn copy_quotes(escape: &Spanned<String>, step: &RedshiftCopyStep) -> Diagnostic {
    Diagnostic::new(
        Code::CopyQuotes,
        escape.span,
        "with `\\` as escape COPY takes single quotes around a value away, too",
    )
    .also(step.table.span, "loaded into this table")
    .note("and it refuses a value that begins with a quote of either kind and does not end with it")
    .help(
        "if no value stands in quotes, write `quote: \"\"`; or have the files written with doubled quotes, in \
         Spark by `escape: '\"'`",
    )
}

/// `FIXEDWIDTH` stands in place of what separates values.
fn fixed_width(
    csv: &CsvSettings,
    widths: &Spanned<String>,
    step: &RedshiftCopyStep,
    diagnostics: &mut Diagnostics,
) {
    for (key, value) in [("delimiter", &csv.delimiter), ("quote", &csv.quote), ("escape", &csv.escape)] {
        if let Some(value) = value {
            diagnostics.push(conflict("a load", ("fixedwidth", widths.span), (key, value.span)));
        }
    }
    let columns = widths.split(',').map(|column| {
        let (label, width) = column.trim().split_once(':')?;
        let width: u32 = width.trim().parse().ok()?;
        (!label.trim().is_empty() && width > 0).then_some(())
    });
    let Some(columns) = columns.collect::<Option<Vec<()>>>() else {
        diagnostics.push(
            Diagnostic::new(Code::CopyOption, widths.span, "`fixedwidth` lists each column with its width")
                .help("write `fixedwidth: \"id:5,name:20\"`"),
        );
        return;
    };
    if let Some(names) = step.columns.as_deref().filter(|names| names.len() != columns.len())
        && let (Some(first), Some(last)) = (names.first(), names.last())
    {
        diagnostics.push(
            Diagnostic::new(
                Code::CopyOption,
                widths.span,
                format!("`fixedwidth` has {} columns, and `columns` {}", columns.len(), names.len()),
            )
            .also(Span { end: last.span.end, ..first.span }, "these are loaded"),
        );
    }
    let options = step.options.as_deref();
    if let Some(encoding) = options.and_then(|options| options.encoding.as_ref())
        && !encoding.eq_ignore_ascii_case("UTF8")
    {
        diagnostics.push(
            Diagnostic::new(Code::CopyOption, encoding.span, "files of fixed widths must be UTF-8")
                .also(widths.span, "the widths are here"),
        );
    }
}

/// What stands between double quotes for a character that was written as an escape without them.
fn escaped(text: &str) -> Option<&'static str> {
    match text.to_lowercase().as_str() {
        "\\t" | "tab" | "\\x09" | "\\u0009" | "\\011" => Some("\\t"),
        "\\x01" | "\\u0001" | "\\001" => Some("\\x01"),
        "\\x1f" | "\\u001f" | "\\037" => Some("\\x1f"),
        _ => None,
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
    if let Some(path) = json.path.as_ref().filter(|path| path.value == JsonPath::Whole) {
        let columns = step.columns.as_deref().unwrap_or_default();
        if let Some(second) = columns.get(1) {
            diagnostics.push(
                Diagnostic::new(
                    Code::CopyOption,
                    path.span,
                    "with `noshred` COPY loads each object into one SUPER column",
                )
                .also(second.span, "this is a second column"),
            );
        }
        if step.mode.value == CopyMode::Merge {
            diagnostics.push(
                Diagnostic::new(
                    Code::CopyOption,
                    path.span,
                    "with `noshred` there are no columns by which rows could be merged",
                )
                .also(step.mode.span, "merged here"),
            );
        }
    }
}
