//! Pipelines as graphs: a tree for a terminal, Mermaid for Markdown, DOT for Graphviz.
//!
//! Takes a [`ProjectPlan`]; gives text. Every edge says why it is there.

use crate::lang::value::Clock;
use crate::plan::{DagSchedule, Edge, Link, Plan, ProjectPlan, Task, Why};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How a graph is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum GraphFormat {
    /// A tree for a terminal
    #[default]
    Tree,
    /// Mermaid, which GitHub and many wikis draw
    Mermaid,
    /// DOT, for Graphviz
    Dot,
}

/// Writes the pipelines of a plan, with what they come after in others.
pub fn render(project: &ProjectPlan, format: GraphFormat) -> String {
    let plans: Vec<&Plan> = project.pipelines.iter().collect();
    let names: BTreeSet<&str> = plans.iter().map(|plan| plan.dag.id.as_str()).collect();
    let links: Vec<&Link> =
        project.links.iter().filter(|link| names.contains(link.to_pipeline.as_str())).collect();
    match format {
        GraphFormat::Tree => tree(&plans, &links),
        GraphFormat::Mermaid => mermaid(&plans, &links),
        GraphFormat::Dot => dot(&plans, &links),
    }
}

/// Writes why an edge is there: `from, table mart.flights`.
fn reasons(why: &[Why]) -> String {
    why.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Writes when a pipeline runs.
fn schedule(plan: &Plan) -> String {
    match &plan.dag.schedule {
        DagSchedule::Clock(Clock::Manual) => "when it is started".to_owned(),
        DagSchedule::Clock(Clock::Cron(cron)) => format!("{cron} ({})", plan.dag.timezone),
        DagSchedule::Clock(Clock::Every(seconds)) => format!("every {} s", seconds.0),
        DagSchedule::Assets(assets) => format!("when new: {}", assets.join(", ")),
    }
}

fn tree(plans: &[&Plan], links: &[&Link]) -> String {
    let mut text = String::new();
    for (n, plan) in plans.iter().enumerate() {
        if n > 0 {
            text.push('\n');
        }
        let _ = writeln!(text, "{}  {}", plan.dag.id, schedule(plan));
        for link in links.iter().filter(|link| link.to_pipeline == plan.dag.id) {
            let to = link.to_task.as_deref().map_or_else(String::new, |task| format!(" -> {task}"));
            let _ = writeln!(text, "  < {}.{}{to}  [{}]", link.from_pipeline, link.from_task, link.why);
        }
        Branches::of(plan).write(&mut text);
    }
    text
}

/// A plan as a forest: every task once, below the last of the tasks that it comes after.
struct Branches<'a> {
    tasks: Vec<&'a Task>,
    /// Under each task (and under none) its children in order, with the edges into each.
    children: BTreeMap<Option<&'a str>, Vec<&'a str>>,
    into: BTreeMap<&'a str, Vec<Edge<'a>>>,
}

impl<'a> Branches<'a> {
    fn of(plan: &'a Plan) -> Self {
        let tasks: Vec<&Task> = plan.tasks().collect();
        let mut into: BTreeMap<&str, Vec<Edge<'_>>> = BTreeMap::new();
        for edge in plan.edges() {
            into.entry(edge.to).or_default().push(edge);
        }
        let mut children: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
        for task in &tasks {
            // Edges are in the order of tasks: the last one comes from the task that is done last.
            let parent = into.get(task.id.as_str()).and_then(|edges| edges.last()).map(|edge| edge.from);
            children.entry(parent).or_default().push(&task.id);
        }
        Self { tasks, children, into }
    }

