//! The one type that values of two types become where they meet: in `coalesce`, `case`, `union`, `array`, ...
//!
//! As Spark's `TypeCoercion` has it, and its `AnsiTypeCoercion`.

use super::Spark;
use super::kind::Type;
use super::number::{as_decimal, bounded};
use super::schema::is_same;

/// The numbers by how much they hold.
const NUMBERS: &[Type] =
    &[Type::TinyInt, Type::SmallInt, Type::Integer, Type::BigInt, Type::Real, Type::Double];

/// The type that values of both become; nothing when they do not meet, and `Unknown` when one is not known.
pub fn wider(one: &Type, other: &Type, spark: Spark) -> Option<Type> {
    match (one, other) {
        (Type::Unknown, _) | (_, Type::Unknown) => Some(Type::Unknown),
        (one, other) if one == other => Some(one.clone()),
        (Type::Null, other) => Some(other.clone()),
        (one, Type::Null) => Some(one.clone()),
        (Type::Text(_) | Type::Char(_), other) => with_text(other, spark),
        (one, Type::Text(_) | Type::Char(_)) => with_text(one, spark),
        _ => tighter(one, other, spark).or_else(|| nested(one, other, spark)),
    }
}

/// What a text and a value of another type become.
fn with_text(other: &Type, spark: Spark) -> Option<Type> {
    match other {
        Type::Text(_) | Type::Char(_) => Some(Type::STRING),
        Type::Array(_) | Type::Map(..) | Type::Struct(_) | Type::Interval(_) if spark.is_ansi() => None,
        Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt if spark.is_ansi() => {
            Some(Type::BigInt)
        }
        Type::Real | Type::Double | Type::Decimal(..) if spark.is_ansi() => Some(Type::Double),
        other if spark.is_ansi() => Some(other.clone()),
        Type::Array(_) | Type::Map(..) | Type::Struct(_) | Type::Binary | Type::Boolean => None,
        _ => Some(Type::STRING),
    }
}

/// What two values become that are neither texts nor nested.
pub(super) fn tighter(one: &Type, other: &Type, spark: Spark) -> Option<Type> {
    match (one, other) {
        (Type::Decimal(..), Type::Real | Type::Double) | (Type::Real | Type::Double, Type::Decimal(..)) => {
            Some(Type::Double)
        }
        (Type::Decimal(..), _) | (_, Type::Decimal(..)) => {
            let ((p, s), (q, t)) = (as_decimal(one)?, as_decimal(other)?);
            Some(bounded((p - s).max(q - t) + s.max(t), s.max(t)))
        }
        (Type::Date | Type::TimestampNtz, Type::Timestamp)
        | (Type::Timestamp, Type::Date | Type::TimestampNtz) => Some(Type::Timestamp),
        (Type::Date, Type::TimestampNtz) | (Type::TimestampNtz, Type::Date) => Some(Type::TimestampNtz),
        (Type::Interval(one), Type::Interval(other)) => Some(Type::Interval(one.wider(*other))),
        _ => numbers(one, other, spark),
    }
}

fn numbers(one: &Type, other: &Type, spark: Spark) -> Option<Type> {
    let place = |kind: &Type| NUMBERS.iter().position(|number| number == kind);
    let wider = &NUMBERS[place(one)?.max(place(other)?)];
    // A whole number in 32 bits of a float loses digits: ANSI mode takes 64.
    Some(if spark.is_ansi() && *wider == Type::Real && one != other { Type::Double } else { wider.clone() })
}

fn nested(one: &Type, other: &Type, spark: Spark) -> Option<Type> {
    let meet = |one: &Type, other: &Type| wider(one, other, spark);
    match (one, other) {
        (Type::Array(one), Type::Array(other)) => Some(Type::Array(Box::new(meet(one, other)?))),
        (Type::Map(key, value), Type::Map(other_key, other_value)) => {
            Some(Type::Map(Box::new(meet(key, other_key)?), Box::new(meet(value, other_value)?)))
        }
        (Type::Struct(one), Type::Struct(other)) if one.len() == other.len() => {
            let fields = one.iter().zip(other).map(|((name, kind), (other_name, other))| {
                is_same(name, other_name).then(|| Some((name.clone(), meet(kind, other)?))).flatten()
            });
            Some(Type::Struct(fields.collect::<Option<_>>()?))
        }
        _ => None,
    }
}
