//! `run-by-hand`: functions of a time that fail when a person starts the run. `constant-format`: those that write the same in
//! every run, because what they read is a day without a time.
//!
//! Such a run has any time, with a fraction of a second, which a scheduled one never has. No one format reads both.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::document::pipeline::Schedule;
use crate::lang::value::Clock;
use crate::resolve::{Pipeline, Scope, each_template, narrowed};
use crate::template::{Expr, Part, Template};
use crate::text::Span;

pub(super) fn check(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    let sources = scope.files.sources();
    let schedule = pipeline.spec.schedule.as_ref().map(|schedule| &schedule.schedule);
    // A clock that says every moment gives whole seconds; `every 6h` counts from where a person starts.
    let is_by_clock = matches!(schedule, Some(Schedule::Clock(Clock::Cron(_))));
    let mut look = |template: &Template, span: Span| {
        for part in template.parts() {
            let Part::Expr(expr) = part else { continue };
            let at = |function: &Expr| narrowed(sources, span, &function.to_string());
            if let Some((function, text)) = expr.fails_by_hand(is_by_clock) {
                diagnostics.push(finding(function, &text, at(function)));
            }
            if let Some((function, text)) = expr.is_always() {
                diagnostics.push(constant(function, &text, at(function)));
            }
        }
    };
    for task in &pipeline.tasks {
        each_template(task, sources, &mut look);
    }
}

fn finding(function: &Expr, text: &str, at: Span) -> Diagnostic {
    let message = format!("`{function}` fails in a run that a person starts");
    let diagnostic = Diagnostic::new(Code::RunByHand, at, message);
    match function {
        Expr::DsFormat { date, input, output } => {
            let note = format!("`{date}` is then written like `{text}`, which `{input}` does not read");
            let meant = Expr::clone(date).formatted(output);
            diagnostic.note(note).help(format!("write `{{{{ {meant} }}}}`"))
        }
        _ => diagnostic.note(format!("what it is given is then written like `{text}`")),
    }
}

fn constant(function: &Expr, text: &str, at: Span) -> Diagnostic {
    let message = format!("`{function}` is `{text}` in every run");
    let diagnostic = Diagnostic::new(Code::ConstantFormat, at, message);
    match function {
        Expr::DsFormat { date, output, .. } if matches!(**date, Expr::Date { .. }) => {
            let meant = Expr::clone(date).formatted(output);
            diagnostic
                .note(format!("`{date}` has no more than a day"))
                .help(format!("write `{{{{ {meant} }}}}`"))
        }
        _ => diagnostic.help(format!("write `{text}`, or a part of the date that it has")),
    }
}
