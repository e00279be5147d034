//! `outputs`: what a command or an operator gives to the steps after it.

use crate::diagnostic::{Code, Diagnostic};
use crate::lang::decode::{Decode, Decoder, Definitions, Leaf, words};
use crate::lang::held::Show;
use crate::lang::python::is_identifier;
use crate::text::{Span, Spanned};
use crate::yaml::{Kind, Node};
use serde_json::{Value, json};

/// The name of an output that is one value.
const VALUE: &str = "value";

words! {
    "a kind of output"
    /// What one value is.
    pub enum OutputKind {
        /// A text.
        Text = "text",
        /// A number, which stands in SQL without quotes.
        Number = "number",
    }
}

/// What a command or an operator gives.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputsSpec {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub outputs: Outputs,
}

/// One value, or the members of a JSON object.
#[derive(Clone, Debug, PartialEq)]
pub enum Outputs {
    /// One value: `{{ outputs.STEP.value }}`.
    One(OutputKind),
    /// Members by name: `{{ outputs.STEP.NAME }}`.
    Members(Vec<Spanned<String>>),
}

/// Names of members of a JSON object.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberNames(pub Vec<Spanned<String>>);

impl Decode for MemberNames {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let names = Vec::<Spanned<String>>::decode(node, decoder)?;
        let before = decoder.diagnostics.error_count();
        for name in names.iter().filter(|name| !is_identifier(name)) {
            let message = format!("`{}` is no name of an output", name.value);
            decoder.diagnostics.push(
                Diagnostic::new(Code::InvalidName, name.span, message)
                    .help("it has letters, digits and `_`, so that `{{ outputs.STEP.NAME }}` can name it"),
            );
        }
        (decoder.diagnostics.error_count() == before).then_some(Self(names))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "array", "items": { "type": "string" } })
    }

    fn held<'h>(&'h self, _: &mut Show<'_, 'h>) {}

    fn place(&self) -> Option<Span> {
        self.0.first().map(|name| name.span)
    }
}

impl OutputsSpec {
    /// Names what can be used.
    pub fn names(outputs: Option<&Self>) -> Vec<&str> {
        match outputs.map(|outputs| &outputs.outputs) {
            None | Some(Outputs::One(_)) => vec![VALUE],
            Some(Outputs::Members(names)) => names.iter().map(|name| name.value.as_str()).collect(),
        }
    }
}

impl Decode for OutputsSpec {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let outputs = match &node.kind {
            Kind::Scalar(_) => Outputs::One(Spanned::<OutputKind>::decode(node, decoder)?.value),
            Kind::Sequence(_) | Kind::Mapping(_) => Outputs::Members(MemberNames::decode(node, decoder)?.0),
        };
        Some(Self { span: node.span, outputs })
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "anyOf": [OutputKind::leaf_schema(), { "type": "array", "items": { "type": "string" } }] })
    }

    fn held<'h>(&'h self, _: &mut Show<'_, 'h>) {}

    fn place(&self) -> Option<Span> {
        Some(self.span)
    }
}
