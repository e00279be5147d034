//! Values that are read from one scalar, and what is wrong with one.

use super::schema::Definitions;
use super::{Decode, Decoder};
use crate::diagnostic::{Code, list};
use crate::lang::held::{Held, Show};
use crate::text::{Span, Spanned};
use crate::yaml::{Kind, Node, Scalar};
use serde_json::{Value, json};
use std::ops::Range;

/// A type that is read from one scalar.
pub trait Leaf: Sized {
    /// What is expected, with its article: "a duration such as `5m`".
    const EXPECTED: &'static str;

    /// Reads it from a scalar that is not null.
    fn leaf(scalar: &Scalar) -> Result<Self, LeafError>;

    /// Returns its JSON Schema.
    fn leaf_schema() -> Value;

    /// Says what is odd about it, and may be right: a code that warns.
    fn doubt(&self) -> Option<LeafError> {
        None
    }

    /// Returns what it holds, if that is looked at by more than its own kind.
    fn leaf_held(_: &Spanned<Self>) -> Option<Held<'_>> {
        None
    }
}

/// A value that is shown as the user would write it.
pub trait Written {
    /// Returns it as YAML has it.
    fn written(&self) -> Value;
}

/// Why a scalar is no such value.
#[derive(Debug)]
pub struct LeafError {
    /// The rule.
    pub code: Code,
    /// The message.
    pub message: String,
    /// The cure.
    pub help: Option<String>,
    /// The bytes of the scalar's text that are wrong; all of it when absent.
    pub range: Option<Range<usize>>,
    /// What else is wrong in it.
    pub others: Vec<LeafError>,
}

impl LeafError {
    /// Makes an error that marks the whole scalar.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, range: None, others: Vec::new() }
    }

    /// Sets the cure.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Marks a part of the scalar.
    #[must_use]
    pub fn at(mut self, range: Range<usize>) -> Self {
        self.range = Some(range);
        self
    }

    /// Adds what else is wrong.
    #[must_use]
    pub fn and(mut self, others: impl Iterator<Item = Self>) -> Self {
        self.others.extend(others);
        self
    }
}

/// What is no such value because it has `{{ ... }}` in it is told to be so, and not what else it is not.
fn without_template(scalar: &Scalar, error: LeafError) -> LeafError {
    match (error.code, scalar.text.find("{{")) {
        (
            Code::InvalidTemplate
            | Code::UnknownTemplateName
            | Code::TemplateNotAllowed
            | Code::InvalidS3Uri
            | Code::PathPattern,
            _,
        )
        | (_, None) => error,
        (_, Some(at)) => template_not_allowed(at),
    }
}

/// Says that a value must be known when compiling; `at` are the bytes where it is not.
pub fn template_not_allowed(at: usize) -> LeafError {
    LeafError::new(
        Code::TemplateNotAllowed,
        "`{{ ... }}` cannot stand here: the value must be known when compiling",
    )
    .help("use `${vars.NAME}` for what differs between environments")
    .at(at..at + 2)
}

impl<T: Leaf> Decode for Spanned<T> {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(scalar) if !scalar.is_null() => match T::leaf(scalar) {
                Ok(value) => {
                    if let Some(doubt) = value.doubt() {
                        decoder.leaf_error(node, doubt);
                    }
                    Some(Self::new(value, node.span))
                }
                Err(error) => {
                    decoder.leaf_error(node, without_template(scalar, error));
                    None
                }
            },
            Kind::Scalar(_) | Kind::Sequence(_) | Kind::Mapping(_) => {
                decoder.wrong_type(node, T::EXPECTED);
                None
            }
        }
    }

    fn schema(_: &mut Definitions) -> Value {
        let mut schema = T::leaf_schema();
        schema["title"] = json!(T::EXPECTED);
        schema
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        T::leaf_held(self).into_iter().for_each(show);
    }

    fn place(&self) -> Option<Span> {
        Some(self.span)
    }
}

/// Reports a word that is not among the known ones.
pub fn unknown_word(text: &str, what: &str, known: &[&str]) -> LeafError {
    let error = LeafError::new(Code::UnknownWord, format!("`{text}` is no {what}"));
    match crate::diagnostic::nearest(text, known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`? Expected one of {}", list(known))),
        None => error.help(format!("expected one of {}", list(known))),
    }
}
