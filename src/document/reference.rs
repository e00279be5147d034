//! The reference of the language in Markdown, made from the types that read it.
//!
//! Takes nothing, gives the text of `docs/language.md`. Every record is a section with a table of its
//! keys; sections follow in the order in which the keys lead to them.

use super::PipelineSpec;
use super::schema::{is_words, reference_name};
use crate::kind::StepKind;
use crate::lang::ProjectSpec;
use crate::lang::decode::{Decode, Definitions, RecordInfo};
use crate::lang::step::CommonSpec;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const HEAD: &str = include_str!("reference/head.md");
const STEPS: &str = include_str!("reference/steps.md");

/// Makes the reference.
pub fn reference() -> String {
    let mut definitions = Definitions::default();
    let _ = ProjectSpec::schema(&mut definitions);
    let _ = PipelineSpec::schema(&mut definitions);
    // `Step` has taken the common settings into itself; as a section they stand alone.
    let _ = CommonSpec::schema(&mut definitions);
    let mut writer = Writer { definitions, written: BTreeSet::new(), out: HEAD.to_owned() };
    writer.heading(2, "The project file: `dagc.yaml`");
    writer.record("ProjectSpec", 3);
    writer.heading(2, "Pipelines");
    writer.record("PipelineSpec", 3);
    writer.heading(2, "Steps");
    writer.out.push_str(STEPS);
    writer.record("CommonSpec", 3);
    for (name, schema) in StepKind::schemas(&mut Definitions::default()) {
        if let Some(definition) = reference_name(&schema) {
            writer.heading(3, &format!("`{name}`"));
            writer.record(definition, 4);
        }
    }
    writer.out
}

/// Makes the tables of one record and of those that it leads to. `schema` refers to the record.
pub(super) fn keys(schema: fn(&mut Definitions) -> Value, deeper: usize) -> String {
    let mut definitions = Definitions::default();
    let schema = schema(&mut definitions);
    let mut writer = Writer { definitions, written: BTreeSet::new(), out: String::new() };
    if let Some(name) = reference_name(&schema) {
        writer.record(name, deeper);
    }
    writer.out
}

struct Writer {
    definitions: Definitions,
    /// Definitions that have their section.
    written: BTreeSet<String>,
    out: String,
}

impl Writer {
    fn heading(&mut self, level: usize, text: &str) {
        let _ = write!(self.out, "\n{} {text}\n\n", "#".repeat(level));
    }

    /// Writes what a record is and its keys, then the records that these lead to, one level deeper.
    fn record(&mut self, name: &str, deeper: usize) {
        self.written.insert(name.to_owned());
        let schema = self.definitions.named.get(name).cloned().unwrap_or_default();
        if let Some(description) = schema["description"].as_str() {
            let _ = writeln!(self.out, "{description}\n");
        }
        let keys = self.keys(name, &schema);
        self.out.push_str("| key | value | meaning |\n| --- | --- | --- |\n");
        for key in &keys {
            let row = self.row(key, &schema);
            self.out.push_str(&row);
        }
        for key in &keys {
            for next in references(&schema["properties"][key]) {
                // Steps have a chapter of their own.
                if next != "Step" && !self.written.contains(&next) {
                    let title = self.title(&next);
                    self.heading(deeper.min(6), &title);
                    self.record(&next, deeper + 1);
                }
            }
        }
    }

    fn row(&self, key: &str, schema: &Value) -> String {
        let field = &schema["properties"][key];
        let required = schema["required"].as_array().is_some_and(|keys| keys.iter().any(|name| name == key));
        let required = if required { " (required)" } else { "" };
        let meaning = field["description"].as_str().unwrap_or_default();
        let cells = [format!("`{key}`{required}"), self.value(field), format!("{meaning}{}", words(field))];
        format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
    }

    /// Returns the keys in the order of the type; of what is no record, as the schema has them.
    fn keys(&self, name: &str, schema: &Value) -> Vec<String> {
        match self.definitions.records.get(name) {
            Some(RecordInfo { keys, .. }) => keys.iter().map(|key| (*key).to_owned()).collect(),
            None => {
                schema["properties"].as_object().into_iter().flat_map(|keys| keys.keys().cloned()).collect()
            }
        }
    }

    /// Returns the heading of a definition.
    fn title(&self, name: &str) -> String {
        capital(self.plain_title(name))
    }

