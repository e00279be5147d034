//! The Plan: the one intermediate representation, from which every back end works.
//!
//! A [`ProjectPlan`] is one project in one environment; a [`Plan`] is one pipeline: an acyclic graph of
//! [`Task`]s, each holding its [`Work`]. It holds no places in files and needs no second validation. What
//! it holds for a task that `dagc exec` runs is a [`Job`]; what must exist before anything runs is a
//! [`Resource`]. petgraph stays in here.

mod before;
mod data;
mod document;
mod file;
mod needs;
mod reduce;
mod task;

pub use before::{OLDEST_PLAN_FILE, read};
pub use data::{Column, DataCatalog, Dataset, Facts};
pub use document::DOCUMENT_VERSION;
pub use file::{PLAN_FILE_VERSION, PlanFile, PlannedTask, RETRY_DELAY};
pub use needs::{Needs, RoleNeeds};
pub use task::{
    AirflowHints, AirflowSettings, Argument, Bash, Operator, OutputForm, OutputOf, Policy, Reschedule, Task,
    TaskSettings, Work,
};

pub use crate::service::asset::Asset;
pub use crate::service::athena::job::RunAthena;
pub use crate::service::glue_crawler::job::{Crawl, CrawlTarget, CrawlerDefinition, IfRunning};
pub use crate::service::glue_job::job::{GlueCommand, GlueJobDefinition, Input, Output, RunGlueJob};
pub use crate::service::place::Place;
pub use crate::service::redshift::assertion::{Assertion, Check, Expected};
pub use crate::service::redshift::job::{RedshiftConnection, RunSql, SqlBody, Unload, UnloadFormat};
pub use crate::service::redshift::load::{CopyFormat, CopyMode, Load, LoadOptions, ledger_name};
pub use crate::service::redshift::statement::Statement;
pub use crate::service::s3::job::WaitForObjects;
pub use crate::service::s3_delete::job::DeleteObjects;
pub use crate::service::s3_put::job::PutObject;
pub use crate::service::table::{Job, Resource};

use crate::lang::value::{AirflowVersion, Clock};
use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// One project in one environment, ready for every back end.
#[derive(Clone, Debug)]
pub struct ProjectPlan {
    /// The project's name.
    pub project: String,
    /// The folder of its DAG files: a Python identifier.
    pub namespace: String,
    /// The environment.
    pub environment: Environment,
    /// The pipelines, by name.
    pub pipelines: Vec<Plan>,
    /// Which task's data schedules or feeds which pipeline.
    pub links: Vec<Link>,
    /// The project has other pipelines, which were not asked for: what is there of them stays.
    pub is_partial: bool,
}

/// Makes the name of the folder of DAG files: a Python identifier.
pub fn namespace(project: &str) -> String {
    project.replace('-', "_")
}

/// What back ends need to know of the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// The version of Airflow for which DAG files are written.
    #[serde(serialize_with = "shown")]
    pub airflow: AirflowVersion,
    /// The AWS region, when it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The MWAA environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mwaa: Option<String>,
    /// Where DAG files go without MWAA: `s3://bucket/prefix`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dags: Option<String>,
    /// The KMS key for published objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// New DAGs start paused.
    pub paused: bool,
}

/// Writes a value as it is shown.
fn shown<S: serde::Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// A dependency between pipelines.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// The pipeline that makes the data.
    pub from_pipeline: String,
    /// Its task.
    pub from_task: String,
    /// The pipeline that reads it.
    pub to_pipeline: String,
    /// Its task, when one reads the data; none when only the schedule names it.
    pub to_task: Option<String>,
    /// Why.
    pub why: Why,
    /// The asset by which the reader is scheduled; none when it runs by the clock.
    pub asset: Option<String>,
}

/// Why one task comes after another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// `from:` or `of:` names it.
    From,
    /// It reads a table that the other one writes.
    Table(String),
    /// It reads a prefix that the other one writes.
    Prefix(String),
    /// It reads files for which the other one waits.
    Wait(String),
    /// `after:` names it.
    After,
    /// Its text uses the other one's outputs.
    Outputs,
    /// Both write it, in this order.
    Rewrite(String),
    /// One drops it, when the other is done with it or before the other makes it.
    Drop(String),
    /// One takes its rows away, when the other is done with them or before the other writes.
    Empty(String),
    /// It reads a table that the other one checks.
    Check(String),
    /// One makes the schema in which the other works, or does something to all that lies in it.
    Schema(String),
    /// It names a procedure or function that the other one makes.
    Routine(String),
}

