//! `format` of what may be a table: files of a format, or Iceberg.

use super::{Format, FormatSpec};
use crate::lang::decode::{Decode, Decoder, Definitions, Field};
use crate::lang::held::Show;
use crate::text::Span;
use crate::yaml::{Kind, Node};
use serde_json::{Value, json};

/// The word for it.
pub const ICEBERG: &str = "iceberg";

/// How data is stored.
#[derive(Clone, Debug, PartialEq)]
pub enum StoredSpec {
    /// In files, which are the data.
    Files(FormatSpec),
    /// In a table of Iceberg, whose metadata says which files are its data; with where that stands.
    Iceberg(Span),
}

impl StoredSpec {
    /// Returns the format of the files, where these are the data.
    pub fn files(&self) -> Option<&Format> {
        match self {
            Self::Files(files) => Some(&files.format),
            Self::Iceberg(_) => None,
        }
    }

    /// Returns where it says that it is Iceberg.
    pub fn iceberg(&self) -> Option<Span> {
        match self {
            Self::Files(_) => None,
            Self::Iceberg(span) => Some(*span),
        }
    }

    /// Returns the word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Files(files) => files.format.name(),
            Self::Iceberg(_) => ICEBERG,
        }
    }

    /// Returns where it stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Files(files) => files.span,
            Self::Iceberg(span) => *span,
        }
    }
}

impl Decode for StoredSpec {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(scalar) if scalar.text == ICEBERG => Some(Self::Iceberg(node.span)),
            Kind::Scalar(_) | Kind::Mapping(_) | Kind::Sequence(_) => {
                FormatSpec::decode(node, decoder).map(Self::Files)
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let files = FormatSpec::field_schema(definitions);
        json!({ "anyOf": [files, { "const": ICEBERG }] })
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        match self {
            Self::Files(files) => files.held(show),
            Self::Iceberg(_) => {}
        }
    }

    fn place(&self) -> Option<Span> {
        Some(self.span())
    }
}
