//! `unknown-partition`: a value for a column that makes no folders.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::lang::decode::Map;
use crate::template::Template;
use crate::text::Spanned;

/// Says which values are given for columns that make no folders.
pub fn values(
    by: &[Spanned<String>],
    given: Option<&Map<Spanned<Template>>>,
    cx: &Checking<'_, '_>,
    diagnostics: &mut Diagnostics,
) {
    let columns: Vec<&str> = by.iter().map(|column| column.value.as_str()).collect();
    for (name, _) in given.iter().flat_map(|partition| &partition.0) {
        if columns.contains(&name.value.as_str()) {
            continue;
        }
        let message = format!("step `{}` makes no folders of column `{}`", cx.task.name, name.value);
        let diagnostic = Diagnostic::new(Code::UnknownPartition, name.span, message);
        diagnostics.push(if columns.is_empty() {
            diagnostic.help(format!("add `partition_by: [{}]`", name.value))
        } else {
            diagnostic.suggest(&name.value, columns.iter().copied())
        });
    }
}
