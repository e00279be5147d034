//! The language: the types that a spec is read into, with their places.
//!
//! Takes nodes in which `${...}` and `each` are already expanded; gives typed values whose references
//! are still names. [`decode`] is the machinery, [`leaf`], [`airflow`], [`arn`], [`aws`], [`columns`] and [`cron`] the scalars, the rest is the language itself,
//! and `dagc schema` and the reference in `docs/` are made from it.

pub mod airflow;
pub mod arn;
pub mod aws;
pub mod columns;
pub mod cron;
pub mod decode;
pub mod pipeline;
pub mod project;
pub mod python;
pub mod reference;
pub mod schema;
pub mod shared;
pub mod source;
pub mod step;
pub mod value;
pub mod waiting;

pub use pipeline::PipelineSpec;
pub use project::ProjectSpec;
pub use schema::schema;
