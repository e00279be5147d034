//! Names to ids: what a pipeline's spec means in one environment.
//!
//! Takes a decoded [`PipelineSpec`] and what its environment gives ([`Scope`]); gives a [`Pipeline`] whose
//! [`Task`]s know their settings, connections, files and SQL, what they touch, and by index what they come
//! after. [`project()`] adds what only all of them together can tell, and [`lineage`] joins them: who makes what
//! others read. What cannot be resolved is reported; the task stays, marked as incomplete, so that nothing is
//! reported twice.

mod data;
pub mod edges;
mod files;
mod names;
mod no_data;
mod prefixes;
mod project;
mod settings;
mod settle;
mod sql;
mod steps;
mod substitute;
mod templates;

pub use data::Data;
pub use files::{FileIndex, normalise};
pub use names::{Named, Names};
pub use no_data::NoData;
pub use prefixes::{Pattern, Prefixes};
pub use project::{Project, project};
pub use settings::merged;
pub use sql::Script;
pub(crate) use steps::is_file;
pub use templates::output_fields;
pub(crate) use templates::{each_template, narrowed};

use crate::diagnostic::Diagnostics;
use crate::expand::Variables;
use crate::lang::PipelineSpec;
use crate::lang::project::{EnvironmentSpec, RedshiftSpec};
use crate::lang::shared::{Defaults, OnKill, TriggerRule};
use crate::lang::source::SourceSpec;
use crate::lang::step::{
    BashStep, GlueCrawlerStep, GlueJobStep, OperatorStep, RedshiftCopyStep, RedshiftSqlStep, SqlCheckStep,
    StepSpec,
};
use crate::lang::value::{AirflowVersion, TableName};
use crate::plan::{Dataset, Reschedule, TaskSettings, Why};
use crate::sql::Access;
use crate::text::{FileId, Span, Spanned};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What all pipelines of an environment share.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The project's files.
    pub files: &'a FileIndex<'a>,
    /// The project's name.
    pub project: &'a str,
    /// The environment's name.
    pub environment: &'a Spanned<String>,
    /// What `${...}` means.
    pub variables: &'a Variables,
    /// The environment.
    pub spec: &'a EnvironmentSpec,
    /// The project's defaults.
    pub defaults: Option<&'a Defaults>,
    /// The version of Airflow.
    pub airflow: AirflowVersion,
}

impl Scope<'_> {
    /// Returns what two connections to the same database, as two users say, have in common: the name of the
    /// first one.
    fn first_to_the_same(&self, connection: &str) -> Option<&str> {
        let all = &self.spec.redshift.as_ref()?.0;
        if let [_] = all.as_slice() {
            return None;
        }
        let (_, wanted) = all.iter().find(|(name, _)| name.value == connection)?;
        let (first, _) = all.iter().find(|(_, spec)| spec.place() == wanted.place())?;
        Some(&first.value)
    }
}

/// A pipeline in an environment.
#[derive(Debug)]
pub struct Pipeline<'a> {
    /// The file.
    pub file: FileId,
    /// What was written.
    pub spec: &'a PipelineSpec,
    /// Its tasks: the waits of its sources, then its steps, in the order of the file.
    pub tasks: Vec<Task<'a>>,
    /// Something in it is not understood, so that what it makes is not fully known.
    pub incomplete: bool,
}

impl Pipeline<'_> {
    /// Lists the files with SQL of its steps.
    pub fn sql_files(&self) -> impl Iterator<Item = FileId> {
        self.tasks.iter().flat_map(|task| match &task.action {
            Action::Sql { script, .. } => script.file.into_iter().collect(),
            Action::Check { queries, .. } => queries.iter().filter_map(|query| query.file).collect(),
            Action::Wait(_)
            | Action::Crawl { .. }
            | Action::GlueJob { .. }
            | Action::Copy { .. }
            | Action::Bash { .. }
            | Action::Operator(_) => Vec::new(),
        })
    }
}

