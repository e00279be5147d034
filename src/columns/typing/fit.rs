//! Whether the types of arguments are what a function takes, and what stands for its type variables.

use crate::columns::Spark;
use crate::columns::catalogue::Shape;
use crate::columns::kind::Type;
use crate::columns::number::as_decimal;
use crate::columns::wider::wider;
use std::collections::BTreeMap;

/// How well a type is what is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// It is of that type.
    Same,
    /// It is cast.
    Cast,
    /// It is not taken.
    No,
}

/// What stands for the variables of a signature.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    types: BTreeMap<char, Type>,
    /// Types met that have none in common.
    pub is_torn: bool,
}

fn is_text(kind: &Type) -> bool {
    matches!(kind, Type::Text(_) | Type::Char(_))
}

pub(super) fn is_whole(kind: &Type) -> bool {
    matches!(kind, Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt)
}

fn is_time(kind: &Type) -> bool {
    matches!(kind, Type::Date | Type::Timestamp | Type::TimestampNtz)
}

fn is_nested(kind: &Type) -> bool {
    matches!(kind, Type::Array(_) | Type::Map(..) | Type::Struct(_))
}

/// How well a type is what a shape takes.
pub(super) fn fit(shape: &Shape, kind: &Type) -> Fit {
    let same_or = |is_same: bool, is_cast: bool| match (is_same, is_cast) {
        (true, _) => Fit::Same,
        (_, true) => Fit::Cast,
        _ => Fit::No,
    };
    match (shape, kind) {
        (_, Type::Unknown | Type::Null) | (Shape::Any | Shape::Rule(_), _) => Fit::Same,
        (Shape::Known(to), kind) => known(to, kind),
        (Shape::Numeric, kind) => {
            same_or(as_decimal(kind).is_some() || matches!(kind, Type::Interval(_)), is_text(kind))
        }
        (Shape::Whole, kind) => same_or(is_whole(kind), is_text(kind) || as_decimal(kind).is_some()),
        (Shape::Text, kind) => same_or(is_text(kind) || *kind == Type::Binary, !is_nested(kind)),
        (Shape::Time, kind) => same_or(is_time(kind), is_text(kind)),
        (Shape::Nested, kind) => same_or(matches!(kind, Type::Array(_) | Type::Map(..)), false),
        (Shape::Variable(_, bound), kind) => fit(bound, kind),
        (Shape::Array(of), Type::Array(kind)) => fit(of, kind),
        (Shape::Map(key, value), Type::Map(key_kind, value_kind)) => {
            fit(key, key_kind).max(fit(value, value_kind))
        }
        (Shape::Array(_) | Shape::Map(..) | Shape::Lambda(..), _) => Fit::No,
    }
}

fn known(to: &Type, kind: &Type) -> Fit {
    let is_cast = match to {
        to if to == kind => return Fit::Same,
        to if is_text(to) => !is_nested(kind),
        to if as_decimal(to).is_some() => as_decimal(kind).is_some() || is_text(kind),
        to if is_time(to) => is_time(kind) || is_text(kind),
        Type::Binary | Type::Boolean => is_text(kind),
        Type::Interval(_) => is_text(kind) || matches!(kind, Type::Interval(_)),
        _ => false,
    };
    if is_cast { Fit::Cast } else { Fit::No }
}

impl Variables {
    /// Takes the type of an argument for the variables of its shape.
    pub(super) fn bind(&mut self, shape: &Shape, kind: &Type, spark: Spark) {
        match (shape, kind) {
            (Shape::Variable(name, bound), kind) => {
                let kind = bounded(bound, kind);
                let before = self.types.get(name).cloned().unwrap_or(Type::Null);
                let all = wider(&before, &kind, spark);
                self.is_torn |= all.is_none();
                self.types.insert(*name, all.unwrap_or(Type::Unknown));
            }
            (Shape::Array(of), Type::Array(kind)) => self.bind(of, kind, spark),
            (Shape::Map(key, value), Type::Map(key_kind, value_kind)) => {
                self.bind(key, key_kind, spark);
                self.bind(value, value_kind, spark);
            }
            (Shape::Array(of), Type::Unknown | Type::Null) => self.bind(of, kind, spark),
            (Shape::Map(key, value), Type::Unknown | Type::Null) => {
                self.bind(key, kind, spark);
                self.bind(value, kind, spark);
            }
            _ => {}
        }
    }

    /// The type of a shape; `Unknown` for what is not known.
    pub(super) fn of(&self, shape: &Shape) -> Type {
        match shape {
            Shape::Known(kind) => kind.clone(),
            Shape::Variable(name, _) => self.types.get(name).cloned().unwrap_or(Type::Unknown),
            Shape::Array(of) => Type::Array(Box::new(self.of(of))),
            Shape::Map(key, value) => Type::Map(Box::new(self.of(key)), Box::new(self.of(value))),
            _ => Type::Unknown,
        }
    }
}

/// What a value becomes so that it is within a bound.
fn bounded(bound: &Shape, kind: &Type) -> Type {
    match bound {
        Shape::Numeric if is_text(kind) || *kind == Type::Null => Type::Double,
        Shape::Whole if !is_whole(kind) && *kind != Type::Unknown => Type::BigInt,
        Shape::Text if *kind != Type::Binary && *kind != Type::Unknown => Type::STRING,
        _ => kind.clone(),
    }
}
