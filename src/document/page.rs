//! The pages of the kinds, `docs/steps/KIND.md`: the kind's own words with what is made of its code.
//!
//! A page is the kind's `page.md` with its example behind the title, then the keys of its record, what it gives, what it
//! is billed in, and what its worker must be allowed.

use super::reference::keys;
use crate::kind::contract::Outputs;
use crate::kind::{Described, KINDS};
use crate::service::permissions;
use crate::service::section::Section;
use std::fmt::Write as _;

const INDEX: &str = include_str!("page/index.md");

/// Makes the page of a kind.
pub fn page(kind: &Described) -> String {
    let (title, words) = kind.page.split_once('\n').unwrap_or((kind.page, ""));
    let mut page = format!(
        "{title}\n\n<!-- Made of `src/kind/{0}`: edit that, and run `UPDATE=1 cargo test kinds`. -->\n\n```yaml\n{1}```\n\n{2}\n\n\
         ## Keys\n\n{3}\n",
        kind.name,
        kind.example,
        words.trim(),
        keys(kind.keys, 3).trim_end(),
    );
    outputs(kind, &mut page);
    let sections = permissions::sections();
    if let Some(section) = sections.iter().find(|section| Some(section.heading) == kind.rights) {
        cost(section, &mut page);
        rights(section, &mut page);
    }
    page
}

fn outputs(kind: &Described, page: &mut String) {
    let (outputs, members) = match kind.outputs {
        Outputs::OfJob(outputs) | Outputs::OfAirflow(outputs) => (outputs, false),
        Outputs::OfCode(outputs) => (outputs, true),
        Outputs::Declared(_) => return,
    };
    page.push_str("\n## Outputs\n\n| `{{ outputs.STEP.NAME }}` | what it is |\n| --- | --- |\n");
    for output in outputs {
        let lacks = if output.may_lack { "; null when that is not known" } else { "" };
        let _ = writeln!(page, "| `{}` | {}{lacks} |", output.name, output.what);
    }
    if members {
        page.push_str("| each name in `outputs` | that member of the JSON that it gives |\n");
    }
}

fn cost(section: &Section, page: &mut String) {
    let billed: Vec<String> = section.billed.iter().map(ToString::to_string).collect();
    if !billed.is_empty() {
        let _ = writeln!(page, "\n## Cost\n\nBilled in {}.", billed.join("; and in "));
    }
}

fn rights(section: &Section, page: &mut String) {
    page.push_str(
        "\n## Permissions\n\nOf the worker, as [Permissions](../permissions.md) has them for all kinds.",
    );
    let note = if section.note.is_empty() { String::new() } else { format!(" {}", section.note) };
    let _ = writeln!(page, "{note}\n");
    permissions::rows(&section.needs, page);
}

/// Makes the page that lists the kinds.
pub fn index() -> String {
    let rows = KINDS.iter().fold(String::new(), |mut rows, kind| {
        let note = if kind.name == "wait" { " (on a source)" } else { "" };
        let _ = writeln!(rows, "| [`{0}`]({0}.md){note} | {1} |", kind.name, kind.brief);
        rows
    });
    INDEX.replace("{{kinds}}\n", &rows)
}
