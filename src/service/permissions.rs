//! The page about permissions, `docs/permissions.md`: what each caller needs, with words in capitals for names.
//!
//! It is made of the calls and of nothing else. The tests' emulation of AWS reads it and refuses what it does not
//! list.

use super::call::{Need, When};
use super::section::{Section, Who};
use super::{assumed, folder, notice, table};
use std::fmt::Write as _;

/// Returns all tables, the workers' first.
pub fn sections() -> Vec<Section> {
    let mut sections = table::sections();
    sections.extend(assumed::sections());
    sections.extend(notice::sections());
    sections.extend(folder::sections());
    let (workers, mut publishers): (Vec<_>, Vec<_>) =
        sections.into_iter().partition(|section| section.who == Who::Worker);
    // What is published in any case stands first.
    publishers.rotate_right(1);
    workers.into_iter().chain(publishers).collect()
}

/// Writes the page, in Markdown.
pub fn page() -> String {
    let mut page = String::from(
        "# Permissions\n\n\
         Made by `dagc schema permissions` from the calls in the code; the emulation of AWS that the tests run \
         against refuses\nwhat is not listed here, and what is listed where the resource is another.\n\n\
         In a resource, words in capitals stand for yours. No condition of a policy is needed; those that AWS has may \
         narrow\nthe permissions further. A bucket that encrypts with a KMS key asks for `kms:GenerateDataKey` on that \
         key of whoever\nwrites to it, and for `kms:Decrypt` of whoever reads.\n\n\
         ## The workers\n\n\
         The execution role of the MWAA environment, beside what MWAA itself asks for, by what its pipelines do.\n",
    );
    let mut who = Who::Worker;
    for section in sections() {
        if section.who != who {
            who = section.who;
            page.push_str("\n## The publisher\n\nWho runs `dagc publish`.\n");
        }
        let _ = write!(page, "\n### {}\n\n", section.heading);
        if !section.note.is_empty() {
            let _ = write!(page, "{}\n\n", section.note);
        }
        rows(&section.needs, &mut page);
    }
    page.push_str(
        "\nCOPY itself reads S3 with the role of the connection's `copy_role`, and Glue's jobs and crawlers with \
         theirs:\n[`dagc iam --draft`](rights.md) tells what those need for a project.\n",
    );
    page
}

/// Writes the table of some needs: a row for each action and what it is needed on, with all of its resources; what is needed in any case
/// first.
pub fn rows(needs: &[Need], page: &mut String) {
    page.push_str("| action | on | resource | when |\n| --- | --- | --- | --- |\n");
    let (always, sometimes): (Vec<&Need>, Vec<&Need>) =
        needs.iter().partition(|need| need.when == When::Always);
    let needs = [always, sometimes].concat();
    let is_of_row =
        |one: &Need, other: &Need| (one.action, one.what, one.when) == (other.action, other.what, other.when);
    for (n, need) in needs.iter().enumerate() {
        if needs[..n].iter().any(|before| is_of_row(before, need)) {
            continue;
        }
        let resources: Vec<String> = needs
            .iter()
            .filter(|other| is_of_row(need, other))
            .map(|other| format!("`{}`", other.resource))
            .collect();
        let mut when = need.when.to_string();
        if let Some(condition) = need.condition {
            let (key, value) = (condition.key, condition.value);
            let comma = if when.is_empty() { "" } else { "; " };
            let _ = write!(when, "{comma}a policy may ask for `{key}` = `{value}`");
        }
        let _ = writeln!(page, "| `{}` | {} | {} | {when} |", need.action, need.what, resources.join(", "));
    }
}
