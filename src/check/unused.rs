//! `unused-source`, `unused-param`, `unused-connection`, `unused-variable`: what is declared and not used.
//!
//! Most often it is a name that was changed in one place only: the source that is waited for is not the one that
//! is read. Where it cannot be told whether something is used, as in a pipeline with errors, it counts as used.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::project::EnvironmentSpec;
use crate::lang::source::SourceSpec;
use crate::plan::Place;
use crate::resolve::{Data, Pipeline, Project, Scope, edges::Graph};
use crate::text::{FileId, SourceMap, Span, Spanned};
use rayon::prelude::*;
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

/// The codes of this file.
pub const CODES: &[Code] =
    &[Code::UnusedConnection, Code::UnusedFile, Code::UnusedParam, Code::UnusedSource, Code::UnusedVariable];

/// Looks at the sources and params of each pipeline that is understood.
pub(super) fn inside(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let pipelines = project.pipelines.par_iter().zip(&project.graphs);
    let found: Vec<Diagnostic> = pipelines
        .filter(|(pipeline, _)| !pipeline.incomplete)
        .flat_map_iter(|(pipeline, graph)| {
            let mut found = sources(scope, pipeline, graph);
            found.extend(params(scope, pipeline));
            found
        })
        .collect();
    for finding in found {
        diagnostics.push(finding);
    }
}

fn sources(scope: &Scope<'_>, pipeline: &Pipeline<'_>, graph: &Graph) -> Vec<Diagnostic> {
    let declared = pipeline.spec.sources();
    // Asked for by the first table that no SQL reads: most sources are read.
    let rest = LazyCell::new(|| without_sources(scope, pipeline));
    let unused = declared.iter().filter(|(name, source)| {
        let wait = pipeline.tasks.iter().position(|task| task.step.is_none() && task.name == name.value);
        let is_waited_for = wait.is_some_and(|wait| graph.edges.keys().any(|(from, _)| *from == wait));
        !is_waited_for && !is_read(scope, pipeline, source, &rest)
    });
    unused
        .map(|(name, source)| {
            let message = format!("source `{}` is not used: no step reads it or comes after it", name.value);
            let diagnostic = Diagnostic::new(Code::UnusedSource, name.span, message).label("not used");
            let is_waited_for = source.wait.as_ref().is_some_and(|wait| !wait.off);
            diagnostic.help(match (&source.table, is_waited_for) {
                (_, true) => format!(
                    "read it (`from: {0}`), come after it (`after: wait_{0}`), or take it away",
                    name.value
                ),
                (Some(_), false) => "read it in SQL, or take it away".to_owned(),
                (None, false) => format!("read it (`from: {}`), or take it away", name.value),
            })
        })
        .collect()
}

/// The text of a pipeline without its sources.
fn without_sources(scope: &Scope<'_>, pipeline: &Pipeline<'_>) -> String {
    let text = &*scope.files.sources().file(pipeline.file).text;
    let declared = pipeline.spec.sources().iter();
    let mut places: Vec<(u32, u32)> =
        declared.map(|(name, source)| (name.span.start, source.span.end)).collect();
    places.sort_unstable();
    let mut rest = String::new();
    let mut at = 0;
    for (start, end) in places {
        rest.push_str(text.get(at..start as usize).unwrap_or_default());
        at = end as usize;
    }
    rest.push_str(text.get(at..).unwrap_or_default());
    rest
}

/// Says whether a step reads or writes data that a source may stand for; `rest` is the pipeline's text without its
/// sources.
fn is_read(scope: &Scope<'_>, pipeline: &Pipeline<'_>, source: &SourceSpec, rest: &str) -> bool {
    let Some(data) = Data::of_source(source) else { return true };
    let runs_as = source.connection.as_ref().and_then(|name| scope.runs_as(&name.value));
    let dataset = scope.one_name(data.dataset(), runs_as);
    let mut touches = pipeline.tasks.iter().filter(|task| task.step.is_some()).flat_map(|task| &task.touches);
    if touches.any(|touch| may_be_same(&touch.dataset, &dataset)) {
        return true;
    }
    let table = match &dataset {
        Place::Table { name, .. } | Place::CatalogTable(name) => &name.table,
        Place::Database { table, .. } => table,
        Place::Prefix(_) => return false,
    };
    // SQL that is not understood, a command, a script may name it.
    has_word(rest, table)
        || sql_texts(scope, pipeline).any(|text| has_word(&text.to_lowercase(), &table.to_lowercase()))
}

