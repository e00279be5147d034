//! The schema as it shall be. Redshift and the Data Catalog know names in small letters.

use super::SpectrumSchemaStep;
use crate::kind::contract::{Lowered, Lowering, connection};
use crate::plan::{Job, Work};
use crate::service::redshift::job::{RunSql, SpectrumSchema, SqlBody};

pub(super) fn lower(step: &SpectrumSchemaStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let connected = cx.task.connection.as_ref()?;
    let role = step.role.as_ref().or(connected.spec.copy_role.as_ref())?;
    let schema = SpectrumSchema {
        schema: step.schema.value.to_lowercase(),
        database: step.database.value.to_lowercase(),
        role: role.value.0.clone(),
        region: step.region.as_ref().map(|region| region.value.clone()),
        create_database: step.create_database(),
    };
    let run = RunSql { connection: connection(connected), body: SqlBody::SpectrumSchema(schema) };
    Some(Lowered::work(Work::Job(Job::RunSql(Box::new(run)))))
}
