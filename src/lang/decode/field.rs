//! The keys of a record: required, optional, or optional and perhaps wrong.

use super::cure::meant;
use super::schema::Definitions;
use super::{Decode, Decoder};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::lang::held::Show;
use crate::text::{Span, Spanned};
use crate::yaml::Entry;
use serde_json::Value;
use std::ops::Deref;

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
    pub(super) entries: &'a [Entry],
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

/// A key that means something when it is absent.
pub trait Absent {
    /// What it has.
    type Value;

    /// Returns what is written, or else this.
    fn or(&self, absent: Self::Value) -> Self::Value;
}

impl<T: Clone> Absent for Option<Spanned<T>> {
    type Value = T;

    fn or(&self, absent: T) -> T {
        self.as_ref().map_or(absent, |value| value.value.clone())
    }
}

impl<T: Clone> Absent for Lenient<Spanned<T>> {
    type Value = T;

    fn or(&self, absent: T) -> T {
        Absent::or(&self.value, absent)
    }
}
