//! The Plan: the one intermediate representation, from which every back end works.
//!
//! A [`ProjectPlan`] is one project in one environment; a [`Plan`] is one pipeline: an acyclic graph of
//! [`Task`]s, each holding its [`Work`]. It holds no places in files and needs no second validation. What
//! it holds for a task that `dagc exec` runs is a [`Job`]; what must exist before anything runs is a
//! [`Resource`]. petgraph stays in here.

mod before;
mod dag;
mod data;
mod document;
mod file;
mod needs;
mod reduce;
mod task;
mod why;

pub use before::{OLDEST_PLAN_FILE, read};
pub use data::{Column, DataCatalog, Facts};
pub use document::DOCUMENT_VERSION;
pub use file::{CONNECTED_PLAN_FILE, PLAN_FILE_VERSION, PlanFile, PlannedTask};
pub use needs::{Needs, RoleNeeds};
pub use task::{
    AirflowHints, AirflowSettings, Argument, Bash, Operator, OutputForm, OutputOf, Policy, Reschedule,
    RunsAs, StartPipeline, Task, TaskSettings, Work,
};

pub use crate::service::asset::Asset;
pub use crate::service::place::Place;
pub use crate::service::table::{Job, Resource};

use crate::lang::value::AirflowVersion;
pub use dag::{Dag, DagSchedule, Param};
use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use serde::Serialize;
use std::collections::BTreeMap;
pub use why::{Link, Why};

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
