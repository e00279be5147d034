//! `conflicting-keys`: `waiting` where nothing waits for it; and the settings of waits that cannot come to a good end.

use crate::diagnostic::Diagnostics;
use crate::kind::shared::keys::conflict;
use crate::kind::wait::settings;
use crate::resolve::{Pipeline, Scope};

pub(super) fn check(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        if let Some(step) = task.step
            && let Some(waiting) = step.common().waiting.as_ref()
            && !task.kind.outputs().has_job()
        {
            diagnostics.push(
                conflict(
                    &format!("step `{}`", step.name.value),
                    (task.kind.name(), step.kind_span),
                    ("waiting", waiting.span),
                )
                .note("no service is waited for here")
                .help("remove `waiting`"),
            );
        }
    }
    for (_, source) in pipeline.spec.sources() {
        settings(source, diagnostics);
    }
}
