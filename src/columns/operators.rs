//! The types that operators make of types.

use super::Spark;
use super::kind::{Interval, Type, Unit};
use super::number::{adjusted, as_decimal, bounded};
use super::tree::Binary;
use super::wider::{tighter, wider};

/// What an operator makes of two types; nothing when it does not take them.
pub(super) fn arithmetic(operator: Binary, one: &Type, other: &Type, spark: Spark) -> Option<Type> {
    use Type::{Date, Interval as Span, Null, Timestamp, TimestampNtz, Unknown};
    match (one, other) {
        (Unknown, _) | (_, Unknown) => Some(unknown_with(operator, one, other)),
        (Span(_), _) | (_, Span(_)) => with_interval(operator, one, other),
        (Date | Timestamp | TimestampNtz, _) | (_, Date | Timestamp | TimestampNtz) => {
            with_time(operator, one, other, spark)
        }
        (Null, Null) => Some(match operator {
            Binary::Div => Type::BigInt,
            Binary::Bits => Type::Integer,
            _ => Type::Double,
        }),
        (Null, other) => of_numbers(operator, other, other, spark),
        (one, Null) => of_numbers(operator, one, one, spark),
        (one, other) => of_numbers(operator, one, other, spark),
    }
}

/// Little is known of what an operator makes of what is not known.
fn unknown_with(operator: Binary, one: &Type, other: &Type) -> Type {
    let is = |kind: &Type| *one == *kind || *other == *kind;
    match operator {
        Binary::Div => Type::BigInt,
        Binary::Multiply | Binary::Remainder if is(&Type::Double) => Type::Double,
        _ => Type::Unknown,
    }
}

fn is_text(kind: &Type) -> bool {
    matches!(kind, Type::Text(_) | Type::Char(_))
}

/// A text among numbers is one of 64 bits; in ANSI mode a whole one beside a whole one.
fn as_number(kind: &Type, other: &Type, spark: Spark) -> Type {
    match kind {
        kind if !is_text(kind) => kind.clone(),
        _ if !spark.is_ansi() || is_text(other) => Type::Double,
        _ => wider(kind, other, spark).unwrap_or(Type::Double),
    }
}

fn of_numbers(operator: Binary, one: &Type, other: &Type, spark: Spark) -> Option<Type> {
    if spark.is_ansi() && is_text(one) && is_text(other) {
        return None;
    }
    let (one, other) = (as_number(one, other, spark), as_number(other, one, spark));
    let (p, s) = as_decimal(&one)?;
    let (q, t) = as_decimal(&other)?;
    let is_decimal = matches!(one, Type::Decimal(..)) || matches!(other, Type::Decimal(..));
    let is_float = |kind: &Type| matches!(kind, Type::Real | Type::Double);
    match operator {
        Binary::Div => Some(Type::BigInt),
        Binary::Bits if is_decimal || is_float(&one) || is_float(&other) => None,
        _ if is_decimal && (is_float(&one) || is_float(&other)) => Some(Type::Double),
        _ if is_decimal => Some(of_decimals(operator, (p, s), (q, t))),
        Binary::Divide => Some(Type::Double),
        _ => tighter(&one, &other, spark).or(Some(one)),
    }
}

/// The digits of what is made of two decimals.
fn of_decimals(operator: Binary, (p, s): (i32, i32), (q, t): (i32, i32)) -> Type {
    match operator {
        Binary::Multiply => adjusted(p + q + 1, s + t),
        Binary::Divide => {
            let scale = (s + q + 1).max(6);
            adjusted(p - s + t + scale, scale)
        }
        Binary::Remainder => adjusted((p - s).min(q - t) + s.max(t), s.max(t)),
        _ => adjusted((p - s).max(q - t) + s.max(t) + 1, s.max(t)),
    }
}