    /// Returns what a definition is called, without its article.
    fn plain_title<'n>(&self, name: &'n str) -> &'n str {
        match self.definitions.records.get(name) {
            Some(RecordInfo { what, .. }) => what.trim_start_matches("an ").trim_start_matches("a "),
            None => name,
        }
    }

    /// Says in words what a schema accepts.
    fn value(&self, schema: &Value) -> String {
        if let Some(name) = reference_name(schema) {
            let title = self.title(name);
            return match name {
                "Step" => "a [step](#steps)".to_owned(),
                _ => format!("[{}](#{})", self.plain_title(name), anchor(&title)),
            };
        }
        if let Some(words) = schema["enum"].as_array() {
            return choice(words);
        }
        if is_words(schema) {
            let words: Vec<Value> =
                schema["oneOf"].as_array().into_iter().flatten().map(|word| word["const"].clone()).collect();
            return choice(&words);
        }
        if let Some(title) = schema["title"].as_str() {
            return title.to_owned();
        }
        if let Some(any) = schema["anyOf"].as_array() {
            return self.alternatives(any);
        }
        self.structure(schema)
    }

    fn alternatives(&self, any: &[Value]) -> String {
        match any {
            [one, list] if list["items"] == *one => format!("{}, or a list of such", self.value(one)),
            _ => any.iter().map(|schema| self.value(schema)).collect::<Vec<_>>().join(", or "),
        }
    }

    fn list(&self, item: &Value) -> String {
        match self.value(item).as_str() {
            "a string" => "a list of strings".to_owned(),
            "anything" => "a list".to_owned(),
            one => format!("a list, each {one}"),
        }
    }

    fn structure(&self, schema: &Value) -> String {
        match schema["type"].as_str() {
            Some("array") => self.list(&schema["items"]),
            Some("object") => match schema["properties"].as_object() {
                Some(keys) => {
                    let keys: Vec<String> =
                        keys.iter().map(|(key, value)| format!("`{key}:` {}", self.value(value))).collect();
                    format!("a mapping: {}", keys.join(", "))
                }
                None => format!("names, each with {}", self.value(&schema["additionalProperties"])),
            },
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("integer") => "a whole number".to_owned(),
            Some("string") => examples(schema).unwrap_or_else(|| "a string".to_owned()),
            Some(_) | None => "anything".to_owned(),
        }
    }
}

fn examples(schema: &Value) -> Option<String> {
    let examples = schema["examples"].as_array()?;
    let examples: Vec<String> =
        examples.iter().filter_map(Value::as_str).map(|one| format!("`{one}`")).collect();
    Some(format!("text such as {}", examples.join(", ")))
}

fn choice(words: &[Value]) -> String {
    words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Lists what each word means.
fn words(schema: &Value) -> String {
    if !is_words(schema) {
        return String::new();
    }
    let words = schema["oneOf"].as_array().into_iter().flatten();
    words.fold(String::new(), |mut text, word| {
        let name = word["const"].as_str().unwrap_or_default();
        let _ = write!(text, "<br>`{name}`: {}", word["description"].as_str().unwrap_or_default());
        text
    })
}

/// Collects the definitions that a schema leads to, in its order.
fn references(schema: &Value) -> Vec<String> {
    if let Some(name) = reference_name(schema) {
        return vec![name.to_owned()];
    }
    match schema {
        Value::Object(object) => object.values().flat_map(references).collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Makes the anchor that GitHub gives to a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_has_its_heading_and_every_heading_is_unique() {
        let text = reference();
        let headings: Vec<String> = text
            .lines()
            .filter(|line| line.starts_with('#'))
            .map(|line| anchor(line.trim_start_matches(['#', ' '])))
            .collect();
        let unique: BTreeSet<&String> = headings.iter().collect();
        assert_eq!(unique.len(), headings.len(), "{headings:?}");
        for link in text.split("](#").skip(1) {
            let link = link.split(')').next().unwrap().to_owned();
            assert!(headings.contains(&link), "#{link} leads nowhere");
        }
    }

    #[test]
    fn every_key_is_described() {
        let text = reference();
        for kind in StepKind::NAMES {
            assert!(text.contains(&format!("\n### `{kind}`\n")), "{kind}");
        }
        for line in text[HEAD.len()..].lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            assert_eq!(cells.len(), 3, "{line}");
            assert!(cells.iter().all(|cell| !cell.is_empty()), "{line}");
        }
        for row in ["| `retries` | a whole number |", "| `mode` (required) | `append`, `replace`, `merge` |"]
        {
            assert!(text.contains(row), "{row}");
        }
    }

    #[test]
    fn the_head_names_what_templates_know() {
        for name in crate::template::NAMES.iter().filter(|name| !matches!(**name, "params" | "outputs")) {
            assert!(HEAD.contains(&format!("`{name}")), "{name}");
        }
        for filter in crate::template::FILTERS {
            assert!(HEAD.contains(&format!("`| {filter}")), "{filter}");
        }
    }
}
