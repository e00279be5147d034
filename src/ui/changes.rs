//! What publishing would do, for `dagc publish --dry-run`.

use crate::publish::{Action, Proposal, Reason};
use std::fmt::Write as _;

/// Writes a line for every change, and a summary.
pub fn render(proposal: &Proposal<'_>, place: &str) -> String {
    let mut text = String::new();
    for (uri, bytes) in &proposal.assets {
        let _ = writeln!(text, "send    {uri} ({bytes} bytes)");
    }
    for resource in &proposal.resources {
        let _ = match &resource.action {
            Action::Create => writeln!(text, "create  {}", resource.name),
            Action::Update(settings) => writeln!(text, "update  {} ({})", resource.name, settings.join(", ")),
            Action::Foreign => writeln!(text, "refuse  {} (not made by this project)", resource.name),
            Action::Nothing => Ok(()),
        };
    }
    for put in &proposal.changeset.put {
        let _ = writeln!(text, "send    {} ({}, {} bytes)", put.path, reason(put.reason), put.size);
    }
    for path in &proposal.changeset.foreign {
        let _ = writeln!(text, "refuse  {path} (not made by this project)");
    }
    for path in &proposal.changeset.delete {
        let _ = writeln!(text, "remove  {path}");
    }
    for name in &proposal.orphans {
        let _ = writeln!(text, "leave   {name} (no pipeline needs it any more)");
    }
    if let Some(lease) = &proposal.lease {
        let _ = writeln!(text, "{} is publishing, or has died while publishing", lease.by);
    }
    if let Some(count) = proposal.removes_all() {
        let _ = writeln!(text, "no DAG file is left of {count}: this wants `--remove-all`");
    }
    if proposal.is_empty() {
        let _ = writeln!(text, "{place}: nothing to do");
    } else {
        let (put, delete) = (proposal.changeset.put.len(), proposal.changeset.delete.len());
        let unchanged = proposal.changeset.unchanged.len();
        let _ = writeln!(text, "{place}: {put} to send, {delete} to remove, {unchanged} unchanged");
    }
    text
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::New => "new",
        Reason::Changed => "changed",
        Reason::ChangedByHand => "changed by hand",
        Reason::RemovedByHand => "removed by hand",
        Reason::Interrupted => "left by an interrupted publication",
        Reason::Adopted => "adopted",
    }
}
