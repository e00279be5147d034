//! `unknown-reference`, `wrong-type`, `unknown-word`: of pipelines that steps start there are some, with such params.

use super::param_value::{article, is_of, text};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, list};
use crate::document::PipelineSpec;
use crate::document::pipeline::{ParamSpec, ParamType};
use crate::kind::contract::Started;
use crate::lang::decode::Map;
use crate::lang::json::JsonValue;
use crate::resolve::{Pipeline, Project, Scope};
use crate::template::{Expr, Json, Part, Template};
use crate::text::FileId;
use serde_json::Value;
use std::collections::HashMap;

pub(super) fn check(_: &Scope<'_>, project: &Project<'_>, broken: &[FileId], diagnostics: &mut Diagnostics) {
    let pipelines = project.pipelines.iter();
    let known: HashMap<&str, &PipelineSpec> =
        pipelines.map(|pipeline| (pipeline.spec.pipeline.value.0.as_str(), pipeline.spec)).collect();
    for pipeline in &project.pipelines {
        for started in pipeline.tasks.iter().filter_map(|task| task.kind.starts()) {
            match known.get(started.name) {
                Some(_) if !started.is_own => diagnostics.push(no_foreign_one(&started)),
                Some(other) => params(pipeline, &started, other, diagnostics),
                None if started.is_own && broken.is_empty() => {
                    diagnostics.push(unknown(&started, pipeline, known.keys().copied()));
                }
                None => {}
            }
        }
    }
}

fn unknown<'k>(
    started: &Started<'_>,
    pipeline: &Pipeline<'_>,
    known: impl Iterator<Item = &'k str>,
) -> Diagnostic {
    let message = format!("there is no pipeline `{}` in this project", started.name);
    let own = pipeline.spec.pipeline.value.0.as_str();
    let mut others: Vec<&str> = known.filter(|other| *other != own).collect();
    others.sort_unstable();
    Diagnostic::new(Code::UnknownReference, started.span, message)
        .suggest(started.name, others)
        .note(format!("a DAG that somebody else makes is named by `dag: {}`", started.name))
}

fn no_foreign_one(started: &Started<'_>) -> Diagnostic {
    let name = started.name;
    let message = format!("`{name}` is a pipeline of this project");
    Diagnostic::new(Code::UnknownReference, started.span, message)
        .help(format!("write `name: {name}` in place of `dag`, so that its params are checked"))
}

fn params(
    pipeline: &Pipeline<'_>,
    started: &Started<'_>,
    other: &PipelineSpec,
    diagnostics: &mut Diagnostics,
) {
    if other.params.broken {
        return;
    }
    for (name, value) in started.params {
        if let Some(param) = other.params.as_ref().and_then(|params| params.get(name)) {
            fits(pipeline, (name, param), value, started.name, diagnostics);
        } else {
            let message = format!("pipeline `{}` has no param `{}`", started.name, name.value);
            let known: Vec<&str> = other.params.iter().flat_map(Map::names).collect();
            diagnostics
                .push(Diagnostic::new(Code::UnknownReference, name.span, message).suggest(name, known));
        }
    }
}

/// What is of another type, or none of the values that the param may have, Airflow refuses when the run is to begin.
fn fits(
    pipeline: &Pipeline<'_>,
    (name, param): (&str, &ParamSpec),
    value: &JsonValue,
    started: &str,
    diagnostics: &mut Diagnostics,
) {
    let wanted = param.r#type();
    let wrong = match value.json(&Template::clone) {
        Json::Plain(plain) => literal(param, &plain),
        Json::Text(template) => match (template.as_text(), template.parts()) {
            (Some(text), _) => literal(param, &Value::String(text.to_owned())),
            (None, [Part::Expr(Expr::Param(own))]) => of_param(pipeline, own, wanted),
            (None, [Part::Expr(Expr::Output { .. })]) => None,
            (None, _) => (wanted != ParamType::String).then(|| (Code::WrongType, "a text".to_owned())),
        },
        Json::List(_) => Some((Code::WrongType, "a list".to_owned())),
        Json::Members(_) => Some((Code::WrongType, "a mapping".to_owned())),
    };
    let Some((code, found)) = wrong else { return };
    let message = format!("param `{name}` of pipeline `{started}` is given {found}");
    let choices = param.r#enum.iter().flatten().map(|choice| text(param.json(&choice.value)));
    let choices: Vec<String> = choices.collect();
    let help = if code == Code::UnknownWord {
        format!("expected one of {}", list(&choices.iter().map(String::as_str).collect::<Vec<_>>()))
    } else {
        format!("it takes {}", article(wanted))
    };
    diagnostics.push(Diagnostic::new(code, value.span, message).help(help));
}

fn literal(param: &ParamSpec, given: &Value) -> Option<(Code, String)> {
    let found = || format!("`{}`", text(given));
    if !is_of(param.r#type(), given) {
        let found = if given.is_string() { format!("the text {}", found()) } else { found() };
        return Some((Code::WrongType, found));
    }
    let choices = param.r#enum.as_ref()?;
    let is_one = choices.iter().any(|choice| param.json(&choice.value) == given);
    (!is_one).then(|| (Code::UnknownWord, found()))
}

/// A param of the pipeline's own keeps its type.
fn of_param(pipeline: &Pipeline<'_>, name: &str, wanted: ParamType) -> Option<(Code, String)> {
    let given = pipeline.spec.params.as_ref().and_then(|params| params.get(name))?.r#type();
    let fits = given == wanted || (given, wanted) == (ParamType::Integer, ParamType::Number);
    (!fits).then(|| (Code::WrongType, format!("a param of type `{}`", given.as_str())))
}
