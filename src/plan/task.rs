//! Tasks: the nodes of a plan.

use super::{Job, Place};
use crate::lang::shared::{OnKill, TriggerRule};
use crate::template::{Json, Template};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// One task of a DAG.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Airflow's id: letters, digits, `_`, `-` and `.`; unique in its DAG.
    pub id: String,
    /// The step as the user names it, such as `load[orders]`; for a wait, the source's name.
    pub step: String,
    /// The step's kind, or `wait`.
    pub kind: &'static str,
    /// The line of the spec where it is written.
    pub line: usize,
    /// What it is for.
    pub description: Option<String>,
    /// How often and how long it is tried.
    pub policy: Policy,
    /// What happens to the job when the task is killed.
    pub on_kill: OnKill,
    /// Who it runs as, and where, unless that is the environment's.
    pub runs_as: Option<RunsAs>,
    /// What is Airflow's alone.
    pub airflow: AirflowHints,
    /// What it does.
    pub work: Work,
    /// What it reads, sorted.
    pub reads: Vec<Place>,
    /// What it writes, sorted.
    pub writes: Vec<Place>,
    /// What it makes where nothing is: tables above all.
    pub creates: Vec<Place>,
    /// The indices of the resources of its plan that it uses.
    pub uses: Vec<usize>,
    /// The tasks whose outputs its text uses.
    pub outputs_of: Vec<OutputOf>,
}

/// Who a task runs as, and where: what its worker makes the clients of AWS with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunsAs {
    /// The name under `connections`.
    pub connection: String,
    /// The ARN of the role that the worker takes on; its own rights when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub role: Option<String>,
    /// The external id that it says when it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub external_id: Option<String>,
    /// The region; the environment's when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<String>,
}

/// A task whose outputs another one uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct OutputOf {
    /// Its id.
    pub task: String,
    /// What it gives.
    pub form: OutputForm,
}

/// How what a task gives is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputForm {
    /// As `dagc exec` gives it: an object.
    Job,
    /// As one value, whatever it is.
    Value,
    /// As a text.
    Text,
    /// As a number.
    Number,
    /// As an object, or a JSON object in a text.
    Members,
}

impl OutputForm {
    /// Returns what the support module calls it; none for what `dagc exec` gives.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Job => None,
            Self::Value => Some("value"),
            Self::Text => Some("text"),
            Self::Number => Some("number"),
            Self::Members => Some("members"),
        }
    }
}

/// How a task waits that gives its slot back and is started again for each look at its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reschedule {
    /// Seconds that the first look stays.
    pub stay: u64,
    /// The most seconds between two looks.
    pub every: u64,
}

/// How often and how long a task is tried.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Policy {
    /// How often it is tried again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retries: Option<u32>,
    /// Seconds before it is tried again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_delay: Option<u64>,
    /// Seconds that it may take.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub timeout: Option<u64>,
}

/// What is Airflow's alone about a task: another back end may leave it out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AirflowHints {
    /// Its settings.
    #[serde(flatten)]
    pub settings: AirflowSettings,
    /// The task group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// When it may start.
    pub trigger_rule: TriggerRule,
    /// How it waits without a slot; none for one that waits in its slot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reschedule: Option<Reschedule>,
    /// The assets that Airflow is told of when it succeeds: what other pipelines are scheduled by.
    pub outlets: Vec<String>,
}

/// Settings of a task that layers of defaults give.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TaskSettings {
    /// How often and how long it is tried.
    pub policy: Policy,
    /// What is Airflow's alone.
    pub airflow: AirflowSettings,
}

/// How Airflow queues a task, and who hears of it.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AirflowSettings {
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
    /// The pool.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pool: Option<String>,
    /// The weight.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub priority: Option<u32>,
    /// SNS topic that hears of its failure.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on_failure_sns: Option<String>,
}

/// What a task does.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// `dagc exec` runs it.
    Job(Job),
    /// Airflow runs a command.
    Bash(Bash),
    /// Airflow runs an operator of the user's.
    Operator(Operator),
    /// Airflow starts a run of another pipeline.
    Pipeline(StartPipeline),
}

/// A run of another pipeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StartPipeline {
    /// The id of its DAG.
    pub dag_id: String,
    /// What it is given.
    #[serde(serialize_with = "pairs")]
    pub params: Vec<(String, Json)>,
    /// Its logical date; the time of its start when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_date: Option<Template>,
    /// The task is done when it is started.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_wait: bool,
    /// The seconds between two looks.
    pub every: u64,
}

/// A command on the worker.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bash {
    /// The command line; with `script`, its arguments are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Template>,
    /// A script of the user's: its path relative to the project, and its text.
    #[serde(serialize_with = "path_of", skip_serializing_if = "Option::is_none")]
    pub script: Option<(String, std::sync::Arc<str>)>,
    /// Variables for its environment.
    #[serde(serialize_with = "pairs")]
    pub env: Vec<(String, Template)>,
}

/// Writes names and values as an object.
fn pairs<V: Serialize, S: Serializer>(pairs: &[(String, V)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

/// Writes the path of a script.
#[expect(clippy::ref_option, reason = "serde calls it")]
fn path_of<S: Serializer>(
    script: &Option<(String, std::sync::Arc<str>)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    script.as_ref().map(|(path, _)| path).serialize(serializer)
}

/// An operator by its import path.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Operator {
    /// `package.module.Class`
    pub path: String,
    /// Keyword arguments in the order of the file.
    #[serde(serialize_with = "pairs")]
    pub arguments: Vec<(String, Argument)>,
}

/// An argument of an operator: plain data, with Airflow's own templates in its strings, and filters of dagc's.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Argument {
    /// `None`, a truth value, a number or a string.
    Value(Value),
    /// A list.
    List(Vec<Argument>),
    /// A dict, in the order of the file.
    #[serde(serialize_with = "pairs")]
    Dict(Vec<(String, Argument)>),
}

impl Argument {
    /// Calls `f` with every string in it.
    pub fn each_text(&self, f: &mut impl FnMut(&str)) {
        match self {
            Self::Value(value) => value.as_str().into_iter().for_each(f),
            Self::List(items) => items.iter().for_each(|item| item.each_text(f)),
            Self::Dict(items) => items.iter().for_each(|(_, item)| item.each_text(f)),
        }
    }
}
