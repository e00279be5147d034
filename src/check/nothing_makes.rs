//! `nothing-makes`: a table that is read, and that no step makes and no source declares.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::plan::Place;
use crate::resolve::edges::renamed_schema;
use crate::resolve::{Pipeline, Project, Scope, Task, Touch};
use crate::sql::Access;
use crate::text::{FileId, SourceFile, SourceMap, Span};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// How many findings look for a table with a similar name: in a project with a thousand of them that is not
/// what is wrong, and each looks at every table.
const SUGGESTIONS: usize = 100;

pub(super) fn check(
    scope: &Scope<'_>,
    project: &Project<'_>,
    broken: &[FileId],
    diagnostics: &mut Diagnostics,
) {
    if project.graphs.iter().all(|graph| graph.unmade.is_empty()) {
        return;
    }
    let incomplete = project.pipelines.iter().filter(|pipeline| pipeline.incomplete);
    let files = incomplete.map(|pipeline| pipeline.file).chain(broken.iter().copied());
    let suspects = Suspects::new(scope.files.sources(), files);
    let made = made(project);
    let renamed = renamed(project);
    let mut suggestions = SUGGESTIONS;
    for at in project.graphs.iter().flat_map(|graph| &graph.unmade) {
        let pipeline = &project.pipelines[at.pipeline];
        let task = &pipeline.tasks[at.task];
        let touch = &task.touches[at.touch];
        let Place::Table { connection, name } = &touch.dataset else { continue };
        // A database without a connection, such as one of a datashare, is filled by others.
        if renamed.contains(&name.schema) || connection.contains('/') || suspects.may_make(&name.table) {
            continue;
        }
        let diagnostic = Diagnostic::new(
            Code::NothingMakes,
            touch.span,
            format!("step `{}` reads table `{name}`, which no step makes and no source declares", task.name),
        )
        .label("nothing makes it");
        if let Some(maker) = temporary_of(pipeline, &name.table).filter(|_| name.schema == "public") {
            diagnostics.push(
                diagnostic
                    .also(maker.span, "this step makes a temporary table of this name")
                    .note("a temporary table is seen by the step that makes it only")
                    .help("make a table of a schema, or make one step of the two"),
            );
            continue;
        }
        let text = name.to_string();
        // `orders_2025` is no misspelling of `orders_2026`.
        let plain = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
        let known = made.keys().map(String::as_str);
        // Nor is what the step itself makes of it.
        let own = |other: &str| task.touches.iter().any(|touch| is_named(&touch.dataset, other));
        let known = known.filter(|other| **other != text && plain(other) != plain(&text) && !own(other));
        let near = if suggestions == 0 { None } else { nearest(&text, known) };
        suggestions = suggestions.saturating_sub(1);
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

fn is_named(dataset: &Place, text: &str) -> bool {
    matches!(dataset, Place::Table { name, .. } if name.to_string() == text)
}

/// Finds a step that makes a temporary table of this name.
fn temporary_of<'p, 'a>(pipeline: &'p Pipeline<'a>, table: &str) -> Option<&'p Task<'a>> {
    let makes = |statement: &str| {
        let words: Vec<String> = statement.split_whitespace().take(8).map(str::to_lowercase).collect();
        let mut words = words.iter().map(String::as_str);
        let is_temporary =
            words.next() == Some("create") && words.any(|word| matches!(word, "temp" | "temporary"));
        let name = words.find(|word| !matches!(*word, "table" | "if" | "not" | "exists"));
        is_temporary && name.and_then(|name| name.split('(').next()) == Some(table)
    };
    pipeline.tasks.iter().find(|task| {
        task.sql().is_some_and(|sql| sql.script.statements.iter().any(|statement| makes(&statement.text)))
    })
}

/// All tables that are made, with a place where each is.
fn made(project: &Project<'_>) -> BTreeMap<String, Span> {
    let touches =
        project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks).flat_map(|task| &task.touches);
    let mut made = BTreeMap::new();
    for Touch { dataset, span, .. } in
        touches.filter(|touch| touch.access == Access::Creates || touch.access.gives_rows())
    {
        if let Place::Table { name, .. } = dataset {
            made.entry(name.to_string()).or_insert(*span);
        }
    }
    made
}

/// Pipelines that are not understood. When one's file, or an SQL file beside or below it, names a table, it may
/// have to do with the table: then its own errors are enough.
#[derive(Debug)]
pub struct Suspects {
    /// The words of all these files, in lower case.
    words: HashSet<String>,
}

impl Suspects {
    /// Reads the files of pipelines.
    pub fn new(sources: &SourceMap, files: impl Iterator<Item = FileId>) -> Self {
        let files: Vec<&SourceFile> = files.map(|file| sources.file(file)).collect();
        let folders: HashSet<&Path> =
            files.iter().filter_map(|file| Path::new(&file.path).parent()).collect();
        let scripts = sources.iter().map(|(_, file)| file).filter(|file| {
            let path = Path::new(&file.path);
            !folders.is_empty()
                && path.extension().is_some_and(|extension| extension == "sql")
                && path.ancestors().any(|folder| folders.contains(folder))
        });
        let mut known = HashSet::new();
        for text in files.iter().copied().chain(scripts).map(|file| file.text.to_lowercase()) {
            for word in words(&text) {
                if !known.contains(word) {
                    known.insert(word.to_owned());
                }
            }
        }
        Self { words: known }
    }

    /// Says whether one of them names a table.
    pub fn may_make(&self, table: &str) -> bool {
        words(table).all(|word| self.words.contains(word))
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// Schemas whose tables were those of another one: which these are is not known.
fn renamed(project: &Project<'_>) -> HashSet<String> {
    let scripts = project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks).filter_map(Task::sql);
    let statements = scripts.flat_map(|script| &script.script.statements);
    statements.filter_map(|statement| renamed_schema(&statement.text)).collect()
}
