//! `unordered-marker`: a marker says that a folder is whole, and nothing lets it come after who fills the folder.
//!
//! Its name begins with `_` or `.`, so that it is no data of the folder, and only the user's own words order it.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::objects::is_hidden;
use crate::plan::Place;
use crate::resolve::edges::Reach;
use crate::resolve::{Pattern, Pipeline, Project, Scope, Task, Touch};
use crate::text::{FileId, Span};
use std::cell::LazyCell;
use std::collections::HashSet;

pub(super) fn check(_: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    // The steps that one `each` makes are written once.
    let mut marked: HashSet<Span> = HashSet::new();
    for (pipeline, graph) in project.pipelines.iter().zip(&project.graphs) {
        let reach = LazyCell::new(|| Reach::new(&graph.edges, pipeline.tasks.len()));
        for (n, task) in pipeline.tasks.iter().enumerate() {
            let Some((touch, folder)) = marker(task) else { continue };
            let is_unordered =
                |other: &usize| !reach.reaches(*other, n) && !reach.reaches(n, *other) && *other != n;
            let filler = fillers(pipeline, folder).find(is_unordered);
            if let Some(filler) = filler
                && marked.insert(touch.span)
            {
                diagnostics.push(finding(task, touch, &pipeline.tasks[filler], folder));
            }
        }
    }
}

/// The marker that a task writes, and its folder. What SQL writes is named by the beginning of its keys only.
fn marker<'p>(task: &'p Task<'_>) -> Option<(&'p Touch, &'p str)> {
    if !task.kind.writes_whole_keys() {
        return None;
    }
    task.touches.iter().filter(|touch| touch.access.gives_rows()).find_map(|touch| {
        let Place::Prefix(path) = &touch.dataset else { return None };
        let slash = path.rfind('/').filter(|slash| is_hidden(&path[slash + 1..]))?;
        Some((touch, &path[..=slash]))
    })
}

/// The tasks of a pipeline that write data to a folder.
fn fillers<'p>(pipeline: &'p Pipeline<'_>, folder: &str) -> impl Iterator<Item = usize> + 'p {
    let folder = Pattern::new(folder);
    let fills = move |task: &Task<'_>| {
        task.touches.iter().filter(|touch| touch.access.gives_rows()).any(|touch| match &touch.dataset {
            Place::Prefix(path) => Pattern::new(path).overlaps(&folder),
            Place::Table { .. } | Place::CatalogTable(_) | Place::Database { .. } => false,
        })
    };
    pipeline.tasks.iter().enumerate().filter(move |(_, task)| fills(task)).map(|(n, _)| n)
}

fn finding(task: &Task<'_>, touch: &Touch, filler: &Task<'_>, folder: &str) -> Diagnostic {
    let base = |task: &Task<'_>| task.step.map_or(task.name, |step| step.base_name()).to_owned();
    Diagnostic::new(
        Code::UnorderedMarker,
        touch.span,
        format!(
            "step `{}` writes a marker into {folder}, which `{}` fills, in no order",
            task.name, filler.name
        ),
    )
    .label("may be there before the data")
    .also(filler.span, "fills the folder")
    .help(format!("add `after: {}` to `{}`", base(filler), base(task)))
}
