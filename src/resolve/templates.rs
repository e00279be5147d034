//! `{{ params.x }}` and `{{ outputs.step.x }}`: names of the pipeline in texts completed for each run.

use super::{Data, Named, Names, Need, Script, Task};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::document::PipelineSpec;
use crate::kind::contract::Outputs;
use crate::lang::decode::Map;
use crate::lang::held::Held;
use crate::lang::step::OutputsSpec;
use crate::plan::Why;
use crate::template::{Expr, RunValues, Shared, Template, samples, shared};
use crate::text::{SourceMap, Span};
use crate::yaml::{Kind, Node};

/// Checks the names in all templates of a pipeline, and makes the tasks come after those whose outputs
/// they use.
pub(super) fn connect(
    spec: &PipelineSpec,
    names: &Names<'_>,
    tasks: &mut [Task<'_>],
    sources: &SourceMap,
    diagnostics: &mut Diagnostics,
) {
    for index in 0..tasks.len() {
        let mut found: Vec<(Expr, Span)> = Vec::new();
        each_template(&tasks[index], sources, &mut |template, span| {
            template.visit(&mut |expr| {
                if matches!(expr, Expr::Param(_) | Expr::Output { .. }) || is_of_param(expr) {
                    found.push((expr.clone(), narrowed(sources, span, &expr.to_string())));
                }
            });
        });
        for (expr, span) in found {
            match expr {
                Expr::Param(name) => param(spec, &name, span, diagnostics),
                Expr::Output { step, field } => {
                    output(names, tasks, index, (&step, &field), span, diagnostics);
                }
                Expr::DsAdd { .. } | Expr::DsFormat { .. } => with_default(spec, &expr, span, diagnostics),
                Expr::Date { .. } | Expr::RunId | Expr::DagId | Expr::TaskId => {}
            }
        }
    }
}

/// Says whether an expression is a function of a param.
fn is_of_param(expr: &Expr) -> bool {
    matches!(expr, Expr::DsAdd { date, .. } | Expr::DsFormat { date, .. } if matches!(**date, Expr::Param(_)))
}

/// Tries a function of a param with the param's default.
fn with_default(spec: &PipelineSpec, expr: &Expr, span: Span, diagnostics: &mut Diagnostics) {
    let params = spec.params.iter().flat_map(|params| &params.0);
    let defaults: serde_json::Map<_, _> =
        params.map(|(name, param)| (name.value.clone(), param.json(&param.default.value).clone())).collect();
    let is_known = |expr: &Expr| !matches!(expr, Expr::Param(name) if !defaults.contains_key(name));
    let mut are_known = true;
    expr.visit(&mut |inner| are_known &= is_known(inner));
    if !are_known {
        return;
    }
    let choices = spec.params.iter().flat_map(|params| &params.0).flat_map(|(name, param)| {
        param.r#enum.iter().flatten().map(move |value| (name.value.clone(), param.json(&value.value).clone()))
    });
    let others = choices.map(|(name, value)| {
        let mut params = defaults.clone();
        params.insert(name, value);
        ("a choice", params)
    });
    let all: Vec<_> = std::iter::once(("the default", defaults.clone())).chain(others).collect();
    for (which, params) in all {
        let failed =
            samples().find_map(|values| expr.render(&RunValues { params: params.clone(), ..values }).err());
        if let Some(error) = failed {
            let message = format!("`{expr}` does not work with {which} of the param{}", error.hint);
            let diagnostic = Diagnostic::new(Code::InvalidTemplate, span, message);
            return diagnostics.push(
                diagnostic.help("give the param a default of the form that is read, or read it by its form"),
            );
        }
    }
}

fn param(spec: &PipelineSpec, name: &str, span: Span, diagnostics: &mut Diagnostics) {
    let is_known = spec.params.as_ref().is_some_and(|params| params.get(name).is_some());
    if is_known || spec.params.broken {
        return;
    }
    let message = format!("pipeline `{}` has no param `{name}`", spec.pipeline.value.0);
    let diagnostic = Diagnostic::new(Code::UnknownTemplateName, span, message);
    let known: Vec<&str> = spec.params.iter().flat_map(Map::names).collect();
    diagnostics.push(if known.is_empty() {
        diagnostic.help(format!("declare it: `params: {{{name}: {{default: ...}}}}`"))
    } else {
        diagnostic.suggest(name, known)
    });
}

fn output(
    names: &Names<'_>,
    tasks: &mut [Task<'_>],
    index: usize,
    (step, field): (&str, &str),
    span: Span,
    diagnostics: &mut Diagnostics,
) {
    let by = tasks[index].step;
    let found = match names.tasks(step, by) {
        Named::Steps(found) => found,
        Named::Broken => {
            tasks[index].incomplete = true;
            return;
        }
        Named::Source(_) | Named::Unknown => {
            if let Some(by) = by {
                diagnostics.push(names.unknown_step(&by.name, "uses outputs of", step, span));
            }
            tasks[index].incomplete = true;
            return;
        }
    };
    if let [first, _, ..] = found.as_slice() {
        diagnostics.push(
            Diagnostic::new(
                Code::UnknownReference,
                span,
                format!("`{step}` is {} steps, and outputs come from one", found.len()),
            )
            .help(format!("name one of them, such as `outputs.{}.{field}`", tasks[*first].name)),
        );
        return;
    }
    let task = found[0];
    if let Some(diagnostic) = unknown_output(&tasks[task], (step, field), span) {
        diagnostics.push(diagnostic);
    }
    tasks[index].needs.push(Need { task, why: Why::Outputs, span });
    tasks[index].outputs.insert(step.to_owned(), task);
}

/// Says that a step gives no such output.
fn unknown_output(task: &Task<'_>, (step, field): (&str, &str), span: Span) -> Option<Diagnostic> {
    if let Some((at, why)) = task.kind.no_output() {
        let message = format!("step `{step}` gives no output: {why}");
        return Some(
            Diagnostic::new(Code::UnknownTemplateName, span, message)
                .also(at, "nothing is given to later steps")
                .help("take the use away, or let a step give the value"),
        );
    }
    let declared = task.kind.declared();
    let names: Vec<&str> = match task.kind.outputs() {
        Outputs::OfJob(outputs) | Outputs::OfCode(outputs) => {
            let members = task.kind.members().iter().map(|name| name.value.as_str());
            outputs.iter().map(|output| output.name).chain(members).collect()
        }
        Outputs::OfAirflow(outputs) => outputs.iter().map(|output| output.name).collect(),
        Outputs::Declared(_) => OutputsSpec::names(declared),
    };
    if names.contains(&field) {
        return None;
    }
    let kind = task.kind.name();
    let message = format!("step `{step}` gives no output `{field}`");
    let report = |message: String| Diagnostic::new(Code::UnknownTemplateName, span, message);
    Some(match (task.kind.outputs(), declared) {
        (Outputs::OfJob(_) | Outputs::OfAirflow(_), _) => {
            report(format!("{message}: it is a {kind}")).suggest(field, names.iter().copied())
        }
        (Outputs::OfCode(_), _) => {
            let diagnostic = report(format!("{message}: it is a {kind}"));
            match nearest(field, names.iter().copied()) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic
                    .help(format!("write `outputs: [{field}]` into it, if its JSON has that member")),
            }
        }
        (Outputs::Declared(_), None) => report(message)
            .note(format!("a {kind} that does not say more gives `outputs.{step}.value`"))
            .help(format!("declare `outputs: [{field}]` in it, if it gives a JSON object with that member")),
        (Outputs::Declared(_), Some(outputs)) => {
            report(message).also(outputs.span, "what it gives").suggest(field, names.iter().copied())
        }
    })
}

/// Calls `f` with every template of a task and the place of the scalar that holds it.
pub(crate) fn each_template(task: &Task<'_>, sources: &SourceMap, f: &mut impl FnMut(&Template, Span)) {
    for script in &task.scripts {
        sql(script, sources, f);
    }
    let given = task.inputs.iter().filter(|input| !input.is_own);
    for input in given {
        if let (Data::Files { path, .. }, Some(step)) = (&input.data, task.step) {
            f(path, step.settings_span);
        }
    }
    task.kind.held(&mut |held| match held {
        Held::Template(template, span) => f(template, span),
        Held::Raw(node) => argument(node, f),
        Held::Sql(_) | Held::File(..) | Held::Arn(..) => {}
    });
}

/// An operator's argument: what stands in it is Airflow's, but for holes of dagc's.
fn argument(node: &Node, f: &mut impl FnMut(&Template, Span)) {
    match &node.kind {
        Kind::Sequence(items) => items.iter().for_each(|item| argument(item, f)),
        Kind::Mapping(entries) => entries.iter().for_each(|entry| argument(&entry.value, f)),
        Kind::Scalar(scalar) => {
            for piece in shared(&scalar.text).unwrap_or_default() {
                if let Shared::Own(expr) = piece {
                    f(&Template::hole(expr), node.span);
                }
            }
        }
    }
}

fn sql(text: &Script<'_>, sources: &SourceMap, f: &mut impl FnMut(&Template, Span)) {
    for statement in &text.script.statements {
        if let Some(template) = &statement.template {
            f(template, text.locate(sources, statement.range.clone()));
        }
    }
}

/// Finds the name within the scalar that holds it; all of the scalar where it is written otherwise.
pub(crate) fn narrowed(sources: &SourceMap, span: Span, name: &str) -> Span {
    match sources.text(span).find(name) {
        Some(at) => {
            let start = span.start as usize + at;
            Span::new(span.file, start, start + name.len())
        }
        None => span,
    }
}
