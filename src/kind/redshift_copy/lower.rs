//! A load, with COPY's options as SQL.

use super::{CompUpdate, CopyOptions, RedshiftCopyStep};
use crate::kind::contract::{Lowered, Lowering, connection, folder};
use crate::lang::source::{CsvSettings, Format};
use crate::plan::{CopyFormat, Job, Load, RunSql, SqlBody, Work};
use crate::scope::Data;
use crate::sql::write::literal;
use crate::text::Spanned;

pub(super) fn lower(step: &RedshiftCopyStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let connected = cx.task.connection.as_ref()?;
    let Data::Files { path, format, columns, .. } = RedshiftCopyStep::files(cx.task)? else { return None };
    let format = step.format.as_ref().map(|format| &format.format).or(*format)?;
    let staging = match &connected.spec.staging {
        Some(staging) => folder(&staging.value.0),
        None => format!("s3://{}/_dagc/manifests/", bucket(path.static_prefix())),
    };
    let names = |columns: &[Spanned<String>]| columns.iter().map(|column| column.value.clone()).collect();
    let load = Load {
        path: cx.template(path),
        except: cx.no_data.below(path),
        staging,
        schema: step.table.value.schema.clone(),
        table: step.table.value.table.clone(),
        mode: step.mode.value,
        key: names(step.key.as_deref().unwrap_or_default()),
        columns: match (&step.columns, columns) {
            (Some(columns), _) => names(columns),
            (None, Some(columns)) => columns.names().map(str::to_owned).collect(),
            (None, None) => Vec::new(),
        },
        format: copy_format(format, step.options.as_deref()),
        role: step.role.as_ref().or(connected.spec.copy_role.as_ref())?.value.0.clone(),
        region: step.options.as_ref().and_then(|options| text(options.region.as_ref())),
        options: step.options.as_deref().map(options).unwrap_or_default(),
    };
    let run = RunSql { connection: connection(connected), body: SqlBody::Load(load) };
    Some(Lowered::work(Work::Job(Job::RunSql(Box::new(run)))))
}

fn text(value: Option<&Spanned<String>>) -> Option<String> {
    value.map(|value| value.value.clone())
}

fn bucket(path: &str) -> &str {
    path.strip_prefix("s3://").unwrap_or(path).split('/').next().unwrap_or_default()
}

fn copy_format(format: &Format, options: Option<&CopyOptions>) -> CopyFormat {
    match format {
        Format::Csv(csv) => csv_format(csv, options.and_then(|options| options.fixedwidth.as_ref())),
        Format::Json(json) => {
            CopyFormat::Json { path: json.path.as_ref().map(|path| path.value.as_str().to_owned()) }
        }
        Format::Parquet => CopyFormat::Parquet,
        Format::Orc => CopyFormat::Orc,
        Format::Avro => CopyFormat::Avro,
    }
}

/// COPY's `CSV` doubles quotes; with `\` as escape, or without quotes, it is COPY's delimited format.
fn csv_format(csv: &CsvSettings, widths: Option<&Spanned<String>>) -> CopyFormat {
    let header = csv.header.as_ref().map_or(0, |header| header.value.0);
    let null = text(csv.null_as.as_ref());
    if let Some(widths) = widths {
        return CopyFormat::FixedWidth { columns: widths.value.clone(), header, null };
    }
    let delimiter = csv.delimiter.as_ref().map_or_else(|| ",".to_owned(), |value| character(&value.value));
    let quote = text(csv.quote.as_ref()).unwrap_or_else(|| "\"".to_owned());
    let escape = csv.escape.as_ref().is_some_and(|escape| escape.value == "\\");
    if escape || quote.is_empty() {
        return CopyFormat::Delimited { header, delimiter, escape, quoted: !quote.is_empty(), null };
    }
    CopyFormat::Csv { header, delimiter, quote, null }
}

/// Reads a delimiter as COPY's documentation writes it: `\t`, or `\` with three octal digits.
fn character(written: &str) -> String {
    let octal = |digits: &str| u8::from_str_radix(digits, 8).ok().filter(|_| digits.len() == 3);
    match written.strip_prefix('\\') {
        Some("t") => "\t".to_owned(),
        Some(digits) => octal(digits).map_or_else(|| written.to_owned(), |code| char::from(code).to_string()),
        None => written.to_owned(),
    }
}

/// Writes COPY's options as SQL.
fn options(options: &CopyOptions) -> Vec<String> {
    let mut written = Vec::new();
    for (name, on) in [
        ("IGNOREALLERRORS", &options.ignoreallerrors),
        ("FILLRECORD", &options.fillrecord),
        ("BLANKSASNULL", &options.blanksasnull),
        ("EMPTYASNULL", &options.emptyasnull),
        ("ACCEPTANYDATE", &options.acceptanydate),
        ("ROUNDEC", &options.roundec),
        ("TRUNCATECOLUMNS", &options.truncatecolumns),
        ("TRIMBLANKS", &options.trimblanks),
        ("IGNOREBLANKLINES", &options.ignoreblanklines),
        ("EXPLICIT_IDS", &options.explicit_ids),
        ("SERIALIZETOJSON", &options.serializetojson),
    ] {
        if on.as_ref().is_some_and(|on| on.value) {
            written.push(name.to_owned());
        }
    }
    if let Some(on) = &options.statupdate {
        written.push(format!("STATUPDATE {}", if on.value { "ON" } else { "OFF" }));
    }
    if let Some(choice) = &options.compupdate {
        let word = match choice.value {
            CompUpdate::On => "ON",
            CompUpdate::Off => "OFF",
            CompUpdate::Preset => "PRESET",
        };
        written.push(format!("COMPUPDATE {word}"));
    }
    if let Some(compression) = &options.compression {
        written.push(compression.value.as_str().to_uppercase());
    }
    for (name, count) in [("MAXERROR", &options.maxerror), ("COMPROWS", &options.comprows)] {
        if let Some(count) = count {
            written.push(format!("{name} {}", count.value));
        }
    }
    for (name, value) in [
        ("ACCEPTINVCHARS AS", &options.acceptinvchars),
        ("DATEFORMAT", &options.dateformat),
        ("TIMEFORMAT", &options.timeformat),
    ] {
        if let Some(value) = value {
            written.push(format!("{name} {}", literal(&value.value)));
        }
    }
    if let Some(encoding) = &options.encoding {
        written.push(format!("ENCODING {}", encoding.value.to_uppercase()));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_read_as_copy_writes_them() {
        for (written, expected) in [
            (",", ","),
            ("\t", "\t"),
            ("\\t", "\t"),
            ("\\001", "\u{1}"),
            ("\\036", "\u{1e}"),
            ("|~|", "|~|"),
            ("\\", "\\"),
        ] {
            assert_eq!(character(written), expected, "{written}");
        }
    }
}
