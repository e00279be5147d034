//! The user's statements.

use super::RedshiftSqlStep;
use crate::kind::contract::{Lowered, Lowering, connection, statements};
use crate::plan::{Job, Work};
use crate::service::redshift::job::{RunSql, SqlBody};

pub(super) fn lower(step: &RedshiftSqlStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let params = step.params.iter().flat_map(|params| &params.0);
    let body = SqlBody::Script {
        statements: statements(cx, cx.task.scripts.first()?)?,
        transaction: step.is_together(),
        params: params.map(|(name, value)| (name.value.clone(), cx.template(&value.value))).collect(),
    };
    let run = RunSql { connection: connection(cx.task.connection.as_ref()?), body };
    Some(Lowered::work(Work::Job(Job::RunSql(Box::new(run)))))
}
