//! `nothing-makes`: a table that is read, and that no step makes and no source declares.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::plan::{Dataset, Lineage};
use crate::resolve::{Scope, Touch};
use crate::source::{FileId, SourceMap, Span};
use crate::sql::Access;
use std::collections::BTreeMap;

pub(super) fn check(
    scope: &Scope<'_>,
    lineage: &Lineage<'_>,
    broken: &[FileId],
    diagnostics: &mut Diagnostics,
) {
    if lineage.graphs.iter().all(|graph| graph.unmade.is_empty()) {
        return;
    }
    let sources = scope.files.sources();
    let made = made(lineage);
    for at in lineage.graphs.iter().flat_map(|graph| &graph.unmade) {
        let pipeline = &lineage.pipelines[at.pipeline];
        let task = &pipeline.tasks[at.task];
        let touch = &task.touches[at.touch];
        let Dataset::Table { connection, name } = &touch.dataset else { continue };
        let suspects = lineage.pipelines.iter().filter(|pipeline| pipeline.incomplete);
        let suspects = suspects.map(|pipeline| pipeline.file).chain(broken.iter().copied());
        if may_be_made_by(sources, suspects, &name.table) {
            continue;
        }
        let diagnostic = Diagnostic::new(
            Code::NothingMakes,
            touch.span,
            format!("step `{}` reads table `{name}`, which no step makes and no source declares", task.name),
        )
        .label("nothing makes it");
        let text = name.to_string();
        let near = nearest(&text, made.keys().map(String::as_str).filter(|other| **other != text));
        diagnostics.push(match near {
            Some(near) => {
                diagnostic.also(made[near], "a table with a similar name is made here").help(format!("write `{near}`"))
            }
            None => diagnostic.help(format!(
                "if it comes from outside, declare it under `sources`: `{}: {{table: {name}, in: {connection}}}`",
                name.table
            )),
        });
    }
}

/// All tables that are made, with a place where each is.
fn made(lineage: &Lineage<'_>) -> BTreeMap<String, Span> {
    let touches =
        lineage.pipelines.iter().flat_map(|pipeline| &pipeline.tasks).flat_map(|task| &task.touches);
    let mut made = BTreeMap::new();
    for Touch { dataset, span, .. } in touches.filter(|touch| touch.access != Access::Reads) {
        if let Dataset::Table { name, .. } = dataset {
            made.entry(name.to_string()).or_insert(*span);
        }
    }
    made
}

/// Says whether pipelines that are not understood may have to do with a table: then their own errors are
/// enough. That is likely when one's file, or an SQL file of the project where one does not parse, names it.
pub fn may_be_made_by(sources: &SourceMap, suspects: impl Iterator<Item = FileId>, table: &str) -> bool {
    let mentions = |text: &str| text.to_lowercase().contains(table);
    let mut suspects = suspects.peekable();
    if suspects.peek().is_none() {
        return false;
    }
    let folders: Vec<&str> = suspects
        .filter_map(|file| {
            let file = sources.file(file);
            if mentions(&file.text) { Some("") } else { file.path.rsplit_once('/').map(|(folder, _)| folder) }
        })
        .collect();
    folders.contains(&"")
        || sources.iter().any(|(_, file)| {
            file.path.rsplit_once('.').is_some_and(|(_, extension)| extension == "sql")
                && folders.iter().any(|folder| file.path.starts_with(folder))
                && mentions(&file.text)
        })
}
