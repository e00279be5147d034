//! From nodes to typed values, with the schema made from the same description.
//!
//! A type of the language implements [`Decode`]: how it is read from a node, and its JSON Schema.
//! Records, words and lists of kinds are declared with the macros below, so that the reader, the schema,
//! the reference in `docs/` and the messages cannot disagree. A value that is wrong has been reported
//! when `None` comes back.

mod cure;

use super::held::{Held, Show};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, list, nearest};
use crate::text::{SourceMap, Span, Spanned};
use crate::yaml::{Entry, Kind, Node, Scalar};
use cure::meant;
use serde_json::{Map as JsonMap, Value, json};
use std::collections::BTreeMap;
use std::ops::{Deref, Range};

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

/// A field of a record: required, or optional.
pub trait Field: Sized {
    /// Whether the key must be there.
    const REQUIRED: bool;

    /// Reads the field from the record's entries.
    fn take(record: &Record<'_>, key: &'static str, decoder: &mut Decoder<'_>) -> Option<Self>;

    /// Returns the schema of the value.
    fn field_schema(definitions: &mut Definitions) -> Value;

    /// Shows what the value holds, if there is one.
    fn field_held<'h>(&'h self, show: &mut Show<'_, 'h>);

    /// Returns where the value stands, if there is one.
    fn field_place(&self) -> Option<Span>;
}

impl<T: Decode> Field for T {
    const REQUIRED: bool = true;

    fn take(record: &Record<'_>, key: &'static str, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Some(entry) = record.entry(key) else {
            // The key that is written wrong has been reported, and says which one is meant.
            let is_meant =
                |entry: &Entry| meant(&entry.key, &[key]).is_some() || nearest(&entry.key, [key]).is_some();
            if record.entries.iter().any(is_meant) {
                return None;
            }
            decoder.diagnostics.push(
                Diagnostic::new(
                    Code::MissingKey,
                    record.name_span,
                    format!("{} has no `{key}`", record.what),
                )
                .label(format!("`{key}` is missing"))
                .help(format!("add `{key}:`; it is required")),
            );
            return None;
        };
        T::decode(&entry.value, decoder)
    }

    fn field_schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }

    fn field_held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        self.held(show);
    }

    fn field_place(&self) -> Option<Span> {
        self.place()
    }
}

impl<T: Decode> Field for Option<T> {
    const REQUIRED: bool = false;

    fn take(record: &Record<'_>, key: &'static str, decoder: &mut Decoder<'_>) -> Option<Self> {
        match record.entry(key) {
            None => Some(None),
            Some(entry) => T::decode(&entry.value, decoder).map(Some),
        }
    }

    fn field_schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }

    fn field_held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        if let Some(value) = self {
            value.held(show);
        }
    }

    fn field_place(&self) -> Option<Span> {
        self.as_ref()?.place()
    }
}

/// An optional key whose value may be wrong: that has been reported then, and the rest is read on, so that
/// one run shows what else is wrong. It is used as the `Option` that it derefs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Lenient<T> {
    value: Option<T>,
    /// A value was written that is wrong. To be asked before a rule complains that there is none.
    pub broken: bool,
}

impl<T> Lenient<T> {
    /// Nothing was written.
    pub const ABSENT: Self = Self { value: None, broken: false };
}

impl<T> Deref for Lenient<T> {
    type Target = Option<T>;

    fn deref(&self) -> &Option<T> {
        &self.value
    }
}

impl<T: Decode> Field for Lenient<T> {
    const REQUIRED: bool = false;

    fn take(record: &Record<'_>, key: &'static str, decoder: &mut Decoder<'_>) -> Option<Self> {
        let value = <Option<T> as Field>::take(record, key, decoder);
        Some(Self { broken: value.is_none(), value: value.flatten() })
    }

    fn field_schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }

    fn field_held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        self.value.field_held(show);
    }

    fn field_place(&self) -> Option<Span> {
        self.value.field_place()
    }
}

/// The entries of a mapping whose keys have been checked.
pub struct Record<'a> {
    entries: &'a [Entry],
    /// What it is, for messages: "step `load`", "`glue_job`".
    pub what: &'a str,
    /// Where a missing key is reported.
    pub name_span: Span,
}

impl<'a> Record<'a> {
    /// Returns the entry with this key.
    pub fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key.value == key)
    }
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

