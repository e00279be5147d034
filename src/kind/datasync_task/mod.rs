//! `datasync_task`: runs a task of AWS DataSync.

mod lower;
mod rules;

use crate::diagnostic::{Code, Diagnostics};
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Outputs};
use crate::lang::decode::{Leaf, LeafError, record, words};
use crate::service;
use crate::service::datasync::task::Task;
use crate::service::section::Heading;
use crate::template::Template;
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};

record! {
    "`datasync_task`"
    /// Runs a task of AWS DataSync.
    pub struct DatasyncTaskStep {
        /// Its name, its id or its ARN.
        pub task: Spanned<TaskName>,
        /// Transfers only what begins so, such as `/orders/{{ ds }}`: folders and files of the source's location, with `*` at
        /// their end; what the task says when absent.
        pub include: Option<Vec<Spanned<Template>>>,
        /// Leaves these out, such as `*.tmp`: with `*` at their beginning and their end; what the task says when absent.
        pub exclude: Option<Vec<Spanned<Template>>>,
        /// Whether only what differs from what the target has is transferred; what the task says when absent.
        pub only_changed: Option<Spanned<bool>>,
        /// What happens when files could not be transferred or verified.
        pub on_failed: Option<Spanned<OnFailed>> = OnFailed::Fail,
        /// Tables and prefixes that it reads, for the order of steps.
        pub reads: Option<Vec<Spanned<String>>>,
        /// Tables and prefixes that it writes, for the order of steps.
        pub writes: Option<Vec<Spanned<String>>>,
    }
}

words! {
    "an answer to files that have failed"
    /// What happens when files could not be transferred or verified.
    pub enum OnFailed {
        /// The task fails, and is tried again.
        Fail = "fail",
        /// The task is done, with a warning.
        Pass = "pass",
    }
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskName(pub Task);

impl Leaf for TaskName {
    const EXPECTED: &'static str = "a name, an id or an ARN of a task";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = &scalar.text;
        Task::named_by(text).map(Self).map_err(|why| {
            let code = if text.starts_with("arn:") { Code::InvalidArn } else { Code::InvalidName };
            let example = "arn:aws:datasync:eu-west-1:111122223333:task/task-0123456789abcdef0";
            LeafError::new(code, format!("`{}` is no task of DataSync: {why}", text.escape_debug()))
                .help(format!("it looks like `nightly-orders`, `task-0123456789abcdef0` or `{example}`"))
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }
}

impl Kind for DatasyncTaskStep {
    const NAME: &'static str = "datasync_task";
    const ELSEWHERE: &'static [&'static str] =
        &["aws_datasync", "data_sync", "datasync", "datasync_execution", "start_task_execution"];
    const BRIEF: &'static str = "runs a task of AWS DataSync";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::datasync::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::datasync::job::OUTPUTS);

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
        Some(lower::lower(self, cx))
    }
}