/// A date or a time, and something else.
fn with_time(operator: Binary, one: &Type, other: &Type, spark: Spark) -> Option<Type> {
    let is_time = |kind: &Type| matches!(kind, Type::Date | Type::Timestamp | Type::TimestampNtz);
    let days = Type::Interval(Interval::Days(Unit::Day, Unit::Day));
    let seconds = Type::Interval(Interval::Days(Unit::Day, Unit::Second));
    match (operator, one, other) {
        (Binary::Subtract, Type::Date, Type::Date) => Some(days),
        (Binary::Subtract, one, other) if is_time(one) && is_time(other) => Some(seconds),
        (Binary::Add | Binary::Subtract, Type::Date, Type::Integer | Type::SmallInt | Type::TinyInt) => {
            Some(Type::Date)
        }
        (Binary::Add, Type::Integer | Type::SmallInt | Type::TinyInt, Type::Date) => Some(Type::Date),
        (Binary::Add, Type::Date, Type::Null) | (Binary::Add, Type::Null, Type::Date) => {
            Some(if spark.is_ansi() { Type::Timestamp } else { Type::Date })
        }
        (Binary::Add | Binary::Subtract, one, other)
            if is_text(one)
                || is_text(other)
                || matches!((one, other), (Type::Null, _) | (_, Type::Null)) =>
        {
            Some(Type::Unknown)
        }
        _ => None,
    }
}

/// An interval, and something else.
fn with_interval(operator: Binary, one: &Type, other: &Type) -> Option<Type> {
    match (operator, one, other) {
        (Binary::Add | Binary::Subtract, Type::Interval(one), Type::Interval(other)) => {
            Some(Type::Interval(one.wider(*other)))
        }
        (Binary::Add | Binary::Subtract, Type::Date, Type::Interval(interval))
        | (Binary::Add, Type::Interval(interval), Type::Date) => Some(date_and(*interval)),
        (Binary::Add | Binary::Subtract, Type::Timestamp | Type::TimestampNtz, Type::Interval(_)) => {
            Some(one.clone())
        }
        (Binary::Add, Type::Interval(_), Type::Timestamp | Type::TimestampNtz) => Some(other.clone()),
        (Binary::Multiply, Type::Interval(interval), number)
        | (Binary::Multiply, number, Type::Interval(interval)) => {
            is_number_or_text(number).then(|| Type::Interval(scaled(*interval)))
        }
        (Binary::Divide, Type::Interval(interval), number) => {
            is_number_or_text(number).then(|| Type::Interval(scaled(*interval)))
        }
        (Binary::Add | Binary::Subtract, Type::Text(_) | Type::Null, _)
        | (Binary::Add | Binary::Subtract, _, Type::Text(_) | Type::Null) => Some(Type::Unknown),
        _ => None,
    }
}

fn is_number_or_text(kind: &Type) -> bool {
    as_decimal(kind).is_some() || is_text(kind) || *kind == Type::Null
}

/// A part of an interval needs all of its units.
const fn scaled(interval: Interval) -> Interval {
    match interval {
        Interval::Months(..) => Interval::Months(Unit::Year, Unit::Month),
        Interval::Days(..) => Interval::Days(Unit::Day, Unit::Second),
        Interval::Calendar => Interval::Calendar,
    }
}

/// A date with an interval is a date unless the interval has hours.
fn date_and(interval: Interval) -> Type {
    match interval {
        Interval::Days(_, to) if to > Unit::Day => Type::Timestamp,
        _ => Type::Date,
    }
}

/// A whole number that is written out is a decimal of as many digits as it has beside a decimal.
pub(super) fn with_digits(value: i128) -> Type {
    bounded(super::number::digits(value), 0)
}

/// What two values become that are compared; nothing when they cannot be.
pub(super) fn compared(one: &Type, other: &Type, spark: Spark) -> Option<Type> {
    if matches!((one, other), (Type::Map(..), _) | (_, Type::Map(..))) {
        return None;
    }
    match (is_text(one), is_text(other)) {
        (true, false) => text_compared(other),
        (false, true) => text_compared(one),
        _ => match (one, other) {
            (Type::Boolean, other) | (other, Type::Boolean) if as_decimal(other).is_some() => {
                (!spark.is_ansi()).then_some(Type::Boolean)
            }
            _ => wider(one, other, spark),
        },
    }
}

/// A text is cast to the type of what it is compared with.
fn text_compared(other: &Type) -> Option<Type> {
    match other {
        Type::Array(_) | Type::Map(..) | Type::Struct(_) => None,
        Type::Null => Some(Type::STRING),
        other => Some(other.clone()),
    }
}
