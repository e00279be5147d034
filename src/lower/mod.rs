//! Lowering: resolved pipelines to plans. One file a step kind.
//!
//! Takes pipelines in which no rule has found an error; gives the plan of the project. Nothing is checked
//! here: what a step needs is there, or a rule would have said so. Where one has not, that is a bug, and said
//! so of the pipeline's file.

mod bash;
mod dag;
mod data;
mod glue_crawler;
mod glue_job;
mod operator;
mod redshift_copy;
mod redshift_sql;
mod sql_check;
mod wait;

use crate::diagnostic::{Diagnostics, guarded};
use crate::lang::arn::RoleArn;
use crate::lang::step::{OutputKind, Outputs, StepSpec};
use crate::plan::{
    AirflowHints, Dataset, OutputForm, OutputOf, Plan, ProjectPlan, RedshiftConnection, Resource, Task, Work,
    namespace,
};
use crate::resolve::edges::{Graph, Links};
use crate::resolve::{self, Action, Connection, NoData, Pipeline, Project, Scope};
use crate::sql::Access;
use crate::template::Template;
use crate::text::{FileId, Spanned};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// What a step becomes.
struct Lowered {
    work: Work,
    resources: Vec<Resource>,
}

impl Lowered {
    fn work(work: Work) -> Self {
        Self { work, resources: Vec::new() }
    }
}

/// A task to lower and what it stands in.
struct Context<'c, 'a> {
    scope: &'c Scope<'a>,
    no_data: &'c NoData,
    pipeline: &'c Pipeline<'a>,
    task: &'c resolve::Task<'a>,
}

impl Context<'_, '_> {
    /// Names tasks in place of steps, as the values of a run do.
    fn template(&self, template: &Template) -> Template {
        if self.task.outputs.is_empty() {
            return template.clone();
        }
        template.rename_steps(|step| {
            self.task.outputs.get(step).map(|task| self.pipeline.tasks[*task].id.clone())
        })
    }

    fn pipeline_name(&self) -> &str {
        &self.pipeline.spec.pipeline.value.0
    }

    /// The role of a step, or the one of the environment.
    fn role(&self, own: Option<&Spanned<RoleArn>>) -> Option<String> {
        let environment = self.scope.spec.glue.as_ref().and_then(|glue| glue.role.as_ref());
        own.or(environment).map(|role| role.value.0.clone())
    }

    /// How long Glue's listings may lag, where the project says so.
    fn listing_lag(&self) -> Option<u64> {
        let glue = self.scope.spec.glue.as_ref()?;
        glue.listing_lag.as_ref().map(|lag| lag.value.0)
    }

    fn timeout_minutes(&self) -> Option<u32> {
        self.task.settings.policy.timeout.and_then(|seconds| u32::try_from(seconds.div_ceil(60)).ok())
    }
}

/// Makes the plan of those pipelines of a project that are wanted; none when the checks have missed
/// something, which is a bug.
pub fn lower(
    scope: &Scope<'_>,
    project: Project<'_>,
    is_wanted: &(dyn Fn(FileId) -> bool + Sync),
    diagnostics: &mut Diagnostics,
) -> Option<ProjectPlan> {
    let Project { pipelines, graphs, links } = project;
    let no_data = NoData::new(scope.spec, &pipelines);
    // What a pipeline holds is freed as soon as its plan is made: the next plan takes its place in memory.
    let made: Vec<Result<Plan, Diagnostics>> = pipelines
        .into_par_iter()
        .zip(graphs)
        .enumerate()
        .filter(|(_, (pipeline, _))| is_wanted(pipeline.file))
        .map(|(n, (pipeline, graph))| {
            let mut found = Diagnostics::default();
            let plan = guarded(&mut found, pipeline.file, |found| {
                let made = plan(scope, &no_data, &links, n, &pipeline, graph);
                made.map_err(|missing| found.bug(pipeline.file, missing)).ok()
            });
            plan.flatten().ok_or(found)
        })
        .collect();
    let mut pipelines = Vec::with_capacity(made.len());
    for made in made {
        match made {
            Ok(plan) => pipelines.push(plan),
            Err(found) => diagnostics.append(found),
        }
    }
    pipelines.sort_by(|a, b| a.dag.id.cmp(&b.dag.id));
    diagnostics.bugs().is_empty().then(|| ProjectPlan {
        project: scope.project.to_owned(),
        namespace: namespace(scope.project),
        environment: dag::environment(scope),
        pipelines,
        links: links.links,
        is_partial: false,
    })
}

/// Makes the plan of a pipeline, or says what the checks have missed.
fn plan(
    scope: &Scope<'_>,
    no_data: &NoData,
    links: &Links,
    index: usize,
    pipeline: &Pipeline<'_>,
    graph: Graph,
) -> Result<Plan, String> {
    // Once for all tasks: places of a file are bytes until somebody reads them.
    let text = &scope.files.sources().file(pipeline.file).text;
    let line_ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let mut resources = Vec::new();
    let mut tasks = Vec::with_capacity(pipeline.tasks.len());
    for (n, task) in pipeline.tasks.iter().enumerate() {
        let context = Context { scope, no_data, pipeline, task };
        let lowered = work(&context);
        let missing = || format!("step `{}` lacks something that no check asks for", task.name);
        let mut lowered = lowered.ok_or_else(missing)?;
        let uses = (resources.len()..resources.len() + lowered.resources.len()).collect();
        resources.append(&mut lowered.resources);
        let outlets = links.outlets.get(&(index, n)).into_iter().flatten().cloned().collect();
        let line = line_ends.partition_point(|end| *end < task.span.start as usize) + 1;
        let mut made = make_task(&context, line, lowered.work);
        made.uses = uses;
        made.airflow.outlets = outlets;
        tasks.push(made);
    }
    let edges = graph
        .edges
        .into_iter()
        .map(|(edge, reasons)| (edge, reasons.into_iter().map(|reason| reason.why).collect()))
        .collect();
    let dag = dag::dag(scope, pipeline, links.schedules[index].clone());
    let plan =
        Plan::new(dag, resources, tasks, edges).map_err(|_| "a cycle that no check sees".to_owned())?;
    Ok(plan.with_data(data::catalog(pipeline)))
}