/// Joins the lines of a doc comment into one paragraph.
pub fn doc_text(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// Reports a word that is not among the known ones.
pub fn unknown_word(text: &str, what: &str, known: &[&str]) -> LeafError {
    let error = LeafError::new(Code::UnknownWord, format!("`{text}` is no {what}"));
    match crate::diagnostic::nearest(text, known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`? Expected one of {}", list(known))),
        None => error.help(format!("expected one of {}", list(known))),
    }
}

/// Declares a record of the language: a struct, its reader and its schema.
///
/// Every field is a key; `Option<T>` makes it optional. `$what` names it in messages. The struct also
/// gets `span`, the whole mapping.
macro_rules! record {
    (
        $what:literal
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $($(#[doc = $field_doc:literal])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            /// The whole mapping.
            pub span: $crate::text::Span,
            $($(#[doc = $field_doc])* pub $field: $type,)*
        }

        impl $name {
            /// The keys, in the order of the reference.
            pub const KEYS: &'static [&'static str] =
                &[$($crate::lang::decode::key_name(stringify!($field))),*];

            /// Lists the keys that are given, with the places of their values.
            pub fn given(&self) -> Vec<(&'static str, $crate::text::Span)> {
                let places =
                    [$($crate::lang::decode::Field::field_place(&self.$field)),*];
                let keys = Self::KEYS.iter().copied().zip(places);
                keys.filter_map(|(key, place)| Some((key, place?))).collect()
            }
        }

        impl $crate::lang::decode::Decode for $name {
            fn decode(
                node: &$crate::yaml::Node,
                decoder: &mut $crate::lang::decode::Decoder<'_>,
            ) -> Option<Self> {
                let record = decoder.record(node, $what, Self::KEYS)?;
                $(let $field = <$type as $crate::lang::decode::Field>::take(
                    &record,
                    $crate::lang::decode::key_name(stringify!($field)),
                    decoder,
                );)*
                Some(Self { span: node.span, $($field: $field?,)* })
            }

            fn schema(definitions: &mut $crate::lang::decode::Definitions) -> serde_json::Value {
                let info = $crate::lang::decode::RecordInfo { what: $what, keys: Self::KEYS };
                definitions.records.insert(stringify!($name), info);
                definitions.refer(stringify!($name), |definitions| {
                    $crate::lang::decode::object_schema(
                        &[$($doc),*],
                        vec![$((
                            $crate::lang::decode::key_name(stringify!($field)),
                            &[$($field_doc),*],
                            <$type as $crate::lang::decode::Field>::REQUIRED,
                            <$type as $crate::lang::decode::Field>::field_schema(definitions),
                        )),*],
                    )
                })
            }

            fn held<'h>(&'h self, show: &mut $crate::lang::held::Show<'_, 'h>) {
                $($crate::lang::decode::Field::field_held(&self.$field, show);)*
            }

            fn place(&self) -> Option<$crate::text::Span> {
                Some(self.span)
            }
        }
    };
}
pub(crate) use record;

/// Declares an enumeration of words: its reader, its schema and its names.
macro_rules! words {
    (
        $what:literal
        $(#[doc = $doc:literal])*
        pub enum $name:ident {
            $($(#[doc = $word_doc:literal])* $variant:ident = $word:literal,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[doc = $word_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All words.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// Returns the word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl $crate::lang::decode::Leaf for $name {
            const EXPECTED: &'static str = $what;

            fn leaf(
                scalar: &$crate::yaml::Scalar,
            ) -> Result<Self, $crate::lang::decode::LeafError> {
                match scalar.text.as_str() {
                    $($word => Ok(Self::$variant),)*
                    other => Err($crate::lang::decode::unknown_word(
                        other,
                        $what.trim_start_matches("a ").trim_start_matches("an "),
                        Self::WORDS,
                    )),
                }
            }

            fn leaf_schema() -> serde_json::Value {
                serde_json::json!({
                    "description": $crate::lang::decode::doc_text(&[$($doc),*]),
                    "oneOf": [$({
                        "const": $word,
                        "description": $crate::lang::decode::doc_text(&[$($word_doc),*]),
                    }),*],
                })
            }
        }
    };
}
pub(crate) use words;

/// Turns a field's identifier into its key.
pub const fn key_name(field: &'static str) -> &'static str {
    let bytes = field.as_bytes();
    if bytes.len() > 2 && bytes[0] == b'r' && bytes[1] == b'#' { field.split_at(2).1 } else { field }
}

/// A field of a record for its schema: key, doc lines, required, schema.
pub type FieldSchema<'a> = (&'static str, &'a [&'a str], bool, Value);

/// Makes the schema of a record.
pub fn object_schema(doc: &[&str], fields: Vec<FieldSchema<'_>>) -> Value {
    let required: Vec<&str> = fields.iter().filter(|field| field.2).map(|field| field.0).collect();
    let mut properties = JsonMap::new();
    for (key, doc, _, schema) in fields {
        properties.insert(key.to_owned(), described(schema, &doc_text(doc)));
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
