//! The whole plan as a document: what `dagc show --format json` prints, and docs/plan.md explains.
//!
//! Takes a [`ProjectPlan`], gives what serde writes. Data is named by one text everywhere, and described once.

use super::{
    AirflowHints, Bash, Dag, Facts, Job, Link, Operator, OutputOf, Place, Plan, Policy, ProjectPlan,
    Resource, RunsAs, StartPipeline, Task, Why, Work,
};
use crate::lang::shared::OnKill;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::collections::BTreeSet;

/// The version of the document. A field may be added without a new one; none goes or changes its meaning.
pub const DOCUMENT_VERSION: u32 = 1;

impl Serialize for ProjectPlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("ProjectPlan", 6)?;
        document.serialize_field("version", &DOCUMENT_VERSION)?;
        document.serialize_field("project", &self.project)?;
        document.serialize_field("namespace", &self.namespace)?;
        document.serialize_field("environment", &self.environment)?;
        document.serialize_field("pipelines", &self.pipelines)?;
        document.serialize_field("links", &self.links.iter().map(Between).collect::<Vec<_>>())?;
        document.end()
    }
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tasks: Vec<TaskDocument<'_>> = self.tasks().map(|task| TaskDocument::new(self, task)).collect();
        let edges = self.edges();
        let edges: Vec<EdgeDocument<'_>> =
            edges.iter().map(|edge| EdgeDocument { from: edge.from, to: edge.to, why: edge.why }).collect();
        let touched =
            self.tasks().flat_map(|task| task.reads.iter().chain(&task.writes).chain(&task.creates));
        let data: BTreeSet<&Place> = touched.chain(self.data.iter().map(|(data, _)| data)).collect();
        let data: Vec<DataDocument<'_>> = data
            .into_iter()
            .map(|data| DataDocument { id: data.to_string(), place: data, facts: self.data.get(data) })
            .collect();
        let resources: Vec<ResourceDocument<'_>> =
            self.resources.iter().map(|resource| ResourceDocument { id: resource.id(), resource }).collect();
        let mut document = serializer.serialize_struct("Plan", 5)?;
        document.serialize_field("dag", &DagDocument(&self.dag))?;
        document.serialize_field("data", &data)?;
        document.serialize_field("resources", &resources)?;
        document.serialize_field("tasks", &tasks)?;
        document.serialize_field("edges", &edges)?;
        document.end()
    }
}

/// A DAG's settings.
struct DagDocument<'p>(&'p Dag);

impl Serialize for DagDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let dag = self.0;
        let mut document = serializer.serialize_struct("Dag", 15)?;
        document.serialize_field("id", &dag.id)?;
        optional(&mut document, "description", dag.description.as_ref())?;
        optional(&mut document, "doc", dag.doc.as_ref())?;
        document.serialize_field("spec", &dag.spec_path)?;
        document.serialize_field("schedule", &dag.schedule)?;
        document.serialize_field("time_zone", &dag.timezone)?;
        optional(&mut document, "start_date", dag.start_date.as_ref())?;
        document.serialize_field("catchup", &dag.catchup)?;
        document.serialize_field("max_active_runs", &dag.max_active_runs)?;
        document.serialize_field("depends_on_past", &dag.depends_on_past)?;
        optional(&mut document, "run_timeout", dag.run_timeout.as_ref())?;
        document.serialize_field("tags", &dag.tags)?;
        document.serialize_field("params", &dag.params)?;
        document.serialize_field("owner", &dag.owner)?;
        optional(&mut document, "on_failure_sns", dag.on_failure_sns.as_ref())?;
        document.end()
    }
}

/// Writes a field that may be absent.
fn optional<S: SerializeStruct>(
    document: &mut S,
    name: &'static str,
    value: Option<&(impl Serialize + ?Sized)>,
) -> Result<(), S::Error> {
    match value {
        Some(value) => document.serialize_field(name, value),
        None => document.skip_field(name),
    }
}

/// A task, with its data and its resources by their names.
#[derive(serde::Serialize)]
struct TaskDocument<'p> {
    id: &'p str,
    step: &'p str,
    kind: &'p str,
    line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'p str>,
    reads: Vec<String>,
    writes: Vec<String>,
    creates: Vec<String>,
    uses: Vec<String>,
    outputs_of: &'p [OutputOf],
    policy: &'p Policy,
    on_kill: OnKill,
    #[serde(skip_serializing_if = "Option::is_none")]
    runs_as: Option<&'p RunsAs>,
    airflow: &'p AirflowHints,
    work: WorkDocument<'p>,
}

impl<'p> TaskDocument<'p> {
    fn new(plan: &'p Plan, task: &'p Task) -> Self {
        let names = |data: &[Place]| data.iter().map(ToString::to_string).collect();
        Self {
            id: &task.id,
            step: &task.step,
            kind: task.kind,
            line: task.line,
            description: task.description.as_deref(),
            reads: names(&task.reads),
            writes: names(&task.writes),
            creates: names(&task.creates),
            uses: task.uses.iter().map(|resource| plan.resources[*resource].id()).collect(),
            outputs_of: &task.outputs_of,
            policy: &task.policy,
            on_kill: task.on_kill,
            runs_as: task.runs_as.as_ref(),
            airflow: &task.airflow,
            work: match &task.work {
                Work::Job(job) => WorkDocument::Job(job),
                Work::Bash(bash) => WorkDocument::Bash(bash),
                Work::Operator(operator) => WorkDocument::Operator(operator),
                Work::Pipeline(start) => WorkDocument::Pipeline(start),
            },
        }
    }
}

/// What a task does: a job of `dagc exec`, or what Airflow does itself.
#[derive(serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum WorkDocument<'p> {
    Job(&'p Job),
    Bash(&'p Bash),
    Operator(&'p Operator),
    Pipeline(&'p StartPipeline),
}

#[derive(serde::Serialize)]
struct EdgeDocument<'p> {
    from: &'p str,
    to: &'p str,
    why: &'p [Why],
}

/// A link between pipelines.
struct Between<'p>(&'p Link);

impl Serialize for Between<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let link = self.0;
        let mut document = serializer.serialize_struct("Link", 6)?;
        document.serialize_field("from_pipeline", &link.from_pipeline)?;
        document.serialize_field("from_task", &link.from_task)?;
        document.serialize_field("to_pipeline", &link.to_pipeline)?;
        optional(&mut document, "to_task", link.to_task.as_ref())?;
        document.serialize_field("why", &link.why)?;
        optional(&mut document, "asset", link.asset.as_ref())?;
        document.end()
    }
}

/// Some data: its name, its place, and what is known of it.
#[derive(serde::Serialize)]
struct DataDocument<'p> {
    id: String,
    place: &'p Place,
    #[serde(flatten)]
    facts: Option<&'p Facts>,
}

/// A resource with its name.
#[derive(serde::Serialize)]
struct ResourceDocument<'p> {
    id: String,
    #[serde(flatten)]
    resource: &'p Resource,
}
