//! The services that carry a mark: a few facts for each.

use super::calls::Calls;
use super::service::{Making, Model, Service};
use crate::aws::client::unconnected;
use crate::exec::RunContext;
use crate::service::glue_job::job::RunGlueJob;
use crate::service::glue_job::run::{GlueJob, retry_seen_within};
use crate::service::redshift::job::{RedshiftConnection, RunSql, SqlBody};
use crate::service::redshift::run::{LONG_POLL, SqlJob};
use crate::service::statement;
use crate::service::{glue_job, redshift};
use crate::template::{RunValues, Template};
use std::collections::BTreeMap;
use std::time::Duration;

/// Runs of Glue jobs.
pub(super) struct Glue;

impl Service for Glue {
    type Real = GlueJob;

    fn real() -> GlueJob {
        let spec = RunGlueJob { job: "job".to_owned(), ..RunGlueJob::default() };
        let (values, context) = (RunValues::default(), RunContext::default());
        GlueJob::new(&unconnected("eu-west-1"), &spec, &values, &context).unwrap()
    }

    type Job = Model<Self>;

    fn job(making: Making) -> Self::Job {
        Model::new(making)
    }

    const CALLS: Calls = Calls {
        find: glue_job::job::GET_JOB_RUNS,
        start: glue_job::job::START_JOB_RUN,
        look: glue_job::job::GET_JOB_RUN,
        cancel: glue_job::job::BATCH_STOP_JOB_RUN,
        prepare: &[],
        follow: &[],
        outputs: &[],
    };
    const TELLS_ATTEMPT: bool = true;
    const RESTARTS: Option<fn(Duration) -> Duration> = Some(retry_seen_within);
    const HAS_SLOTS: bool = true;
    const TELLS_ENDED: bool = false;
}

/// Statements of the Redshift Data API, alone or as one transaction.
pub(super) struct Statement;

/// Loads: what is sent depends on the files that are there.
pub(super) struct Load;

fn sql_job() -> SqlJob {
    let connection = RedshiftConnection {
        workgroup: Some("etl".to_owned()),
        cluster: None,
        database: "shop".to_owned(),
        db_user: None,
        secret: None,
    };
    let statements = vec![statement::Statement(Template::text("select 1"))];
    let body = SqlBody::Script { statements, transaction: true, params: BTreeMap::new() };
    let spec = RunSql { connection, body };
    SqlJob::new(&unconnected("eu-west-1"), &spec, &RunValues::default()).unwrap()
}

macro_rules! statements {
    ($($service:ty, $prepare:expr, $outputs:expr;)+) => {$(
        impl Service for $service {
            type Real = SqlJob;

            fn real() -> SqlJob {
                sql_job()
            }

            type Job = Model<Self>;

            fn job(making: Making) -> Self::Job {
                Model::new(making)
            }

            const CALLS: Calls = Calls {
                find: redshift::job::LIST_STATEMENTS,
                start: redshift::job::EXECUTE_STATEMENT,
                look: redshift::job::DESCRIBE_STATEMENT,
                cancel: redshift::job::CANCEL_STATEMENT,
                prepare: $prepare,
                follow: &[],
                outputs: $outputs,
            };
            const TELLS_ATTEMPT: bool = false;
            const TOKEN_LIFE: Option<Duration> = Some(Duration::from_hours(8));
            const LONG_POLL: Duration = Duration::from_secs(LONG_POLL as u64);
            const TELLS_ENDED: bool = true;
        }
    )+};
}

statements! {
    Statement, &[], &[];
    Load, &[redshift::job::LIST_STATEMENTS], &[redshift::job::DESCRIBE_STATEMENT];
}
