//! The compiler: files in memory to plans, with all findings.
//!
//! Takes [`ProjectFiles`]; gives the plan of each environment that is asked for, with all of its pipelines or
//! with some. No stage stops the next:
//! a pipeline that is wrong leaves the others checked, and a step that is wrong its neighbours. Files are
//! parsed once; all that depends on the environment is done for each.

mod project;
mod selection;

use crate::check;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::expand::expand;
use crate::plan::{self, Lineage, ProjectPlan};
use crate::resolve::lineage::{self, AssetNames};
use crate::resolve::{self, FileIndex, Pipeline, Scope};
use crate::source::{FileId, ProjectFiles, Span};
use crate::spec::decode::{Decode, Decoder};
use crate::spec::project::RedshiftSpec;
use crate::spec::{PipelineSpec, ProjectSpec};
use crate::yaml::{self, Kind, Node};
use project::Prepared;
use rayon::prelude::*;
use selection::Concern;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

/// What compiling gives.
#[derive(Debug, Default)]
pub struct Compiled {
    /// The project file, with all environments that could be read.
    pub project: Option<ProjectSpec>,
    /// The names of all environments that the project file has, in its order.
    pub environments: Vec<String>,
    /// The pipelines that are written, sorted by path, with or without errors.
    pub pipelines: Vec<PipelineFile>,
    /// The plan of each environment asked for, with the pipelines asked for, when there are no errors.
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

/// Compiles a project.
pub fn compile(files: &ProjectFiles, environments: &Environments) -> Compiled {
    compile_some(files, environments, &|_| true)
}

/// Compiles those pipelines of a project that `is_selected` picks. The others are read as well, for what they
/// have to do with these; their own mistakes are set aside.
pub fn compile_some(
    files: &ProjectFiles,
    environments: &Environments,
    is_selected: &dyn Fn(&PipelineFile) -> bool,
) -> Compiled {
    let mut compiled = Compiled::default();
    let mut found = Diagnostics::default();
    for (file, offset) in &files.not_utf8 {
        let owner = files.pipelines.contains(file).then_some(*file);
        found.push(Diagnostic { owner, ..not_utf8(*file, *offset) });
    }
    let (node, nodes) = parse(files, &mut found);
    compiled.pipelines = nodes
        .iter()
        .map(|(file, node)| pipeline_file(*file, &files.sources.file(*file).text, node.as_ref()))
        .collect();
    let selected = compiled.pipelines.iter().filter(|file| is_selected(file)).map(|file| file.file);
    let mut concern = Concern::new(selected.collect(), &compiled.pipelines);
    match (files.project, node) {
        (None, _) => found.push(no_project_file(files)),
        (Some(_), None) => {}
        (Some(file), Some(node)) => {
            let project = Parsed { files, file, node, nodes, environments };
            environments_of(project, &mut concern, &mut compiled, &mut found);
        }
    }
    let set_aside = concern.sort(found, &mut compiled.diagnostics);
    let others = compiled.pipelines.iter().filter(|pipeline| set_aside.contains(&pipeline.file));
    compiled.set_aside = others.cloned().collect();
    if compiled.diagnostics.has_errors() {
        compiled.plans.clear();
    }
    compiled
}

/// A project whose texts are parsed.
struct Parsed<'a> {
    files: &'a ProjectFiles,
    /// The project file.
    file: FileId,
    node: Node,
    /// The pipelines; `None` where what is wrong has been reported.
    nodes: Vec<(FileId, Option<Node>)>,
    environments: &'a Environments,
}

/// Compiles the environments that are asked for.
fn environments_of(
    project: Parsed<'_>,
    concern: &mut Concern,
    compiled: &mut Compiled,
    all_found: &mut Diagnostics,
) {
    let Parsed { files, file, node, mut nodes, environments } = project;
    let prepared = project::prepare(&files.sources, &node, all_found);
    compiled.environments =
        prepared.environments.iter().map(|environment| environment.name.value.clone()).collect();
    compiled.project.clone_from(&prepared.spec);
    let chosen = project::choose(&prepared, environments, file, all_found);
    let index = FileIndex::new(files);
    let unreadable = faulty(all_found);
    let mut found: Vec<(&str, Diagnostics)> = Vec::with_capacity(chosen.len());
    let mut learned: Option<Concern> = None;
    for (n, number) in chosen.iter().enumerate() {
        // The last environment takes the nodes, so that they are neither copied nor freed one by one.
        let nodes = if n + 1 == chosen.len() {
            std::mem::take(&mut nodes).into_iter().map(|(file, node)| (file, node.map(Cow::Owned))).collect()
        } else {
            nodes.iter().map(|(file, node)| (*file, node.as_ref().map(Cow::Borrowed))).collect()
        };
        let input = Input {
            files,
            index: &index,
            prepared: &prepared,
            written: &compiled.pipelines,
            unreadable: &unreadable,
        };
        let mut own = concern.clone();
        let (plan, diagnostics) = environment(&input, *number, nodes, &mut own);
        compiled.plans.extend(plan);
        match &mut learned {
            Some(learned) => learned.join(own),
            None => learned = Some(own),
        }
        found.push((&prepared.environments[*number].name.value, diagnostics));
    }
    if let Some(learned) = learned {
        *concern = learned;
    }
    merge(found, all_found);
    if compiled.plans.len() < chosen.len() {
        compiled.plans.clear();
    }
}

