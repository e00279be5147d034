//! `sql-dialect`, where SQL calls a function that Redshift has not: it may be one of the user's own, which any step of the
//! project makes.

use crate::diagnostic::Diagnostics;
use crate::resolve::{Project, Scope};
use crate::scope::NotUnderstood;
use crate::sql::{Dialect, SqlError, SqlErrorKind};
use crate::text::FileId;
use std::collections::HashSet;

pub(super) fn check(
    scope: &Scope<'_>,
    project: &Project<'_>,
    broken: &[FileId],
    diagnostics: &mut Diagnostics,
) {
    let tasks = || project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks);
    let scripts = || tasks().flat_map(|task| task.scripts.iter().map(move |script| (task.name, script)));
    let is_missing = |error: &SqlError| name(error).is_some();
    // What could not be read may make it.
    if !broken.is_empty() || !scripts().any(|(_, script)| script.script.errors.iter().any(is_missing)) {
        return;
    }
    let made: HashSet<&str> =
        scripts().flat_map(|(_, script)| &script.script.functions).map(String::as_str).collect();
    for (step, script) in scripts() {
        let missing =
            script.script.errors.iter().filter(|error| name(error).is_some_and(|name| !made.contains(name)));
        let read = (Dialect::Redshift, NotUnderstood::Refused);
        for error in missing {
            diagnostics.push(script.finding(scope.files.sources(), step, error, read));
        }
    }
}

/// The function that is missing.
fn name(error: &SqlError) -> Option<&str> {
    match &error.kind {
        SqlErrorKind::NoFunction { name, .. } => Some(name),
        SqlErrorKind::Syntax(_)
        | SqlErrorKind::NotUnderstood(_)
        | SqlErrorKind::Refused(_)
        | SqlErrorKind::Foreign { .. }
        | SqlErrorKind::HoleInName
        | SqlErrorKind::Template(_) => None,
    }
}
