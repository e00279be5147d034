//! From nodes to typed values, with the schema made from the same description.
//!
//! A type of the language implements [`Decode`]: how it is read from a node, and its JSON Schema.
//! Records, words and lists of kinds are declared with macros, so that the reader, the schema, the reference in
//! `docs/` and the messages cannot disagree. A value that is wrong has been reported when `None` comes back.
//!
//! | module | gives |
//! | --- | --- |
//! | [`declare`] | `record!` and `words!` |
//! | [`field`] | keys: required, optional, perhaps wrong |
//! | [`leaf`] | values that are read from one scalar |
//! | [`collections`] | lists, names with values, YAML as it is |
//! | [`schema`] | the JSON Schema |
//! | [`cure`] | what is said of a key or a value that belongs elsewhere |

mod collections;
mod cure;
mod declare;
mod field;
mod leaf;
mod schema;

use super::held::Show;
use crate::diagnostic::{Diagnostic, Diagnostics, list};
use crate::text::{SourceMap, Span};
use crate::yaml::{Entry, Kind, Node};
pub use collections::{Map, OneOrMany, Raw};
pub use declare::key_name;
pub(crate) use declare::{record, words};
pub use field::{Absent, Field, Lenient, Record};
pub use leaf::{Leaf, LeafError, Written, template_not_allowed, unknown_word};
pub use schema::{
    Choice, Definitions, FieldSchema, RecordInfo, described, doc_text, object_schema, with_default,
};
use serde_json::Value;

/// What decoding needs beside the node.
pub struct Decoder<'a> {
    /// The texts, for places inside scalars.
    pub sources: &'a SourceMap,
    /// Where findings go.
    pub diagnostics: &'a mut Diagnostics,
    /// Keys that are often written here, and belong elsewhere.
    pub misplaced: Option<Misplaced>,
}

/// Keys that belong to another record than the one that is read.
#[derive(Clone, Copy, Debug)]
pub struct Misplaced {
    /// The keys.
    pub keys: &'static [&'static str],
    /// Where they belong.
    pub place: Place,
}

/// Where a key belongs, seen from where it stands.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Beside this key.
    Beside(&'static str),
    /// Under this key.
    Under(&'static str),
}

/// A type that can be read from a node.
pub trait Decode: Sized {
    /// Reads it. `None` means that what is wrong has been reported.
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self>;

    /// Returns its JSON Schema; named types are put into `definitions` and referred to.
    fn schema(definitions: &mut Definitions) -> Value;

    /// Shows what it holds, in the order in which the keys are declared.
    fn held<'h>(&'h self, show: &mut Show<'_, 'h>);

    /// Returns where it stands; of a list and of names with values, where the first one does.
    fn place(&self) -> Option<Span>;
}

impl Decoder<'_> {
    /// Reads a mapping that may have these keys only.
    pub fn record<'n>(&mut self, node: &'n Node, what: &'n str, keys: &[&str]) -> Option<Record<'n>> {
        if let (Kind::Scalar(scalar), false) = (&node.kind, node.is_null()) {
            // A number is meant for the key that takes one.
            let number = keys.iter().find(|key| scalar.is_number() && ["at_least", "count"].contains(key));
            let example = format!(
                "write its keys under it, such as `{{{}: {}}}`; they are {}",
                number.or(keys.first()).unwrap_or(&"KEY"),
                scalar.text.trim(),
                list(keys)
            );
            self.wrong_type_with(node, &format!("a mapping for {what}"), Some(example));
            return None;
        }
        let entries = self.entries(node, what)?;
        for entry in entries.iter().filter(|entry| !keys.contains(&entry.key.value.as_str())) {
            self.unknown_key(&entry.key, what, keys);
        }
        Some(Record { entries, what, name_span: first_line(node, self.sources) })
    }

    /// Returns the entries of a mapping.
    pub fn entries<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        match &node.kind {
            Kind::Mapping(entries) => Some(entries),
            Kind::Scalar(_) | Kind::Sequence(_) => {
                self.wrong_type(node, &format!("a mapping for {what}"));
                None
            }
        }
    }

    /// Reports what a leaf found wrong.
    pub fn leaf_error(&mut self, node: &Node, error: LeafError) {
        let span = error.range.map_or(node.span, |range| node.locate(self.sources, range));
        let mut diagnostic = Diagnostic::new(error.code, span, error.message);
        diagnostic.help = error.help;
        self.diagnostics.push(diagnostic);
        let rest = error.others.len().saturating_sub(MAX_WRONG);
        for other in error.others.into_iter().take(MAX_WRONG) {
            self.leaf_error(node, other);
        }
        if rest > 0 {
            let message = format!("this value has {rest} more mistakes");
            self.diagnostics.push(Diagnostic::new(error.code, node.span, message));
        }
    }
}

/// How many mistakes of one value are told one by one, beside the first: to find the place of each takes as long as
/// the value is.
const MAX_WRONG: usize = 20;

/// Returns the part of a node's span that lies on its first line.
pub fn first_line(node: &Node, sources: &SourceMap) -> Span {
    let text = sources.text(node.span);
    let length = text.find(['\n', '\r']).unwrap_or(text.len());
    Span { end: node.span.start + u32::try_from(length).unwrap_or(0), ..node.span }
}
