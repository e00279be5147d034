//! The compiler: files in memory to plans, with all findings.
//!
//! Takes [`ProjectFiles`]; gives the plan of each environment that is asked for, with all of its pipelines or
//! with some. No stage stops the next:
//! a pipeline that is wrong leaves the others checked, and a step that is wrong its neighbours. Files are
//! parsed once; all that depends on the environment is done for each.

mod environment;
mod merge;
mod project;
mod read;
mod selection;

use crate::check;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, guarded};
use crate::expand::Variables;
use crate::lang::ProjectSpec;
use crate::plan::ProjectPlan;
use crate::text::{FileId, ProjectFiles, Span};
use crate::yaml::Node;
use environment::environments_of;
use project::{Prepare, Prepared};
use read::Pipelines;
use selection::Concern;

/// What compiling gives.
#[derive(Debug, Default)]
pub struct Compiled {
    /// The project file, with all environments that could be read.
    pub project: Option<ProjectSpec>,
    /// The names of all environments that the project file has, in its order.
    pub environments: Vec<String>,
    /// The pipelines that are written, sorted by path, with or without errors.
    pub pipelines: Vec<PipelineFile>,
    /// How many environments were asked for and found.
    pub checked: usize,
    /// The plan of each environment asked for, with the pipelines asked for, when there are no errors; none when
    /// they are not wanted.
    pub plans: Vec<ProjectPlan>,
    /// All findings that concern the pipelines asked for.
    pub diagnostics: Diagnostics,
    /// Pipelines that were not asked for and have errors.
    pub set_aside: Vec<PipelineFile>,
}

/// A file with a pipeline, as far as it can be told from one with errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineFile {
    /// The file.
    pub file: FileId,
    /// The pipeline's name; empty when it has none.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// It says by the clock when it runs, or that it does not; one without is scheduled by others' data.
    pub has_clock: bool,
}

/// Which environments are compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Environments {
    /// All of the project's.
    All,
    /// The first one of the project.
    Default,
    /// One by its name.
    Named(String),
}

/// What is wanted of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// What is wrong. Making plans finds nothing that a rule has not found, or it is a bug.
    Findings,
    /// Its plans, too.
    Plans,
}

/// Compiles a project to its plans.
pub fn compile(files: &ProjectFiles, environments: &Environments) -> Compiled {
    compile_some(files, environments, Goal::Plans, &|_| true)
}

/// Compiles those pipelines of a project that `is_selected` picks. The others are read as well, for what they
/// have to do with these; their own mistakes are set aside.
pub fn compile_some(
    files: &ProjectFiles,
    environments: &Environments,
    goal: Goal,
    is_selected: &dyn Fn(&PipelineFile) -> bool,
) -> Compiled {
    let mut compiled = Compiled::default();
    let mut found = Diagnostics::default();
    for (file, offset) in &files.not_utf8 {
        let owner = files.pipelines.contains(file).then_some(*file);
        found.push(Diagnostic { owner, ..not_utf8(*file, *offset) });
    }
    if files.project.is_none() {
        found.push(no_project_file(files));
    }
    let node = files.project.and_then(|file| project_node(files, file, &mut found));
    for (key, path) in &files.no_folders {
        let file = files.project.unwrap_or(FileId(0));
        found.push(no_folder(key, path, node.as_ref(), file));
    }
    let mut prepared = Prepared::default();
    let mut chosen = Vec::new();
    if let Some(node) = &node {
        let file = node.span.file;
        prepared = guarded(&mut found, file, |found| project::prepare(&files.sources, node, found))
            .unwrap_or_default();
        chosen = project::choose(&prepared, environments, file, &mut found);
    }
    let is_elsewhere = found.iter().any(|finding| finding.code == Code::InvalidFolder);
    if let (Some(spec), false) = (&prepared.spec, is_elsewhere) {
        found.append(listing(files, spec));
    }
    if !files.pipelines.is_empty() {
        let environments: Vec<_> = prepared.environments.iter().filter_map(|one| one.spec.as_ref()).collect();
        check::unused_variables(&environments, &files.sources, &mut found);
        check::unused_files(files, &mut found);
    }
    let chosen: Vec<&Prepare> = chosen.into_iter().map(|number| &prepared.environments[number]).collect();
    let variables: Vec<&Variables> = chosen.iter().map(|environment| &environment.variables).collect();
    let Pipelines { listed, decoded } = read::pipelines(files, &variables, &mut found);
    compiled.pipelines = listed;
    let selected = compiled.pipelines.iter().filter(|file| is_selected(file)).map(|file| file.file);
    let mut concern = Concern::new(selected.collect(), &compiled.pipelines);
    let decoded = chosen.into_iter().zip(decoded).collect();
    environments_of(files, decoded, goal, &mut concern, &mut compiled, &mut found);
    compiled.environments =
        prepared.environments.iter().map(|environment| environment.name.value.clone()).collect();
    compiled.project.clone_from(&prepared.spec);
    let set_aside = concern.sort(found, &mut compiled.diagnostics);
    let others = compiled.pipelines.iter().filter(|pipeline| set_aside.contains(&pipeline.file));
    compiled.set_aside = others.cloned().collect();
    if compiled.diagnostics.has_errors() {
        compiled.plans.clear();
    }
    compiled
}