/// Reads off a pipeline what can be told from one with errors, too.
fn pipeline_file(file: FileId, text: &str, node: Option<&Node>) -> PipelineFile {
    let scalar = |node: &Node| node.as_scalar().map(|scalar| scalar.text.clone());
    let name = match node {
        Some(node) => node.get("pipeline").and_then(scalar),
        None => text.lines().find_map(|line| Some(line.strip_prefix("pipeline:")?.trim().to_owned())),
    };
    let tags = match node.and_then(|node| node.get("tags")).map(|tags| &tags.kind) {
        Some(Kind::Sequence(tags)) => tags.iter().filter_map(scalar).collect(),
        Some(Kind::Scalar(_) | Kind::Mapping(_)) | None => Vec::new(),
    };
    let schedule = node.and_then(|node| node.get("schedule")).map(|schedule| &schedule.kind);
    let has_clock = matches!(schedule, Some(Kind::Scalar(_)));
    PipelineFile { file, name: name.unwrap_or_default(), tags, has_clock }
}

/// Returns the files of pipelines in which there are errors.
fn faulty(found: &Diagnostics) -> BTreeSet<FileId> {
    let errors = found.iter().filter(|finding| finding.code.severity() == Severity::Error);
    errors.filter_map(|finding| finding.owner).collect()
}

/// Parses the project file and all pipelines.
fn parse(files: &ProjectFiles, diagnostics: &mut Diagnostics) -> (Option<Node>, Vec<(FileId, Option<Node>)>) {
    let one = |file: FileId| {
        let mut diagnostics = Diagnostics::default();
        // What is not UTF-8 has been reported; its text has been made up.
        let broken = files.not_utf8.iter().any(|(other, _)| *other == file);
        let node = if broken { None } else { yaml::parse(&files.sources, file, &mut diagnostics) };
        (node, diagnostics)
    };
    let parsed: Vec<_> = files.pipelines.par_iter().map(|file| (*file, one(*file))).collect();
    let project = files.project.and_then(|file| {
        let (node, found) = one(file);
        diagnostics.append(found);
        node
    });
    let nodes = parsed
        .into_iter()
        .map(|(file, (node, found))| {
            diagnostics.append_of(file, found);
            (file, node)
        })
        .collect();
    (project, nodes)
}

/// What all environments share.
struct Input<'a> {
    files: &'a ProjectFiles,
    index: &'a FileIndex<'a>,
    prepared: &'a Prepared,
    written: &'a [PipelineFile],
    /// The files of pipelines whose text was found wrong.
    unreadable: &'a BTreeSet<FileId>,
}

