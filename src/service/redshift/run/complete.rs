//! From the SQL of a plan to the jobs of a run: what is sent, and what it is known by.

use super::api::Api;
use super::batch::{Batch, Role, Sql};
use super::{SqlJob, check, load, unload, view};
use crate::aws;
use crate::aws::s3::Buckets;
use crate::exec::checks::Check;
use crate::exec::mask::Mask;
use crate::exec::outcome::Failure;
use crate::service::redshift::job::{RedshiftConnection, RunSql, SpectrumSchema, SqlBody};
use crate::service::redshift::load::Load;
use crate::sql::write;
use crate::template::RunValues;
use aws_config::SdkConfig;
use std::collections::BTreeSet;

impl SqlJob {
    /// Completes the SQL.
    pub(crate) fn new(config: &SdkConfig, spec: &RunSql, values: &RunValues) -> Result<Self, Failure> {
        let (body, batch) = match &spec.body {
            SqlBody::Script { statements, transaction, params } => {
                let mut sqls = Vec::new();
                for statement in statements {
                    sqls.push(Sql::new(Role::Script, write::render(&statement.0, values)?));
                }
                let mut batch = Batch { sqls, transaction: *transaction, params: Vec::new() };
                // The Data API refuses values that no statement names.
                let named: BTreeSet<String> = batch
                    .sqls
                    .iter()
                    .flat_map(|sql| write::parameters(&sql.text))
                    .map(str::to_owned)
                    .collect();
                for (name, value) in params.iter().filter(|(name, _)| named.contains(*name)) {
                    batch.params.push((name.clone(), value.render(values)?));
                }
                batch.write_empty();
                (Body::Script, Some(batch))
            }
            SqlBody::Check(check) => {
                let (checks, sqls) = check::complete(check, values)?;
                (Body::Check(checks), Some(Batch { sqls, transaction: true, params: Vec::new() }))
            }
            SqlBody::Load(load) => (Body::load(load, values)?, None),
            SqlBody::Unload(unload) => {
                let sqls = vec![Sql::new(Role::Unload, unload::sql(unload, values)?)];
                (Body::Unload, Some(Batch { sqls, transaction: true, params: Vec::new() }))
            }
            SqlBody::MaterializedView(view) => {
                (Body::View(Box::new(view::ViewJob::new(view, values)?)), None)
            }
            SqlBody::SpectrumSchema(schema) => (Body::Schema(Box::new(schema.clone())), None),
        };
        if let Some(batch) = &batch {
            batch.validate()?;
        }
        let content = match &body {
            Body::Load(job) => job.content(),
            Body::View(job) => job.content(),
            Body::Schema(schema) => schema.content(),
            Body::Script | Body::Check(_) | Body::Unload => {
                batch.as_ref().map(Batch::content).unwrap_or_default()
            }
        };
        Ok(Self { content, batch, ..Self::of(config, &spec.connection, body, values) })
    }

    pub(super) fn of(
        config: &SdkConfig,
        connection: &RedshiftConnection,
        body: Body,
        values: &RunValues,
    ) -> Self {
        Self {
            content: String::new(),
            place: None,
            siblings: BTreeSet::new(),
            api: Api::new(config, connection),
            s3: Buckets::new(config),
            region: aws::region(config),
            mask: Mask::new(&values.params, &values.outputs),
            body,
            batch: None,
            loading: None,
            looked_for: None,
            last: None,
            is_impatient: false,
        }
    }
}

/// Gives the jobs of a step: one, or one for each statement where they are no transaction.
pub(crate) fn jobs(config: &SdkConfig, spec: &RunSql, values: &RunValues) -> Result<Vec<SqlJob>, Failure> {
    let whole = SqlJob::new(config, spec, values)?;
    Ok(match &whole.batch {
        Some(batch) if !batch.transaction && batch.sqls.len() > 1 => {
            let batches = batch.one_by_one();
            let total = batches.len();
            let contents = batch.contents_up_to_each();
            let siblings: BTreeSet<String> = contents.iter().cloned().collect();
            let job = |(n, (batch, content)): (usize, (Batch, String))| SqlJob {
                siblings: siblings.iter().filter(|other| **other != content).cloned().collect(),
                content,
                batch: Some(batch),
                place: Some((n, total)),
                ..SqlJob::of(config, &spec.connection, Body::Script, values)
            };
            batches.into_iter().zip(contents).enumerate().map(job).collect()
        }
        _ => vec![whole],
    })
}

/// What the SQL is for.
pub(super) enum Body {
    Script,
    Load(Box<load::LoadJob>),
    Check(Vec<Check>),
    Unload,
    View(Box<view::ViewJob>),
    Schema(Box<SpectrumSchema>),
}

impl Body {
    fn load(load: &Load, values: &RunValues) -> Result<Self, Failure> {
        Ok(Self::Load(Box::new(load::LoadJob::new(load, values)?)))
    }
}
