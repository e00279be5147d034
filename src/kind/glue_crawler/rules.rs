//! `glue_crawler`: what a crawler needs that is made, names that Glue takes, folders, settings that do nothing.

use super::GlueCrawlerStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::glue;
use crate::kind::shared::keys::{chosen, unused};
use crate::kind::shared::names::{CATALOG_DATABASE, GLUE, TABLE_PREFIX};
use crate::lang::step::{OnSchemaChange, Recrawl};
use crate::objects::wildcard;
use crate::scope::Data;
use crate::text::Span;

pub(super) fn check(step: &GlueCrawlerStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    chosen(&step.given(), GlueCrawlerStep::CHOICES, cx, diagnostics);
    GLUE.check(Some(&step.crawler), diagnostics);
    GLUE.check(step.security_configuration.as_ref(), diagnostics);
    CATALOG_DATABASE.check(step.database.as_ref(), diagnostics);
    TABLE_PREFIX.check(step.table_prefix.as_ref(), diagnostics);
    needed(step, cx, diagnostics);
    pattern(step, cx, diagnostics);
    void(step, cx, diagnostics);
}

/// What a crawler needs that dagc makes.
fn needed(step: &GlueCrawlerStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    if cx.task.inputs.is_empty() {
        return;
    }
    glue::role(step.role.is_some(), cx, diagnostics);
    if step.database.is_none() {
        diagnostics.push(
            Diagnostic::new(
                Code::MissingKey,
                cx.at(),
                format!("step `{}` makes a crawler, which needs a database for its tables", cx.task.name),
            )
            .label("`database` is missing")
            .help("add `database:`, or take `from` and `path` away if the crawler exists already"),
        );
    }
}

/// A crawler looks at all that is in a folder.
fn pattern(step: &GlueCrawlerStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let name = cx.task.name;
    let patterns = cx.task.inputs.iter().filter_map(|input| match &input.data {
        Data::Files { path, .. } => wildcard(path).map(|_| path),
        Data::Catalog(_) | Data::Table { .. } | Data::Jdbc { .. } => None,
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

/// Settings that do nothing.
fn void(step: &GlueCrawlerStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let update = step.on_schema_change.as_ref();
    let update = update.filter(|change| change.value == OnSchemaChange::Update);
    let new = step.recrawl.as_ref().filter(|recrawl| recrawl.value == Recrawl::NewFolders);
    if let (Some(update), Some(new)) = (update, new) {
        let why = "a crawler that looks at new folders only does not change tables";
        diagnostics.push(unused("on_schema_change", update.span, why, Some((new.span, "here"))));
    }
    if cx.task.inputs.is_empty() && step.from.is_none() && !cx.task.incomplete {
        let why = "the crawler exists already, and dagc does not change it";
        let of_the_run = |key: &str| matches!(key, "crawler" | "if_running");
        for (key, at) in step.given().into_iter().filter(|(key, _)| !of_the_run(key)) {
            diagnostics.push(unused(key, at, why, Some((step.crawler.span, "this crawler"))));
        }
    }
}
