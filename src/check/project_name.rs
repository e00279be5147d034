//! `shadowed-package`: the project's folder is a Python package, and Python knows another one by its name.
//!
//! Airflow puts the DAG folder behind all else in Python's path, so that the other one is found first and the
//! support module in ours is not found at all. The list has the modules of Python 3.9 to 3.13 and what lies in
//! an environment of MWAA: Airflow 2.11 or 3.3 with Amazon's provider, Celery and what these need.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::ProjectSpec;
use crate::lang::python::KEYWORDS;
use crate::plan::namespace;

/// One name a line, sorted.
const PACKAGES: &str = include_str!("python_packages.txt");

pub(super) fn check(project: &ProjectSpec, diagnostics: &mut Diagnostics) {
    let name = &project.project;
    let package = namespace(&name.value.0);
    let is_keyword = KEYWORDS.contains(&package.as_str());
    let what = match () {
        () if is_keyword => format!("`{package}` is a word of Python's, and no package can be called so"),
        () if PACKAGES.lines().any(|line| line == package) => {
            format!(
                "the project's folder would be the package `{package}`, which Airflow's Python has already"
            )
        }
        () => return,
    };
    let code = if is_keyword { Code::InvalidName } else { Code::ShadowedPackage };
    diagnostics.push(
        Diagnostic::new(code, name.span, what)
            .note("DAG files import the support module from the folder that is called like the project")
            .help(format!("give the project another name, such as `{}-pipelines`", name.value.0)),
    );
}
