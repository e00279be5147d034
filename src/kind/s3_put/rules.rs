//! `s3_put`: the key of one object, and a text that is what its media type says.

use super::S3PutStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::objects::wildcard;
use crate::service::s3_put::job::{is_json, no_json};
use crate::template::{Part, Template};

pub(super) fn check(step: &S3PutStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    key(step, cx, diagnostics);
    media_type(step, diagnostics);
    json(step, diagnostics);
}

/// What is written is one object.
fn key(step: &S3PutStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let path = &step.to.value.0;
    let text = path.to_string();
    let behind_bucket = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
    if let Some(c) = wildcard(path) {
        let message = format!("step `{}` writes to a pattern", cx.task.name);
        diagnostics.push(
            Diagnostic::new(Code::PathPattern, step.to.span, message)
                .label(format!("`{c}` would be part of the name"))
                .help("write the key of one object"),
        );
    } else if text.ends_with('/') || behind_bucket.is_none() {
        let message = format!("step `{}` writes one object, and this is a folder", cx.task.name);
        diagnostics.push(
            Diagnostic::new(Code::InvalidS3Uri, step.to.span, message)
                .help("write the object's name behind it, such as `_SUCCESS`"),
        );
    }
}

fn media_type(step: &S3PutStep, diagnostics: &mut Diagnostics) {
    let Some(given) = &step.content_type else { return };
    let is_one = given.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty());
    // It is sent as a header.
    if !is_one || given.chars().any(|c| !matches!(c, ' '..='~')) {
        diagnostics.push(
            Diagnostic::new(Code::InvalidName, given.span, format!("`{}` is no media type", given.value))
                .help("write one such as `application/json` or `text/csv`"),
        );
    }
}

/// A text that is called JSON is JSON, whatever a run puts into its holes.
fn json(step: &S3PutStep, diagnostics: &mut Diagnostics) {
    let Some(text) = step.text.as_ref().filter(|_| is_json(step.content_type())) else { return };
    if let Some(why) = no_json(&with_zeros(&text.value)) {
        let message = format!("this object is `{}`, and its text is no JSON: {why}", step.content_type());
        let diagnostic = Diagnostic::new(Code::InvalidJson, text.span, message);
        diagnostics.push(match &step.content_type {
            Some(given) => diagnostic.also(given.span, "said here"),
            None => diagnostic.help("mend it, or say what it is: `content_type: text/plain`"),
        });
    }
}

/// A zero is right wherever a value is: within quotes and without.
fn with_zeros(text: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Expr(_) => "0".to_owned(),
    };
    text.parts().iter().map(part).collect()
}
