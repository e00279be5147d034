//! `dms_task`: runs a replication of AWS Database Migration Service.

mod lower;
mod rules;

use crate::diagnostic::{Code, Diagnostics};
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Outputs};
use crate::lang::decode::{Leaf, LeafError, record, words};
use crate::lang::step::{IfRunning, ReplicationStart};
use crate::service;
use crate::service::dms::task::{Config, Task, parse};
use crate::service::qualified::{Qualified, Thing};
use crate::service::section::Heading;
use crate::template::Template;
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};

record! {
    "`dms_task`"
    /// Runs a replication of AWS Database Migration Service.
    pub struct DmsTaskStep {
        /// The replication task, by its identifier or its ARN.
        pub task: Option<Spanned<TaskName>>,
        /// The serverless replication, by the identifier or the ARN of its configuration.
        pub serverless: Option<Spanned<ConfigName>>,
        /// How it is started when it has run before; when absent, what only loads tables reloads them, and what replicates
        /// changes resumes.
        pub start: Option<Spanned<ReplicationStart>>,
        /// Where in the changes it begins: a moment, a checkpoint, or a number of the source's log; it is started anew then.
        pub from: Option<Spanned<Template>>,
        /// Where in the changes it stops: `server_time:` or `commit_time:` and a moment.
        pub until: Option<Spanned<Template>>,
        /// What the task waits for.
        pub wait: Option<Spanned<WaitsFor>> = WaitsFor::End,
        /// What happens when it is running already.
        pub if_running: Option<Spanned<IfRunning>> = IfRunning::Wait,
        /// What happens when tables are in error.
        pub on_failed: Option<Spanned<OnFailed>> = OnFailed::Fail,
        /// Tables and prefixes that it reads, for the order of steps.
        pub reads: Option<Vec<Spanned<String>>>,
        /// Tables and prefixes that it writes, for the order of steps.
        pub writes: Option<Vec<Spanned<String>>>,
    }
    exactly one of [task, serverless]
    at most one of [start, from]
}

words! {
    "what is waited for"
    /// What the task waits for.
    pub enum WaitsFor {
        /// The end of the replication.
        End = "end",
        /// That it runs, and has loaded what was there: changes go on after the task.
        Running = "running",
    }
}

words! {
    "an answer to tables in error"
    /// What happens when tables are in error.
    pub enum OnFailed {
        /// The task fails, and is tried again.
        Fail = "fail",
        /// The task is done, with a warning.
        Pass = "pass",
    }
}

/// A replication task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskName(pub Task);

/// The configuration of a serverless replication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigName(pub Config);

fn named<T: Thing>(text: &str) -> Result<Qualified<T>, LeafError> {
    parse::<T>(text).map_err(|why| {
        let code = if text.starts_with("arn:") { Code::InvalidArn } else { Code::InvalidName };
        let (what, of) = (T::WHAT, T::TYPE);
        LeafError::new(code, format!("`{}` is no name of {what}: {why}", text.escape_debug())).help(format!(
            "it looks like `orders-to-lake` or `arn:aws:dms:eu-west-1:111122223333:{of}7QK3V5ZJRX6UJ2ZP4BLE`"
        ))
    })
}

impl Leaf for TaskName {
    const EXPECTED: &'static str = "an identifier or an ARN of a replication task";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        named(&scalar.text).map(Self)
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }
}

impl Leaf for ConfigName {
    const EXPECTED: &'static str = "an identifier or an ARN of a configuration";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        named(&scalar.text).map(Self)
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }
}

impl Kind for DmsTaskStep {
    const NAME: &'static str = "dms_task";
    const ELSEWHERE: &'static [&'static str] =
        &["aws_dms", "database_migration", "dms", "dms_replication", "dms_serverless", "replication_task"];
    const BRIEF: &'static str = "runs a replication of AWS Database Migration Service";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::dms::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::dms::job::OUTPUTS);

    fn gives<'a>(&'a self, known: &Known<'_, 'a>) -> Gives<'a> {
        known.listed(self.writes.as_deref())
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        cx.listed(self.reads.as_deref(), self.writes.as_deref(), None);
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }
}