/// What one task does and touches.
#[derive(Debug)]
pub struct Task<'a> {
    /// Airflow's id.
    pub id: String,
    /// The step as the user names it; for a wait, the source.
    pub name: &'a str,
    /// Where the name is written.
    pub span: Span,
    /// The step, unless it is a wait.
    pub step: Option<&'a StepSpec>,
    /// How Airflow treats it.
    pub settings: TaskSettings,
    /// When it may start.
    pub trigger_rule: TriggerRule,
    /// What happens to its job when it is killed.
    pub on_kill: OnKill,
    /// How it waits without a slot; none for one that waits in its slot.
    pub reschedule: Option<Reschedule>,
    /// What it does.
    pub action: Action<'a>,
    /// What it reads and writes.
    pub touches: Vec<Touch>,
    /// What it names as coming before it.
    pub needs: Vec<Need>,
    /// The steps whose outputs its text uses: as written, with the indices of their tasks.
    pub outputs: BTreeMap<String, usize>,
    /// Something in it could not be resolved, and that has been reported.
    pub incomplete: bool,
}

impl<'a> Task<'a> {
    /// Returns the SQL that it runs, if that is what it does; the queries of a check are not.
    pub fn sql(&self) -> Option<&Script<'a>> {
        match &self.action {
            Action::Sql { script, .. } => Some(script),
            Action::Wait(_)
            | Action::Crawl { .. }
            | Action::GlueJob { .. }
            | Action::Copy { .. }
            | Action::Check { .. }
            | Action::Bash { .. }
            | Action::Operator(_) => None,
        }
    }
}

/// What a task does, with its names resolved. What is missing has been reported.
#[derive(Debug)]
pub enum Action<'a> {
    /// Waits for a source.
    Wait(&'a SourceSpec),
    /// Runs a crawler.
    Crawl {
        /// The step.
        step: &'a GlueCrawlerStep,
        /// What is crawled.
        inputs: Vec<Data<'a>>,
    },
    /// Runs a Glue job.
    GlueJob {
        /// The step.
        step: &'a GlueJobStep,
        /// What it reads, with the names by which it knows it.
        inputs: Vec<(Option<&'a str>, Data<'a>)>,
        /// Its script.
        script: Option<UserFile>,
        /// Files of the user's among its libraries.
        libraries: Vec<UserFile>,
    },
    /// Loads files.
    Copy {
        /// The step.
        step: &'a RedshiftCopyStep,
        /// The files.
        input: Option<Data<'a>>,
        /// Where the table is.
        connection: Option<Connection<'a>>,
    },
    /// Runs SQL.
    Sql {
        /// The step.
        step: &'a RedshiftSqlStep,
        /// Where.
        connection: Option<Connection<'a>>,
        /// What.
        script: Script<'a>,
    },
    /// Checks a table.
    Check {
        /// The step.
        step: &'a SqlCheckStep,
        /// Where.
        connection: Option<Connection<'a>>,
        /// The table.
        table: Option<TableName>,
        /// The user's queries, in the order of the expectations that are queries.
        queries: Vec<Script<'a>>,
    },
    /// Runs a command.
    Bash {
        /// The step.
        step: &'a BashStep,
        /// Its script.
        script: Option<UserFile>,
    },
    /// Runs an operator.
    Operator(&'a OperatorStep),
}

/// A Redshift connection by its name.
#[derive(Clone, Copy, Debug)]
pub struct Connection<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it says.
    pub spec: &'a RedshiftSpec,
}

/// A file of the user's.
#[derive(Clone, Debug)]
pub struct UserFile {
    /// Its path relative to the project.
    pub path: String,
    /// Its bytes.
    pub content: Arc<[u8]>,
}

/// Data that a task touches.
#[derive(Clone, Debug)]
pub struct Touch {
    /// How.
    pub access: Access,
    /// What.
    pub dataset: Dataset,
    /// Where it is named.
    pub span: Span,
    /// It may lie there without any step that makes it: a source, or a path that is spelled out.
    pub external: bool,
    /// A name of a step stands for it, so that the edge is there already.
    pub by_name: bool,
}

/// A task that is named as coming before another.
#[derive(Clone, Debug)]
pub struct Need {
    /// Its index among the pipeline's tasks.
    pub task: usize,
    /// Why.
    pub why: Why,
    /// Where it is named.
    pub span: Span,
}

/// Resolves a pipeline.
pub fn pipeline<'a>(
    scope: &Scope<'a>,
    file: FileId,
    spec: &'a PipelineSpec,
    diagnostics: &mut Diagnostics,
) -> Pipeline<'a> {
    let before = diagnostics.error_count();
    let names = Names::new(spec);
    let mut tasks = steps::tasks(scope, spec, &names, diagnostics);
    templates::connect(spec, &names, &mut tasks, scope.files.sources(), diagnostics);
    let incomplete = spec.is_broken() || diagnostics.error_count() > before;
    Pipeline { file, spec, tasks, incomplete }
}
