//! A step as it is written: its name, one kind, and what every step can say.

use crate::diagnostic::{Code, Diagnostic, list};
use crate::kind::StepKind;
use crate::lang::decode::{Decode, Decoder, Definitions, Misplaced, Place};
use crate::lang::step::{CommonSpec, StepHead};
use crate::lang::value::check_name;
use crate::text::Span;
use crate::yaml::{Entry, Kind, Node};
use serde_json::{Value, json};
use std::ops::Deref;

/// A step: what it does, and what every step has beside that, as which it can be used.
#[derive(Clone, Debug, PartialEq)]
pub struct StepSpec {
    /// What every step has.
    pub head: StepHead,
    /// What it does.
    pub kind: StepKind,
}

impl Deref for StepSpec {
    type Target = StepHead;

    fn deref(&self) -> &StepHead {
        &self.head
    }
}

impl StepSpec {
    /// Reads a step from its entry under `steps`.
    pub fn decode_entry(entry: &Entry, decoder: &mut Decoder<'_>) -> Option<Self> {
        let base = entry.key.value.split('[').next().unwrap_or_default();
        let named = match check_name(base) {
            Ok(()) => Some(()),
            Err(error) => {
                let mut diagnostic = Diagnostic::new(error.code, entry.key.span, error.message);
                diagnostic.help = error.help;
                decoder.diagnostics.push(diagnostic);
                None
            }
        };
        let what = format!("step `{}`", entry.key.value);
        let entries = decoder.entries(&entry.value, &what)?;
        let (kinds, common): (Vec<&Entry>, Vec<&Entry>) =
            entries.iter().partition(|item| StepKind::NAMES.contains(&item.key.value.as_str()));
        let common = match common.as_slice() {
            [] => Some(None),
            entries => {
                let common = decode_common(entries, entry.value.span, &what, &kinds, decoder);
                common.map(|common| Some(Box::new(common)))
            }
        };
        let kind = match kinds.as_slice() {
            [one] => decode_kind(one, decoder).map(|kind| (*one, kind)),
            [] => {
                no_kind(entry, entries, decoder);
                None
            }
            [first, second, ..] => {
                decoder.diagnostics.push(
                    Diagnostic::new(
                        Code::ConflictingKeys,
                        second.key.span,
                        format!("{what} has two kinds: `{}` and `{}`", first.key.value, second.key.value),
                    )
                    .also(first.key.span, "the first one")
                    .help("make two steps of it"),
                );
                None
            }
        };
        let (written, kind) = kind?;
        named?;
        let head = StepHead {
            name: entry.key.clone(),
            span: entry.value.span,
            kind_span: written.key.span,
            settings_span: written.value.span,
            common: common?,
        };
        Some(Self { head, kind })
    }

    /// Returns the JSON Schema of a step.
    pub fn schema(definitions: &mut Definitions) -> Value {
        let common = CommonSpec::schema_properties(definitions);
        definitions.refer("Step", |definitions| {
            let kinds: Vec<Value> = StepKind::schemas(definitions)
                .into_iter()
                .map(|(name, schema)| json!({ "properties": { name: schema }, "required": [name] }))
                .collect();
            let mut properties = common;
            properties.insert(
                "each".to_owned(),
                json!({
                    "type": "object",
                    "description": "Repeats the step for every value of a list; `${each.NAME}` inside.",
                    "additionalProperties": { "type": "array" },
                }),
            );
            for name in StepKind::NAMES {
                properties.insert((*name).to_owned(), json!(true));
            }
            json!({
                "type": "object",
                "properties": properties,
                "additionalProperties": false,
                "oneOf": kinds,
            })
        })
    }
}

/// Reads what a step does. What every step has is often written there.
fn decode_kind(entry: &Entry, decoder: &mut Decoder<'_>) -> Option<StepKind> {
    let name = StepKind::NAMES.iter().find(|name| **name == entry.key.value)?;
    let around = decoder.misplaced;
    decoder.misplaced = Some(Misplaced { keys: CommonSpec::KEYS, place: Place::Beside(name) });
    let kind = StepKind::decode(name, &entry.value, decoder);
    decoder.misplaced = around;
    kind
}

