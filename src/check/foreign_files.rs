//! `foreign-files`: below what a step reads lie files that are none of its data: its own output, files of another
//! format, and for COPY in SQL what the project itself names as no data.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::source::Format;
use crate::objects::{first_wildcard, is_hidden, opened_text};
use crate::plan::Place;
use crate::resolve::{Data, NoData, Pattern, Project, Scope, Script, Task, Touch, no_data};
use crate::sql::{Access, SqlStatement, Target};
use crate::template::Template;
use crate::text::{FileId, Span};
use std::collections::HashSet;

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let written = written(project);
    let mut known: Option<(NoData, HashSet<String>)> = None;
    // The steps that one `each` makes are written once.
    let mut marked: HashSet<Span> = HashSet::new();
    for task in project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks) {
        let mut found: Vec<Diagnostic> = own_output(task).into_iter().collect();
        found.extend(other_format(task, &written));
        if let Some(script) = task.sql() {
            for statement in script.script.statements.iter().filter(|one| is_copy(one)) {
                let (no_data, manifests) = known
                    .get_or_insert_with(|| (no_data(scope.spec, &project.pipelines), manifests(project)));
                found.extend(no_data_in_copy(scope, task, script, statement, no_data, manifests));
            }
        }
        for finding in found {
            if marked.insert(finding.primary.span) {
                diagnostics.push(finding);
            }
        }
    }
}

/// Says whether files of the first path lie in a folder, or are it, as far as both are still the same in each run.
pub(super) fn lies_in(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    let rest = path.strip_prefix(folder);
    first_wildcard(folder).is_none()
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        && Pattern::new(path).overlaps(&Pattern::new(folder))
}

fn prefix(touch: &Touch) -> Option<&str> {
    match &touch.dataset {
        Place::Prefix(path) => Some(path),
        Place::Table { .. } | Place::CatalogTable(_) | Place::Database { .. } => None,
    }
}

/// A step that writes below what it reads reads its own output the next time.
fn own_output(task: &Task<'_>) -> Option<Diagnostic> {
    let touches = |so: fn(Access) -> bool| {
        let touches = task.touches.iter().filter(move |touch| so(touch.access));
        touches.filter_map(|touch| Some((touch, prefix(touch)?)))
    };
    let is_below = |path: &str, folder: &str| {
        path.trim_end_matches('/') != folder.trim_end_matches('/') && lies_in(path, folder)
    };
    let (output, path, input, folder) = touches(Access::gives_rows).find_map(|(output, path)| {
        let mut inputs = touches(|access| access == Access::Reads);
        let (input, folder) = inputs.find(|(_, folder)| is_below(path, folder))?;
        Some((output, path, input, folder))
    })?;
    let message = format!(
        "step `{}` writes {path} below {folder}, which it reads: the next run reads its output, too",
        task.name
    );
    Some(
        Diagnostic::new(Code::ForeignFiles, output.span, message)
            .label("written here")
            .also(input.span, "read here")
            .help("write beside what is read, or into a folder whose name begins with `_` or `.`, which is no data"),
    )
}

/// What a step writes: its name, the path, the format, and where that is said.
type Written<'l> = (&'l str, &'l str, &'l Format, Span);

/// Files that steps write, by their paths.
fn written<'l>(project: &'l Project<'_>) -> Vec<Written<'l>> {
    let tasks = project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks);
    let written = tasks.filter_map(|task| {
        let format = task.kind.written()?.format?;
        let touch = task.touches.iter().find(|touch| touch.access.gives_rows() && prefix(touch).is_some())?;
        Some((task.name, prefix(touch)?, format, touch.span))
    });
    let mut written: Vec<Written<'_>> = written.collect();
    written.sort_by_key(|(_, path, ..)| *path);
    written
}

/// COPY reads all files below a prefix in one format.
fn other_format(task: &Task<'_>, written: &[Written<'_>]) -> Option<Diagnostic> {
    let format = task.kind.loads(task)?.format?;
    let Some(Data::Files { path, .. }) = task.inputs.first().map(|input| &input.data) else { return None };
    let (folder, read) = (path.to_string(), task.touches.iter().find(|touch| touch.access == Access::Reads)?);
    let is_other = |other: &Format| std::mem::discriminant(other) != std::mem::discriminant(format);
    // What lies in a folder begins with its path, and so stands together.
    let begin = folder.trim_end_matches('/');
    let first = written.partition_point(|(_, path, ..)| *path < begin);
    let below = written[first..].iter().take_while(|(_, path, ..)| path.starts_with(begin));
    let mut others = below.filter(|(_, path, other, _)| is_other(other) && lies_in(path, &folder));
    let (writer, path, other, span) = others.next()?;
    let message = format!(
        "step `{}` loads {folder} as {}, and `{writer}` writes {} to {path}",
        task.name,
        format.name(),
        other.name()
    );
    Some(
        Diagnostic::new(Code::ForeignFiles, read.span, message)
            .label("loaded here")
            .also(*span, "written here")
            .help("load and write in the same format, or let the folders lie beside each other"),
    )
}

fn is_copy(statement: &SqlStatement) -> bool {
    let mut words = statement.text.split_whitespace();
    let is = |word: &str, expected: &str| word.eq_ignore_ascii_case(expected);
    words.next().is_some_and(|word| is(word, "copy")) && !words.any(|word| is(word, "manifest"))
}

/// The keys of the lists that UNLOADs write.
fn manifests(project: &Project<'_>) -> HashSet<String> {
    let tasks = project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks);
    let statements = tasks.filter_map(Task::sql).flat_map(|script| &script.script.statements);
    let unloads = statements.filter(|statement| {
        statement.text.split_whitespace().any(|word| word.eq_ignore_ascii_case("manifest"))
    });
    let uses = unloads.flat_map(|statement| &statement.uses).filter(|item| item.access == Access::Writes);
    let paths = uses.filter_map(|item| match &item.target {
        Target::Prefix(path) => Some(opened_text(path) + "manifest"),
        Target::Table { .. } => None,
    });
    paths.filter_map(|path| Some(path.strip_prefix("s3://")?.split_once('/')?.1.to_owned())).collect()
}

/// COPY in SQL takes every object below its prefix; only `redshift_copy` knows what is no data.
fn no_data_in_copy(
    scope: &Scope<'_>,
    task: &Task<'_>,
    script: &Script<'_>,
    statement: &SqlStatement,
    no_data: &NoData,
    manifests: &HashSet<String>,
) -> Option<Diagnostic> {
    let read = statement.uses.iter().find(|item| matches!(item.target, Target::Prefix(_)))?;
    let Target::Prefix(path) = &read.target else { return None };
    let is_loaded = |key: &String| {
        let name = key.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let is_list = name.ends_with("manifest") && !name.ends_with(".manifest");
        !is_hidden(name) && (!is_list || manifests.contains(key))
    };
    let key = no_data.below(&Template::parse(path).ok()?).into_iter().find(is_loaded)?;
    let message = format!("step `{}` loads {path} with COPY, which takes `{key}` for data, too", task.name);
    let span = script.locate(scope.files.sources(), read.range.clone());
    Some(
        Diagnostic::new(Code::ForeignFiles, span, message)
            .note("the project names it as a marker, a list of files, or a folder of dagc's own")
            .help("load it with a `redshift_copy` step, which leaves out what is no data"),
    )
}
