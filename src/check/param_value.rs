//! `wrong-type` and `unknown-word`: values of params that Airflow would refuse when it reads the DAG file.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, list};
use crate::document::pipeline::{ParamSpec, ParamType};
use crate::resolve::{Pipeline, Scope};
use crate::text::Span;
use serde_json::Value;

pub(super) fn check(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    let params = pipeline.spec.params.iter().flat_map(|params| &params.0);
    for (name, param) in params {
        let before = diagnostics.error_count();
        let kind = param.r#type();
        let choices = param.r#enum.iter().flatten();
        for value in std::iter::once(&param.default).chain(choices) {
            typed(name, kind, value.span, param.json(&value.value), diagnostics);
        }
        if diagnostics.error_count() == before {
            chosen(name, param, diagnostics);
        }
    }
}

/// Says whether a value is of a type.
pub(super) fn is_of(kind: ParamType, json: &Value) -> bool {
    match kind {
        ParamType::String => json.is_string(),
        ParamType::Integer => json.is_i64() || json.is_u64(),
        ParamType::Number => json.is_number(),
        ParamType::Boolean => json.is_boolean(),
    }
}

fn typed(name: &str, kind: ParamType, span: Span, json: &Value, diagnostics: &mut Diagnostics) {
    if is_of(kind, json) {
        return;
    }
    let diagnostic = Diagnostic::new(
        Code::WrongType,
        span,
        format!("`{}` is no {} of param `{name}`", text(json), kind.as_str()),
    );
    let suggested = match json {
        Value::String(_) => None,
        Value::Bool(_) => Some("boolean"),
        Value::Number(number) if number.is_f64() => Some("number"),
        _ => Some("integer"),
    };
    diagnostics.push(match (kind, suggested) {
        (ParamType::String, Some(other)) => {
            diagnostic.help(format!("write \"{}\" in quotes, or `type: {other}`", text(json)))
        }
        (_, None) => diagnostic.help(format!("write {}, or take `type` away", article(kind))),
        (_, Some(other)) => diagnostic.help(format!("write {}, or `type: {other}`", article(kind))),
    });
}

fn chosen(name: &str, param: &ParamSpec, diagnostics: &mut Diagnostics) {
    let Some(choices) = &param.r#enum else { return };
    if choices.iter().any(|choice| param.json(&choice.value) == param.json(&param.default.value)) {
        return;
    }
    let known: Vec<String> = choices.iter().map(|choice| text(param.json(&choice.value))).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    diagnostics.push(
        Diagnostic::new(
            Code::UnknownWord,
            param.default.span,
            format!("the default of param `{name}` is none of its own values"),
        )
        .help(if known.is_empty() {
            "list the values that it may have, or take `enum` away".to_owned()
        } else {
            format!("expected one of {}", list(&known))
        }),
    );
}

/// Names a value of a type.
pub(super) fn article(kind: ParamType) -> &'static str {
    match kind {
        ParamType::String => "a string",
        ParamType::Integer => "a whole number",
        ParamType::Number => "a number",
        ParamType::Boolean => "`true` or `false`",
    }
}

/// Writes a value as a person does.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
