//! The language below its kinds: values, records, and what documents and steps have in common.
//!
//! Takes nodes in which `${...}` and `each` are already expanded; gives typed values whose references
//! are still names. [`decode`] is the machinery, [`held`] what records show of themselves, [`sql`] a text or a file with it, [`value`], [`airflow`], [`arn`],
//! [`aws`], [`columns`] and [`cron`] the scalars, [`secret`] what names of secrets hold. What a step does is in [`crate::kind`]; the pipeline, the schema and the
//! reference, which hold all kinds, are in [`crate::document`].

pub mod airflow;
pub mod arn;
pub mod aws;
pub mod columns;
pub mod cron;
pub mod decode;
pub mod held;
pub mod json;
pub mod project;
pub mod python;
pub mod scan_limit;
pub mod secret;
pub mod shared;
pub mod source;
pub mod sql;
pub mod step;
pub mod value;
pub mod waiting;

pub use project::ProjectSpec;
