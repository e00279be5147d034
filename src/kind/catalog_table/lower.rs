//! The table as it shall be, in small letters, as the Data Catalog keeps names.

use super::CatalogTableStep;
use super::types::catalog_type;
use crate::kind::contract::{Lowered, Lowering};
use crate::lang::columns::Column;
use crate::lang::decode::Map;
use crate::lang::source::{CsvSettings, Format};
use crate::plan::{Job, Work};
use crate::service::catalog::job::{RegisterTable, TableColumn, TableFormat};
use crate::template::Template;
use crate::text::Spanned;

pub(super) fn lower(step: &CatalogTableStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let table = RegisterTable {
        table: step.name(),
        location: step.location(cx.task)?,
        format: format(step.format_of(cx.task)?)?,
        columns: columns(step.columns_of(cx.task)?)?,
        partition_by: step.partition_by.as_ref().map_or(Some(Vec::new()), columns)?,
        partitions: step
            .partitions
            .iter()
            .flatten()
            .map(|one| values(step, one, cx))
            .collect::<Option<_>>()?,
        on_drift: step.on_drift(),
    };
    Some(Lowered::work(Work::Job(Job::RegisterTable(Box::new(table)))))
}

fn columns(columns: &Map<Spanned<Column>>) -> Option<Vec<TableColumn>> {
    let column = |(name, column): &(Spanned<String>, Spanned<Column>)| {
        Some(TableColumn { name: name.value.to_lowercase(), kind: catalog_type(&column.value.kind).ok()? })
    };
    columns.0.iter().map(column).collect()
}

/// The values of a partition in the order of its folders.
fn values(
    step: &CatalogTableStep,
    partition: &Map<Spanned<Template>>,
    cx: &Lowering<'_, '_>,
) -> Option<Vec<Template>> {
    let by = step.partition_by.as_ref()?.0.iter();
    by.map(|(name, _)| partition.get(&name.value).map(|value| cx.template(&value.value))).collect()
}

fn format(format: &Format) -> Option<TableFormat> {
    match format {
        Format::Parquet => Some(TableFormat::Parquet),
        Format::Orc => Some(TableFormat::Orc),
        Format::Json(_) => Some(TableFormat::Json),
        Format::Csv(csv) => Some(csv_format(csv)),
        Format::Avro => None,
    }
}

fn csv_format(csv: &CsvSettings) -> TableFormat {
    let text = |value: &Option<Spanned<String>>| value.as_ref().map(|value| value.value.clone());
    let quote = csv.quote();
    TableFormat::Csv {
        header: csv.header().0,
        delimiter: csv.delimiter(),
        quote: (!quote.is_empty()).then_some(quote),
        escape: text(&csv.escape),
        null: text(&csv.null_as),
    }
}
