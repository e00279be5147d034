//! `redshift_copy`: a load, with COPY's options as SQL.

use super::{Context, Lowered, connection, folder};
use crate::plan::{CopyFormat, Job, Load, RunSql, SqlBody, Work};
use crate::resolve::{Connection, Data};
use crate::source::Spanned;
use crate::spec::source::{CsvSettings, Format};
use crate::spec::step::{CopyOptions, RedshiftCopyStep};
use crate::sql_text::literal;

pub(super) fn lower(
    context: &Context<'_, '_>,
    step: &RedshiftCopyStep,
    input: &Data<'_>,
    connected: &Connection<'_>,
) -> Option<Lowered> {
    let Data::Files { path, format, columns } = input else { return None };
    let format = step.format.as_ref().map(|format| &format.format).or(*format)?;
    let staging = match &connected.spec.staging {
        Some(staging) => folder(&staging.value.0),
        None => format!("s3://{}/_dagc/manifests/", bucket(path.static_prefix())),
    };
    let names = |columns: &[Spanned<String>]| columns.iter().map(|column| column.value.clone()).collect();
    let load = Load {
        path: context.template(path),
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
        format: copy_format(format),
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

fn copy_format(format: &Format) -> CopyFormat {
    match format {
        Format::Csv(csv) => csv_format(csv),
        Format::Json(json) => CopyFormat::Json { path: json.path.as_ref().map(|path| path.value.0.clone()) },
        Format::Parquet => CopyFormat::Parquet,
        Format::Orc => CopyFormat::Orc,
        Format::Avro => CopyFormat::Avro,
    }
}

/// COPY's `CSV` doubles quotes; with `\` as escape it is COPY's delimited format.
fn csv_format(csv: &CsvSettings) -> CopyFormat {
    let header = csv.header.as_ref().is_some_and(|header| header.value);
    let delimiter = text(csv.delimiter.as_ref()).unwrap_or_else(|| ",".to_owned());
    let quote = text(csv.quote.as_ref()).unwrap_or_else(|| "\"".to_owned());
    if csv.escape.as_ref().is_some_and(|escape| escape.value == "\\") {
        return CopyFormat::Delimited {
            header,
            delimiter,
            quoted: !quote.is_empty(),
            null: text(csv.null_as.as_ref()),
        };
    }
    CopyFormat::Csv { header, delimiter, quote, null: text(csv.null_as.as_ref()) }
}

/// Writes COPY's options as SQL, in the order of the language.
fn options(options: &CopyOptions) -> Vec<String> {
    let mut written = Vec::new();
    let mut word = |name: &str, on: &Option<Spanned<bool>>| {
        if on.as_ref().is_some_and(|on| on.value) {
            written.push(name.to_owned());
        }
    };
    word("FILLRECORD", &options.fillrecord);
    word("BLANKSASNULL", &options.blanksasnull);
    word("EMPTYASNULL", &options.emptyasnull);
    word("TRUNCATECOLUMNS", &options.truncatecolumns);
    word("TRIMBLANKS", &options.trimblanks);
    word("IGNOREBLANKLINES", &options.ignoreblanklines);
    let mut switch = |name: &str, on: &Option<Spanned<bool>>| {
        if let Some(on) = on {
            written.push(format!("{name} {}", if on.value { "ON" } else { "OFF" }));
        }
    };
    switch("STATUPDATE", &options.statupdate);
    switch("COMPUPDATE", &options.compupdate);
    if let Some(compression) = &options.compression {
        written.push(compression.value.as_str().to_uppercase());
    }
    if let Some(count) = &options.maxerror {
        written.push(format!("MAXERROR {}", count.value));
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
