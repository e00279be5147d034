//! `emr_step`: keys of commands and of jars, what ends before its work, what EMR takes.

use super::EmrStepStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::{chosen, not_both};
use crate::service::emr_step::job::LONGEST_STEP;
use crate::template::Template;
use crate::text::Spanned;

/// With this `spark-submit` ends when YARN has taken the application.
const UNAWAITED: &str = "spark.yarn.submit.waitAppCompletion=false";

pub(super) fn check(step: &EmrStepStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let given = step.given();
    chosen(&given, EmrStepStep::CHOICES, cx, diagnostics);
    for key in ["arguments", "main_class"] {
        not_both(&given, ["command", key], cx, diagnostics);
    }
    for word in step.command.iter().flatten() {
        unawaited(word, diagnostics);
    }
    longest(step, cx, diagnostics);
}

/// The step would be done, and green, while its work goes on or fails.
fn unawaited(word: &Spanned<Template>, diagnostics: &mut Diagnostics) {
    let fixed = word.value.as_text().unwrap_or_else(|| word.value.static_prefix());
    if fixed.contains(UNAWAITED) {
        diagnostics.push(
            Diagnostic::new(Code::EmrStepOption, word.span, "the step would be done before its work is")
                .help(format!("take `{UNAWAITED}` away: then the step ends as its application in YARN does")),
        );
    }
}

/// Holes are filled with nothing.
fn longest(step: &EmrStepStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let words = step.command.iter().chain(&step.arguments).flatten();
    let all = || words.clone().chain(&step.jar);
    let fixed = |word: &Spanned<Template>| {
        word.value.as_text().unwrap_or_else(|| word.value.static_prefix()).chars().count() + 1
    };
    let length: usize = all().map(fixed).sum();
    if let (true, Some(first)) = (length > LONGEST_STEP, all().next()) {
        let message =
            format!("{} hands over {length} characters; a step of EMR takes {LONGEST_STEP}", cx.what());
        diagnostics.push(
            Diagnostic::new(Code::InputLimit, first.span, message)
                .help("put what is long into a script in S3, and run that"),
        );
    }
}
