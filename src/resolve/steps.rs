//! Tasks: one for each source that waits and one for each step, with what they touch.

mod action;
mod connection;
mod gives;
mod input;
mod literal;
mod partition;
mod touches;

pub(crate) use action::is_file;
pub(super) use touches::of_sql;

use super::names::waits;
use super::sql::NotUnderstood;
use super::{
    Action, Connection, Data, Names, Need, Pattern, Pipeline, Scope, Script, Task, Touch, no_data, settings,
};
use crate::diagnostic::Diagnostics;
use crate::lang::PipelineSpec;
use crate::lang::shared::TriggerRule;
use crate::lang::step::{StepKind, StepSpec};
use crate::plan::{Dataset, TaskSettings};
use crate::sql::Access;
use crate::text::Span;
use partition::ThisRun;
use std::collections::{BTreeMap, HashMap, HashSet};

/// How much longer than its own limit Airflow lets a wait run, in seconds, so that the wait can say itself
/// that its time is over.
const WAIT_MARGIN: u64 = 300;

/// Makes the tasks of a pipeline.
pub(super) fn tasks<'a>(
    scope: &Scope<'a>,
    spec: &'a PipelineSpec,
    names: &Names<'a>,
    diagnostics: &mut Diagnostics,
) -> Vec<Task<'a>> {
    let mut resolver = Resolver {
        scope,
        spec,
        names,
        declared: declared(scope, spec),
        waited: waited(spec, names),
        gives: Vec::new(),
        runs: HashMap::new(),
        unclear: Vec::new(),
        diagnostics,
    };
    let mut tasks = resolver.waits();
    tasks.reserve_exact(spec.steps.steps.len());
    let mut scripts = resolver.scripts();
    resolver.gives = (0..spec.steps.steps.len()).map(|n| resolver.gives(n, &scripts, 0)).collect();
    let is_unclear = |sql: &Sql<'_>| sql.0.is_none() || !sql.1.complete;
    resolver.unclear = scripts.iter().map(|sql| sql.as_ref().is_some_and(is_unclear)).collect();
    for (n, step) in spec.steps.steps.iter().enumerate() {
        let script = scripts[n].take();
        tasks.push(resolver.step(n, step, script));
    }
    tasks
}

fn declared(scope: &Scope<'_>, spec: &PipelineSpec) -> HashSet<Dataset> {
    let data = spec.sources().iter().filter_map(|(_, source)| Data::of_source(source));
    let tables = data.filter(|data| matches!(data, Data::Table { .. }));
    tables.map(|data| one_name(scope, data.dataset())).collect()
}

/// Makes the touch of a task that reads files.
fn read(path: String, span: Span) -> Touch {
    Touch { access: Access::Reads, dataset: Dataset::Prefix(path), span, external: true, by_name: false }
}

/// Gives tables that are reached by several connections one name.
pub(super) fn one_name(scope: &Scope<'_>, dataset: Dataset) -> Dataset {
    match dataset {
        Dataset::Table { connection, name } => {
            let first = scope.first_to_the_same(&connection).map(str::to_owned);
            Dataset::Table { connection: first.unwrap_or(connection), name }
        }
        Dataset::Prefix(_) | Dataset::CatalogTable(_) => dataset,
    }
}

fn waited<'a>(spec: &'a PipelineSpec, names: &Names<'_>) -> Vec<(usize, &'a str, Pattern)> {
    let sources = spec.sources().iter().enumerate();
    let waited = sources.filter_map(|(n, (name, source))| {
        let (task, path) = (names.wait_of_source(n)?, source.path.as_ref()?);
        Some((task, name.value.as_str(), Pattern::new(&path.value.0.to_string())))
    });
    waited.collect()
}

/// The SQL of a `redshift_sql` step, needed before the step itself: others may name it.
type Sql<'a> = (Option<Connection<'a>>, Script<'a>);

