//! The JSON Schemas of the two kinds of files, for editors and for `dagc schema`.
//!
//! They describe files as they are written: where the language expects more than any text, a text with
//! `${...}` is allowed as well, because it is filled in before the value is read.

use super::PipelineSpec;
use crate::diagnostic::Diagnostics;
use crate::kind::{Described, KINDS};
use crate::lang::ProjectSpec;
use crate::lang::decode::{Decode, Definitions, described, with_default};
use crate::text::SourceMap;
use crate::yaml::{self, Kind, Node};
use serde_json::{Map, Value, json};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// `dagc.yaml`
    Project,
    /// A pipeline.
    Pipeline,
}

/// Makes the schema of a kind of file (JSON Schema, draft 2020-12).
pub fn schema(document: Document) -> Value {
    let mut definitions = Definitions::default();
    let (title, root) = match document {
        Document::Project => ("dagc.yaml", ProjectSpec::schema(&mut definitions)),
        Document::Pipeline => ("dagc pipeline", PipelineSpec::schema(&mut definitions)),
    };
    if document == Document::Pipeline {
        for kind in KINDS {
            let keys = (kind.keys)(&mut definitions);
            if let Some(keys) = reference_name(&keys).and_then(|name| definitions.named.get_mut(name)) {
                keys["examples"] = Value::Array(examples(kind));
            }
        }
    }
    let mut defs: Map<String, Value> =
        definitions.named.into_iter().map(|(name, schema)| (name, with_variables(schema))).collect();
    defs.insert(
        "Variable".to_owned(),
        json!({
            "type": "string",
            "pattern": "\\$\\{",
            "description": "A text with `${...}`, which is filled in when compiling.",
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "$ref": root["$ref"],
        "$defs": defs,
    })
}

/// Returns the settings of a kind that its example has.
fn examples(kind: &Described) -> Vec<Value> {
    let mut sources = SourceMap::default();
    let file = sources.add("example.yaml", kind.example);
    let Some(pipeline) = yaml::parse(&sources, file, &mut Diagnostics::default()) else { return Vec::new() };
    let places = ["sources", "steps"].into_iter().filter_map(|key| pipeline.get(key));
    let entries = places.filter_map(|place| match &place.kind {
        Kind::Mapping(entries) => Some(entries),
        Kind::Scalar(_) | Kind::Sequence(_) => None,
    });
    entries.flatten().filter_map(|entry| entry.value.get(kind.name)).map(json_of).collect()
}

/// Writes a node as JSON.
fn json_of(node: &Node) -> Value {
    match &node.kind {
        Kind::Mapping(entries) => {
            entries.iter().map(|entry| (entry.key.value.clone(), json_of(&entry.value))).collect()
        }
        Kind::Sequence(items) => items.iter().map(json_of).collect(),
        Kind::Scalar(scalar) if scalar.is_null() => Value::Null,
        Kind::Scalar(scalar) => match scalar.as_bool() {
            Some(truth) => json!(truth),
            None => scalar.as_number().unwrap_or_else(|| json!(scalar.text)),
        },
    }
}

/// Allows `${...}` wherever a scalar is expected that is not any text.
fn with_variables(schema: Value) -> Value {
    if is_strict_scalar(&schema) {
        let description = schema["description"].as_str().unwrap_or_default().to_owned();
        let absent = schema.get("default").cloned();
        let variable = json!({ "$ref": "#/$defs/Variable" });
        let either = described(json!({ "anyOf": [schema, variable] }), &description);
        return match absent {
            Some(absent) => with_default(either, absent),
            None => either,
        };
    }
    match schema {
        Value::Object(object) => object
            .into_iter()
            .map(|(key, value)| {
                let value = match key.as_str() {
                    "properties" => each_value(value, with_variables),
                    "items" | "additionalProperties" => with_variables(value),
                    "anyOf" | "oneOf" => each_item(value, with_variables),
                    _ => value,
                };
                (key, value)
            })
            .collect(),
        other => other,
    }
}

fn each_value(value: Value, change: impl Fn(Value) -> Value) -> Value {
    match value {
        Value::Object(object) => object.into_iter().map(|(key, value)| (key, change(value))).collect(),
        other => other,
    }
}

fn each_item(value: Value, change: impl Fn(Value) -> Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(change).collect(),
        other => other,
    }
}

/// Says whether a schema is that of a scalar which refuses some texts.
fn is_strict_scalar(schema: &Value) -> bool {
    if schema.get("enum").is_some() || schema.get("const").is_some() || is_words(schema) {
        return true;
    }
    match &schema["type"] {
        Value::String(name) if name == "string" => {
            schema.get("pattern").is_some() || schema.get("format").is_some()
        }
        Value::String(name) => matches!(name.as_str(), "integer" | "number" | "boolean"),
        _ => false,
    }
}

/// Says whether a schema lists words.
pub(super) fn is_words(schema: &Value) -> bool {
    let words = schema["oneOf"].as_array().filter(|words| !words.is_empty());
    words.is_some_and(|words| words.iter().all(|word| word.get("const").is_some()))
}

/// Returns the name of the definition to which a schema refers.
pub(super) fn reference_name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    match value.as_str().filter(|_| key == "$ref") {
                        Some(reference) => found.push(reference.to_owned()),
                        None => references(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_definition_is_used() {
        for document in [Document::Project, Document::Pipeline] {
            let schema = schema(document);
            let mut found = Vec::new();
            references(&schema, &mut found);
            let defs = schema["$defs"].as_object().unwrap();
            for reference in &found {
                assert!(defs.contains_key(reference.trim_start_matches("#/$defs/")), "{reference}");
            }
            for name in defs.keys() {
                assert!(found.contains(&format!("#/$defs/{name}")), "{name} is not used");
            }
        }
    }

    #[test]
    fn variables_are_allowed_where_text_is_not_free() {
        let schema = schema(Document::Pipeline);
        let properties = &schema["$defs"]["PipelineSpec"]["properties"];
        let variable = json!({ "$ref": "#/$defs/Variable" });
        for key in ["catchup", "start_date", "max_active_runs"] {
            assert_eq!(properties[key]["anyOf"][1], variable, "{key}");
            assert!(properties[key]["description"].is_string(), "{key}");
        }
        assert_eq!(properties["description"].get("anyOf"), None);
        // What a key is when absent is told beside both.
        assert_eq!(properties["catchup"]["default"], false);
        assert_eq!(properties["max_active_runs"]["default"], 1);
        assert_eq!(schema["$defs"]["RedshiftCopyStep"]["properties"]["mode"]["anyOf"][1], variable);
    }
    #[test]
    fn keys_that_exclude_each_other_are_no_words() {
        let schema = schema(Document::Pipeline);
        let bash = &schema["$defs"]["BashStep"];
        let one_of = json!([{ "oneOf": [{ "required": ["command"] }, { "required": ["script"] }] }]);
        assert_eq!((&bash["allOf"], bash.get("anyOf")), (&one_of, None));
        let crawler = &schema["$defs"]["GlueCrawlerStep"];
        assert_eq!(crawler["allOf"], json!([{ "not": { "required": ["from", "path"] } }]));
        assert_eq!(with_variables(one_of[0].clone()), one_of[0]);
    }
}
