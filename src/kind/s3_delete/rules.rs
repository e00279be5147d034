//! `s3_delete`: one place, which is neither a bucket's root nor holds what the environment itself needs.

use super::S3DeleteStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::chosen;
use crate::kind::shared::removed;
use crate::scope::Data;
use crate::service::s3_delete::job::LIMIT;

pub(super) fn check(step: &S3DeleteStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    chosen(&step.given(), S3DeleteStep::CHOICES, cx, diagnostics);
    if let Some(most) = step.max_objects.as_ref().filter(|most| most.value.0 > LIMIT) {
        let message = format!("`max_objects` is at most {LIMIT}: the keys are kept while they are counted");
        diagnostics.push(Diagnostic::new(Code::InvalidNumber, most.span, message).help(
            "let several steps remove a part each, or give the bucket a rule that lets objects expire",
        ));
    }
    let place = step.from.as_ref().map(|from| from.span).or(step.path.as_ref().map(|path| path.span));
    if let (Some(Data::Files { path, .. }), Some(at)) =
        (cx.task.inputs.first().map(|input| &input.data), place)
    {
        removed::check(path, at, cx, diagnostics);
    }
}
