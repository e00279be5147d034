//! Steps that have a service run code of the user's: where that is, what it is handed, the members of what it gives.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::lang::json::JsonSpec;
use crate::lang::step::MemberNames;
use crate::service::output::Output;
use crate::template::Template;
use crate::text::{Span, Spanned};
use serde_json::Value;
use std::collections::BTreeSet;

/// Says that a member is called as what the step gives in any case, or is named twice.
pub fn names(members: Option<&MemberNames>, outputs: &[Output], diagnostics: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for name in members.iter().flat_map(|members| &members.0) {
        let is_own = outputs.iter().any(|output| output.name == name.value);
        let why = if is_own {
            "is what every step of this kind gives"
        } else if !seen.insert(name.value.as_str()) {
            "is named twice"
        } else {
            continue;
        };
        diagnostics.push(
            Diagnostic::new(Code::InvalidName, name.span, format!("the output `{}` {why}", name.value)).help(
                if is_own { "let the code give it under another name" } else { "take one of them away" },
            ),
        );
    }
}

/// Says that what is handed over is longer than `service` takes, whatever a run puts into its holes.
pub fn longest(
    input: Option<&JsonSpec>,
    most: (&str, usize),
    cx: &Checking<'_, '_>,
    diagnostics: &mut Diagnostics,
) {
    let Some(input) = input else { return };
    // Holes are filled with nothing.
    let fixed =
        |template: &Template| Template::text(template.as_text().unwrap_or_else(|| template.static_prefix()));
    let bytes = Value::from(input.json(&fixed)).to_string().len();
    let (service, most) = most;
    if bytes > most {
        let message = format!("{} hands over {bytes} bytes; {service} takes {most}", cx.what());
        diagnostics.push(
            Diagnostic::new(Code::InputLimit, input.span, message)
                .help("put what is long into S3, and hand over where it is"),
        );
    }
}

/// Says that what the step names is in another region than the environment, which has its own.
pub fn elsewhere(
    (what, own): (&str, Option<&str>),
    at: Span,
    code: Code,
    cx: &Checking<'_, '_>,
    diagnostics: &mut Diagnostics,
) {
    let (Some(own), Some(region)) = (own, cx.task.region(cx.scope)) else { return };
    if own != region.value.0 {
        let message = format!("this {what} is in `{own}`, and {} in `{}`", runs_in(cx), region.value.0);
        diagnostics.push(
            Diagnostic::new(code, at, message)
                .also(region.span, format!("{}'s region", runs_in(cx)))
                .help("name one of this region; by its name alone it is found in each environment's own"),
        );
    }
}

/// Names what says in which region a step runs.
fn runs_in(cx: &Checking<'_, '_>) -> String {
    match cx.task.runs_as.filter(|runs_as| runs_as.spec.region.is_some()) {
        Some(runs_as) => format!("connection `{}`", runs_as.name.value),
        None => "the environment".to_owned(),
    }
}

/// Says that what is not waited for gives nothing: the task is done before.
pub fn unawaited(
    outputs: Option<&MemberNames>,
    wait: Option<&Spanned<bool>>,
    done: &str,
    code: Code,
    diagnostics: &mut Diagnostics,
) {
    let Some(wait) = wait.filter(|wait| !wait.value) else { return };
    if let Some(name) = outputs.and_then(|names| names.0.first()) {
        let message = format!("nobody waits for the output `{}`", name.value);
        diagnostics.push(
            Diagnostic::new(code, name.span, message)
                .also(wait.span, done)
                .help("take `outputs` away, or `wait: false`"),
        );
    }
}
