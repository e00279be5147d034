//! What commands that work on a project have in common: loading it, compiling it, telling the findings.

use super::{Exit, Global};
use crate::compile::{Compiled, Environments, compile};
use crate::diagnostic::Diagnostic;
use crate::plan::ProjectPlan;
use crate::source::ProjectFiles;
use crate::ui::{Format, Printer};
use anyhow::Context;
use std::path::{Path, PathBuf};

/// A project on disk.
pub(super) struct Session {
    /// Its folder.
    pub(super) root: PathBuf,
    /// Its files.
    pub(super) files: ProjectFiles,
    /// What compiling gave.
    pub(super) compiled: Compiled,
}

impl Session {
    /// Loads and compiles the project to which the current folder, or the one asked for, belongs.
    pub(super) fn open(global: &Global, environments: &Environments) -> anyhow::Result<Self> {
        let root = root(&global.project)?;
        let files = crate::load::load(&root)?;
        let compiled = compile(&files, environments);
        Ok(Self { root, files, compiled })
    }

    /// Tells the findings; [`Exit::Findings`] when they keep the project from being built.
    pub(super) fn report(&mut self, printer: Printer, format: Format) -> anyhow::Result<Exit> {
        self.report_only(printer, format, |_| true)
    }

    /// Tells the findings that are asked for.
    pub(super) fn report_only(
        &mut self,
        printer: Printer,
        format: Format,
        wanted: impl Fn(&Diagnostic) -> bool,
    ) -> anyhow::Result<Exit> {
        let mut findings = std::mem::take(&mut self.compiled.diagnostics).into_sorted();
        findings.retain(wanted);
        printer.findings(&findings, &self.files.sources, format)?;
        let is_error = |finding: &Diagnostic| finding.code.severity() == crate::diagnostic::Severity::Error;
        Ok(if findings.iter().any(is_error) { Exit::Findings } else { Exit::Done })
    }

    /// Returns the folder that holds the generated files of an environment.
    pub(super) fn output(&self, plan: &ProjectPlan, output: Option<&Path>) -> PathBuf {
        let generated = self.compiled.project.as_ref().and_then(|project| project.generated.as_ref());
        let folder = generated.map_or("generated", |folder| folder.value.as_str());
        match output {
            Some(output) => output.join(&plan.environment.name),
            None => self.root.join(folder).join(&plan.environment.name),
        }
    }
}

/// Finds the project's folder: the one given, or the nearest above it that has a project file.
pub(super) fn root(start: &Path) -> anyhow::Result<PathBuf> {
    let start = std::path::absolute(start).with_context(|| format!("failed to find {}", start.display()))?;
    Ok(crate::load::find(&start).unwrap_or(start))
}

/// Returns the environments that `--env` asks for; none means `otherwise`.
pub(super) fn environments(name: Option<&String>, otherwise: Environments) -> Environments {
    name.map_or(otherwise, |name| Environments::Named(name.clone()))
}
