//! Tasks: one for each source that waits and one for each step, with what their kinds say that they mean.

use super::{Data, Meaning, Names, Pattern, Pipeline, Scope, Script, Task, Touch, UserFile, settings};
use crate::diagnostic::Diagnostics;
use crate::document::PipelineSpec;
use crate::kind::TaskKind;
use crate::kind::contract::{Cx, Found, Gives, Known, Runs, SqlUse, Waited};
use crate::lang::held::Held;
use crate::lang::shared::TriggerRule;
use crate::lang::source::SourceSpec;
use crate::lang::step::StepHead;
use crate::plan::Place;
use crate::scope::{NotUnderstood, RunsAs, waits};
use crate::text::{Span, Spanned};
use std::collections::{BTreeMap, HashSet};

/// How much longer than its own limit Airflow lets a wait run, in seconds, so that the wait can say itself
/// that its time is over.
const WAIT_MARGIN: u64 = 300;

/// How deep steps are followed that pass on what others give: a ring of them is a cycle, and reported as one.
const DEEPEST: usize = 8;

/// Makes the tasks of a pipeline.
pub(super) fn tasks<'a>(
    scope: &Scope<'a>,
    spec: &'a PipelineSpec,
    names: &Names<'a>,
    diagnostics: &mut Diagnostics,
) -> Vec<Task<'a>> {
    let waited = waited(spec, names);
    let steps = &spec.steps.steps;
    let kinds: Vec<TaskKind<'a>> = steps.iter().map(|step| step.kind.as_task()).collect();
    let scripts: Vec<Vec<Script<'a>>> = kinds
        .iter()
        .zip(steps)
        .map(|(kind, step)| scripts(scope, &step.head.name, *kind, diagnostics))
        .collect();
    let known = Given { scope, names, kinds: &kinds, scripts: &scripts };
    let gives: Vec<Gives<'a>> = (0..steps.len()).map(|n| known.of(n, 0)).collect();
    let mut resolver = Resolver {
        scope,
        spec,
        names,
        declared: declared(scope, spec),
        waited,
        gives,
        runs: Runs::default(),
        diagnostics,
    };
    let waiting = spec.sources().iter().filter(|(_, source)| waits(source));
    let mut tasks: Vec<Task<'a>> = waiting.map(|(name, source)| resolver.wait(name, source)).collect();
    tasks.reserve_exact(steps.len());
    for (n, (step, scripts)) in steps.iter().zip(scripts).enumerate() {
        tasks.push(resolver.step(n, &step.head, step.kind.as_task(), scripts));
    }
    tasks
}

fn declared(scope: &Scope<'_>, spec: &PipelineSpec) -> HashSet<Place> {
    let data = spec.sources().iter().filter_map(|(_, source)| Data::of_source(source));
    let tables = data.filter(|data| matches!(data, Data::Table { .. }));
    tables.map(|data| scope.one_name(data.dataset(), None)).collect()
}

fn waited<'a>(spec: &'a PipelineSpec, names: &Names<'_>) -> Vec<Waited<'a>> {
    let sources = spec.sources().iter().enumerate();
    let waited = sources.filter_map(|(n, (name, source))| {
        let (task, path) = (names.wait_of_source(n)?, source.path.as_ref()?);
        Some((task, name.value.as_str(), Pattern::new(&path.value.0.to_string())))
    });
    waited.collect()
}

/// Reads all SQL that a step holds.
fn scripts<'a>(
    scope: &Scope<'a>,
    step: &str,
    kind: TaskKind<'a>,
    diagnostics: &mut Diagnostics,
) -> Vec<Script<'a>> {
    let mut scripts = Vec::new();
    kind.held(&mut |held| {
        if let Held::Sql(sql) = held {
            let not_understood = match kind.sql() {
                SqlUse::Statements(statements) => statements.not_understood,
                SqlUse::Queries => NotUnderstood::Passes,
            };
            let read = (kind.dialect(), not_understood);
            scripts.push(Script::new(scope, step, sql, read, diagnostics));
        }
    });
    // A step has one, if any: the first would make room for four.
    scripts.shrink_to_fit();
    scripts
}

/// What is known before steps are resolved.
struct Given<'g, 'a> {
    scope: &'g Scope<'a>,
    names: &'g Names<'a>,
    kinds: &'g [TaskKind<'a>],
    scripts: &'g [Vec<Script<'a>>],
}

impl<'a> Given<'_, 'a> {
    /// Finds what a step stands for.
    fn of(&self, index: usize, depth: usize) -> Gives<'a> {
        let of_step = |other: usize| match depth {
            0..DEEPEST => self.of(other, depth + 1).data,
            _ => Vec::new(),
        };
        self.kinds[index].gives(&Known {
            scope: self.scope,
            names: self.names,
            step: Some(self.names.step(index)),
            scripts: &self.scripts[index],
            of_step: &of_step,
        })
    }
}

struct Resolver<'r, 'a> {
    scope: &'r Scope<'a>,
    spec: &'a PipelineSpec,
    names: &'r Names<'a>,
    /// Tables that sources declare.
    declared: HashSet<Place>,
    /// Sources that wait.
    waited: Vec<Waited<'a>>,
    /// What each step stands for where another one names it.
    gives: Vec<Gives<'a>>,
    runs: Runs,
    diagnostics: &'r mut Diagnostics,
}

