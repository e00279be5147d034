//! The files of a plan, in memory.
//!
//! Takes a [`ProjectPlan`], gives [`Artifacts`]; never touches the disk. DAG files are rendered from
//! `dag_templates/dag.py.tera`; what stands in it is laid out by [`crate::python`].

mod airflow;
mod dag;
mod doc;
mod edges;
pub mod iam;
mod imports;
mod jinja;
mod plan_file;
mod resource;
mod script;
mod variables;

pub use plan_file::planned;

use crate::diagnostic::message;
use crate::plan::{Plan, ProjectPlan};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// The module that every DAG file imports, and its name.
const SUPPORT_MODULE: (&str, &str) =
    ("dagc_airflow_v1", include_str!("../../dag_templates/dagc_airflow_v1.py"));

/// What starts the binary on a worker.
const LAUNCHER: &str = include_str!("../../dag_templates/launch.sh");

/// Files by their path relative to the environment's output folder, with `/` between its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Artifacts {
    /// The files.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The pipelines whose files these are, with what they need; none when they are all that the project has.
    pub only: Option<BTreeSet<String>>,
}

impl Artifacts {
    /// Says whether a file that is not among these, and that dagc made, is wanted no more.
    pub fn supersede(&self, path: &str) -> bool {
        let is_theirs = |only: &BTreeSet<String>| pipeline_of(path).is_some_and(|name| only.contains(name));
        self.only.as_ref().is_none_or(is_theirs)
    }
}

/// A file: its path, and its content.
type File = (String, Vec<u8>);

/// Says whether an artifact goes into the DAG folder: what only people read does not.
pub fn is_published(path: &str) -> bool {
    path.split_once('/').is_none_or(|(_, inside)| !inside.starts_with(resource::FOLDER))
}

/// Says whether an artifact's path is that of a DAG file: what is written after all that it needs.
pub fn is_dag_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_support =
        name.strip_suffix(".py").is_none_or(|stem| stem == SUPPORT_MODULE.0 || stem == "__init__");
    !is_support && !path.contains("/.dagc/")
}

/// Returns the pipeline to which an artifact belongs by its path: that of a DAG file, a plan file, a file of
/// resources or a script of a Glue job. A script of the shell may belong to several.
pub fn pipeline_of(path: &str) -> Option<&str> {
    let (_, inside) = path.split_once('/')?;
    if let Some(name) = inside.strip_prefix(".dagc/plans/") {
        return name.strip_suffix(".json")?.rsplit_once('-').map(|(pipeline, _)| pipeline);
    }
    if let Some(name) = inside.strip_prefix(resource::FOLDER) {
        return name
            .split_once('/')
            .map_or_else(|| name.strip_suffix(".json"), |(pipeline, _)| Some(pipeline));
    }
    let is_dag = !inside.contains('/') && is_dag_file(path);
    is_dag.then(|| inside.strip_suffix(".py")).flatten()
}

/// Makes the files of a project: DAG files, plan files, resources, scripts, the support module, the launcher.
///
/// # Panics
/// When dagc has a bug; the words of the panic begin with the pipeline's file.
pub fn artifacts(project: &ProjectPlan) -> Artifacts {
    let renderer = dag::Renderer::new();
    let made: Vec<Vec<File>> =
        project.pipelines.par_iter().map(|plan| named_files(project, plan, &renderer)).collect();
    let files = common_files(project).into_iter().chain(made.into_iter().flatten());
    Artifacts {
        files: files.collect(),
        only: project.is_partial.then(|| project.pipelines.iter().map(|plan| plan.dag.id.clone()).collect()),
    }
}

/// Returns the files that all pipelines share.
fn common_files(project: &ProjectPlan) -> Vec<File> {
    let (module, text) = SUPPORT_MODULE;
    let files = vec![
        // With it the folder is a package, and linters know it as such.
        ("__init__.py".to_owned(), package_file(&project.project).into()),
        (".airflowignore".to_owned(), airflow_ignore().into()),
        (format!("{module}.py"), text.into()),
        (".dagc/bin/launch.sh".to_owned(), LAUNCHER.into()),
    ];
    in_namespace(project, files)
}

/// Returns the file by which a project's folder is a package, and by which it is known to be that project's.
pub fn package_file(project: &str) -> String {
    format!("\"\"\"Made by dagc: project {project}.\"\"\"\n")
}

/// What Airflow does not read as DAG files. By default Airflow 2 takes the lines for regular expressions
/// and Airflow 3 for globs; each of these lines means the same in both.
fn airflow_ignore() -> String {
    format!("# Made by dagc: no DAGs are in here.\n{}.py\n__init__.py\n\\.dagc/\n", SUPPORT_MODULE.0)
}

fn named_files(project: &ProjectPlan, plan: &Plan, renderer: &dag::Renderer) -> Vec<File> {
    let made = catch_unwind(AssertUnwindSafe(|| pipeline_files(project, plan, renderer)));
    let made = made.unwrap_or_else(|panic| {
        resume_unwind(Box::new(format!("{}: {}", plan.dag.spec_path, message(panic.as_ref()))))
    });
    in_namespace(project, made)
}

/// Puts files into the folder of the project.
fn in_namespace(project: &ProjectPlan, files: Vec<File>) -> Vec<File> {
    files.into_iter().map(|(path, content)| (format!("{}/{path}", project.namespace), content)).collect()
}

fn pipeline_files(project: &ProjectPlan, plan: &Plan, renderer: &dag::Renderer) -> Vec<File> {
    let plan_file = plan_file::plan_file(project, plan);
    let scripts = script::scripts(plan);
    let mut text = renderer.render(project, plan, plan_file.as_ref().map(|(path, _)| path.as_str()));
    // The files of all pipelines are kept, and a text grows by more than it needs.
    text.shrink_to_fit();
    let mut files = vec![(format!("{}.py", module_name(&plan.dag.id)), text.into())];
    files.extend(plan_file);
    files.extend(resource::resource_files(plan));
    files.extend(scripts);
    files
}

/// Returns the name of a DAG's file without `.py`: the DAG's id, unless a file of ours is called so.
fn module_name(dag_id: &str) -> String {
    let suffix = if dag_id == SUPPORT_MODULE.0 || dag_id == "__init__" { "_dag" } else { "" };
    format!("{dag_id}{suffix}")
}

/// Returns the first twelve hexadecimal digits of the content's SHA-256, for names of files.
fn short_hash(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(6).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
