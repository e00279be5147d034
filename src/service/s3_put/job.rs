//! Writing one object, as the plan keeps it.

use crate::service::arn::Resource;
use crate::service::call::{Call, Caller, On, Operation, Touched, call, touched};
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::objects::PUT_OBJECT;
use crate::service::output::{Form, HANDLE, Members, Output, SECONDS, URL, known, perhaps};
use crate::service::role::Lends;
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use crate::template::Template;
use serde::{Deserialize, Serialize};

/// Writes one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutObject {
    /// `s3://bucket/key`
    pub to: Template,
    /// What is in it; nothing when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<Template>,
    /// Its media type. JSON is held to it.
    pub content_type: String,
    /// The ARN of the key with which it is encrypted; as its bucket says when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kms_key: Option<String>,
}

/// It has no calls of its own.
pub const OPERATIONS: &[Operation] = &[];

/// What it gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    SECONDS,
    known("bytes", Form::Count, "how many bytes it has"),
    perhaps("version", Form::Text, "its version, in a bucket that has versions"),
];

/// Media types by the end of a key.
const TYPES: [(&str, &str); 8] = [
    (".json", JSON),
    (".jsonl", "application/x-ndjson"),
    (".ndjson", "application/x-ndjson"),
    (".csv", "text/csv"),
    (".html", "text/html; charset=utf-8"),
    (".xml", "application/xml"),
    (".yaml", "application/yaml"),
    (".yml", "application/yaml"),
];

const JSON: &str = "application/json";

/// Returns the media type that the end of a key says.
pub fn content_type(key: &str, has_text: bool) -> &'static str {
    match TYPES.iter().find(|(end, _)| key.ends_with(end)) {
        _ if !has_text => "application/octet-stream",
        Some((_, content_type)) => content_type,
        None => "text/plain; charset=utf-8",
    }
}

/// Says whether a media type is that of JSON.
pub fn is_json(content_type: &str) -> bool {
    let name = content_type.split(';').next().unwrap_or_default().trim();
    name.eq_ignore_ascii_case(JSON) || name.to_ascii_lowercase().ends_with("+json")
}

/// Says why a text is no JSON.
pub fn no_json(text: &str) -> Option<String> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).err().map(|error| error.to_string())
}

impl Shown for PutObject {}

impl PutObject {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in.
    pub fn billed(&self) -> &'static [Billed] {
        &[Billed { unit: Unit::WriteRequests, measured: Measured::Once, least: 0 }]
    }
}

impl Caller for PutObject {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[call(PUT_OBJECT)];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Written => touched("the object", Resource::object(&self.to)),
            On::Key => touched("the key", Resource::key(self.kms_key.as_deref())),
            _ => Vec::new(),
        }
    }
}

impl Lends for PutObject {}

impl Members for PutObject {}

/// The heading of what whoever writes an object must be allowed.
pub const RIGHTS: Heading = Heading::new("`s3_put`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let put = PutObject {
        to: Template::text("s3://BUCKET/KEY"),
        text: None,
        content_type: String::new(),
        kms_key: None,
    };
    vec![Section::new(Who::Worker, RIGHTS).of(&[&put]).billed(put.billed())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_key_says_what_it_is() {
        for (key, has_text, expected) in [
            ("s3://b/a.json", true, "application/json"),
            ("s3://b/{{ ds }}.csv", true, "text/csv"),
            ("s3://b/manifest", true, "text/plain; charset=utf-8"),
            ("s3://b/a.json", false, "application/octet-stream"),
        ] {
            assert_eq!(content_type(key, has_text), expected, "{key}");
        }
    }

    #[test]
    fn json_is_known_by_its_names() {
        for (content_type, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/geo+json", true),
            ("application/x-ndjson", false),
            ("text/plain", false),
        ] {
            assert_eq!(is_json(content_type), expected, "{content_type}");
        }
        assert_eq!(no_json(r#"{"a": 1}"#), None);
        assert!(no_json("{a: 1}").is_some());
    }
}
