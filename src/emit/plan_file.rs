//! The plan file of a pipeline: what `dagc exec` reads on a worker.

use super::{File, short_hash};
use crate::plan::{
    CONNECTED_PLAN_FILE, Job, PLAN_FILE_VERSION, Plan, PlanFile, PlannedTask, ProjectPlan, Work,
};
use std::collections::BTreeMap;

/// Writes the plan file, under a name that carries the hash of its content; none when `dagc exec` runs
/// nothing of this pipeline.
pub(super) fn plan_file(project: &ProjectPlan, plan: &Plan) -> Option<File> {
    let file = planned(project, plan);
    if file.tasks.is_empty() {
        return None;
    }
    let mut content = serde_json::to_vec_pretty(&file).expect("invariant: keys are strings, numbers finite");
    content.push(b'\n');
    content.shrink_to_fit();
    Some((format!(".dagc/plans/{}-{}.json", plan.dag.id, short_hash(&content)), content))
}

/// Gives what the plan file of a pipeline holds.
pub fn planned<'p>(project: &ProjectPlan, plan: &'p Plan) -> PlanFile<&'p Job> {
    let tasks: BTreeMap<String, PlannedTask<&Job>> = plan
        .tasks()
        .filter_map(|task| match &task.work {
            Work::Job(job) => Some((
                task.id.clone(),
                PlannedTask {
                    step: task.step.clone(),
                    on_kill: task.on_kill,
                    timeout: task.policy.timeout,
                    runs_as: task.runs_as.clone(),
                    reschedule: task.airflow.reschedule,
                    job,
                },
            )),
            Work::Bash(_) | Work::Operator(_) | Work::Pipeline(_) => None,
        })
        .collect();
    let is_connected = tasks.values().any(|task| task.runs_as.is_some());
    PlanFile {
        version: if is_connected { CONNECTED_PLAN_FILE } else { PLAN_FILE_VERSION },
        project: project.project.clone(),
        dag_id: plan.dag.id.clone(),
        environment: project.environment.name.clone(),
        region: project.environment.region.clone(),
        time_zone: Some(plan.dag.timezone.clone()).filter(|zone| zone != "UTC"),
        tasks,
    }
}
