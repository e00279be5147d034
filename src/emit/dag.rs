//! A DAG file: what a careful engineer would write for a plan.
//!
//! Takes a [`Plan`], gives Python that `ruff format` leaves as it is. The shape of the file is that of
//! `dag_templates/dag.py.tera`; its expressions are built here.

mod arguments;
mod task;

use super::airflow::{Import, Names, RESERVED, names};
use super::edges::{Order, order};
use super::imports::Imports;
use super::jinja::Jinja;
use super::variables::variables;
use super::{SUPPORT_MODULE, doc};
use crate::plan::{Dag, DagSchedule, Plan, ProjectPlan, Task, Work};
use crate::python::{Expr, INDENT, Keyword, WIDTH, literal};
use serde::Serialize;
use std::collections::BTreeMap;
use task::statement;
use tera::{Context, Tera};

const TEMPLATE: &str = "dag.py";

/// A plan file's name that is longer than this does not fit beside `PLANS /`.
const LONGEST_PLAN_NAME: usize = 60;

/// The parsed template of a DAG file.
pub(super) struct Renderer(Tera);

/// What the template shows: Python that is laid out for its place.
#[derive(Serialize)]
struct View {
    docstring: String,
    is_airflow_2: bool,
    imports: String,
    page: String,
    has_long_lines: bool,
    /// The statements that make the classes of the tasks that `dagc exec` runs.
    classes: Vec<String>,
    arguments: Vec<String>,
    blocks: Vec<Block>,
    order: Vec<String>,
}

/// Tasks that stand together: those of a group, or some of no group.
#[derive(Serialize)]
struct Block {
    group: Option<String>,
    tasks: Vec<String>,
}

impl Renderer {
    /// Parses the template.
    pub(super) fn new() -> Self {
        let mut tera = Tera::new();
        tera.add_raw_template(TEMPLATE, include_str!("../../dag_templates/dag.py.tera"))
            .expect("invariant: the template parses, as the tests of this module show");
        Self(tera)
    }

    /// Renders the DAG file of a plan; `plan_path` is its plan file, relative to the DAG file's folder.
    pub(super) fn render(&self, project: &ProjectPlan, plan: &Plan, plan_path: Option<&str>) -> String {
        let view = Builder::new(project, plan).view(plan_path);
        let context = Context::from_serialize(&view).expect("invariant: the view has fields");
        self.0.render(TEMPLATE, &context).expect("invariant: the template uses the view's fields only")
    }
}

/// What a task is that `dagc exec` runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// It stays in its slot.
    Step,
    /// It gives its slot back while it waits.
    ReschedulingStep,
}

impl Class {
    fn of(task: &Task) -> Self {
        if task.airflow.reschedule.is_some() { Self::ReschedulingStep } else { Self::Step }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Step => "Step",
            Self::ReschedulingStep => "ReschedulingStep",
        }
    }

    /// The class of the support module.
    fn operator(self) -> &'static str {
        match self {
            Self::Step => "DagcOperator",
            Self::ReschedulingStep => "DagcReschedulingOperator",
        }
    }
}

struct Builder<'a> {
    project: &'a ProjectPlan,
    plan: &'a Plan,
    dag: &'a Dag,
    names: &'static Names,
    imports: Imports,
    support: String,
}

impl<'a> Builder<'a> {
    fn new(project: &'a ProjectPlan, plan: &'a Plan) -> Self {
        Self {
            project,
            plan,
            dag: &plan.dag,
            names: names(project.environment.airflow),
            imports: Imports::default(),
            support: format!("{}.{}", project.namespace, SUPPORT_MODULE.0),
        }
    }

    fn view(mut self, plan_path: Option<&str>) -> View {
        let classes = plan_path.map_or_else(Vec::new, |path| self.classes(path));
        let arguments = self.dag_arguments();
        let calls: Vec<Expr> = self.plan.tasks().map(|task| self.task(task)).collect();
        let is_grouped = self.plan.tasks().any(|task| task.airflow.group.is_some());
        if is_grouped {
            self.import(self.names.task_group);
        }
        let mut taken = self.imports.names();
        taken.extend(RESERVED.iter().map(|name| (*name).to_owned()));
        let variables = variables(self.plan.tasks().map(|task| task.id.as_str()), &taken);
        let blocks = self.blocks(&calls, &variables);
        let Order { statements, has_cross } = order(&self.edges(), &variables);
        if has_cross {
            self.import(self.names.cross);
        }
        let page = literal::block(&doc::page(self.plan));
        View {
            docstring: doc::docstring(self.dag),
            is_airflow_2: self.project.environment.airflow.major < 3,
            imports: self.imports.block(),
            has_long_lines: page.lines().any(|line| literal::width(line) > WIDTH),
            page,
            classes,
            arguments,
            blocks,
            order: statements,
        }
    }

