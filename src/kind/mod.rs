//! Kinds of steps: one folder a kind.
//!
//! A folder holds all that is one kind's own: the record of its keys with its words, what it means, its rules, what it
//! becomes, its page and an example. [`contract`] says what a kind tells of itself; [`shared`] has the rules that several kinds
//! have in common; the one table makes the closed enums and every dispatch ([`StepKind`], [`TaskKind`]).

pub mod athena_sql;
pub mod bash;
pub mod catalog_table;
pub mod contract;
pub mod data_quality;
pub mod datasync_task;
pub mod dms_task;
pub mod ecs_task;
pub mod emr_serverless;
pub mod emr_step;
pub mod glue_crawler;
pub mod glue_job;
pub mod http_ingest;
pub mod lake_formation_grant;
pub mod lambda;
pub mod materialized_view;
pub mod operator;
pub mod pipeline;
pub mod redshift_cluster;
pub mod redshift_copy;
pub mod redshift_sql;
pub mod redshift_unload;
pub mod s3_copy;
pub mod s3_delete;
pub mod s3_put;
pub mod shared;
pub mod spectrum_schema;
pub mod sql_check;
pub mod step_function;
mod table;
pub mod table_maintenance;
pub mod wait;

pub use table::{Described, KINDS, StepKind, TaskKind};
