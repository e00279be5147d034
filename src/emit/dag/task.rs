//! The call that makes a task, and the statement around it.

use super::{Builder, Class, keyword};
use crate::emit::airflow::RESERVED;
use crate::emit::jinja::Jinja;
use crate::emit::script::script_command;
use crate::lang::shared::TriggerRule;
use crate::plan::{Argument, Bash, Operator, OutputForm, OutputOf, StartPipeline, Task, TaskSettings, Work};
use crate::python::{Expr, Keyword};
use crate::template::Json;
use serde_json::Value;

/// The function of the support module that tells those who are started by data which interval it is of.
const TELL_INTERVAL: &str = "tell_interval";

/// The class of the support module that starts runs of other pipelines.
const PIPELINE_OPERATOR: &str = "PipelineOperator";

impl Builder<'_> {
    /// Returns the call that makes a task.
    pub(super) fn task(&mut self, task: &Task) -> Expr {
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
            Work::Pipeline(start) => {
                self.imports.beside(&self.support, PIPELINE_OPERATOR);
                (PIPELINE_OPERATOR.to_owned(), started(start, self.jinja(task)))
            }
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
}

/// Returns the statement that makes a task. Where a variable cannot be called like the task of an operator
/// of Airflow's, the rule about it is told so.
pub(super) fn statement(task: &Task, call: &Expr, variable: &str, indent: usize) -> String {
    let text = format!("{variable} = {}", call.layout(indent, indent + variable.len() + 3, 0));
    let is_airflows = match &task.work {
        Work::Job(_) | Work::Pipeline(_) => false,
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

/// Returns what a run of another pipeline is started with.
fn started(start: &StartPipeline, jinja: Jinja<'_>) -> Vec<Keyword> {
    let mut keywords = vec![keyword("pipeline", Expr::text(&start.dag_id))];
    let as_json = start.params.iter().filter(|(_, value)| json(value, jinja).is_some());
    let as_json: Vec<&str> = as_json.map(|(name, _)| name.as_str()).collect();
    if !start.params.is_empty() {
        let params = start.params.iter();
        let conf = params.map(|(name, value)| {
            (name.clone(), json(value, jinja).map_or_else(|| param(value, jinja), Expr::text))
        });
        keywords.push(keyword("conf", Expr::dict(conf)));
    }
    if !as_json.is_empty() {
        keywords.push(keyword("as_json", Expr::texts(as_json.into_iter().map(str::to_owned))));
    }
    if let Some(date) = &start.logical_date {
        keywords.push(keyword("logical_date", Expr::text(jinja.value(date))));
    }
    if start.no_wait {
        keywords.push(keyword("wait", Expr::truth(false)));
    } else {
        keywords.push(keyword("every", Expr::code(start.every.to_string())));
    }
    keywords
}

/// Returns a param that is JSON once it is filled in, so that its type is kept.
fn json(value: &Json, jinja: Jinja<'_>) -> Option<String> {
    match value {
        Json::Text(template) => jinja.json(template),
        Json::Plain(_) | Json::List(_) | Json::Members(_) => None,
    }
}

fn param(value: &Json, jinja: Jinja<'_>) -> Expr {
    match value {
        Json::Text(template) => Expr::text(jinja.value(template)),
        Json::Plain(value) => Expr::json(value),
        Json::List(items) => Expr::List(items.iter().map(|item| param(item, jinja)).collect()),
        Json::Members(members) => {
            Expr::dict(members.iter().map(|(name, item)| (name.clone(), param(item, jinja))))
        }
    }
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
