//! The plan file of a pipeline: all that a worker needs of a plan.

use super::{Job, Reschedule, RunsAs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the plan file of a pipeline holds: all that `dagc exec` needs. Where it is written it borrows its jobs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlanFile<J = Job> {
    /// The version of this format; a worker refuses one that it does not know.
    pub version: u32,
    /// The project.
    pub project: String,
    /// The DAG.
    pub dag_id: String,
    /// The environment's name.
    pub environment: String,
    /// The AWS region, when it is said.
    pub region: Option<String>,
    /// The time zone of the pipeline, for `{{ ds | local }}`; UTC when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time_zone: Option<String>,
    /// The tasks that `exec` runs, by id.
    pub tasks: BTreeMap<String, PlannedTask<J>>,
}

/// The version of [`PlanFile`] that this program writes. It reads the one before as well ([`super::read`]).
pub const PLAN_FILE_VERSION: u32 = 3;

/// The version of a plan in which a task runs as somebody else: a worker that does not know of it would run the task as
/// itself.
pub const CONNECTED_PLAN_FILE: u32 = 4;

/// A task in a [`PlanFile`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedTask<J = Job> {
    /// The step, as the user wrote it.
    pub step: String,
    /// What happens to the job when the task is killed.
    pub on_kill: crate::lang::shared::OnKill,
    /// How long the task may take, in seconds; Airflow ends it then, or the worker one that is rescheduled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub timeout: Option<u64>,
    /// Who it runs as, and where; the worker's own rights, in the region of the plan, when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub runs_as: Option<RunsAs>,
    /// How it waits without a slot.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reschedule: Option<Reschedule>,
    /// What is run.
    pub job: J,
}
