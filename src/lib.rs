//! dagc: a compiler and an operator binary for data pipelines on AWS.
//!
//! Text comes in at the top of this list and flows down; nothing flows back up.
//!
//! ```text
//! disk --load--> SourceMap --yaml::parse--> Node --expand--> Node --lang::decode--> Spec
//!      --resolve--> Project --check (adds diagnostics)--> --lower--> ProjectPlan
//!      --emit--> Artifacts (bytes in memory)
//!
//! Artifacts --write::apply--> generated/            (atomic, only what changed)
//! Artifacts + remote listing --publish::diff--> Changeset --publish::apply--> Report
//! PlanFile task + RunContext --exec::runner--> Outcome --> exit code
//! ```
//!
//! | room | modules, in this order: each knows only what stands before it |
//! | --- | --- |
//! | texts, places, findings; Python source as it is laid out | [`text`], [`diagnostic`], [`python`] |
//! | the language | [`yaml`], [`template`], [`objects`], [`sql`], [`columns`], [`expand`], [`lang`] |
//! | what services run and are asked, as data | [`service`]: calls, and `job.rs` of each service |
//! | the one intermediate representation | [`plan`] |
//! | what is known around a step; what each kind of step is, one folder a kind | [`scope`], [`kind`] |
//! | the documents, which hold steps of all kinds | [`document`] |
//! | names to ids, rules, plans, files | [`resolve`], [`check`], [`lower`], [`emit`] |
//! | the pure driver of all of the above | [`compile`] |
//! | the world | [`load`], [`write`](mod@write), [`cache`], [`aws`], [`exec`], [`publish`], [`ui`] |
//! | how each service is run and published | [`service`]: its `run.rs` stands below `exec` itself and above its parts, its `publish.rs` so in `publish` |
//! | one thin file a command | [`cli`] |
//!
//! `exec` and `publish` do not know each other, nor `cli`, nor `ui`; no service knows another one. What stands before
//! `load` reads no file, no clock, no environment, prints nothing; Clippy's `disallowed_methods`, which is on for it
//! alone, holds most of this.
//!
//! `simulation`, which is of the tests, plays the runner of `exec` against simulated services.

pub mod aws;
pub mod cache;
#[warn(clippy::disallowed_methods)]
pub mod check;
pub mod cli;
#[warn(clippy::disallowed_methods)]
pub mod columns;
#[warn(clippy::disallowed_methods)]
pub mod compile;
#[warn(clippy::disallowed_methods)]
pub mod diagnostic;
#[warn(clippy::disallowed_methods)]
pub mod document;
#[warn(clippy::disallowed_methods)]
pub mod emit;
pub mod exec;
#[warn(clippy::disallowed_methods)]
pub mod expand;
#[warn(clippy::disallowed_methods)]
pub mod kind;
#[warn(clippy::disallowed_methods)]
pub mod lang;
pub mod load;
#[warn(clippy::disallowed_methods)]
pub mod lower;
#[warn(clippy::disallowed_methods)]
pub mod objects;
#[warn(clippy::disallowed_methods)]
pub mod plan;
pub mod publish;
#[warn(clippy::disallowed_methods)]
pub mod python;
#[warn(clippy::disallowed_methods)]
pub mod resolve;
#[warn(clippy::disallowed_methods)]
pub mod scope;
pub mod service;
#[cfg(test)]
mod simulation;
#[warn(clippy::disallowed_methods)]
pub mod sql;
#[warn(clippy::disallowed_methods)]
pub mod template;
#[warn(clippy::disallowed_methods)]
pub mod text;
pub mod ui;
pub mod write;
#[warn(clippy::disallowed_methods)]
pub mod yaml;
