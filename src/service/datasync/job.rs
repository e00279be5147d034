//! Running a task of DataSync, as the plan keeps it, its calls, and what they need.

use super::task::Task;
use crate::service::arn::Resource;
use crate::service::call::{Call, Caller, On, Touched, When, call, operations, right, touched};
use crate::service::console::base;
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::failure::{Codes, Kind};
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Members, Output, SECONDS, URL, known, perhaps};
use crate::service::role::Lends;
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use crate::template::Template;
use serde::{Deserialize, Serialize};

/// Runs a task of DataSync.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunTransfer {
    /// The task.
    pub task: Task,
    /// Only what matches one of these patterns is transferred; what the task says when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub include: Vec<Template>,
    /// What matches one of these patterns is not transferred; what the task says when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exclude: Vec<Template>,
    /// Whether only what differs from what is there is transferred; as the task says when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub only_changed: Option<bool>,
    /// It is no failure that files could not be transferred or verified.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub may_lose: bool,
}

/// Codes that only this service has. It says nearly all that it refuses by one code.
const CODES: Codes = &[("InternalException", Kind::Unavailable)];

operations! {
    codes CODES;

    /// Asks for the end of an execution; the runner repeats it within the little time that it has.
    CANCEL_TASK_EXECUTION = "datasync:CancelTaskExecution" Repeatable Never [right("datasync:CancelTaskExecution", On::Read)];
    /// Looks at an execution.
    DESCRIBE_TASK_EXECUTION = "datasync:DescribeTaskExecution" Repeatable Usual [right("datasync:DescribeTaskExecution", On::Read)];
    /// Reads the mark of an execution.
    LIST_TAGS_FOR_RESOURCE = "datasync:ListTagsForResource" Repeatable Usual [right("datasync:ListTagsForResource", On::Read)];
    /// Lists the executions of a task.
    LIST_TASK_EXECUTIONS = "datasync:ListTaskExecutions" Repeatable Usual [right("datasync:ListTaskExecutions", On::Itself)];
    /// Lists tasks: their ARNs have the account and the id.
    LIST_TASKS = "datasync:ListTasks" Repeatable Usual [right("datasync:ListTasks", On::Anything)];
    /// Starts an execution with its mark, or puts it behind the one that goes on.
    START_TASK_EXECUTION = "datasync:StartTaskExecution" Starts Never [
        right("datasync:StartTaskExecution", On::Itself),
        right("datasync:TagResource", On::Read),
    ];
}

/// What it gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    known("files", Form::Count, "how many files it has transferred"),
    known("bytes", Form::Count, "how many bytes it has sent over the network"),
    perhaps("deleted", Form::Count, "how many files it has removed from the target"),
    perhaps("skipped", Form::Count, "how many files it has not transferred, since the target had them"),
    perhaps("verified", Form::Count, "how many files it has verified"),
    known(
        "failed",
        Form::Count,
        "how many files and folders it has failed to list, transfer, verify or remove",
    ),
];

const OF_BYTES: Billed =
    Billed { unit: Unit::BytesTransferred, measured: Measured::Output("bytes"), least: 0 };
const OF_EXECUTIONS: Billed = Billed { unit: Unit::EnhancedTransfers, measured: Measured::Once, least: 0 };

impl RunTransfer {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in.
    pub fn billed(&self) -> &'static [Billed] {
        &[OF_BYTES, OF_EXECUTIONS]
    }
}

impl Members for RunTransfer {}

impl Shown for RunTransfer {}

/// The locations of a task have roles of their own, which are nobody's to lend.
impl Lends for RunTransfer {}

impl Caller for RunTransfer {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[
            call(START_TASK_EXECUTION),
            call(DESCRIBE_TASK_EXECUTION),
            call(LIST_TASK_EXECUTIONS),
            call(LIST_TAGS_FOR_RESOURCE),
            call(CANCEL_TASK_EXECUTION),
            Call { operation: LIST_TASKS, when: When::Planned("when `task` is no ARN") },
        ];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Itself => touched("the task", self.task.itself()),
            On::Read => touched("its executions", self.task.executions()),
            On::Anything if self.task.arn().is_none() => touched("all tasks", Resource::Anything),
            _ => Vec::new(),
        }
    }
}

/// Links to an execution in the console.
pub fn link(region: &str, arn: &str) -> String {
    let ids = arn.split_once(":task/").and_then(|(_, rest)| rest.split_once("/execution/"));
    let (task, execution) = ids.unwrap_or_default();
    format!("{}/datasync/home?region={region}#/history/{task}/{execution}", base(region))
}

/// Links to a task in the console, or to all of them.
pub fn place(region: &str, task: Option<&str>) -> String {
    let base = format!("{}/datasync/home?region={region}#/tasks", base(region));
    let id = task.and_then(|arn| arn.split_once(":task/"));
    id.map_or_else(|| base.clone(), |(_, id)| format!("{base}/{id}"))
}

/// The heading of what whoever runs a task must be allowed.
pub const RIGHTS: Heading = Heading::new("`datasync_task`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let transfer = RunTransfer { task: Task::named("TASK", None), ..RunTransfer::default() };
    vec![Section::new(Who::Worker, RIGHTS).of(&[&transfer]).billed(&[OF_BYTES, OF_EXECUTIONS])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_of_its_task() {
        let arn = "arn:aws:datasync:eu-west-1:111122223333:task/task-0123456789abcdef0";
        let job: RunTransfer = serde_json::from_str(&format!(r#"{{"task": "{arn}"}}"#)).unwrap();
        let needs: Vec<String> =
            job.needs().iter().map(|need| format!("{} {}", need.action, need.resource)).collect();
        let executions = format!("{arn}/execution/*");
        assert_eq!(
            needs,
            [
                format!("datasync:StartTaskExecution {arn}"),
                format!("datasync:TagResource {executions}"),
                format!("datasync:DescribeTaskExecution {executions}"),
                format!("datasync:ListTaskExecutions {arn}"),
                format!("datasync:ListTagsForResource {executions}"),
                format!("datasync:CancelTaskExecution {executions}"),
            ]
        );
    }

    #[test]
    fn links_lead_to_the_console() {
        let task = "arn:aws:datasync:eu-west-1:111122223333:task/task-0";
        let base = "https://eu-west-1.console.aws.amazon.com/datasync/home?region=eu-west-1#";
        assert_eq!(
            link("eu-west-1", &format!("{task}/execution/exec-1")),
            format!("{base}/history/task-0/exec-1")
        );
        assert_eq!(place("eu-west-1", Some(task)), format!("{base}/tasks/task-0"));
        assert_eq!(place("eu-west-1", None), format!("{base}/tasks"));
    }
}
