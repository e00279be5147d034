//! `params`: what a run can be given.

use crate::lang::decode::{Leaf, LeafError, record, template_not_allowed, words};
use crate::text::Spanned;
use crate::yaml::{Scalar, Style};
use serde_json::{Value, json};

words! {
    "a type of a param"
    /// The type of a param.
    pub enum ParamType {
        /// Text.
        String = "string",
        /// A whole number.
        Integer = "integer",
        /// A number.
        Number = "number",
        /// `true` or `false`.
        Boolean = "boolean",
    }
}

record! {
    "a param"
    /// A value that a person may set when starting a run.
    pub struct ParamSpec {
        /// Its type.
        pub r#type: Option<Spanned<ParamType>> = ParamType::String,
        /// Its value when nobody sets it.
        pub default: Spanned<ParamValue>,
        /// What it is for.
        pub description: Option<Spanned<String>>,
        /// The values that are allowed.
        pub r#enum: Option<Vec<Spanned<ParamValue>>>,
    }
}

/// A param's value; see [`ParamSpec::json`].
#[derive(Clone, Debug, PartialEq)]
pub struct ParamValue {
    /// As it is written.
    written: Value,
    /// As it would be without its quotes, which `${...}` needs inside `{...}`.
    bare: Option<Value>,
}

impl ParamSpec {
    /// Returns a value of it. Where `${...}` was filled in, the quotes around it say nothing: it is of the param's
    /// type, if it can be.
    pub fn json<'v>(&self, value: &'v ParamValue) -> &'v Value {
        match self.r#type.as_ref().map(|kind| kind.value) {
            None | Some(ParamType::String) => &value.written,
            Some(ParamType::Integer | ParamType::Number | ParamType::Boolean) => {
                value.bare.as_ref().unwrap_or(&value.written)
            }
        }
    }
}

impl Leaf for ParamValue {
    const EXPECTED: &'static str = "a string, a number or a truth value";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        if let Some(at) = scalar.text.find("{{") {
            return Err(template_not_allowed(at).help(
                "Airflow fills in no params: write `{{ ... }}` where the value is used, in place of the param",
            ));
        }
        let plain = Scalar { style: Style::Plain, ..scalar.clone() };
        let is_filled = scalar.expanded && scalar.style != Style::Plain;
        Ok(Self { written: json_of(scalar), bare: is_filled.then(|| json_of(&plain)) })
    }

    fn leaf_schema() -> Value {
        json!({ "type": ["string", "number", "boolean"] })
    }
}

fn json_of(scalar: &Scalar) -> Value {
    match scalar.as_bool() {
        Some(truth) => json!(truth),
        None => scalar.as_number().unwrap_or_else(|| json!(scalar.text)),
    }
}
