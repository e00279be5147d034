//! `emr_serverless`: keys of Spark and of Hive, options, files, and what EMR Serverless takes.
//!
//! Limits are those of the service's model (2021-07-13).

use super::EmrServerlessStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::{chosen, not_both};
use crate::kind::shared::names::LOG_GROUP;
use crate::objects;
use crate::service::emr_serverless::job::{
    LONGEST_ENTRY_POINT, LONGEST_INIT_FILE, LONGEST_PARAMETERS, LONGEST_QUERY,
};
use crate::template::Template;
use crate::text::Span;

pub(super) fn check(step: &EmrServerlessStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let given = step.given();
    chosen(&given, EmrServerlessStep::CHOICES, cx, diagnostics);
    not_both(&given, ["arguments", "query_file"], cx, diagnostics);
    not_both(&given, ["init_file", "entry_point"], cx, diagnostics);
    let entry = step.entry_point.as_ref().map(|entry| (&entry.value.0, entry.span, LONGEST_ENTRY_POINT));
    let query = step.query_file.as_ref().map(|query| (&query.value.0, query.span, LONGEST_QUERY));
    let init = step.init_file.as_ref().map(|init| (&init.value.0, init.span, LONGEST_INIT_FILE));
    for (file, at, most) in [entry, query, init].into_iter().flatten() {
        one_file(file, at, diagnostics);
        longest(file, at, most, cx, diagnostics);
    }
    if let Some(parameters) = &step.parameters {
        let name = if step.query_file.is_some() { "--hiveconf" } else { "--conf" };
        options(&parameters.value, name, parameters.span, diagnostics);
        longest(&parameters.value, parameters.span, LONGEST_PARAMETERS, cx, diagnostics);
    }
    LOG_GROUP.check(step.log_group.as_ref(), diagnostics);
}

fn refused(at: Span, why: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::EmrServerlessOption, at, why)
}

/// What is run is one file.
fn one_file(file: &Template, at: Span, diagnostics: &mut Diagnostics) {
    let text = file.as_text().unwrap_or_else(|| file.static_prefix());
    if objects::first_wildcard(text).is_some() || (file.as_text().is_some() && text.ends_with('/')) {
        diagnostics
            .push(refused(at, "one file is run, and this names several").help("write the key of one object"));
    }
}

/// Options are what `spark-submit` and `hive` take before what they run. What a run fills in is not looked at.
fn options(parameters: &Template, setting: &str, at: Span, diagnostics: &mut Diagnostics) {
    let text = parameters.as_text().unwrap_or_else(|| parameters.static_prefix());
    let is_whole = parameters.as_text().is_some();
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.first().map_or(is_whole, |first| !first.starts_with('-')) {
        diagnostics.push(
            refused(at, "options begin with `--`")
                .help("write what the script is given as `arguments: [...]`"),
        );
        return;
    }
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if *word != setting {
            continue;
        }
        match rest.next() {
            Some(value) if value.contains('=') || value.starts_with(['"', '\'']) => {}
            None if !is_whole => {}
            _ => {
                let message = format!("`{setting}` is not followed by a setting");
                diagnostics.push(refused(at, message).help(format!("write `{setting} NAME=VALUE`")));
                return;
            }
        }
    }
}

/// Holes are filled with nothing.
fn longest(text: &Template, at: Span, most: usize, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let length = text.as_text().unwrap_or_else(|| text.static_prefix()).chars().count();
    if length > most {
        let message = format!("{} hands over {length} characters; EMR Serverless takes {most}", cx.what());
        diagnostics.push(
            Diagnostic::new(Code::InputLimit, at, message)
                .help("put what is long into S3, and hand over where it is"),
        );
    }
}
