//! `redshift_sql`: the user's statements.

use super::{Context, Lowered, connection};
use crate::lang::step::RedshiftSqlStep;
use crate::plan::{Job, RunSql, SqlBody, Statement, Work};
use crate::resolve::{Connection, Script};
use crate::template::Template;

pub(super) fn lower(
    context: &Context<'_, '_>,
    step: &RedshiftSqlStep,
    connected: &Connection<'_>,
    script: &Script<'_>,
) -> Option<Lowered> {
    let params = step.params.iter().flat_map(|params| &params.0);
    let body = SqlBody::Script {
        statements: statements(context, script)?,
        transaction: step.transaction.as_ref().is_none_or(|transaction| transaction.value),
        params: params.map(|(name, value)| (name.value.clone(), context.template(&value.value))).collect(),
    };
    let run = RunSql { connection: connection(connected), body };
    Some(Lowered::work(Work::Job(Job::RunSql(Box::new(run)))))
}

/// Makes templates of a script's statements.
pub(super) fn statements(context: &Context<'_, '_>, script: &Script<'_>) -> Option<Vec<Statement>> {
    let statements = script.script.statements.iter();
    statements
        .map(|statement| {
            let template = match &statement.template {
                Some(template) => context.template(template),
                None if statement.text.contains("{{") => return None,
                None => Template::text(&statement.text),
            };
            Some(Statement(template))
        })
        .collect()
}
