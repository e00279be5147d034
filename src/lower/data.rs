//! What is known of the data of a pipeline: formats, partitions, columns.

use crate::kind::contract::Written;
use crate::lang::source::{Format, ICEBERG};
use crate::plan::{Column, DataCatalog, Facts};
use crate::resolve::{Data, Pipeline};

/// Gathers what sources declare and what jobs say that they write.
pub(super) fn catalog(pipeline: &Pipeline<'_>) -> DataCatalog {
    let mut catalog = DataCatalog::default();
    for (_, source) in pipeline.spec.sources() {
        if let Some(data) = Data::of_source(source) {
            catalog.learn(data.dataset(), of_source(&data));
        }
    }
    for task in &pipeline.tasks {
        let Some(written) = task.kind.written() else { continue };
        let table = written.table.map(|table| Data::catalog(table.clone()));
        for data in written.path.map(Data::path).into_iter().chain(table) {
            catalog.learn(data.dataset(), of_write(&written));
        }
    }
    catalog
}

fn of_source(data: &Data<'_>) -> Facts {
    let (format, columns) = match data {
        Data::Files { format, columns, .. } => (format.map(Format::name), columns),
        Data::Catalog(table) => (table.is_iceberg.then_some(ICEBERG), &table.columns),
        Data::Table { .. } | Data::Jdbc { .. } => return Facts::default(),
    };
    let columns = columns.iter().flat_map(|columns| &columns.0).map(|(name, column)| Column {
        name: name.value.clone(),
        r#type: column.value.kind.clone(),
        nullable: column.value.is_nullable,
    });
    Facts { format, partition_by: Vec::new(), columns: columns.collect() }
}

fn of_write(written: &Written<'_>) -> Facts {
    let columns = written.partition_by.iter().map(|column| column.value.clone());
    let format = written.iceberg.map(|_| ICEBERG).or(written.format.map(Format::name));
    Facts { format, partition_by: columns.collect(), columns: Vec::new() }
}
