//! Services: what AWS runs for a pipeline and what publishing makes there, each in one folder.
//!
//! | file of a folder | holds | knows |
//! | --- | --- | --- |
//! | `job.rs` | the job as the plan keeps it; the calls that are made for it, what they need, what it gives, what it may be at most, what it is billed in | no SDK |
//!
//! | module | gives |
//! | --- | --- |
//! | [`call`], [`arn`] | calls and permissions as data |
//! | [`output`], [`cost`] | what a job gives; what it is billed in |
//! | [`table`] | the row of each service, and [`Job`](table::Job) |
//! | [`s3`], [`glue_crawler`], [`glue_job`], [`redshift`] | the services |
//! | [`objects`], [`logs`] | calls that several services make |
//! | [`folder`], [`notice`] | who else calls AWS: publishing, the DAG itself |
//! | [`permissions`] | `docs/permissions.md` |
//!
//! No service knows another one.

pub mod arn;
pub mod call;
pub mod cost;
pub mod folder;
pub mod glue_crawler;
pub mod glue_job;
pub mod logs;
pub mod notice;
pub mod objects;
pub mod output;
pub mod permissions;
pub mod redshift;
pub mod s3;
pub mod table;
