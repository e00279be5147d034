//! A DAG file: what a careful engineer would write for a plan.
//!
//! Takes a [`Plan`], gives Python that `ruff format` leaves as it is. The shape of the file is that of
//! `dag_templates/dag.py.tera`; its expressions are built here.

use super::airflow::{Import, Names, RESERVED, TIMETABLES, names};
use super::edges::{Order, order};
use super::imports::Imports;
use super::jinja::Jinja;
use super::python::{Expr, INDENT, Keyword, WIDTH, literal};
use super::script::script_command;
use super::variables::variables;
use super::{SUPPORT_MODULE, doc};
use crate::lang::shared::TriggerRule;
use crate::lang::value::Clock;
use crate::plan::{
    Argument, Bash, Dag, DagSchedule, Operator, OutputForm, OutputOf, Param, Plan, ProjectPlan, Task,
    TaskSettings, Work,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tera::{Context, Tera};

const TEMPLATE: &str = "dag.py";

/// The day on which a DAG starts whose spec names none. It lies far enough back that every schedule has had
/// an interval since, and without `catchup` only the newest one is ever run.
const EARLIEST: &str = "2020-01-01";

/// The function of the support module that tells those who are started by data which interval it is of.
const TELL_INTERVAL: &str = "tell_interval";

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

    fn dag_arguments(&mut self) -> Vec<String> {
        let dag = self.dag;
        self.import(self.names.dag);
        self.imports.module("pendulum");
        let mut keywords = vec![keyword("dag_id", Expr::text(&dag.id))];
        if let Some(description) = &dag.description {
            keywords.push(keyword("description", Expr::text(description)));
        }
        keywords.push(keyword("schedule", self.schedule()));
        keywords.push(keyword("start_date", self.start_date()));
        keywords.push(keyword("catchup", Expr::truth(dag.catchup)));
        keywords.push(keyword("max_active_runs", number(dag.max_active_runs)));
        if let Some(seconds) = dag.run_timeout {
            keywords.push(keyword("dagrun_timeout", self.timedelta(seconds)));
        }
        let default_args = self.default_args();
        if !default_args.is_empty() {
            keywords.push(keyword("default_args", Expr::dict(default_args)));
        }
        if let Some(topic) = &dag.on_failure_sns {
            keywords.push(keyword("on_failure_callback", self.on_failure(topic)));
        }
        keywords.push(keyword("is_paused_upon_creation", Expr::truth(self.project.environment.paused)));
        if !dag.params.is_empty() {
            let params: Vec<_> =
                dag.params.iter().map(|param| (param.name.clone(), self.param(param))).collect();
            keywords.push(keyword("params", Expr::dict(params)));
        }
        let functions = self.functions();
        if !functions.is_empty() {
            let macros: Vec<Keyword> = functions
                .into_iter()
                .map(|function| {
                    self.imports.beside(&self.support, function);
                    (function.to_owned(), Expr::code(function))
                })
                .collect();
            keywords.push(keyword("user_defined_macros", Expr::dict(macros)));
        }
        if !dag.tags.is_empty() {
            keywords.push(keyword("tags", Expr::texts(&dag.tags)));
        }
        let lines = keywords.into_iter().map(|(name, value)| {
            let column = INDENT + name.len() + 1;
            format!("{name}={}", value.layout(INDENT, column, 1))
        });
        lines.collect()
    }

    fn schedule(&mut self) -> Expr {
        match &self.dag.schedule {
            DagSchedule::Clock(Clock::Manual) => Expr::code("None"),
            DagSchedule::Clock(Clock::Cron(cron)) => {
                self.imports.installed(TIMETABLES, "CronDataIntervalTimetable");
                let timezone = keyword("timezone", Expr::text(&self.dag.timezone));
                Expr::Call("CronDataIntervalTimetable".to_owned(), vec![Expr::text(cron)], vec![timezone])
            }
            DagSchedule::Clock(Clock::Every(seconds)) => {
                self.imports.installed(TIMETABLES, "DeltaDataIntervalTimetable");
                Expr::call_with("DeltaDataIntervalTimetable", self.timedelta(seconds.0))
            }
            DagSchedule::Assets(uris) => self.assets(uris),
        }
    }

    fn start_date(&self) -> Expr {
        let day = self.dag.start_date.as_deref().unwrap_or(EARLIEST);
        let numbers = day.split('-').filter_map(|part| part.parse::<u32>().ok()).map(number);
        let timezone = keyword("tz", Expr::text(&self.dag.timezone));
        Expr::Call("pendulum.datetime".to_owned(), numbers.collect(), vec![timezone])
    }

    fn param(&mut self, param: &Param) -> Expr {
        self.import(self.names.param);
        let mut keywords = vec![keyword("type", Expr::text(param.kind))];
        if let Some(description) = &param.description {
            keywords.push(keyword("description", Expr::text(description)));
        }
        if let Some(choices) = &param.choices {
            keywords.push(keyword("enum", Expr::List(choices.iter().map(Expr::json).collect())));
        }
        Expr::Call("Param".to_owned(), vec![Expr::json(&param.default)], keywords)
    }

    fn default_args(&mut self) -> Vec<Keyword> {
        let mut found = Vec::new();
        let owner = self.owner().to_owned();
        if !owner.is_empty() {
            found.push(keyword("owner", Expr::text(owner)));
        }
        if self.dag.depends_on_past {
            found.push(keyword("depends_on_past", Expr::truth(true)));
        }
        found.extend(self.settings(&self.dag.defaults, &TaskSettings::default()));
        found
    }

    fn owner(&self) -> &'a str {
        self.dag.defaults.airflow.owner.as_deref().unwrap_or(&self.dag.owner)
    }

    /// Returns the settings, all but the owner, that differ from those that hold anyway. One that is taken back is written as
    /// Airflow's own default.
    fn settings(&mut self, own: &TaskSettings, given: &TaskSettings) -> Vec<Keyword> {
        let none = || Expr::code("None");
        let mut found = Vec::new();
        if own.policy.retries != given.policy.retries {
            found.push(keyword("retries", number(own.policy.retries.unwrap_or(0))));
        }
        if own.policy.retry_delay != given.policy.retry_delay {
            found.push(keyword("retry_delay", self.timedelta(own.policy.retry_delay.unwrap_or(300))));
        }
        if own.policy.timeout != given.policy.timeout {
            let timeout = own.policy.timeout.map_or_else(none, |seconds| self.timedelta(seconds));
            found.push(keyword("execution_timeout", timeout));
        }
        if own.airflow.pool != given.airflow.pool {
            found.push(keyword("pool", Expr::text(own.airflow.pool.as_deref().unwrap_or("default_pool"))));
        }
        if own.airflow.priority != given.airflow.priority {
            found.push(keyword("priority_weight", number(own.airflow.priority.unwrap_or(1))));
        }
        if own.airflow.on_failure_sns != given.airflow.on_failure_sns {
            let callback =
                own.airflow.on_failure_sns.as_ref().map_or_else(none, |topic| self.on_failure(topic));
            found.push(keyword("on_failure_callback", callback));
        }
        found
    }

    /// Returns the call that makes a task.
    fn task(&mut self, task: &Task) -> Expr {
        let (class, own) = match &task.work {
            Work::Job(_) => {
                let kind = keyword("kind", Expr::text(task.kind));
                (Class::of(task).name().to_owned(), [vec![kind], outputs(task)].concat())
            }
            Work::Bash(bash) => {
                self.import(self.names.bash);
                (self.names.bash.1.to_owned(), self.bash(task, bash))
            }
            Work::Operator(operator) => (self.class(operator), arguments(operator, self.jinja(task))),
        };
        let mut keywords = vec![keyword("task_id", Expr::text(&task.id))];
        keywords.extend(own);
        keywords.extend(self.common(task));
        Expr::call(class, keywords)
    }

    fn bash(&self, task: &Task, bash: &Bash) -> Vec<Keyword> {
        let jinja = self.jinja(task);
        let command = match (&bash.script, &bash.command) {
            (Some((path, text)), _) => script_command(path, text),
            (None, Some(command)) => jinja.command(command),
            (None, None) => String::new(),
        };
        let mut keywords = vec![keyword("bash_command", Expr::text(command))];
        if !bash.env.is_empty() {
            let env = bash.env.iter().map(|(name, value)| (name.clone(), Expr::text(jinja.value(value))));
            keywords.push(keyword("env", Expr::dict(env)));
            // Without it the command would lose the worker's own variables, its credentials among them.
            keywords.push(keyword("append_env", Expr::truth(true)));
        }
        keywords
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

    /// Names the functions of the support module that templates of this file call.
    fn functions(&self) -> BTreeSet<&'static str> {
        let mut functions = BTreeSet::new();
        for task in self.plan.tasks() {
            let jinja = self.jinja(task);
            match &task.work {
                Work::Job(_) => {}
                Work::Bash(bash) => {
                    for template in bash.command.iter().chain(bash.env.iter().map(|(_, value)| value)) {
                        functions.extend(jinja.functions(template));
                    }
                }
                Work::Operator(operator) => {
                    for (_, value) in &operator.arguments {
                        value.each_text(&mut |text| functions.extend(jinja.shared_functions(text)));
                    }
                }
            }
        }
        functions
    }

    fn class(&mut self, operator: &Operator) -> String {
        let (module, name) = self.names.bash;
        if operator.path == format!("{module}.{name}") {
            self.import(self.names.bash);
            return name.to_owned();
        }
        self.imports.class(&operator.path, &self.project.namespace, RESERVED)
    }

    /// Returns what every kind of task may have.
    fn common(&mut self, task: &Task) -> Vec<Keyword> {
        let own = TaskSettings { policy: task.policy.clone(), airflow: task.airflow.settings.clone() };
        let mut keywords = Vec::new();
        if let Some(owner) = task.airflow.settings.owner.as_deref().filter(|owner| *owner != self.owner()) {
            keywords.push(keyword("owner", Expr::text(owner)));
        }
        keywords.extend(self.settings(&own, &self.dag.defaults));
        if task.airflow.trigger_rule != TriggerRule::AllSuccess {
            keywords.push(keyword("trigger_rule", Expr::text(task.airflow.trigger_rule.as_str())));
        }
        if !task.airflow.outlets.is_empty() {
            keywords.push(keyword("outlets", self.assets(&task.airflow.outlets)));
            let is_ours = matches!(task.work, Work::Job(_));
            if !is_ours && self.project.environment.airflow.major >= 3 {
                self.imports.beside(&self.support, TELL_INTERVAL);
                keywords.push(keyword("post_execute", Expr::code(TELL_INTERVAL)));
            }
        }
        if let Some(description) = &task.description {
            keywords.push(keyword("doc_md", Expr::text(description)));
        }
        keywords
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

/// Returns the statement that makes a task. Where a variable cannot be called like the task of an operator
/// of Airflow's, the rule about it is told so.
fn statement(task: &Task, call: &Expr, variable: &str, indent: usize) -> String {
    let text = format!("{variable} = {}", call.layout(indent, indent + variable.len() + 3, 0));
    let is_airflows = match &task.work {
        Work::Job(_) => false,
        Work::Bash(_) => true,
        Work::Operator(operator) => operator.path.starts_with("airflow."),
    };
    if task.id == variable || !is_airflows {
        return text;
    }
    let pragma = "  # noqa: AIR001, RUF100";
    match text.split_once('\n') {
        Some((first, rest)) => format!("{first}{pragma}\n{rest}"),
        None => format!("{text}{pragma}"),
    }
}

fn outputs(task: &Task) -> Vec<Keyword> {
    let outputs = &task.outputs_of;
    if outputs.is_empty() {
        return Vec::new();
    }
    if outputs.iter().all(|output| output.form == OutputForm::Job) {
        let tasks: Vec<String> = outputs.iter().map(|output| output.task.clone()).collect();
        return vec![keyword("outputs", Expr::texts(&tasks))];
    }
    let form = |output: &OutputOf| output.form.name().map_or_else(|| Expr::code("None"), Expr::text);
    vec![keyword("outputs", Expr::dict(outputs.iter().map(|output| (output.task.clone(), form(output)))))]
}

/// Returns the arguments of an operator. The rule `operator-argument` has seen to it that Python takes their
/// names, and that none is one that every task is given.
fn arguments(operator: &Operator, jinja: Jinja<'_>) -> Vec<Keyword> {
    operator.arguments.iter().map(|(name, value)| (name.clone(), argument(value, jinja))).collect()
}

fn argument(value: &Argument, jinja: Jinja<'_>) -> Expr {
    match value {
        Argument::Value(Value::String(text)) => Expr::text(jinja.shared(text)),
        Argument::Value(value) => Expr::json(value),
        Argument::List(items) => Expr::List(items.iter().map(|item| argument(item, jinja)).collect()),
        Argument::Dict(items) => {
            Expr::dict(items.iter().map(|(key, item)| (key.clone(), argument(item, jinja))))
        }
    }
}

fn keyword(name: &str, value: Expr) -> Keyword {
    (name.to_owned(), value)
}

fn number(value: u32) -> Expr {
    Expr::code(value.to_string())
}
