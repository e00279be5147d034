//! What the DAG itself is given: its schedule, its dates, its params, what holds for all of its tasks.

use super::{Builder, keyword, number};
use crate::emit::airflow::TIMETABLES;
use crate::lang::value::Clock;
use crate::plan::{DagSchedule, Param, TaskSettings, Work};
use crate::python::{Expr, INDENT, Keyword};
use crate::template::Template;
use std::collections::BTreeSet;

/// The day on which a DAG starts whose spec names none. It lies far enough back that every schedule has had
/// an interval since, and without `catchup` only the newest one is ever run.
const EARLIEST: &str = "2020-01-01";

impl<'a> Builder<'a> {
    pub(super) fn dag_arguments(&mut self) -> Vec<String> {
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

    pub(super) fn schedule(&mut self) -> Expr {
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

    pub(super) fn owner(&self) -> &'a str {
        self.dag.defaults.airflow.owner.as_deref().unwrap_or(&self.dag.owner)
    }

    /// Returns the settings, all but the owner, that differ from those that hold anyway. One that is taken back is written as
    /// Airflow's own default.
    pub(super) fn settings(&mut self, own: &TaskSettings, given: &TaskSettings) -> Vec<Keyword> {
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
                Work::Pipeline(start) => {
                    let mut used = |template: &Template| functions.extend(jinja.functions(template));
                    start.logical_date.iter().for_each(&mut used);
                    start.params.iter().for_each(|(_, value)| value.each_text(&mut used));
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
}
