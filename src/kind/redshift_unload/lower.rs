//! The UNLOAD.

use super::{IfExists, RedshiftUnloadStep};
use crate::kind::contract::{Lowered, Lowering, connection, statements};
use crate::lang::source::Format;
use crate::plan::{Job, Work};
use crate::service::redshift::job::{RunSql, SqlBody, Unload, UnloadFormat};
use crate::service::statement::Statement;
use crate::sql::write::qualified;
use crate::template::Template;

pub(super) fn lower(step: &RedshiftUnloadStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let connected = cx.task.connection.as_ref()?;
    let to = cx.template(&step.to.value.0);
    let is_folder = to.to_string().ends_with('/');
    let role = step.role.as_ref().or(connected.spec.copy_role.as_ref())?;
    let unload = Unload {
        query: query(step, cx)?,
        to: if is_folder { to } else { to.join(Template::text("/")) },
        format: format(step.format())?,
        partition_by: step.partition_by.iter().flatten().map(|column| column.value.clone()).collect(),
        include: step.include(),
        compression: step.compression.as_ref().map(|compression| compression.value.as_str().to_uppercase()),
        replace: step.if_exists() == IfExists::Replace,
        parallel: step.parallel(),
        max_megabytes: step.max_file_size.as_ref().map(|size| size.value.0),
        manifest: step.manifest(),
        role: role.value.0.clone(),
        kms_key: cx.kms_key(step.kms_key.as_ref()),
        region: step.region.as_ref().map(|region| region.value.clone()),
    };
    let run = RunSql { connection: connection(connected), body: SqlBody::Unload(unload) };
    Some(Lowered::work(Work::Job(Job::RunSql(Box::new(run)))))
}

fn query(step: &RedshiftUnloadStep, cx: &Lowering<'_, '_>) -> Option<Statement> {
    if step.sql.is_some() {
        return statements(cx, cx.task.scripts.first()?)?.into_iter().next();
    }
    let table = cx.task.table()?;
    // A name holds no hole: braces in it are text.
    Some(Statement(Template::text(format!("SELECT * FROM {}", qualified(&table.schema, &table.table)))))
}

fn format(format: &Format) -> Option<UnloadFormat> {
    match format {
        Format::Csv(csv) => Some(UnloadFormat::Csv {
            header: csv.header().0 > 0,
            delimiter: csv.delimiter(),
            null: csv.null_as.as_ref().map(|null| null.value.clone()),
        }),
        Format::Json(_) => Some(UnloadFormat::Json),
        Format::Parquet => Some(UnloadFormat::Parquet),
        Format::Orc | Format::Avro => None,
    }
}
