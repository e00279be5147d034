//! `id-collision`, `unnamed-input` and `jdbc-read`: what a Glue job reads, and the arguments in which its script gets it.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::glue_job::GlueJobStep;
use crate::scope::{Data, Input};
use crate::service::glue_job::arguments::OF_DATABASE;
use crate::text::Span;
use std::collections::BTreeMap;

pub(super) fn check(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    if cx.task.inputs.len() > 1 {
        // A made script knows where a table is.
        if step.transform.is_none() {
            unnamed(cx.task.name, step, diagnostics);
        }
        collide(cx.task.name, step, &cx.task.inputs, diagnostics);
    }
    waits_for_one(step, cx, diagnostics);
}

/// With fewer workers one connection may be as good as several.
const MANY: u32 = 4;

/// One connection reads all of what the job begins with, and many workers wait for it.
fn waits_for_one(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let count = step.workers.as_ref().and_then(|workers| workers.count.as_ref());
    let Some(count) = count.filter(|count| count.value >= MANY && step.transform.is_some()) else { return };
    let Some(Input { name: Some(name), data: Data::Jdbc { spec, .. }, .. }) = cx.task.inputs.first() else {
        return;
    };
    if spec.partition.is_none() {
        let message =
            format!("one connection reads all of `{name}`, and {} workers wait for it", count.value);
        diagnostics.push(
            Diagnostic::new(Code::JdbcRead, place(step, name), message)
                .also(spec.table.span, "this table")
                .help("deal its rows out: `partition: {column: ..., into: ...}` in its `jdbc`"),
        );
    }
}

/// Of several things each is handed over by its name, and a path or a table has none.
fn unnamed(task: &str, step: &GlueJobStep, diagnostics: &mut Diagnostics) {
    let items = step.from.iter().flat_map(|from| &from.0);
    for item in items.filter(|item| item.starts_with("s3://") || item.contains('.')) {
        let key = if item.starts_with("s3://") { "path" } else { "table" };
        let message = format!("the script of step `{task}` is not told of `{}`: it has no name", item.value);
        diagnostics.push(
            Diagnostic::new(Code::UnnamedInput, item.span, message)
                .note("of several things each becomes an argument `--from_NAME`")
                .help(format!("make it a source, `sources: {{NAME: {{{key}: ...}}}}`, and name that")),
        );
    }
}

/// Names that differ in `-` and `_` alone share an argument.
fn collide(task: &str, step: &GlueJobStep, inputs: &[Input<'_>], diagnostics: &mut Diagnostics) {
    let mut known: BTreeMap<String, &Input<'_>> = BTreeMap::new();
    for input in inputs {
        for argument in arguments(input) {
            let Some(first) = known.get(&argument).filter(|first| first.data != input.data) else {
                known.insert(argument, input);
                continue;
            };
            let (Some(one), Some(other)) = (first.name, input.name) else { continue };
            let span = place(step, other);
            // The steps of one `each`, and what a crawler over several steps gives, stand there together.
            if one == other {
                continue;
            }
            let message = format!("`{one}` and `{other}` reach the script of step `{task}` as one argument");
            let diagnostic = Diagnostic::new(Code::IdCollision, span, message)
                .label(format!("`--{argument}`, too"))
                .also(place(step, one), format!("`--{argument}`"))
                .help("give one of them another name");
            diagnostics.push(diagnostic);
            return;
        }
    }
}

/// The arguments of an input that has a name.
fn arguments(input: &Input<'_>) -> Vec<String> {
    let name = input.name.map(|name| format!("from_{}", name.replace('-', "_")));
    let Some(name) = name else { return Vec::new() };
    match &input.data {
        Data::Files { whole: Some(_), .. } => vec![format!("{name}_base"), name],
        Data::Jdbc { .. } => {
            let ends = OF_DATABASE.iter().map(|end| format!("{name}_{end}"));
            ends.chain([name.clone()]).collect()
        }
        Data::Files { .. } | Data::Catalog(_) | Data::Table { .. } => vec![name],
    }
}

/// Where the step names an input; a step of an `each` is named with its values or without.
fn place(step: &GlueJobStep, name: &str) -> Span {
    let is_it =
        |item: &str| item == name || item.strip_prefix(name).is_some_and(|rest| rest.starts_with('['));
    let item = step.from.iter().flat_map(|from| &from.0).find(|item| is_it(item));
    item.map_or(step.span, |item| item.span)
}
