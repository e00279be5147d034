//! `merge-key`: a merge needs a key, and nothing else has one.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::redshift_copy::RedshiftCopyStep;
use crate::lang::step::CopyMode;

pub(super) fn check(step: &RedshiftCopyStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let key = step.key.as_deref().unwrap_or_default();
    match (step.mode.value, key) {
        (CopyMode::Merge, []) => diagnostics.push(
            Diagnostic::new(
                Code::MergeKey,
                step.mode.span,
                format!("step `{}` merges without a key", cx.task.name),
            )
            .label("`merge` needs `key`")
            .help("name the columns that tell one row from another: `key: [id]`"),
        ),
        (CopyMode::Append | CopyMode::Replace, [first, ..]) => diagnostics.push(
            Diagnostic::new(
                Code::MergeKey,
                first.span,
                format!("step `{}` has a key, and its mode is `{}`", cx.task.name, step.mode.value.as_str()),
            )
            .also(step.mode.span, "only `merge` has a key")
            .help("take `key` away, or write `mode: merge`"),
        ),
        (CopyMode::Merge, _) | (CopyMode::Append | CopyMode::Replace, []) => {}
    }
    let columns = step.columns.as_deref().unwrap_or_default();
    let missing = key.iter().filter(|_| !columns.is_empty());
    for column in missing.filter(|column| columns.iter().all(|known| known.value != column.value)) {
        diagnostics.push(
            Diagnostic::new(
                Code::MergeKey,
                column.span,
                format!("`{}` is in the key and not among the columns", column.value),
            )
            .suggest(column, columns.iter().map(|known| known.value.as_str())),
        );
    }
}
