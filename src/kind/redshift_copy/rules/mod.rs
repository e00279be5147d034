//! `redshift_copy`: what is loaded, with which role, and what COPY takes.

mod compressed;
mod dates;
mod merge_key;
mod options;

use super::RedshiftCopyStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::columns;
use crate::kind::shared::keys::{chosen, missing};
use crate::kind::shared::names::check_region;
use crate::scope::Data;

pub(super) fn check(step: &RedshiftCopyStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    chosen(&step.given(), RedshiftCopyStep::CHOICES, cx, diagnostics);
    format(step, cx, diagnostics);
    role(step, cx, diagnostics);
    if let Some(region) = step.options.as_ref().and_then(|options| options.region.as_ref()) {
        check_region(region, diagnostics);
    }
    for (key, names) in [("columns", &step.columns), ("key", &step.key)] {
        let names = names.as_deref().unwrap_or_default();
        for column in names {
            columns::redshift(column, diagnostics);
        }
        columns::once(key, names, diagnostics);
    }
    compressed::check(step, cx, diagnostics);
    dates::check(step, diagnostics);
    merge_key::check(step, cx, diagnostics);
    options::check(step, cx, diagnostics);
}

fn role(step: &RedshiftCopyStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(connection) = &cx.task.connection else { return };
    if step.role.is_none() && connection.spec.copy_role.is_none() {
        let elsewhere = format!("`copy_role: default` in connection `{}`", connection.name);
        diagnostics.push(missing(cx, "role", "a role with which COPY reads S3", &elsewhere));
    }
}

fn format(step: &RedshiftCopyStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(Data::Files { format: None, .. }) = RedshiftCopyStep::files(cx.task) else { return };
    if step.format.is_some() || cx.task.incomplete {
        return;
    }
    let place = step.from.as_ref().map(|from| from.span).or(step.path.as_ref().map(|path| path.span));
    let diagnostic = Diagnostic::new(
        Code::MissingKey,
        cx.at(),
        format!("step `{}` does not know the format of its files", cx.task.name),
    )
    .label("`format` is missing")
    .help("add `format:`, such as `format: parquet`, here or where the files come from");
    diagnostics.push(match place {
        Some(span) => diagnostic.also(span, "these files"),
        None => diagnostic,
    });
}