impl<'a> Resolver<'_, 'a> {
    fn wait(&mut self, name: &'a Spanned<String>, source: &'a SourceSpec) -> Task<'a> {
        let mut settings = settings::merged(self.scope, self.spec, None);
        let limit = source.wait.as_ref().and_then(|wait| wait.settings.as_ref()?.timeout.as_ref());
        if let Some(limit) = limit {
            settings.policy.timeout = Some(limit.value.0 + WAIT_MARGIN);
        }
        let kind = TaskKind::of_source(source);
        let own = kind.gives(&Known {
            scope: self.scope,
            names: self.names,
            step: None,
            scripts: &[],
            of_step: &|_| Vec::new(),
        });
        let mut cx = Cx {
            scope: self.scope,
            names: self.names,
            name: &name.value,
            kind_span: name.span,
            step: None,
            own: &own,
            gives: &self.gives,
            waited: &self.waited,
            runs: &mut self.runs,
            scripts: &[],
            found: Found::default(),
            diagnostics: self.diagnostics,
        };
        kind.mean(&mut cx);
        let found = cx.found;
        let meaning = Meaning {
            id: task_id(&format!("wait_{}", name.value)),
            name: &name.value,
            span: name.span,
            step: None,
            settings,
            trigger_rule: TriggerRule::AllSuccess,
            on_kill: settings::on_kill(self.scope, self.spec, None),
            reschedule: settings::reschedule_of_wait(self.scope, self.spec, source),
            inputs: found.inputs,
            connection: found.connection,
            runs_as: source.connection.as_ref().and_then(|name| self.scope.runs_as(&name.value)),
            scripts: Vec::new(),
            files: Vec::new(),
            touches: found.touches,
            needs: found.needs,
            outputs: BTreeMap::new(),
            incomplete: found.incomplete,
        };
        Task { kind, meaning }
    }

    fn step(
        &mut self,
        index: usize,
        step: &'a StepHead,
        kind: TaskKind<'a>,
        scripts: Vec<Script<'a>>,
    ) -> Task<'a> {
        let (files, has_files) = self.files(kind);
        let mut cx = Cx {
            scope: self.scope,
            names: self.names,
            name: &step.name.value,
            kind_span: step.kind_span,
            step: Some(step),
            own: &self.gives[index],
            gives: &self.gives,
            waited: &self.waited,
            runs: &mut self.runs,
            scripts: &scripts,
            found: Found::default(),
            diagnostics: self.diagnostics,
        };
        cx.found.incomplete = !has_files || scripts.iter().any(|script| !script.complete);
        kind.mean(&mut cx);
        let common = step.common();
        for after in common.after.iter().flat_map(|after| &after.0) {
            cx.after(after);
        }
        let mut found = cx.found;
        let reached_as = || found.connection.and_then(|connection| self.scope.reached_as(&connection));
        let named = common.connection.as_ref().and_then(|name| self.scope.runs_as(&name.value));
        let runs_as = named.or_else(reached_as);
        found.inputs.shrink_to_fit();
        let meaning = Meaning {
            id: task_id(&step.name),
            name: &step.name.value,
            span: step.name.span,
            step: Some(step),
            settings: settings::merged(self.scope, self.spec, Some(common)),
            trigger_rule: common.trigger_rule.as_ref().map_or(TriggerRule::AllSuccess, |rule| rule.value),
            on_kill: settings::on_kill(self.scope, self.spec, Some(common)),
            reschedule: kind
                .outputs()
                .has_job()
                .then(|| settings::reschedule(self.scope, self.spec, Some(common)))
                .flatten(),
            inputs: found.inputs,
            connection: found.connection,
            runs_as,
            scripts,
            files,
            touches: self.touches(found.touches, runs_as),
            needs: found.needs,
            outputs: BTreeMap::new(),
            incomplete: found.incomplete,
        };
        Task { kind, meaning }
    }

    /// Finds the files that a step holds.
    fn files(&mut self, kind: TaskKind<'a>) -> (Vec<(Span, UserFile)>, bool) {
        let mut files = Vec::new();
        let mut is_whole = true;
        kind.held(&mut |held| {
            if let Held::File(path, span) = held {
                match self.scope.files.bytes(span.file, path, span) {
                    Ok(file) => files.push((span, file)),
                    Err(diagnostic) => {
                        self.diagnostics.push(*diagnostic);
                        is_whole = false;
                    }
                }
            }
        });
        files.shrink_to_fit();
        (files, is_whole)
    }

    /// Names tables as the project does, and knows those that sources declare.
    fn touches(&self, found: Vec<Touch>, runs_as: Option<RunsAs<'_>>) -> Vec<Touch> {
        let touches = found.into_iter().map(|touch| {
            let dataset = self.scope.one_name(touch.dataset, runs_as);
            Touch { external: touch.external || self.declared.contains(&dataset), dataset, ..touch }
        });
        let mut touches: Vec<Touch> = touches.collect();
        touches.shrink_to_fit();
        touches
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
