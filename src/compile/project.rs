//! The project file, read for each of its environments: `${...}` in it means another thing in each.

use super::{Environments, merge};
use crate::check;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::expand::{Variables, expand};
use crate::lang::ProjectSpec;
use crate::lang::decode::{Decode, Decoder};
use crate::lang::project::EnvironmentSpec;
use crate::lang::shared::Defaults;
use crate::lang::value::AirflowVersion;
use crate::text::{FileId, SourceMap, Span, Spanned};
use crate::yaml::{Entry, Kind, Node, Style};

/// The project file in all environments.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    /// The project with all environments that could be read.
    pub(super) spec: Option<ProjectSpec>,
    /// The environments, in the order of the file.
    pub(super) environments: Vec<Prepare>,
}

/// One environment.
#[derive(Debug)]
pub(super) struct Prepare {
    pub(super) name: Spanned<String>,
    pub(super) variables: Variables,
    /// `None` when what is wrong has been reported.
    pub(super) spec: Option<EnvironmentSpec>,
    pub(super) airflow: Option<AirflowVersion>,
    pub(super) defaults: Option<Defaults>,
}

/// Reads the project file.
pub(super) fn prepare(sources: &SourceMap, node: &Node, diagnostics: &mut Diagnostics) -> Prepared {
    let environments = match node.get("environments").map(|node| &node.kind) {
        Some(Kind::Mapping(entries)) => entries.as_slice(),
        _ => &[],
    };
    let mut prepared = Prepared::default();
    if environments.is_empty() {
        let before = diagnostics.error_count();
        prepared.spec = decode(sources, node.clone(), &Variables::default(), diagnostics);
        if diagnostics.error_count() == before {
            let span =
                node.entry("environments").map_or(Span::file_start(node.span.file), |entry| entry.key.span);
            diagnostics.push(
                Diagnostic::new(Code::MissingKey, span, "the project has no environment")
                    .help("add one: `environments: {dev: {...}}`"),
            );
        }
        return prepared;
    }
    let mut found = Diagnostics::default();
    for entry in environments {
        let (variables, vars) = variables(sources, node, entry, diagnostics);
        let alone = with_environment(node, entry, vars);
        let spec = decode(sources, alone, &variables, diagnostics);
        let environment = spec.as_ref().and_then(|spec| spec.environments.0.first().cloned());
        let airflow = environment.as_ref().and_then(|(_, environment)| {
            let version = environment.airflow.as_ref().or(spec.as_ref()?.airflow.as_ref());
            check::environment(environment, &mut found);
            if let Some(version) = version {
                check::airflow_version(version, diagnostics);
            }
            if version.is_none() {
                diagnostics.push(
                    Diagnostic::new(
                        Code::MissingKey,
                        entry.key.span,
                        format!("environment `{}` does not say its version of Airflow", entry.key.value),
                    )
                    .label("`airflow` is missing")
                    .help("add `airflow: \"2.11\"` to it, or to the project for all environments"),
                );
            }
            version.map(|version| version.value)
        });
        prepared.environments.push(Prepare {
            name: entry.key.clone(),
            variables,
            spec: environment.as_ref().map(|(_, environment)| environment.clone()),
            airflow,
            defaults: spec.as_ref().and_then(|spec| spec.defaults.clone()),
        });
        match (&mut prepared.spec, spec) {
            (Some(whole), Some(_)) => whole.environments.0.extend(environment),
            (whole @ None, spec) => *whole = spec,
            (Some(_), None) => {}
        }
    }
    merge::lines(found, node.span.file, diagnostics);
    if let Some(spec) = &prepared.spec {
        check::project_file(spec, diagnostics);
    }
    diagnostics.drop_incomplete();
    prepared
}

/// Chooses environments by their index.
pub(super) fn choose(
    prepared: &Prepared,
    environments: &Environments,
    file: FileId,
    diagnostics: &mut Diagnostics,
) -> Vec<usize> {
    let count = prepared.environments.len();
    match environments {
        Environments::All => (0..count).collect(),
        Environments::Default => (0..count.min(1)).collect(),
        Environments::Named(wanted) => {
            let names = || prepared.environments.iter().map(|environment| environment.name.value.as_str());
            let found = names().position(|name| name == wanted);
            if found.is_none() {
                let span =
                    prepared.environments.first().map_or(Span::file_start(file), |first| first.name.span);
                diagnostics.push(
                    Diagnostic::new(
                        Code::UnknownEnvironment,
                        span,
                        format!("the project has no environment `{wanted}`"),
                    )
                    .label("the environments begin here")
                    .suggest(wanted, names()),
                );
            }
            found.into_iter().collect()
        }
    }
}

fn decode(
    sources: &SourceMap,
    node: Node,
    variables: &Variables,
    diagnostics: &mut Diagnostics,
) -> Option<ProjectSpec> {
    let node = expand(node, variables, sources, diagnostics);
    ProjectSpec::decode(&node, &mut Decoder { sources, diagnostics, misplaced: None })
}

/// Reads `vars`, in which `${project}` and `${environment}` may stand; gives them expanded as well.
fn variables(
    sources: &SourceMap,
    project: &Node,
    environment: &Entry,
    diagnostics: &mut Diagnostics,
) -> (Variables, Option<Node>) {
    let name = project.get("project").and_then(Node::as_scalar);
    let mut variables = Variables {
        project: name.map_or_else(String::new, |scalar| scalar.text.clone()),
        environment: environment.key.value.clone(),
        ..Variables::default()
    };
    let vars =
        environment.value.get("vars").map(|vars| expand(vars.clone(), &variables, sources, diagnostics));
    if let Some(Kind::Mapping(entries)) = vars.as_ref().map(|vars| &vars.kind) {
        for entry in entries {
            // What is no scalar is reported when it is decoded; references to it are no second error.
            let text = entry.value.as_scalar().map_or_else(String::new, |scalar| scalar.text.clone());
            variables.vars.insert(entry.key.value.clone(), text);
            if entry.value.as_scalar().is_some_and(|scalar| scalar.style != Style::Plain) {
                variables.quoted.insert(entry.key.value.clone());
            }
        }
    }
    (variables, vars)
}

/// The project file with one environment only, whose `vars` are expanded.
fn with_environment(project: &Node, environment: &Entry, vars: Option<Node>) -> Node {
    let mut environment = environment.clone();
    if let (Kind::Mapping(entries), Some(vars)) = (&mut environment.value.kind, vars)
        && let Some(entry) = entries.iter_mut().find(|entry| entry.key.value == "vars")
    {
        entry.value = vars;
    }
    let mut project = project.clone();
    if let Kind::Mapping(entries) = &mut project.kind
        && let Some(entry) = entries.iter_mut().find(|entry| entry.key.value == "environments")
    {
        entry.value.kind = Kind::Mapping(vec![environment]);
    }
    project
}