/// The keys of a kind.
fn keys_of(kind: &str) -> &'static [&'static str] {
    let mut definitions = Definitions::default();
    StepKind::schemas(&mut definitions);
    let record = definitions.records.values().find(|record| record.what.trim_matches('`') == kind);
    record.map_or(&[], |record| record.keys)
}

/// Reports a key of the kind that stands beside it.
fn under_kind(entry: &Entry, kind: &Entry, what: &str, decoder: &mut Decoder<'_>) {
    let kind = &kind.key;
    decoder.diagnostics.push(
        Diagnostic::new(
            Code::UnknownKey,
            entry.key.span,
            format!("{what} has no key `{}`: it is one of `{}`", entry.key.value, kind.value),
        )
        .label("unknown key")
        .also(kind.span, "belongs under this")
        .help(format!("write it as `{}: {{{}: ...}}`, with the others", kind.value, entry.key.value)),
    );
}

/// Reads the common settings. A key that is neither a setting nor a kind is reported by the caller when
/// the step has no kind at all: it was probably meant to be one.
fn decode_common(
    entries: &[&Entry],
    span: Span,
    what: &str,
    kinds: &[&Entry],
    decoder: &mut Decoder<'_>,
) -> Option<CommonSpec> {
    let (known, unknown): (Vec<&Entry>, Vec<&Entry>) =
        entries.iter().partition(|entry| CommonSpec::KEYS.contains(&entry.key.value.as_str()));
    if let (Some(kind), false) = (kinds.first(), unknown.is_empty()) {
        let keys: Vec<&str> =
            CommonSpec::KEYS.iter().chain(StepKind::NAMES).copied().chain(["each"]).collect();
        let of_kind = keys_of(&kind.key.value);
        for entry in &unknown {
            if of_kind.contains(&entry.key.value.as_str()) {
                under_kind(entry, kind, what, decoder);
            } else {
                decoder.unknown_key(&entry.key, what, &keys);
            }
        }
    }
    let known = known.into_iter().cloned().collect();
    CommonSpec::decode(&Node { span, kind: Kind::Mapping(known) }, decoder)
}

fn no_kind(step: &Entry, entries: &[Entry], decoder: &mut Decoder<'_>) {
    let unknown = entries.iter().find(|entry| !CommonSpec::KEYS.contains(&entry.key.value.as_str()));
    let diagnostic = match unknown {
        Some(entry) => unknown_kind(entry),
        None => Diagnostic::new(
            Code::UnknownStepKind,
            step.key.span,
            format!("step `{}` does not say what it does", step.key.value),
        )
        .help(format!("give it one of {}", list(StepKind::NAMES))),
    };
    decoder.diagnostics.push(diagnostic.note(
        "what no kind does, `operator` does with any of Airflow's operators, or `bash` with a command",
    ));
}

fn unknown_kind(entry: &Entry) -> Diagnostic {
    let name = entry.key.value.as_str();
    let diagnostic =
        Diagnostic::new(Code::UnknownStepKind, entry.key.span, format!("there is no step kind `{name}`"));
    // Elsewhere the kind is a value: `type: glue_job`.
    let value = entry.value.as_scalar().and_then(|scalar| meant_kind(&scalar.text));
    if let (Some(kind), true) = (value, ["type", "kind", "uses"].contains(&name)) {
        return diagnostic
            .help(format!("write the kind as the key, and its settings under it: `{kind}: {{...}}`"));
    }
    match meant_kind(name) {
        Some("operator") => diagnostic.help(format!(
            "run Airflow's own: `operator: {{operator: PATH.OF.THE.CLASS, with: {{...}}}}`, for example the one for {name}"
        )),
        Some(kind) => diagnostic.help(format!("did you mean `{kind}`?")),
        None => diagnostic.suggest(name, StepKind::NAMES.iter().copied()),
    }
}

/// Returns the kind that a word means.
fn meant_kind(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase().replace('-', "_");
    let all = StepKind::NAMES.iter().zip(StepKind::ELSEWHERE);
    let kind = all.clone().find(|(kind, _)| **kind == word);
    let meant = kind.or_else(|| all.clone().find(|(_, words)| words.contains(&word.as_str())));
    meant.map(|(kind, _)| *kind)
}
