//! `unknown-connection`, `connection-use`: who steps run as, and where.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::shared::keys::{conflict, unused};
use crate::lang::project::EnvironmentSpec;
use crate::lang::source::SourceSpec;
use crate::resolve::{Data, Pipeline, Scope, Task};
use crate::scope::RunsAs;
use crate::text::Spanned;

/// Looks at the connections of an environment.
pub(super) fn environment(spec: &EnvironmentSpec, diagnostics: &mut Diagnostics) {
    for (name, connection) in spec.connections.iter().flat_map(|connections| &connections.0) {
        if connection.role.is_none() && connection.region.is_none() {
            let message = format!("connection `{}` says neither a role nor a region", name.value);
            diagnostics.push(
                Diagnostic::new(Code::MissingKey, name.span, message)
                    .label("runs as everything else does")
                    .help("add `role:`, `region:` or both"),
            );
        }
        if let (Some(id), None) = (&connection.external_id, &connection.role) {
            diagnostics.push(unused("external_id", id.span, "no role is taken on", None));
        }
    }
    for (_, redshift) in spec.redshift.iter().flat_map(|redshift| &redshift.0) {
        known(spec, redshift.connection.as_ref(), diagnostics);
    }
}

/// Looks at the sources and steps of a pipeline.
pub(super) fn pipeline(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for (name, source) in pipeline.spec.sources() {
        known(scope.spec, source.connection.as_ref(), diagnostics);
        of_source(name, source, diagnostics);
    }
    for task in &pipeline.tasks {
        if let Some(named) = task.step.and_then(|step| step.common().connection.as_ref()) {
            known(scope.spec, Some(named), diagnostics);
            of_step(scope, pipeline, task, named, diagnostics);
        }
        inputs(scope, pipeline, task, diagnostics);
    }
}

/// Says that an environment has no such connection.
fn known(spec: &EnvironmentSpec, named: Option<&Spanned<String>>, diagnostics: &mut Diagnostics) {
    let known = || spec.connections.iter().flat_map(crate::lang::decode::Map::names);
    let Some(named) = named.filter(|named| known().all(|name| name != named.value)) else { return };
    let message = format!("the environment has no connection `{}`", named.value);
    let diagnostic = Diagnostic::new(Code::UnknownConnection, named.span, message);
    let is_redshift = spec.redshift.iter().flat_map(|all| &all.0).any(|(name, _)| name.value == named.value);
    diagnostics.push(if is_redshift {
        diagnostic.help("it is one of Redshift's, which a step names with `into`")
    } else if known().next().is_none() {
        diagnostic.help("add `connections: {NAME: {role: ..., region: ...}}` to it in dagc.yaml")
    } else {
        diagnostic.suggest(named, known())
    });
}

fn of_source(name: &Spanned<String>, source: &SourceSpec, diagnostics: &mut Diagnostics) {
    let Some(named) = &source.connection else { return };
    if let Some(redshift) = &source.r#in {
        let what = format!("source `{}`", name.value);
        let conflict = conflict(&what, ("in", redshift.span), ("connection", named.span));
        diagnostics.push(conflict.help("write `connection` to the Redshift connection in dagc.yaml"));
    } else if source.jdbc.is_some() {
        let why = "the table is reached by a Glue connection, which `jdbc` names";
        diagnostics.push(unused("connection", named.span, why, None));
    } else if source.path.is_some() && source.wait.as_ref().is_none_or(|wait| wait.off) {
        let why = "nobody waits for it, and what reads it runs as its own step says";
        diagnostics.push(unused("connection", named.span, why, None));
    }
}

fn of_step(
    scope: &Scope<'_>,
    pipeline: &Pipeline<'_>,
    task: &Task<'_>,
    named: &Spanned<String>,
    diagnostics: &mut Diagnostics,
) {
    let what = format!("step `{}`", task.name);
    let kind = (task.kind.name(), task.step.map_or(task.span, |step| step.kind_span));
    if !task.kind.outputs().has_job() {
        let conflict = conflict(&what, kind, ("connection", named.span));
        diagnostics.push(conflict.note("it is the worker that runs this step").help("remove `connection`"));
    } else if let Some(redshift) = task.connection {
        let message = format!("{what} runs as its Redshift connection `{}` says", redshift.name);
        diagnostics.push(
            Diagnostic::new(Code::ConnectionUse, named.span, message)
                .help(format!("write `connection: {}` under it in dagc.yaml", named.value)),
        );
    } else if let Some(made) = task.kind.publishes(&pipeline.checking(scope, task)) {
        let message = format!(
            "publishing makes the {} `{}` of {what} in the environment's own account and region",
            made.what, made.name
        );
        diagnostics.push(
            Diagnostic::new(Code::ConnectionUse, named.span, message)
                .label("its runs would be looked for elsewhere")
                .help("name one that is there already, or take `connection` away"),
        );
    }
}

/// Says that a step takes a table of another Data Catalog than that in which it works.
fn inputs(scope: &Scope<'_>, pipeline: &Pipeline<'_>, task: &Task<'_>, diagnostics: &mut Diagnostics) {
    let catalog = |runs_as: Option<RunsAs<'_>>| runs_as.and_then(|runs_as| scope.catalog(runs_as));
    let own = catalog(task.runs_as);
    for input in task.inputs.iter().filter(|input| matches!(input.data, Data::Catalog(_))) {
        let Some(name) = input.name else { continue };
        let source = pipeline.spec.sources().iter().find(|(source, _)| source.value == name);
        let given_by = match source {
            Some((_, source)) => source.connection.as_ref().and_then(|named| scope.runs_as(&named.value)),
            None => pipeline.tasks_of(name).first().and_then(|task| pipeline.tasks[*task].runs_as),
        };
        let other = catalog(given_by);
        if other != own {
            let at = |catalog: Option<&String>| match catalog {
                Some(catalog) => format!("that of `{catalog}`"),
                None => "the environment's own".to_owned(),
            };
            let message = format!(
                "`{name}` is a table of another Data Catalog ({}) than that of step `{}` ({})",
                at(other.as_ref()),
                task.name,
                at(own.as_ref())
            );
            diagnostics.push(
                Diagnostic::new(Code::ConnectionUse, task.span, message)
                    .help("run both through one connection, or read the files by their path"),
            );
        }
    }
}