struct Resolver<'r, 'a> {
    scope: &'r Scope<'a>,
    spec: &'a PipelineSpec,
    names: &'r Names<'a>,
    /// Tables that sources declare.
    declared: HashSet<Dataset>,
    /// Sources that wait: the task, the name, and where the files are.
    waited: Vec<(usize, &'a str, Pattern)>,
    /// What each step stands for where another one names it.
    gives: Vec<Vec<Data<'a>>>,
    /// What runs of jobs write that write partitions, as far as it was asked for.
    runs: HashMap<usize, ThisRun>,
    /// Steps of whose SQL or connection something wrong has been reported.
    unclear: Vec<bool>,
    diagnostics: &'r mut Diagnostics,
}

/// What has been found for the step at hand.
#[derive(Default)]
struct Found {
    touches: Vec<Touch>,
    needs: Vec<Need>,
    incomplete: bool,
}

impl Found {
    fn touch(&mut self, access: Access, data: &Data<'_>, span: Span) {
        let external = is_external(data);
        self.touches.push(Touch { access, dataset: data.dataset(), span, external, by_name: false });
    }
}

/// Says whether data may lie there without a step that makes it.
fn is_external(data: &Data<'_>) -> bool {
    matches!(data, Data::Files { .. } | Data::Catalog(_))
}

impl<'a> Resolver<'_, 'a> {
    fn waits(&self) -> Vec<Task<'a>> {
        let sources = self.spec.sources().iter();
        sources
            .filter(|(_, source)| waits(source))
            .map(|(name, source)| {
                let mut settings = settings::merged(self.scope, self.spec, None);
                let limit = source.wait.as_ref().and_then(|wait| wait.settings.as_ref()?.timeout.as_ref());
                if let Some(limit) = limit {
                    settings.policy.timeout = Some(limit.value.0 + WAIT_MARGIN);
                }
                let path = source.path.as_ref();
                let files = path.map(|path| read(path.value.0.to_string(), path.span));
                let marker = path.and_then(|path| Some(read(no_data::marker(source)?, path.span)));
                Task {
                    id: task_id(&format!("wait_{}", name.value)),
                    name: &name.value,
                    span: name.span,
                    step: None,
                    settings,
                    trigger_rule: TriggerRule::AllSuccess,
                    on_kill: settings::on_kill(self.scope, self.spec, None),
                    reschedule: settings::reschedule_of_wait(self.scope, self.spec, source),
                    action: Action::Wait(source),
                    touches: files.into_iter().chain(marker).collect(),
                    needs: Vec::new(),
                    outputs: BTreeMap::new(),
                    incomplete: false,
                }
            })
            .collect()
    }

    fn scripts(&mut self) -> Vec<Option<Sql<'a>>> {
        let steps = &self.spec.steps.steps;
        steps
            .iter()
            .map(|step| match &step.kind {
                StepKind::RedshiftSql(sql) => {
                    let connection = self.connection(step, sql.into.as_ref());
                    let is_told = sql.reads.is_some() || sql.writes.is_some();
                    let unread = if is_told { NotUnderstood::Passes } else { NotUnderstood::Refused };
                    Some((
                        connection,
                        Script::new(self.scope, &step.name, &sql.sql, unread, self.diagnostics),
                    ))
                }
                _ => None,
            })
            .collect()
    }

    fn step(&mut self, index: usize, step: &'a StepSpec, script: Option<Sql<'a>>) -> Task<'a> {
        let mut found = Found::default();
        let action = self.action(index, step, script, &mut found);
        for after in step.common().after.iter().flat_map(|after| &after.0) {
            self.after(step, after, &mut found);
        }
        let touches = found.touches.into_iter().map(|touch| {
            let dataset = one_name(self.scope, touch.dataset);
            Touch { external: touch.external || self.declared.contains(&dataset), dataset, ..touch }
        });
        let mut touches: Vec<Touch> = touches.collect();
        touches.shrink_to_fit();
        Task {
            id: task_id(&step.name),
            name: &step.name.value,
            span: step.name.span,
            step: Some(step),
            settings: self.settings(step),
            trigger_rule: step
                .common()
                .trigger_rule
                .as_ref()
                .map_or(TriggerRule::AllSuccess, |rule| rule.value),
            on_kill: settings::on_kill(self.scope, self.spec, Some(step.common())),
            reschedule: step
                .kind
                .has_job()
                .then(|| settings::reschedule(self.scope, self.spec, Some(step.common())))
                .flatten(),
            action,
            touches,
            needs: found.needs,
            outputs: BTreeMap::new(),
            incomplete: found.incomplete,
        }
    }

    fn settings(&self, step: &StepSpec) -> TaskSettings {
        settings::merged(self.scope, self.spec, Some(step.common()))
    }
}

impl Pipeline<'_> {
    /// Finds the task of a step by the name that the user writes: one, or all that `each` made.
    pub fn tasks_of(&self, step: &str) -> Vec<usize> {
        let named =
            |task: &Task<'_>| task.step.is_some_and(|spec| task.name == step || spec.base_name() == step);
        (0..self.tasks.len()).filter(|n| named(&self.tasks[*n])).collect()
    }
}

/// Makes Airflow's id of a step's name: `load[orders]` is `load__orders`, `load-all` is `load_all`.
pub(super) fn task_id(name: &str) -> String {
    let valid = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
    };
    match name.split_once('[') {
        None => valid(name),
        Some((base, label)) => format!("{}__{}", valid(base), valid(label.trim_end_matches(']'))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_ids_are_valid() {
        for (name, id) in [
            ("load", "load"),
            ("load[orders]", "load__orders"),
            ("load[a-b,c]", "load__a_b_c"),
            ("a-b", "a_b"),
        ] {
            assert_eq!(task_id(name), id);
        }
    }
}
