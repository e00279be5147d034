//! Values of values: lists, names with values, and YAML that is handed on as it is.

use super::schema::Definitions;
use super::{Decode, Decoder};
use crate::lang::held::{Held, Show};
use crate::text::{Span, Spanned};
use crate::yaml::{Kind, Node};
use serde_json::{Value, json};

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Kind::Sequence(items) = &node.kind else {
            decoder.wrong_type(node, "a list");
            return None;
        };
        let values: Vec<Option<T>> = items.iter().map(|item| T::decode(item, decoder)).collect();
        values.into_iter().collect()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "type": "array", "items": T::schema(definitions) })
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        for item in self {
            item.held(show);
        }
    }

    fn place(&self) -> Option<Span> {
        self.first()?.place()
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        T::decode(node, decoder).map(Self::new)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        T::held(self, show);
    }

    fn place(&self) -> Option<Span> {
        T::place(self)
    }
}

/// One value, or a list of them.
#[derive(Clone, Debug, PartialEq)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match node.kind {
            Kind::Sequence(_) => Vec::decode(node, decoder).map(Self),
            Kind::Scalar(_) | Kind::Mapping(_) => T::decode(node, decoder).map(|one| Self(vec![one])),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let one = T::schema(definitions);
        json!({ "anyOf": [one.clone(), { "type": "array", "items": one }] })
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        self.0.held(show);
    }

    fn place(&self) -> Option<Span> {
        self.0.place()
    }
}

/// Names of the user's with values, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Map<T>(pub Vec<(Spanned<String>, T)>);

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Map<T> {
    /// Returns the value of a name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(key, _)| key.value == name).map(|(_, value)| value)
    }

    /// Returns the names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.value.as_str())
    }
}

impl<T: Decode> Decode for Map<T> {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let entries = decoder.entries(node, "names and values")?;
        let values: Vec<Option<_>> = entries
            .iter()
            .map(|entry| Some((entry.key.clone(), T::decode(&entry.value, decoder)?)))
            .collect();
        values.into_iter().collect::<Option<_>>().map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "type": "object", "additionalProperties": T::schema(definitions) })
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        self.0.iter().for_each(|(_, value)| value.held(show));
    }

    fn place(&self) -> Option<Span> {
        self.0.first().map(|(name, _)| name.span)
    }
}

/// Any YAML, kept as it is; for arguments that dagc hands on.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw(pub Node);

impl Decode for Raw {
    fn decode(node: &Node, _: &mut Decoder<'_>) -> Option<Self> {
        Some(Self(node.clone()))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!(true)
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        show(Held::Raw(&self.0));
    }

    fn place(&self) -> Option<Span> {
        Some(self.0.span)
    }
}
