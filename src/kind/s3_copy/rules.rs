//! `s3_copy`: one place that is copied, and a folder that gets it and is no part of it.

use super::S3CopyStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::chosen;
use crate::kind::shared::removed;
use crate::objects::{WILDCARDS, wildcard};
use crate::scope::Data;
use crate::service::s3_copy::job::LIMIT;
use crate::text::Span;

pub(super) fn check(step: &S3CopyStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    chosen(&step.given(), S3CopyStep::CHOICES, cx, diagnostics);
    if let Some(c) = wildcard(&step.to.value.0) {
        let message = format!("step `{}` copies to a pattern", cx.task.name);
        diagnostics.push(
            Diagnostic::new(Code::PathPattern, step.to.span, message)
                .label(format!("`{c}` would be part of the name"))
                .help("write the folder"),
        );
    }
    marker(step, diagnostics);
    if let Some(most) = step.max_objects.as_ref().filter(|most| most.value.0 > LIMIT) {
        let message = format!("`max_objects` is at most {LIMIT}: what is known of each object is kept");
        diagnostics.push(
            Diagnostic::new(Code::InvalidNumber, most.span, message)
                .help("let several steps copy a part each"),
        );
    }
    let place = step.from.as_ref().map(|from| from.span).or(step.path.as_ref().map(|path| path.span));
    let Some((Data::Files { path, .. }, at)) = cx.task.inputs.first().map(|input| &input.data).zip(place)
    else {
        return;
    };
    if step.delete_source() {
        removed::check(path, at, cx, diagnostics);
    }
    apart(step, &path.to_string(), at, cx, diagnostics);
}

/// A marker is the name of one object.
fn marker(step: &S3CopyStep, diagnostics: &mut Diagnostics) {
    let Some(marker) = &step.marker else { return };
    if marker.is_empty() || marker.contains('/') {
        let message = format!("`{}` is no name of an object beside the files", marker.value);
        diagnostics.push(
            Diagnostic::new(Code::InvalidName, marker.span, message)
                .help("write its name, such as `_SUCCESS`"),
        );
    }
}

/// What is copied and what gets it are apart: else the next run would copy the copies.
fn apart(step: &S3CopyStep, path: &str, at: Span, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let to = step.to.value.0.to_string();
    let folder = path.trim_end_matches('/');
    let rest = to.trim_end_matches('/').strip_prefix(folder);
    if path.contains(WILDCARDS) || !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        return;
    }
    let message = format!("step `{}` copies {path} into itself", cx.task.name);
    diagnostics.push(
        Diagnostic::new(Code::CopyIntoItself, step.to.span, message)
            .also(at, "copied is this")
            .help("write a folder beside it"),
    );
}
