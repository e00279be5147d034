//! JSON that is written as YAML, with `{{ ... }}` in its texts.

use super::decode::{Decode, Decoder, Definitions};
use super::held::{Held, Show};
use crate::diagnostic::{Code, Diagnostic};
use crate::template::{Json, Template};
use crate::text::{Span, Spanned};
use crate::yaml::{Kind, Node};
use serde_json::{Value, json};

/// A JSON object or array.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonSpec {
    /// Where it stands.
    pub span: Span,
    root: Item,
}

/// Any JSON, a text or a number too.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonValue {
    /// Where it stands.
    pub span: Span,
    root: Item,
}

#[derive(Clone, Debug, PartialEq)]
enum Item {
    Text(Spanned<Template>),
    Plain(Value),
    List(Vec<Item>),
    Members(Vec<(String, Item)>),
}

impl JsonSpec {
    /// Returns it, with each of its texts as `text` makes it.
    pub fn json(&self, text: &impl Fn(&Template) -> Template) -> Json {
        self.root.json(text)
    }
}

impl Decode for JsonSpec {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        if let Kind::Scalar(_) = node.kind {
            let message = format!("expected a mapping or a list, found {}", node.describe());
            decoder.diagnostics.push(Diagnostic::new(Code::WrongType, node.span, message).help(
                "write JSON as YAML, of which it is a part, without quotes around it: `{day: \"{{ ds }}\"}`",
            ));
            return None;
        }
        Some(Self { span: node.span, root: Item::decode(node, decoder)? })
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": ["object", "array"] })
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        self.root.held(show);
    }

    fn place(&self) -> Option<Span> {
        Some(self.span)
    }
}

impl JsonValue {
    /// Returns it, with each of its texts as `text` makes it.
    pub fn json(&self, text: &impl Fn(&Template) -> Template) -> Json {
        self.root.json(text)
    }
}

impl Decode for JsonValue {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        Some(Self { span: node.span, root: Item::decode(node, decoder)? })
    }

    fn schema(_: &mut Definitions) -> Value {
        json!(true)
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        self.root.held(show);
    }

    fn place(&self) -> Option<Span> {
        Some(self.span)
    }
}

impl Item {
    /// Reads it; what is wrong in any part of it is told.
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Sequence(items) => {
                let items: Vec<_> = items.iter().map(|item| Self::decode(item, decoder)).collect();
                items.into_iter().collect::<Option<_>>().map(Self::List)
            }
            Kind::Mapping(entries) => {
                let mut members = Vec::with_capacity(entries.len());
                for entry in entries {
                    if entry.key.value.contains("{{") {
                        let message = "the name of a member is sent as it is written";
                        decoder.diagnostics.push(
                            Diagnostic::new(Code::TemplateNotAllowed, entry.key.span, message)
                                .help("write `{{ ... }}` into the value"),
                        );
                    }
                    members.push((entry.key.value.clone(), Self::decode(&entry.value, decoder)));
                }
                let members = members.into_iter().map(|(name, item)| Some((name, item?)));
                members.collect::<Option<_>>().map(Self::Members)
            }
            Kind::Scalar(scalar) if scalar.is_null() => Some(Self::Plain(Value::Null)),
            Kind::Scalar(scalar) => match scalar.as_bool().map(Value::Bool).or_else(|| scalar.as_number()) {
                Some(plain) => Some(Self::Plain(plain)),
                None => Spanned::<Template>::decode(node, decoder).map(Self::Text),
            },
        }
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        match self {
            Self::Text(template) => show(Held::Template(&template.value, template.span)),
            Self::Plain(_) => {}
            Self::List(items) => items.iter().for_each(|item| item.held(show)),
            Self::Members(members) => members.iter().for_each(|(_, item)| item.held(show)),
        }
    }

    fn json(&self, text: &impl Fn(&Template) -> Template) -> Json {
        match self {
            Self::Text(template) => Json::Text(text(&template.value)),
            Self::Plain(value) => Json::Plain(value.clone()),
            Self::List(items) => Json::List(items.iter().map(|item| item.json(text)).collect()),
            Self::Members(members) => {
                Json::Members(members.iter().map(|(name, item)| (name.clone(), item.json(text))).collect())
            }
        }
    }
}
