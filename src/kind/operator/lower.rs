//! The arguments of an operator as plain data.

use super::OperatorStep;
use crate::kind::contract::{Lowered, Lowering};
use crate::plan::{Argument, Operator, Work};
use crate::yaml::{Kind, Node, Scalar};
use serde_json::{Value, json};

#[expect(clippy::unnecessary_wraps, reason = "the contract of all kinds")]
pub(super) fn lower(step: &OperatorStep, _: &Lowering<'_, '_>) -> Option<Lowered> {
    let arguments = step.with.iter().flat_map(|with| &with.0);
    Some(Lowered::work(Work::Operator(Operator {
        path: step.operator.value.0.clone(),
        arguments: arguments.map(|(name, value)| (name.value.clone(), argument(&value.0))).collect(),
    })))
}

fn argument(node: &Node) -> Argument {
    match &node.kind {
        Kind::Scalar(scalar) => Argument::Value(value(scalar)),
        Kind::Sequence(items) => Argument::List(items.iter().map(argument).collect()),
        Kind::Mapping(entries) => Argument::Dict(
            entries.iter().map(|entry| (entry.key.value.clone(), argument(&entry.value))).collect(),
        ),
    }
}

fn value(scalar: &Scalar) -> Value {
    if scalar.is_null() {
        return Value::Null;
    }
    if let Some(truth) = scalar.as_bool() {
        return json!(truth);
    }
    scalar.as_number().unwrap_or_else(|| json!(scalar.text))
}