fn make_task(context: &Context<'_, '_>, line: usize, work: Work) -> Task {
    let task = context.task;
    let common = task.step.map(StepSpec::common);
    let datasets = |is_wanted: fn(Access) -> bool| {
        let touches = || task.touches.iter().filter(|touch| is_wanted(touch.access));
        // With room for these and no more: the plans of all pipelines are kept.
        let mut datasets: Vec<Dataset> = Vec::with_capacity(touches().count());
        datasets.extend(touches().map(|touch| touch.dataset.clone()));
        datasets.sort_unstable();
        datasets.dedup();
        datasets
    };
    let others = task.outputs.values().map(|other| &context.pipeline.tasks[*other]);
    let mut outputs_of: Vec<OutputOf> =
        others.map(|other| OutputOf { task: other.id.clone(), form: output_form(&other.action) }).collect();
    outputs_of.sort_unstable();
    outputs_of.dedup();
    Task {
        id: task.id.clone(),
        step: task.name.to_owned(),
        kind: task.step.map_or("wait", |step| step.kind.name()),
        line,
        description: common.and_then(|common| common.description.as_ref().map(|text| text.value.clone())),
        policy: task.settings.policy.clone(),
        on_kill: task.on_kill,
        airflow: AirflowHints {
            settings: task.settings.airflow.clone(),
            group: common.and_then(|common| common.group.as_ref().map(|group| group.value.0.clone())),
            trigger_rule: task.trigger_rule,
            reschedule: task.reschedule,
            outlets: Vec::new(),
        },
        work,
        reads: datasets(|access| access == Access::Reads),
        writes: datasets(Access::changes_rows),
        creates: datasets(|access| access == Access::Creates),
        uses: Vec::new(),
        outputs_of,
    }
}

/// How what a task gives is read.
fn output_form(action: &Action<'_>) -> OutputForm {
    let (outputs, otherwise) = match action {
        Action::Bash { step, .. } => (&step.outputs, OutputForm::Text),
        Action::Operator(step) => (&step.outputs, OutputForm::Value),
        Action::Wait(_)
        | Action::Crawl { .. }
        | Action::GlueJob { .. }
        | Action::Copy { .. }
        | Action::Sql { .. }
        | Action::Check { .. } => return OutputForm::Job,
    };
    match outputs.as_ref().map(|outputs| &outputs.outputs) {
        None => otherwise,
        Some(Outputs::One(OutputKind::Text)) => OutputForm::Text,
        Some(Outputs::One(OutputKind::Number)) => OutputForm::Number,
        Some(Outputs::Members(_)) => OutputForm::Members,
    }
}

fn work(context: &Context<'_, '_>) -> Option<Lowered> {
    match &context.task.action {
        Action::Wait(source) => wait::lower(context, source),
        Action::Crawl { step, inputs } => glue_crawler::lower(context, step, inputs),
        Action::GlueJob { step, inputs, script, libraries } => {
            glue_job::lower(context, step, inputs, script.as_ref(), libraries)
        }
        Action::Copy { step, input, connection } => {
            redshift_copy::lower(context, step, input.as_ref()?, connection.as_ref()?)
        }
        Action::Sql { step, connection, script } => {
            redshift_sql::lower(context, step, connection.as_ref()?, script)
        }
        Action::Check { step, connection, table, queries } => {
            sql_check::lower(context, step, connection.as_ref()?, table.as_ref(), queries)
        }
        Action::Bash { step, script } => bash::lower(context, step, script.as_ref()),
        Action::Operator(step) => Some(operator::lower(context, step)),
    }
}

fn connection(connection: &Connection<'_>) -> RedshiftConnection {
    let text = |value: &Option<Spanned<String>>| value.as_ref().map(|value| value.value.clone());
    RedshiftConnection {
        workgroup: text(&connection.spec.workgroup),
        cluster: text(&connection.spec.cluster),
        database: connection.spec.database.value.clone(),
        db_user: text(&connection.spec.db_user),
        secret: connection.spec.secret.as_ref().map(|secret| secret.value.0.clone()),
    }
}

/// The first twelve hexadecimal digits of a content's SHA-256, for names.
fn short_hash(content: &[u8]) -> String {
    let mut hash = String::with_capacity(12);
    for byte in &Sha256::digest(content)[..6] {
        hash.push_str(&format!("{byte:02x}"));
    }
    hash
}

/// Puts a slash at the end of a prefix.
fn folder(prefix: &str) -> String {
    format!("{}/", prefix.trim_end_matches('/'))
}
