//! `data_quality`: rules or a ruleset, a role, and what Glue takes.

use super::DataQualityStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::glue;
use crate::kind::shared::keys::chosen;
use crate::kind::shared::names::GLUE;
use crate::service::data_quality::job::LONGEST_RULES;

pub(super) fn check(step: &DataQualityStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    chosen(&step.given(), DataQualityStep::CHOICES, cx, diagnostics);
    glue::role(step.role.is_some(), cx, diagnostics);
    GLUE.check(step.ruleset.as_ref(), diagnostics);
    longest(step, cx, diagnostics);
    predicate(step, cx, diagnostics);
}

fn longest(step: &DataQualityStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(rules) = &step.rules else { return };
    let in_file =
        cx.task.file(rules.span()).map(|file| String::from_utf8_lossy(&file.content).chars().count());
    let length = in_file.unwrap_or_else(|| rules.text().chars().count());
    if length > LONGEST_RULES {
        let message = format!("{} has rules of {length} characters; Glue takes {LONGEST_RULES}", cx.what());
        diagnostics.push(
            Diagnostic::new(Code::InputLimit, rules.span(), message)
                .help("write two steps, each with some of them"),
        );
    }
}

/// What chooses partitions is a condition.
fn predicate(step: &DataQualityStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(partitions) = &step.partitions else { return };
    if DataQualityStep::table(&cx.task.inputs).is_some_and(|table| table.is_iceberg) {
        let message = "a table of Iceberg has no folders, and Glue reads all of it whatever this says";
        diagnostics.push(
            Diagnostic::new(Code::DataQualityRules, partitions.span, message)
                .help("choose rows in the rules: `IsComplete \"id\" where \"dt = '2026-01-31'\"`"),
        );
        return;
    }
    let is_condition = partitions
        .value
        .as_text()
        .is_none_or(|text| text.contains(['=', '<', '>', '(']) || text.to_lowercase().contains(" like "));
    if !is_condition {
        diagnostics.push(
            Diagnostic::new(Code::DataQualityRules, partitions.span, "this is no condition on partitions")
                .help("write one such as `partitions: dt = '{{ ds }}'`"),
        );
    }
}
