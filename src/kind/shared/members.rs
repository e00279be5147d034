//! What is handed to code of the user's, and the members of what it gives.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::lang::json::JsonSpec;
use crate::lang::step::MemberNames;
use crate::service::output::Output;
use crate::template::Template;
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
