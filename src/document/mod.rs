//! Whole documents, which hold steps of every kind: the pipeline, the schema and the reference of the language.

pub mod page;
pub mod pipeline;
pub mod reference;
pub mod schema;
mod step;

pub use pipeline::PipelineSpec;
pub use step::StepSpec;
