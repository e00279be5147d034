//! `invalid-duration`: a Glue job that may take longer than Glue lets it.
//!
//! From the Glue API's `StartJobRun`: a timeout is at most 7 days.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Action, Pipeline, Scope};

/// Seven days, in seconds.
const LONGEST: u64 = 7 * 24 * 60 * 60;

pub(super) fn check(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        let (Action::GlueJob { .. }, Some(step)) = (&task.action, task.step) else { continue };
        if task.settings.policy.timeout.is_none_or(|seconds| seconds <= LONGEST) {
            continue;
        }
        let own = step.common().timeout.as_ref().map(|timeout| timeout.span);
        let message = format!("step `{}` may take longer than the 7 days that Glue gives a job", task.name);
        let diagnostic = Diagnostic::new(Code::InvalidDuration, own.unwrap_or(step.kind_span), message);
        diagnostics.push(match own {
            Some(_) => diagnostic.help("write `timeout: 7d` or less"),
            None => diagnostic
                .help("its timeout is that of `defaults`: give it one of its own, `timeout: 7d` or less"),
        });
    }
}
