//! `conflicting-keys` and `missing-key`: keys of which exactly one must stand.

use super::conflict;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::project::{EnvironmentSpec, RedshiftSpec};
use crate::lang::source::SourceSpec;
use crate::lang::step::{GlueJobStep, GlueJobType};
use crate::resolve::{Action, Pipeline, Scope};
use crate::text::{Span, Spanned};

/// A key that is given, with the place of its value.
type Key<'a> = Option<(&'a str, Span)>;

fn key<'a, T>(name: &'a str, value: Option<&Spanned<T>>) -> Key<'a> {
    value.map(|value| (name, value.span))
}

/// Says when of two keys none or both are given. `at` is where a missing one is reported.
fn exactly_one(what: &str, at: Span, names: [&str; 2], keys: [Key<'_>; 2], diagnostics: &mut Diagnostics) {
    match keys {
        [Some(first), Some(second)] => diagnostics.push(conflict(what, first, second)),
        [None, None] => diagnostics.push(
            Diagnostic::new(
                Code::MissingKey,
                at,
                format!("{what} needs one of `{}` and `{}`", names[0], names[1]),
            )
            .help(format!("add `{}:` or `{}:`", names[0], names[1])),
        ),
        [Some(_), None] | [None, Some(_)] => {}
    }
}

fn at_most_one(what: &str, keys: [Key<'_>; 2], diagnostics: &mut Diagnostics) {
    if let [Some(first), Some(second)] = keys {
        diagnostics.push(conflict(what, first, second));
    }
}

/// Looks at an environment of the project file.
pub(super) fn environment(spec: &EnvironmentSpec, diagnostics: &mut Diagnostics) {
    let keys = [key("mwaa", spec.mwaa.as_ref()), key("dags", spec.dags.as_ref())];
    at_most_one("the environment", keys, diagnostics);
    for (name, connection) in spec.redshift.iter().flat_map(|redshift| &redshift.0) {
        redshift(name, connection, diagnostics);
    }
}

fn redshift(name: &Spanned<String>, connection: &RedshiftSpec, diagnostics: &mut Diagnostics) {
    let what = format!("connection `{}`", name.value);
    let workgroup = key("workgroup", connection.workgroup.as_ref());
    let cluster = key("cluster", connection.cluster.as_ref());
    exactly_one(&what, name.span, ["workgroup", "cluster"], [workgroup, cluster], diagnostics);
    let user = key("db_user", connection.db_user.as_ref());
    if let (Some(_), None) = (workgroup, cluster) {
        at_most_one(&what, [workgroup, user], diagnostics);
    }
    at_most_one(&what, [key("secret", connection.secret.as_ref()), user], diagnostics);
}

/// Looks at the sources and steps of a pipeline.
pub(super) fn pipeline(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for (name, source) in pipeline.spec.sources() {
        of_source(name, source, diagnostics);
    }
    for task in &pipeline.tasks {
        let Some(step) = task.step else { continue };
        let at = step.kind_span;
        let what = format!("step `{}`", task.name);
        match &task.action {
            Action::Crawl { step, .. } => {
                let keys = [key("from", step.from.as_ref()), key("path", step.path.as_ref())];
                at_most_one(&what, keys, diagnostics);
            }
            Action::GlueJob { step, .. } => glue_job(&what, at, step, diagnostics),
            Action::Copy { step, .. } => {
                let keys = [key("from", step.from.as_ref()), key("path", step.path.as_ref())];
                exactly_one(&what, at, ["from", "path"], keys, diagnostics);
            }
            Action::Bash { step, .. } => {
                let keys = [key("command", step.command.as_ref()), key("script", step.script.as_ref())];
                exactly_one(&what, at, ["command", "script"], keys, diagnostics);
            }
            Action::Wait(_) | Action::Sql { .. } | Action::Check { .. } | Action::Operator(_) => {}
        }
    }
}

fn of_source(name: &Spanned<String>, source: &SourceSpec, diagnostics: &mut Diagnostics) {
    let what = format!("source `{}`", name.value);
    let path = key("path", source.path.as_ref());
    let table = key("table", source.table.as_ref());
    exactly_one(&what, name.span, ["path", "table"], [path, table], diagnostics);
    if table.is_some() {
        return at_most_one(&what, [table, key_of_wait(source)], diagnostics);
    }
    at_most_one(&what, [path, key("in", source.r#in.as_ref())], diagnostics);
}

fn key_of_wait(source: &SourceSpec) -> Key<'static> {
    source.wait.as_ref().filter(|wait| !wait.off).map(|wait| ("wait", wait.span))
}

fn glue_job(what: &str, at: Span, step: &GlueJobStep, diagnostics: &mut Diagnostics) {
    let job = key("job", step.job.as_ref());
    let script = key("script", step.script.as_ref());
    exactly_one(what, at, ["job", "script"], [job, script], diagnostics);
    if script.is_none() {
        // A job that exists has these already.
        let first =
            |list: &Option<Vec<Spanned<String>>>| list.as_ref().and_then(|list| Some(list.first()?.span));
        for other in [
            key("name", step.name.as_ref()),
            key("role", step.role.as_ref()),
            key("max_concurrent", step.max_concurrent.as_ref()),
            first(&step.connections).map(|span| ("connections", span)),
            first(&step.libraries).map(|span| ("libraries", span)),
        ] {
            at_most_one(what, [job, other], diagnostics);
        }
    }
    if let Some(write) = &step.write {
        let path = key("path", write.path.as_ref());
        let table = key("table", write.table.as_ref());
        let what = format!("`write` of {what}");
        exactly_one(&what, first_line(write.span), ["path", "table"], [path, table], diagnostics);
    }
    if step.r#type.as_ref().is_some_and(|kind| kind.value == GlueJobType::PythonShell) {
        let bookmark = step.bookmark.as_ref().filter(|bookmark| bookmark.value);
        let kind = key("type: python_shell", step.r#type.as_ref());
        at_most_one(what, [kind, key("bookmark", bookmark)], diagnostics);
    }
}

/// A block begins where its first key stands; the mark is that place.
fn first_line(span: Span) -> Span {
    Span { end: span.start + 1, ..span }
}