    /// Returns the statements that make the classes of the tasks.
    fn classes(&mut self, plan_path: &str) -> Vec<String> {
        self.imports.standard("functools", "partial");
        self.imports.standard("pathlib", "Path");
        let plan = self.plan;
        let is_needed = |class: &Class| {
            plan.tasks().any(|task| matches!(task.work, Work::Job(_)) && Class::of(task) == *class)
        };
        let classes: Vec<Class> =
            [Class::Step, Class::ReschedulingStep].into_iter().filter(is_needed).collect();
        classes.into_iter().map(|class| self.class_statement(class, plan_path)).collect()
    }

    fn class_statement(&mut self, class: Class, plan_path: &str) -> String {
        self.imports.beside(&self.support, class.operator());
        let name = plan_path.rsplit('/').next().unwrap_or(plan_path);
        let plan = if name.len() > LONGEST_PLAN_NAME {
            Expr::call_with("PLANS.joinpath", Expr::text(name))
        } else {
            Expr::code(format!("PLANS / {}", literal::string(name)))
        };
        let call =
            Expr::Call("partial".to_owned(), vec![Expr::code(class.operator())], vec![keyword("plan", plan)]);
        format!("{} = {}", class.name(), call.layout(0, class.name().len() + " = ".len(), 0))
    }

    fn jinja<'t>(&'t self, task: &'t Task) -> Jinja<'t> {
        Jinja {
            airflow: self.project.environment.airflow,
            params: &self.dag.params,
            outputs: &task.outputs_of,
            is_by_data: self.is_by_data(),
        }
    }

    /// Says whether a run has no interval of its own: of Airflow 3, and started by data.
    fn is_by_data(&self) -> bool {
        self.project.environment.airflow.major >= 3 && matches!(self.dag.schedule, DagSchedule::Assets(_))
    }

    /// Puts the tasks into their groups, each where its first task stands.
    fn blocks(&self, calls: &[Expr], variables: &[String]) -> Vec<Block> {
        let mut blocks: Vec<(Option<&str>, Vec<String>)> = Vec::new();
        let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
        for (n, task) in self.plan.tasks().enumerate() {
            let group = task.airflow.group.as_deref();
            let indent = if group.is_some() { 2 * INDENT } else { INDENT };
            let text = statement(task, &calls[n], &variables[n], indent);
            let place = match group {
                Some(name) => *groups.entry(name).or_insert(blocks.len()),
                None => blocks.len() - usize::from(blocks.last().is_some_and(|(group, _)| group.is_none())),
            };
            match blocks.get_mut(place) {
                Some((_, tasks)) => tasks.push(text),
                None => blocks.push((group, vec![text])),
            }
        }
        let group = |name: &str| {
            let prefix = keyword("prefix_group_id", Expr::truth(false));
            Expr::Call("TaskGroup".to_owned(), vec![Expr::text(name)], vec![prefix]).layout(
                INDENT,
                INDENT + "with ".len(),
                1,
            )
        };
        blocks.into_iter().map(|(name, tasks)| Block { group: name.map(group), tasks }).collect()
    }

    fn edges(&self) -> Vec<(usize, usize)> {
        let numbers: BTreeMap<&str, usize> =
            self.plan.tasks().enumerate().map(|(n, task)| (task.id.as_str(), n)).collect();
        self.plan.reduced_edges().iter().map(|edge| (numbers[edge.from], numbers[edge.to])).collect()
    }

    fn assets(&mut self, uris: &[String]) -> Expr {
        self.import(self.names.asset);
        Expr::List(uris.iter().map(|uri| Expr::call_with(self.names.asset.1, Expr::text(uri))).collect())
    }

    fn timedelta(&mut self, seconds: u64) -> Expr {
        self.imports.standard("datetime", "timedelta");
        Expr::timedelta(seconds)
    }

    fn on_failure(&mut self, topic: &str) -> Expr {
        self.imports.beside(&self.support, "on_failure");
        Expr::call("on_failure", vec![keyword("sns", Expr::text(topic))])
    }

    fn import(&mut self, (module, name): Import) {
        self.imports.installed(module, name);
    }
}

fn keyword(name: &str, value: Expr) -> Keyword {
    (name.to_owned(), value)
}

fn number(value: u32) -> Expr {
    Expr::code(value.to_string())
}
