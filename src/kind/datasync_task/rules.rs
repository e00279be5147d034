//! `datasync_task`: what DataSync takes as patterns, and where its tasks are.

use super::DatasyncTaskStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::members;
use crate::service::datasync::filter::Filter;

pub(super) fn check(step: &DatasyncTaskStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let (task, code) = (&step.task, Code::DatasyncOption);
    members::elsewhere(("task", task.value.0.region()), task.span, code, cx, diagnostics);
    for (patterns, filter) in [(&step.include, Filter::Include), (&step.exclude, Filter::Exclude)] {
        for pattern in patterns.iter().flatten() {
            let fixed = pattern.value.as_text();
            let known = fixed.unwrap_or_else(|| pattern.value.static_prefix());
            let Some(why) = filter.wrong(known, fixed.is_none()) else { continue };
            let message = format!("DataSync takes no such pattern: {why}");
            diagnostics.push(Diagnostic::new(code, pattern.span, message).help(match filter {
                Filter::Include => "write `/folder/`, `/folder/file.csv` or `/folder/begin*`",
                Filter::Exclude => "write `*.tmp`, `/folder*` or `*/folder*`",
            }));
        }
    }
}