/// Says whether a text has a name, and not only a longer one that holds it.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

fn may_be_same(one: &Place, other: &Place) -> bool {
    match (one, other) {
        (Place::Prefix(one), Place::Prefix(other)) => {
            let still =
                |path: &'_ str| path.split(['{', '*', '?', '[']).next().unwrap_or_default().to_owned();
            let (one, other) = (still(one), still(other));
            one.starts_with(&other) || other.starts_with(&one)
        }
        (one, other) => one == other,
    }
}

fn texts<'a>(scope: &Scope<'a>, pipeline: &Pipeline<'_>) -> impl Iterator<Item = &'a str> {
    std::iter::once(&*scope.files.sources().file(pipeline.file).text)
}

fn sql_texts<'a>(scope: &Scope<'a>, pipeline: &Pipeline<'_>) -> impl Iterator<Item = &'a str> {
    let sources = scope.files.sources();
    pipeline.sql_files().map(|file| &*sources.file(file).text)
}

fn params(scope: &Scope<'_>, pipeline: &Pipeline<'_>) -> Vec<Diagnostic> {
    let declared = pipeline.spec.params.iter().flat_map(|params| &params.0);
    let declared: Vec<_> = declared.map(|(name, _)| name).collect();
    if declared.is_empty() {
        return Vec::new();
    }
    let scripts = pipeline.tasks.iter().filter(|task| task.kind.fills_files());
    let scripts = scripts.flat_map(|task| &task.files);
    let scripts = scripts.filter_map(|(_, script)| std::str::from_utf8(&script.content).ok());
    let mut used = BTreeSet::new();
    for text in texts(scope, pipeline).chain(sql_texts(scope, pipeline)).chain(scripts) {
        if text.contains("dag_run") || !mentions(text, "params", &mut used) {
            return Vec::new();
        }
    }
    let unused = declared.into_iter().filter(|name| !used.contains(name.as_str()));
    unused
        .map(|name| {
            let message = format!("param `{}` is not used in any template", name.value);
            Diagnostic::new(Code::UnusedParam, name.span, message).label("not used").help(format!(
                "write `{{{{ params.{} }}}}` where its value belongs, or take it away",
                name.value
            ))
        })
        .collect()
}

/// Gathers the names behind `word` and a dot or in brackets. False when a text uses `word` as a whole, so that any
/// name may be meant.
fn mentions<'t>(text: &'t str, word: &str, names: &mut BTreeSet<&'t str>) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    for (at, _) in text.match_indices(word) {
        if text[..at].ends_with(is_name) {
            continue;
        }
        let rest = &text[at + word.len()..];
        let behind = rest.trim_start_matches(['[', '\'', '"', '.']);
        let name = &behind[..behind.find(|c| !is_name(c)).unwrap_or(behind.len())];
        match rest.chars().next() {
            Some('.' | '[') if name == "get" => return false,
            Some('.' | '[') => {
                names.insert(name);
            }
            // A key, or another word.
            Some(c) if c == ':' || is_name(c) => {}
            Some(_) | None if text[..at].trim_end().ends_with(['{', '(', '|', '=', ',']) => return false,
            Some(_) | None => {}
        }
    }
    true
}

