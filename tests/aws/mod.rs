//! `dagc-worker exec` against the lab: the real binary, real requests, faults on the way.
//!
//! Tests run side by side in one lab, so each has names of its own, and fault rules are tied to them.

mod athena;
mod athena_check;
mod catalog;
mod connection;
mod crawl;
mod data_quality;
mod datasync;
mod dms;
mod ecs_task;
mod emr_serverless;
mod emr_step;
mod glue;
mod http_api;
mod http_ingest;
mod iceberg;
pub(crate) mod lab;
mod lake_formation;
mod lambda;
mod load;
mod load_races;
mod matrix;
mod redshift_cluster;
mod rights;
mod s3_copy;
mod s3_delete;
mod s3_put;
mod spectrum;
mod sql;
mod step_function;
mod task;
mod transform;
mod unload;
mod usage;
mod view;
mod wait;