impl Why {
    /// Says whether the user has named the order: what is only seen in the data gives way to it.
    pub fn is_named(&self) -> bool {
        match self {
            Self::From | Self::Wait(_) | Self::After | Self::Outputs => true,
            Self::Table(_)
            | Self::Prefix(_)
            | Self::Rewrite(_)
            | Self::Drop(_)
            | Self::Empty(_)
            | Self::Check(_)
            | Self::Schema(_)
            | Self::Routine(_) => false,
        }
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::From => f.write_str("from"),
            Self::Table(name) => write!(f, "table {name}"),
            Self::Prefix(path) => write!(f, "prefix {path}"),
            Self::Wait(source) => write!(f, "waits for {source}"),
            Self::After => f.write_str("after"),
            Self::Outputs => f.write_str("outputs"),
            Self::Rewrite(name) => write!(f, "writes {name} again"),
            Self::Drop(name) => write!(f, "drop of {name}"),
            Self::Empty(name) => write!(f, "emptying of {name}"),
            Self::Check(name) => write!(f, "check of {name}"),
            Self::Schema(name) => write!(f, "schema {name}"),
            Self::Routine(name) => write!(f, "routine {name}"),
        }
    }
}

/// One pipeline: its DAG's settings and an acyclic graph of tasks.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The DAG's settings.
    pub dag: Dag,
    /// What must exist before the DAG runs.
    pub resources: Vec<Resource>,
    /// What is known of the data that its tasks touch.
    pub data: DataCatalog,
    graph: DiGraph<Task, Vec<Why>>,
    /// Node indices in topological order; ties in the order of declaration.
    order: Vec<NodeIndex>,
}

/// An edge of a [`Plan`] by task ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge<'a> {
    /// The task that comes first.
    pub from: &'a str,
    /// The task that comes after it.
    pub to: &'a str,
    /// Why, sorted, at least one reason.
    pub why: &'a [Why],
}

/// The tasks do not make a DAG: the index (as given to [`Plan::new`]) of one on a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cyclic(pub usize);

impl Plan {
    /// Makes a plan, with nothing known of its data. Tasks are given in the order of declaration, edges by their indices.
    pub fn new(
        dag: Dag,
        resources: Vec<Resource>,
        tasks: Vec<Task>,
        edges: BTreeMap<(usize, usize), Vec<Why>>,
    ) -> Result<Self, Cyclic> {
        let mut graph = DiGraph::with_capacity(tasks.len(), edges.len());
        let nodes: Vec<NodeIndex> = tasks.into_iter().map(|task| graph.add_node(task)).collect();
        for ((from, to), mut why) in edges {
            why.sort();
            why.dedup();
            graph.add_edge(nodes[from], nodes[to], why);
        }
        toposort(&graph, None).map_err(|cycle| Cyclic(cycle.node_id().index()))?;
        let order = declaration_order(&graph);
        Ok(Self { dag, resources, data: DataCatalog::default(), graph, order })
    }

    /// Adds what is known of the data that its tasks touch.
    #[must_use]
    pub fn with_data(mut self, data: DataCatalog) -> Self {
        self.data = data;
        self
    }

    /// Returns the tasks: each after all that it needs, otherwise in the order of declaration.
    pub fn tasks(&self) -> impl ExactSizeIterator<Item = &Task> {
        self.order.iter().map(|node| &self.graph[*node])
    }

    /// Returns a task by its id.
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.graph.node_weights().find(|task| task.id == id)
    }

    /// Returns all edges, sorted by the order of their tasks.
    pub fn edges(&self) -> Vec<Edge<'_>> {
        let mut rank = vec![0; self.order.len()];
        for (n, node) in self.order.iter().enumerate() {
            rank[node.index()] = n;
        }
        let mut edges: Vec<_> = self.graph.edge_references().collect();
        edges.sort_by_key(|edge| (rank[edge.source().index()], rank[edge.target().index()]));
        edges
            .into_iter()
            .map(|edge| Edge {
                from: &self.graph[edge.source()].id,
                to: &self.graph[edge.target()].id,
                why: edge.weight(),
            })
            .collect()
    }
}

/// Kahn's algorithm that always takes the ready node that was declared first.
fn declaration_order(graph: &DiGraph<Task, Vec<Why>>) -> Vec<NodeIndex> {
    let mut waiting: Vec<usize> = graph
        .node_indices()
        .map(|node| graph.edges_directed(node, petgraph::Direction::Incoming).count())
        .collect();
    let mut ready: std::collections::BTreeSet<NodeIndex> =
        graph.node_indices().filter(|node| waiting[node.index()] == 0).collect();
    let mut order = Vec::with_capacity(graph.node_count());
    while let Some(node) = ready.pop_first() {
        order.push(node);
        for next in graph.neighbors(node) {
            waiting[next.index()] -= 1;
            if waiting[next.index()] == 0 {
                ready.insert(next);
            }
        }
    }
    order
}

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
