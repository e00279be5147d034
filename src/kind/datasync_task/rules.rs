//! `datasync_task`: what DataSync takes as patterns, and where its tasks are.

use super::DatasyncTaskStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::members;
use crate::service::datasync::filter::Filter;
use crate::template::Template;
use crate::text::Spanned;

pub(super) fn check(step: &DatasyncTaskStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let (task, code) = (&step.task, Code::DatasyncOption);
    members::elsewhere(("task", task.value.0.region()), task.span, code, cx, diagnostics);
    for (key, patterns) in [("include", &step.include), ("exclude", &step.exclude)] {
        length(key, patterns.as_deref(), cx, diagnostics);
    }
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

/// What all patterns have together, with `|` between them (DataSync's API model, `FilterValue`).
const LONGEST: usize = 102_400;

/// A list that is there names something, and DataSync takes it. Holes are filled with nothing.
fn length(
    key: &str,
    patterns: Option<&[Spanned<Template>]>,
    cx: &Checking<'_, '_>,
    diagnostics: &mut Diagnostics,
) {
    let Some(patterns) = patterns else { return };
    let Some(first) = patterns.first() else {
        let message = format!("`{key}` of step `{}` names nothing", cx.task.name);
        diagnostics.push(
            Diagnostic::new(Code::DatasyncOption, cx.at(), message)
                .help(format!("write a pattern, or take `{key}` away: then the task's own filter holds")),
        );
        return;
    };
    let lengths = patterns.iter().map(|pattern| pattern.value.static_prefix().len());
    let length = lengths.sum::<usize>() + patterns.len() - 1;
    if length > LONGEST {
        let message = format!("the patterns have {length} characters; DataSync takes {LONGEST}");
        diagnostics.push(
            Diagnostic::new(Code::InputLimit, first.span, message).help("name folders instead of files"),
        );
    }
}