/// Compiles one environment. `concern` learns what there is to know of its pipelines.
fn environment(
    input: &Input<'_>,
    number: usize,
    nodes: Vec<(FileId, Option<Cow<'_, Node>>)>,
    concern: &mut Concern,
) -> (Option<ProjectPlan>, Diagnostics) {
    let sources = &input.files.sources;
    let mut diagnostics = Diagnostics::default();
    let environment = &input.prepared.environments[number];
    let decoded: Vec<(FileId, Option<PipelineSpec>, Diagnostics)> = nodes
        .into_par_iter()
        .map(|(file, node)| {
            let mut diagnostics = Diagnostics::default();
            let spec = node.and_then(|node| {
                let node = expand(node.into_owned(), &environment.variables, sources, &mut diagnostics);
                PipelineSpec::decode(&node, &mut Decoder { sources, diagnostics: &mut diagnostics })
            });
            (file, spec, diagnostics)
        })
        .collect();
    let mut specs = Vec::with_capacity(decoded.len());
    let mut broken = Vec::new();
    for (file, spec, found) in decoded {
        diagnostics.append_of(file, found);
        match spec {
            Some(spec) => specs.push((file, spec)),
            None => broken.push(file),
        }
    }
    // What the project file says wrong of the environment has been reported: its pipelines are not asked.
    let (Some(spec), Some(airflow)) = (&environment.spec, environment.airflow) else {
        return (None, diagnostics);
    };
    let scope = Scope {
        files: input.index,
        project: &environment.variables.project,
        environment: &environment.name,
        variables: &environment.variables,
        spec,
        defaults: environment.defaults.as_ref(),
        airflow,
    };
    let specs = check::unique_pipelines(specs, &mut diagnostics);
    let resolved: Vec<(Pipeline<'_>, Diagnostics)> = specs
        .par_iter()
        .map(|(file, spec)| {
            let mut diagnostics = Diagnostics::default();
            let pipeline = resolve::pipeline(&scope, *file, spec, &mut diagnostics);
            check::pipeline(&scope, &pipeline, &mut diagnostics);
            (pipeline, diagnostics)
        })
        .collect();
    let mut pipelines = Vec::with_capacity(resolved.len());
    for (pipeline, found) in resolved {
        diagnostics.append_of(pipeline.file, found);
        pipelines.push(pipeline);
    }
    let unread = input.written.iter().filter(|written| broken.contains(&written.file));
    let unread = unread.map(|written| written.name.as_str()).collect();
    let lineage = join(&scope, pipelines, &unread, &mut diagnostics);
    check::project(&scope, &lineage, &broken, &mut diagnostics);
    let mut faulty = faulty(&diagnostics);
    faulty.extend(input.unreadable);
    concern.learn(&lineage, input.written, &faulty, sources, &diagnostics);
    let is_wrong =
        diagnostics.iter().any(|item| item.code.severity() == Severity::Error && concern.has(item));
    let plan = (!is_wrong).then(|| plan::build(&scope, &lineage, &|file| concern.is_selected(file)));
    let plan = plan.map(|plan| ProjectPlan { is_partial: !concern.is_all(), ..plan });
    // Freeing a large project takes as long as a stage: it is done in parallel, too.
    lineage.pipelines.into_par_iter().for_each(drop);
    specs.into_par_iter().for_each(drop);
    (plan, diagnostics)
}

/// Finds the edges of all pipelines and the links between them.
fn join<'a>(
    scope: &Scope<'a>,
    pipelines: Vec<Pipeline<'a>>,
    unread: &BTreeSet<&str>,
    diagnostics: &mut Diagnostics,
) -> Lineage<'a> {
    let index = lineage::Index::new(&pipelines);
    let graphs: Vec<lineage::Graph> =
        (0..pipelines.len()).into_par_iter().map(|n| lineage::graph(&pipelines, &index, n)).collect();
    let redshift = scope.spec.redshift.iter().flat_map(|redshift| &redshift.0);
    let place = |spec: &RedshiftSpec| {
        let (host, database) = spec.place();
        format!("{host}/{database}")
    };
    let warehouses = redshift.map(|(name, spec)| (name.value.as_str(), place(spec))).collect();
    let names =
        AssetNames { project: scope.project, environment: &scope.environment.value, warehouses: &warehouses };
    let links = lineage::links(&pipelines, &graphs, names, unread, diagnostics);
    drop(index);
    Lineage { pipelines, graphs, links }
}

/// Joins the findings of all environments. What is the same in all is said once; what is not names its own.
fn merge(found: Vec<(&str, Diagnostics)>, diagnostics: &mut Diagnostics) {
    let count = found.len();
    let mut known: HashMap<(Code, Span, String), usize> = HashMap::new();
    let mut merged: Vec<(Diagnostic, Vec<&str>)> = Vec::new();
    for (environment, found) in found {
        for diagnostic in found.into_sorted() {
            let key = (diagnostic.code, diagnostic.primary.span, diagnostic.message.clone());
            if let Some(index) = known.get(&key) {
                merged[*index].1.push(environment);
            } else {
                known.insert(key, merged.len());
                merged.push((diagnostic, vec![environment]));
            }
        }
    }
    for (diagnostic, environments) in merged {
        diagnostics.push(if environments.len() == count {
            diagnostic
        } else {
            let names = crate::diagnostic::list(&environments);
            let word = if environments.len() == 1 { "environment" } else { "environments" };
            diagnostic.note(format!("in {word} {names} only"))
        });
    }
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

fn not_utf8(file: FileId, offset: usize) -> Diagnostic {
    // Bytes that are no text stand as U+FFFD, three bytes long.
    Diagnostic::new(Code::NotUtf8, Span::new(file, offset, offset + 3), "this file is not UTF-8")
        .label("the first wrong byte")
        .help("save it as UTF-8")
}