    fn write(&self, text: &mut String) {
        let mut stack: Vec<(&str, String, bool, bool)> = Vec::new();
        let roots = self.children.get(&None).map_or(&[][..], Vec::as_slice);
        stack.extend(roots.iter().rev().map(|id| (*id, "  ".to_owned(), true, true)));
        while let Some((id, indent, is_last, is_root)) = stack.pop() {
            let (branch, below) = match (is_root, is_last) {
                (true, _) => ("", ""),
                (false, true) => ("└─ ", "   "),
                (false, false) => ("├─ ", "│  "),
            };
            let kind = self.tasks.iter().find(|task| task.id == id).map_or("", |task| task.kind);
            let _ = write!(text, "{indent}{branch}{id} ({kind})");
            if let Some((last, others)) = self.into.get(id).and_then(|edges| edges.split_last()) {
                let _ = write!(text, "  [{}]", reasons(last.why));
                for edge in others {
                    let _ = write!(text, "  also after {} [{}]", edge.from, reasons(edge.why));
                }
            }
            text.push('\n');
            let children = self.children.get(&Some(id)).map_or(&[][..], Vec::as_slice);
            let last = children.len().saturating_sub(1);
            let indent = format!("{indent}{below}");
            stack.extend(
                children
                    .iter()
                    .enumerate()
                    .rev()
                    .map(|(n, child)| (*child, indent.clone(), n == last, false)),
            );
        }
    }
}

fn mermaid(plans: &[&Plan], links: &[&Link]) -> String {
    let mut text = "flowchart LR\n".to_owned();
    let quote = |words: &str| words.replace('"', "#quot;");
    for plan in plans {
        let _ = writeln!(text, "  subgraph {}", node(&plan.dag.id, None));
        for task in plan.tasks() {
            let label = quote(&format!("{}<br/>{}", task.id, task.kind));
            let _ = writeln!(text, "    {}[\"{label}\"]", node(&plan.dag.id, Some(&task.id)));
        }
        for edge in plan.edges() {
            let (from, to) = (node(&plan.dag.id, Some(edge.from)), node(&plan.dag.id, Some(edge.to)));
            let _ = writeln!(text, "    {from} -->|\"{}\"| {to}", quote(&reasons(edge.why)));
        }
        text.push_str("  end\n");
    }
    for link in links {
        let from = node(&link.from_pipeline, Some(&link.from_task));
        let to = node(&link.to_pipeline, link.to_task.as_deref());
        let _ = writeln!(text, "  {from} -.->|\"{}\"| {to}", quote(&link.why.to_string()));
    }
    text
}

/// An id that both Mermaid and DOT take without quotes.
fn node(pipeline: &str, task: Option<&str>) -> String {
    let whole = format!("p_{pipeline}{}", task.map_or_else(String::new, |task| format!("__t_{task}")));
    whole.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn dot(plans: &[&Plan], links: &[&Link]) -> String {
    let quote = |words: &str| format!("\"{}\"", words.replace('\\', "\\\\").replace('"', "\\\""));
    let name = |pipeline: &str, task: &str| quote(&format!("{pipeline}.{task}"));
    let mut text = "digraph dagc {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n".to_owned();
    for plan in plans {
        let id = &plan.dag.id;
        let _ = writeln!(text, "  subgraph {} {{", quote(&format!("cluster_{id}")));
        let _ = writeln!(text, "    label={};", quote(id));
        for task in plan.tasks() {
            let label = quote(&format!("{}\n{}", task.id, task.kind)).replace('\n', "\\n");
            let _ = writeln!(text, "    {} [label={label}];", name(id, &task.id));
        }
        for edge in plan.edges() {
            let (from, to) = (name(id, edge.from), name(id, edge.to));
            let _ = writeln!(text, "    {from} -> {to} [label={}];", quote(&reasons(edge.why)));
        }
        text.push_str("  }\n");
    }
    for link in links {
        let from = name(&link.from_pipeline, &link.from_task);
        // A pipeline that only its schedule ties to the data is entered at its first task.
        let first =
            plans.iter().find(|plan| plan.dag.id == link.to_pipeline).and_then(|plan| plan.tasks().next());
        let to = link.to_task.as_deref().or(first.map(|task| task.id.as_str())).unwrap_or_default();
        let why = quote(&link.why.to_string());
        let _ = writeln!(text, "  {from} -> {} [style=dashed, label={why}];", name(&link.to_pipeline, to));
    }
    text.push_str("}\n");
    text
}
