//! What commands that work on a project have in common: loading it, compiling it, telling the findings.

use super::select::Select;
use super::told::Told;
use super::{Exit, Global};
use crate::compile::{Compiled, Environments, Goal, PipelineFile, compile_some};
use crate::diagnostic::{Bug, Code, list};
use crate::plan::ProjectPlan;
use crate::text::{FileId, ProjectFiles};
use crate::ui::Printer;
use crate::ui::report::{Failure, Report};
use anyhow::{Context, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How many bugs of dagc are told: one may be met in every file of a project.
const BUGS: usize = 10;

/// A project on disk.
pub(super) struct Session {
    /// Its folder.
    pub(super) root: PathBuf,
    /// Its files.
    pub(super) files: ProjectFiles,
    /// What compiling gave.
    pub(super) compiled: Compiled,
    /// How many pipelines were asked for.
    pub(super) selected: usize,
}

impl Session {
    /// Loads the project to which the current folder, or the one asked for, belongs, and compiles those of its
    /// pipelines that are asked for.
    pub(super) fn open(
        global: &Global,
        environments: &Environments,
        goal: Goal,
        select: &Select,
    ) -> anyhow::Result<Self> {
        let patterns = select.patterns()?;
        let root = root(&global.project)?;
        let files = crate::load::load(&root)?;
        let session = Self::compile(root, files, environments, goal, &|file| patterns.has(file));
        patterns.check(&session.compiled.pipelines)?;
        Ok(session)
    }

    /// Does the same for the pipelines in these files; for all of them, if a file is none of a pipeline.
    pub(super) fn open_files(
        global: &Global,
        environments: &Environments,
        goal: Goal,
        paths: &[PathBuf],
    ) -> anyhow::Result<Self> {
        let paths = paths.iter().map(|path| full(path)).collect::<anyhow::Result<Vec<PathBuf>>>()?;
        let start = full(&global.project)?;
        // Where the current folder is above the project, as in a repository of several, the files tell it.
        let beside = paths.first().and_then(|path| crate::load::find(path));
        let root = crate::load::find(&start).or(beside).unwrap_or(start);
        let relative = |path: &PathBuf| {
            let inside = path.strip_prefix(&root).ok().and_then(Path::to_str).map(str::to_owned);
            inside.with_context(|| format!("{} is no file of the project {}", path.display(), root.display()))
        };
        let asked = paths.iter().map(relative).collect::<anyhow::Result<BTreeSet<String>>>()?;
        let files = crate::load::load(&root)?;
        let pipelines =
            files.pipelines.iter().filter(|file| asked.contains(&files.sources.file(**file).path));
        let mut selected: BTreeSet<FileId> = pipelines.copied().collect();
        if selected.len() < asked.len() {
            selected.extend(&files.pipelines);
        }
        Ok(Self::compile(root, files, environments, goal, &|file| selected.contains(&file.file)))
    }

    fn compile(
        root: PathBuf,
        files: ProjectFiles,
        environments: &Environments,
        goal: Goal,
        is_selected: &dyn Fn(&PipelineFile) -> bool,
    ) -> Self {
        let compiled = compile_some(&files, environments, goal, is_selected);
        let selected = compiled.pipelines.iter().filter(|file| is_selected(file)).count();
        Self { root, files, compiled, selected }
    }

    /// Tells the findings; [`Exit::Findings`] when they keep the project from being built. Errors in pipelines
    /// that were not asked for are a note.
    pub(super) fn report(&mut self, printer: Printer, told: &mut Told) -> anyhow::Result<Exit> {
        let mut diagnostics = std::mem::take(&mut self.compiled.diagnostics);
        let met = diagnostics.take_bugs();
        let mut bugs: Vec<Failure> = met.iter().take(BUGS).map(|bug| self.bug(bug)).collect();
        if let Some(rest) = met.len().checked_sub(BUGS).filter(|rest| *rest > 0) {
            bugs.push(Failure { message: format!("and {rest} more bugs like these"), hint: None });
        }
        let mut report = Report::new(&diagnostics.into_sorted(), &self.files.sources, told.limits());
        let is_wrong = report.errors > 0;
        // That it is not there is a mistake of the command line, which alone names environments.
        let no_environment = report.findings.iter().any(|found| found.code == Code::UnknownEnvironment);
        let has_bugs = !bugs.is_empty();
        report.failures = bugs;
        told.tell(report, &self.files.sources, printer)?;
        let others = &self.compiled.set_aside;
        if !others.is_empty() {
            let name = |file: &PipelineFile| match file.name.as_str() {
                "" => self.files.sources.file(file.file).path.clone(),
                name => name.to_owned(),
            };
            let names: Vec<String> = others.iter().map(name).collect();
            let names = list(&names.iter().map(String::as_str).collect::<Vec<_>>());
            let words = if others.len() == 1 { "has errors and is" } else { "have errors and are" };
            printer.warning(&format!("note: {names} {words} not selected"))?;
        }
        Ok(match () {
            () if has_bugs => Exit::Bug,
            () if no_environment => Exit::Failed,
            () if is_wrong => Exit::Findings,
            () => Exit::Done,
        })
    }

    /// Says of a bug what it kept from being done, and what to do now.
    fn bug(&self, bug: &Bug) -> Failure {
        let path = &self.files.sources.file(bug.file).path;
        Failure {
            message: format!("a bug in dagc kept it from compiling `{path}`: {}", bug.message),
            hint: Some(super::bug::REPORT.to_owned()),
        }
    }

    /// Returns the folder that holds the generated files of an environment.
    pub(super) fn output(&self, plan: &ProjectPlan, output: Option<&Path>) -> PathBuf {
        output.map_or_else(|| self.generated(), Path::to_path_buf).join(&plan.environment.name)
    }

    /// Returns the folder that holds those of all environments.
    pub(super) fn generated(&self) -> PathBuf {
        let generated = self.compiled.project.as_ref().and_then(|project| project.generated.as_ref());
        self.root.join(generated.map_or("generated", |folder| folder.value.as_str()))
    }

    /// Says which selected pipelines run when others, which are not selected, give new data.
    pub(super) fn say_links(&self, printer: Printer) -> anyhow::Result<()> {
        let mut said = BTreeSet::new();
        for plan in self.compiled.plans.iter().filter(|plan| plan.is_partial) {
            let is_here = |name: &str| plan.pipelines.iter().any(|pipeline| pipeline.dag.id == name);
            let links = plan.links.iter().filter(|link| link.asset.is_some());
            for link in links.filter(|link| is_here(&link.to_pipeline) && !is_here(&link.from_pipeline)) {
                let (to, from) = (&link.to_pipeline, &link.from_pipeline);
                said.insert(format!(
                    "note: `{to}` runs after `{from}`, which is not selected and stays as it is"
                ));
            }
        }
        said.iter().try_for_each(|line| printer.status(line).map_err(Into::into))
    }
}

/// Finds the project's folder: the one given, or the nearest above it that has a project file. Without one it
/// is the folder given, and compiling says what is missing.
pub(super) fn root(start: &Path) -> anyhow::Result<PathBuf> {
    Ok(project_root(start)?.unwrap_or(std::path::absolute(start)?))
}

/// Finds the folder of the project, if there is one.
pub(super) fn project_root(start: &Path) -> anyhow::Result<Option<PathBuf>> {
    let given = start;
    let start = std::path::absolute(start).with_context(|| format!("failed to find {}", given.display()))?;
    anyhow::ensure!(start.is_dir(), "there is no folder {}", given.display());
    Ok(crate::load::find(&start))
}

/// Returns the path of a file or folder that is there, without links in it.
fn full(path: &Path) -> anyhow::Result<PathBuf> {
    path.canonicalize().with_context(|| format!("failed to find {}", path.display()))
}

/// Returns the environments that `--env` asks for; none means `otherwise`.
pub(super) fn environments(name: Option<&String>, otherwise: Environments) -> Environments {
    name.map_or(otherwise, |name| Environments::Named(name.clone()))
}

/// Refuses an option that names a folder, where a file is in its way.
pub(super) fn no_file(option: &str, folder: Option<&Path>) -> anyhow::Result<()> {
    match folder.and_then(|folder| folder.ancestors().find(|path| path.is_file())) {
        Some(file) => bail!("`{option}` names a folder, and {} is a file", file.display()),
        None => Ok(()),
    }
}