/// Finds what is odd about the files that there are.
fn listing(files: &ProjectFiles, spec: &ProjectSpec) -> Diagnostics {
    let mut found = Diagnostics::default();
    let Some(project) = files.project else { return found };
    let span = Span::file_start(project);
    let folder = spec.specs.as_ref();
    let place = folder.map_or(span, |folder| folder.span);
    if files.pipelines.is_empty() {
        let name = folder.map_or("specs", |folder| folder.value.as_str());
        found.push(
            Diagnostic::new(Code::NoPipelines, place, format!("there is no pipeline in `{name}`"))
                .note("building and publishing remove all DAG files of this project")
                .help("write one, as `NAME.yaml` in that folder, or name another folder as `specs`"),
        );
    }
    for path in files.files.iter().filter(|(path, content)| looks_like_pipeline(path, content)) {
        let path = path.0;
        let (stem, extension) = path.rsplit_once('.').unwrap_or((path, ""));
        let message = format!("`{path}` is not read: it ends in `.{extension}`, and pipelines in `.yaml`");
        found.push(
            Diagnostic::new(Code::UnreadPipeline, place, message)
                .help(format!("call it `{stem}.yaml`, or move it away if it is no pipeline")),
        );
    }
    found
}

/// Says whether a file that is read as no pipeline was probably meant as one.
fn looks_like_pipeline(path: &str, content: &[u8]) -> bool {
    let Some((_, extension)) = path.rsplit_once('.') else { return false };
    let extension = extension.to_lowercase();
    if ["yaml", "yml"].contains(&extension.as_str()) {
        return true;
    }
    let is_slip = ["yaml", "yml"].iter().any(|known| strsim::damerau_levenshtein(known, &extension) == 1);
    let begins = |text: &str| {
        let mut lines = text.lines().map(str::trim_end);
        lines
            .find(|line| !line.is_empty() && !line.starts_with('#') && *line != "---")
            .is_some_and(|line| line.starts_with("pipeline:"))
    };
    is_slip && std::str::from_utf8(content).is_ok_and(begins)
}

/// Parses the project file. One that is empty wants something else than an empty spec.
fn project_node(files: &ProjectFiles, file: FileId, diagnostics: &mut Diagnostics) -> Option<Node> {
    let mut found = Diagnostics::default();
    let node = read::parse(files, file, &mut found);
    for diagnostic in found.into_items() {
        diagnostics.push(match diagnostic.code {
            Code::EmptyFile => {
                diagnostic.help("write `project:`, `airflow:` and `environments:`; see `dagc init`")
            }
            _ => diagnostic,
        });
    }
    node
}

fn no_project_file(files: &ProjectFiles) -> Diagnostic {
    let file = files.sources.iter().next().map_or(FileId(0), |(file, _)| file);
    Diagnostic::new(
        Code::NoProjectFile,
        Span::file_start(file),
        "there is no dagc.yaml here or in a folder above",
    )
    .help("`dagc init` makes a project with an example in it")
}

/// A file stands where the project file names a folder.
fn no_folder(key: &str, path: &str, node: Option<&Node>, file: FileId) -> Diagnostic {
    let named = node.and_then(|node| node.get(key));
    let span = named.map_or(Span::file_start(file), |named| named.span);
    let message = format!("`{key}` is a folder, and `{path}` is a file");
    let diagnostic = Diagnostic::new(Code::InvalidFolder, span, message);
    match named {
        Some(_) => diagnostic.help("name another folder, or move the file away"),
        None => {
            diagnostic.help(format!("name another folder as `{key}` in dagc.yaml, or move the file away"))
        }
    }
}

fn not_utf8(file: FileId, offset: usize) -> Diagnostic {
    // Bytes that are no text stand as U+FFFD, three bytes long.
    Diagnostic::new(Code::NotUtf8, Span::new(file, offset, offset + 3), "this file is not UTF-8")
        .label("the first wrong byte")
        .help("save it as UTF-8")
}
