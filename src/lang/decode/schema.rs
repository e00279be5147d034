//! What a JSON Schema says of the types of the language.

use serde_json::{Map as JsonMap, Value, json};
use std::collections::BTreeMap;

/// The named parts of a JSON Schema.
#[derive(Debug, Default)]
pub struct Definitions {
    /// Schemas by name.
    pub named: JsonMap<String, Value>,
    /// What a schema, which has no order, does not tell of a record, by name.
    pub records: BTreeMap<&'static str, RecordInfo>,
}

/// What a record is called, and its keys in order.
#[derive(Clone, Copy, Debug)]
pub struct RecordInfo {
    /// What it is, for messages and headings.
    pub what: &'static str,
    /// The keys, in the order of the reference.
    pub keys: &'static [&'static str],
}

impl Definitions {
    /// Returns a reference to the named schema, made on first use.
    pub fn refer(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.named.contains_key(name) {
            self.named.insert(name.to_owned(), Value::Null);
            let schema = make(self);
            self.named.insert(name.to_owned(), schema);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }
}

/// Joins the lines of a doc comment into one paragraph.
pub fn doc_text(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// A field of a record for its schema: key, doc lines, required, schema, what it is when absent.
pub type FieldSchema<'a> = (&'static str, &'a [&'a str], bool, Value, Option<Value>);

/// Keys of a record of which one stands at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The keys.
    pub keys: &'static [&'static str],
    /// One of them must stand.
    pub is_needed: bool,
}

impl Choice {
    fn schema(&self) -> Value {
        if self.is_needed {
            let one = |key: &&str| json!({ "required": [key] });
            return json!({ "oneOf": self.keys.iter().map(one).collect::<Vec<_>>() });
        }
        if let [first, second] = self.keys {
            return json!({ "not": { "required": [first, second] } });
        }
        let pairs = self.keys.iter().enumerate().flat_map(|(n, first)| {
            self.keys[n + 1..].iter().map(move |second| json!({ "required": [first, second] }))
        });
        json!({ "not": { "anyOf": pairs.collect::<Vec<_>>() } })
    }
}

/// Makes the schema of a record.
pub fn object_schema(doc: &[&str], fields: Vec<FieldSchema<'_>>, choices: &[Choice]) -> Value {
    let required: Vec<&str> = fields.iter().filter(|field| field.2).map(|field| field.0).collect();
    let mut properties = JsonMap::new();
    for (key, doc, _, schema, absent) in fields {
        let doc = doc_text(doc);
        let schema = match absent {
            Some(absent) => with_default(described(schema, &told_absent(&doc, &absent)), absent),
            None => described(schema, &doc),
        };
        properties.insert(key.to_owned(), schema);
    }
    let mut object = json!({
        "type": "object",
        "description": doc_text(doc),
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    if !choices.is_empty() {
        object["allOf"] = choices.iter().map(Choice::schema).collect();
    }
    object
}

/// Puts a description on a schema. Beside `$ref` it is allowed since JSON Schema 2019-09.
pub fn described(mut schema: Value, doc: &str) -> Value {
    if let Value::Object(object) = &mut schema
        && !doc.is_empty()
    {
        object.insert("description".to_owned(), json!(doc));
    }
    schema
}

/// Says what a key is when absent, at the end of what it is for.
fn told_absent(doc: &str, absent: &Value) -> String {
    let absent = absent.as_str().map_or_else(|| absent.to_string(), str::to_owned);
    format!("{}; `{absent}` when absent.", doc.trim_end_matches('.'))
}

/// Puts on a schema what the value is when absent.
pub fn with_default(mut schema: Value, absent: Value) -> Value {
    schema["default"] = absent;
    schema
}
