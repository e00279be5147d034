//! A load.

use super::{CopyOptions, RedshiftCopyStep};
use crate::kind::contract::{Lowered, Lowering, connection, folder};
use crate::lang::source::{CsvSettings, Format};
use crate::plan::{Job, Work};
use crate::scope::Data;
use crate::service::redshift::job::{RunSql, SqlBody};
use crate::service::redshift::load::{CopyFormat, Load, LoadOptions};
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
    let run = RunSql { connection: connection(connected), body: SqlBody::Load(Box::new(load)) };
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
    let header = csv.header().0;
    let null = text(csv.null_as.as_ref());
    if let Some(widths) = widths {
        return CopyFormat::FixedWidth { columns: widths.value.clone(), header, null };
    }
    let delimiter = character(&csv.delimiter());
    let quote = csv.quote();
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

fn options(options: &CopyOptions) -> LoadOptions {
    let is_on = |switch: &Option<Spanned<bool>>| switch.as_ref().is_some_and(|switch| switch.value);
    LoadOptions {
        compression: options.compression.as_ref().map(|compression| compression.value),
        maxerror: options.maxerror.as_ref().map(|most| most.value),
        ignoreallerrors: is_on(&options.ignoreallerrors),
        acceptinvchars: text(options.acceptinvchars.as_ref()),
        fillrecord: is_on(&options.fillrecord),
        blanksasnull: is_on(&options.blanksasnull),
        emptyasnull: is_on(&options.emptyasnull),
        acceptanydate: is_on(&options.acceptanydate),
        dateformat: text(options.dateformat.as_ref()),
        timeformat: text(options.timeformat.as_ref()),
        roundec: is_on(&options.roundec),
        truncatecolumns: is_on(&options.truncatecolumns),
        trimblanks: is_on(&options.trimblanks),
        ignoreblanklines: is_on(&options.ignoreblanklines),
        encoding: text(options.encoding.as_ref()),
        explicit_ids: is_on(&options.explicit_ids),
        serializetojson: is_on(&options.serializetojson),
        statupdate: options.statupdate.as_ref().map(|on| on.value),
        compupdate: options.compupdate.as_ref().map(|choice| choice.value),
        comprows: options.comprows.as_ref().map(|count| count.value),
    }
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
