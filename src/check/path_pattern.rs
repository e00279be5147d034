//! `path-pattern`: a pattern where a folder is needed.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::step::GlueCrawlerStep;
use crate::objects::wildcard;
use crate::resolve::{Action, Data, Pipeline, Scope};
use crate::text::Span;

pub(super) fn check(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        match &task.action {
            Action::Crawl { step, inputs } => crawler(task.name, step, inputs, diagnostics),
            Action::GlueJob { step, .. } => {
                let path = step.write.as_ref().and_then(|write| write.path.as_ref());
                let Some((path, c)) = path.and_then(|path| Some((path, wildcard(&path.value.0)?))) else {
                    continue;
                };
                let message = format!("step `{}` writes to a pattern", task.name);
                diagnostics.push(
                    Diagnostic::new(Code::PathPattern, path.span, message)
                        .label(format!("`{c}` would be part of the name"))
                        .help("write the folder"),
                );
            }
            Action::Wait(_)
            | Action::Copy { .. }
            | Action::Sql { .. }
            | Action::Check { .. }
            | Action::Bash { .. }
            | Action::Operator(_) => {}
        }
    }
}

fn crawler(name: &str, step: &GlueCrawlerStep, inputs: &[Data<'_>], diagnostics: &mut Diagnostics) {
    let patterns = inputs.iter().filter_map(|data| match data {
        Data::Files { path, .. } => wildcard(path).map(|_| path),
        Data::Catalog(_) | Data::Table { .. } => None,
    });
    let Some(path) = patterns.into_iter().next() else { return };
    let from = step.from.as_ref().map(|from| from.span);
    let Some(span): Option<Span> = step.path.as_ref().map(|path| path.span).or(from) else { return };
    let text = path.to_string();
    let still = &text[..crate::objects::first_wildcard(&text).unwrap_or(text.len())];
    let folder = still.rfind('/').map_or(still, |slash| &still[..=slash]);
    diagnostics.push(
        Diagnostic::new(
            Code::PathPattern,
            span,
            format!("step `{name}` crawls `{text}`, and a crawler looks at all that is in a folder"),
        )
        .help(format!("to crawl the folder, write `path: {folder}`")),
    );
}
