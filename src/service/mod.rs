//! Services: what AWS runs for a pipeline and what publishing makes there, each in one folder.
//!
//! | file of a folder | holds | stands |
//! | --- | --- | --- |
//! | `job.rs` | the job as the plan keeps it; the calls that are made for it and what they need, what it gives, what it may be at most, what it is billed in | below the plan: no SDK, no clock |
//! | `role.rs` | what a role must be allowed that AWS takes on for the job, where it takes one | below the plan |
//! | `run.rs` | how a worker has it run: found, started once, looked at, stopped, explained | above the parts of `exec`, which calls it |
//! | `publish.rs` | the resources that publishing makes for it, where it does | above the parts of `publish`, which calls it |
//!
//! | module | gives |
//! | --- | --- |
//! | [`table`] | the row of each service, [`Job`](table::Job) and [`Resource`](table::Resource) |
//! | [`athena`], [`catalog`], [`datasync`], [`dms`], [`ecs_task`], [`emr_serverless`], [`emr_step`], [`s3`], [`glue_crawler`], [`glue_job`], [`http_ingest`], [`lake_formation`], [`lambda`], [`redshift`], [`redshift_cluster`], [`step_function`] | the services |
//! | [`call`], [`failure`], [`arn`], [`section`], [`permissions`] | calls, what their errors mean, permissions as data; `docs/permissions.md` |
//! | [`role`], [`policy`] | whose roles AWS takes on for a job; permissions as policies of IAM |
//! | [`place`] | where data is that services read and write |
//! | [`qualified`] | what may have versions and aliases, by its name or its ARN |
//! | [`output`], [`cost`], [`asset`], [`shown`] | what a job gives; what it is billed in; files that are put into S3 for it; what people are shown of it |
//! | [`assertion`], [`check_sql`], [`statement`] | what must hold of a table, the queries that ask for it in a dialect; a statement of the user's |
//! | [`objects`], [`logs`], [`glue`], [`console`] | what several services have in common |
//! | [`folder`], [`notice`] | who else calls AWS: publishing, the DAG itself |
//!
//! No service knows another one.

#[warn(clippy::disallowed_methods)]
pub mod arn;
#[warn(clippy::disallowed_methods)]
pub mod assertion;
#[warn(clippy::disallowed_methods)]
pub mod asset;
pub mod assumed;
pub mod athena;
#[warn(clippy::disallowed_methods)]
pub mod call;
pub mod catalog;
#[warn(clippy::disallowed_methods)]
pub(crate) mod check_sql;
#[warn(clippy::disallowed_methods)]
pub mod console;
#[warn(clippy::disallowed_methods)]
pub mod cost;
pub mod data_quality;
pub mod datasync;
pub mod dms;
pub mod ecs_task;
pub mod emr_serverless;
pub mod emr_step;
#[warn(clippy::disallowed_methods)]
pub mod failure;
#[warn(clippy::disallowed_methods)]
pub mod folder;
#[warn(clippy::disallowed_methods)]
pub mod glue;
pub mod glue_crawler;
pub mod glue_job;
pub mod http_ingest;
pub mod lake_formation;
pub mod lambda;
#[warn(clippy::disallowed_methods)]
pub mod logs;
#[warn(clippy::disallowed_methods)]
pub mod metrics;
#[warn(clippy::disallowed_methods)]
pub mod notice;
#[warn(clippy::disallowed_methods)]
pub mod objects;
#[warn(clippy::disallowed_methods)]
pub mod output;
#[warn(clippy::disallowed_methods)]
pub mod permissions;
#[warn(clippy::disallowed_methods)]
pub mod place;
#[warn(clippy::disallowed_methods)]
pub mod policy;
#[warn(clippy::disallowed_methods)]
pub mod qualified;
pub mod redshift;
pub mod redshift_cluster;
#[warn(clippy::disallowed_methods)]
pub mod role;
pub mod s3;
pub mod s3_copy;
pub mod s3_delete;
pub mod s3_put;
#[warn(clippy::disallowed_methods)]
pub mod section;
#[warn(clippy::disallowed_methods)]
pub mod shown;
#[warn(clippy::disallowed_methods)]
pub mod statement;
pub mod step_function;
#[warn(clippy::disallowed_methods)]
pub mod table;

pub(crate) use table::{resources, services};
