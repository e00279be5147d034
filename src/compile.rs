//! The compiler: files in memory to a plan, with all findings.

use crate::diagnostic::Diagnostics;
use crate::plan::ProjectPlan;
use crate::source::ProjectFiles;

/// What compiling gives.
#[derive(Debug, Default)]
pub struct Compiled {
    /// The plan of each environment asked for, when there are no errors.
    pub plans: Vec<ProjectPlan>,
    /// All findings.
    pub diagnostics: Diagnostics,
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
pub fn compile(_files: &ProjectFiles, _environments: &Environments) -> Compiled {
    Compiled::default()
}
