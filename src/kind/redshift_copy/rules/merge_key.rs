//! `merge-key`: a merge needs a key, and nothing else has one.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::redshift_copy::RedshiftCopyStep;
use crate::kind::shared::keys::merge_key;

pub(super) fn check(step: &RedshiftCopyStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let key = step.key.as_deref().unwrap_or_default();
    merge_key(&step.mode, key, cx, diagnostics);
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
