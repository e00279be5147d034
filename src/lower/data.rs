//! What is known of the data of a pipeline: formats, partitions, columns.

use crate::lang::source::Format;
use crate::lang::step::WriteSpec;
use crate::plan::{Column, DataCatalog, Facts};
use crate::resolve::{Action, Data, Pipeline};

/// Gathers what sources declare and what jobs say that they write.
pub(super) fn catalog(pipeline: &Pipeline<'_>) -> DataCatalog {
    let mut catalog = DataCatalog::default();
    for (_, source) in pipeline.spec.sources() {
        if let Some(data) = Data::of_source(source) {
            catalog.learn(data.dataset(), of_source(&data));
        }
    }
    for task in &pipeline.tasks {
        if let Action::GlueJob { step, .. } = &task.action
            && let Some(write) = &step.write
        {
            let path = write.path.as_ref().map(|path| Data::path(&path.value.0));
            let table = write.table.as_ref().map(|table| Data::Catalog(table.value.clone()));
            for data in path.into_iter().chain(table) {
                catalog.learn(data.dataset(), of_write(write));
            }
        }
    }
    catalog
}

fn of_source(data: &Data<'_>) -> Facts {
    let Data::Files { format, columns, .. } = data else { return Facts::default() };
    let columns = columns.iter().flat_map(|columns| &columns.0).map(|(name, column)| Column {
        name: name.value.clone(),
        r#type: column.value.kind.clone(),
        nullable: column.value.is_nullable,
    });
    Facts { format: format.map(Format::name), partition_by: Vec::new(), columns: columns.collect() }
}

fn of_write(write: &WriteSpec) -> Facts {
    let columns = write.partition_by.iter().flatten().map(|column| column.value.clone());
    Facts {
        format: write.format.as_ref().map(|format| format.format.name()),
        partition_by: columns.collect(),
        columns: Vec::new(),
    }
}
