//! What a pipeline is to Airflow: its schedule, its params, what holds for all of its tasks.

use super::task::TaskSettings;
use crate::lang::value::Clock;
use serde::Serialize;
use serde_json::Value;

/// The settings of a DAG.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Dag {
    /// The DAG's id: the pipeline's name.
    pub id: String,
    /// One line.
    pub description: Option<String>,
    /// Markdown of the user's.
    pub doc: Option<String>,
    /// The spec's path, relative to the project.
    pub spec_path: String,
    /// When it runs.
    pub schedule: DagSchedule,
    /// The time zone of the schedule.
    pub timezone: String,
    /// The first day, `YYYY-MM-DD`; when absent a fixed day in the past stands in the DAG file.
    pub start_date: Option<String>,
    /// Runs the intervals that were missed.
    pub catchup: bool,
    /// How many runs may be active.
    pub max_active_runs: u32,
    /// A task waits for its success in the run before.
    pub depends_on_past: bool,
    /// How long a run may take, in seconds.
    pub run_timeout: Option<u64>,
    /// Tags, sorted, each once.
    pub tags: Vec<String>,
    /// Params by name, in the order of the file.
    pub params: Vec<Param>,
    /// The owner.
    pub owner: String,
    /// SNS topic that hears of a failed run.
    pub on_failure_sns: Option<String>,
    /// Settings that most tasks share; a task's own differ where they must.
    pub defaults: TaskSettings,
}

/// A param of a DAG.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its JSON Schema type.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its default.
    pub default: Value,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The values that are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<Vec<Value>>,
}

/// When a DAG runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DagSchedule {
    /// By the clock, or only when started.
    Clock(Clock),
    /// When all of these assets are new.
    Assets(Vec<String>),
}

impl Default for DagSchedule {
    fn default() -> Self {
        Self::Clock(Clock::Manual)
    }
}