/// Looks at the connections of an environment, when all of its pipelines are understood.
pub(super) fn connections(
    scope: &Scope<'_>,
    project: &Project<'_>,
    broken: &[FileId],
    diagnostics: &mut Diagnostics,
) {
    let pipelines = &project.pipelines;
    if pipelines.is_empty() || !broken.is_empty() || pipelines.iter().any(|pipeline| pipeline.incomplete) {
        return;
    }
    let of_source = |pipeline: &Pipeline<'_>| -> Vec<String> {
        pipeline
            .spec
            .sources()
            .iter()
            .filter_map(|(_, source)| Some(source.r#in.as_ref()?.value.clone()))
            .collect()
    };
    let tasks = pipelines.iter().flat_map(|pipeline| &pipeline.tasks);
    let of_tasks = tasks.filter_map(|task| Some(task.connection.as_ref()?.name.to_owned()));
    let used: BTreeSet<String> = of_tasks.chain(pipelines.iter().flat_map(of_source)).collect();
    let declared = scope.spec.redshift.iter().flat_map(|redshift| &redshift.0).map(|(name, _)| name);
    let help = "name it in a step (`into:` or `in:`), or take it away";
    let unused = declared.filter(|name| !used.contains(&name.value));
    unused.for_each(|name| diagnostics.push(unused_connection(name, help)));
    let tasks = pipelines.iter().flat_map(|pipeline| &pipeline.tasks);
    let used: BTreeSet<&str> = tasks.filter_map(|task| Some(task.runs_as?.name.as_str())).collect();
    let declared = scope.spec.connections.iter().flat_map(|connections| &connections.0).map(|(name, _)| name);
    let help = "name it in a step (`connection:`), or take it away";
    let unused = declared.filter(|name| !used.contains(name.as_str()));
    unused.for_each(|name| diagnostics.push(unused_connection(name, help)));
}

fn unused_connection(name: &Spanned<String>, help: &str) -> Diagnostic {
    let message = format!("connection `{}` is not used by any pipeline", name.value);
    Diagnostic::new(Code::UnusedConnection, name.span, message).label("not used").help(help)
}

/// Looks at the variables of all environments: one is used when any text of the project names it. Of a variable
/// that several environments have, the first place is marked.
pub fn variables(environments: &[&EnvironmentSpec], sources: &SourceMap, diagnostics: &mut Diagnostics) {
    let mut declared: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for (name, _) in environments.iter().flat_map(|environment| &environment.vars).flat_map(|vars| &vars.0) {
        declared.entry(name.as_str()).or_default().push(name.span);
    }
    if declared.is_empty() {
        return;
    }
    let mut used = BTreeSet::new();
    for text in sources.iter().map(|(_, file)| &*file.text).filter(|text| text.contains("${")) {
        mentions(text, "vars", &mut used);
        if declared.keys().all(|name| used.contains(name)) {
            return;
        }
    }
    for (name, spans) in declared.into_iter().filter(|(name, _)| !used.contains(name)) {
        let Some((first, others)) = spans.split_first() else { continue };
        let message = format!("variable `{name}` is not used in any file of the project");
        let unused = Diagnostic::new(Code::UnusedVariable, *first, message)
            .label("not used")
            .help(format!("write `${{vars.{name}}}` where its value belongs, or take it away"));
        diagnostics.push(others.iter().fold(unused, |unused, other| unused.also(*other, "and here")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_texts() {
        for (text, names, is_told) in [
            ("{{ params.a }} {{ params['b-c'] }} {{ params[\"d\"] }}", &["a", "b-c", "d"][..], true),
            ("params:\n  a: {default: 1}\n# these params are set by hand", &[], true),
            ("{{ params | tojson }}", &[], false),
            ("{{ params }}", &[], false),
            ("my_params.x params_of.y {params: {z: 1}}", &[], true),
            ("{{ f(params, 1) }}", &[], false),
            ("{{ params.get('a') }}", &[], false),
        ] {
            let mut found = BTreeSet::new();
            let told = mentions(text, "params", &mut found);
            assert_eq!(told, is_told, "{text}");
            if told {
                assert_eq!(found.into_iter().collect::<Vec<_>>(), names, "{text}");
            }
        }
    }
}
