//! `table_maintenance`: something to do, on a table that its statements can name.

use super::TableMaintenanceStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::unused;
use crate::scope::Data;
use crate::text::Span;

/// The shortest time that Athena keeps snapshots for, in seconds (Athena User Guide, "Table properties").
const SHORTEST: u64 = 60;

pub(super) fn check(step: &TableMaintenanceStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    step.own().check(cx, diagnostics);
    named(step, cx, diagnostics);
    let off = |flag: Option<Span>| flag.map(|span| (span, "here"));
    if !step.compact() {
        let because = off(step.compact.as_ref().map(|compact| compact.span));
        if let Some(condition) = &step.r#where {
            diagnostics.push(unused("where", condition.span, "no files are put together", because));
        }
    }
    if !step.expire() {
        let because = off(step.expire.as_ref().map(|expire| expire.span));
        let keep = step.keep.as_ref().map(|keep| ("keep", keep.span));
        let count = step.keep_snapshots.as_ref().map(|keep| ("keep_snapshots", keep.span));
        for (key, at) in keep.into_iter().chain(count) {
            diagnostics.push(unused(key, at, "no snapshots are forgotten", because));
        }
    }
    if let (Some(compact), Some(expire), false, false) =
        (&step.compact, &step.expire, step.compact(), step.expire())
    {
        diagnostics.push(
            Diagnostic::new(Code::AthenaOption, expire.span, format!("step `{}` does nothing", cx.task.name))
                .also(compact.span, "no files are put together")
                .help("take one of the two away"),
        );
    }
    if let Some(keep) = step.keep.as_ref().filter(|keep| keep.value.0 < SHORTEST) {
        diagnostics.push(
            Diagnostic::new(Code::AthenaOption, keep.span, "Athena keeps snapshots for a minute at least")
                .help("write `keep: 1m` or more"),
        );
    }
}

/// Its statements are of two dialects, which write other names differently.
fn named(step: &TableMaintenanceStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(Data::Catalog(table)) = cx.task.inputs.first().map(|input| &input.data) else { return };
    let is_plain = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if !is_plain(&table.name.schema) || !is_plain(&table.name.table) {
        let message = format!("`{}` would have to be quoted, differently in each statement", table.name);
        diagnostics.push(
            Diagnostic::new(Code::AthenaOption, step.of.span, message)
                .help("write the statements yourself: `athena_sql: {sql: \"OPTIMIZE ...; VACUUM ...\"}`"),
        );
    }
}
