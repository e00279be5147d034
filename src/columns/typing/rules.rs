//! What functions give that no signature says: `$sum`, `$round`, `$struct`, ...

use super::check::digits_of;
use super::constant::Constant;
use super::{Checker, Value};
use crate::columns::kind::Type;
use crate::columns::number::{as_decimal, bounded};
use crate::columns::operators::arithmetic;
use crate::columns::tree::{Binary, Call, Expr, ExprKind, Literal};
use crate::columns::wider::wider;
use std::ops::Range;

/// The most digits, as the rules count them.
const MOST_DIGITS: i32 = 38;

impl Checker<'_> {
    /// The type that a rule gives.
    pub(super) fn ruled(&mut self, rule: &str, call: &Call, values: &[Value], range: &Range<usize>) -> Type {
        let kind = |n: usize| values.get(n).map_or(Type::Unknown, |value| value.kind.clone());
        let operator = |operator: Binary| {
            let sides: Vec<_> = call.arguments.iter().zip(values).collect();
            let [one, other] = sides.as_slice() else { return Type::Unknown };
            let made = arithmetic(operator, &digits_of(*one, *other), &digits_of(*other, *one), self.spark());
            made.unwrap_or(Type::Unknown)
        };
        match rule {
            "add" => operator(Binary::Add),
            "subtract" => operator(Binary::Subtract),
            "multiply" => operator(Binary::Multiply),
            "divide" => operator(Binary::Divide),
            "remainder" => operator(Binary::Remainder),
            "sum" => sum(&kind(0)),
            "avg" => average(&kind(0)),
            "round" => rounded(&kind(0), digits(values)),
            "ceil" => ceiled(&kind(0), (values.len() > 1).then(|| digits(values))),
            "shift" => {
                if kind(0) == Type::BigInt {
                    Type::BigInt
                } else {
                    Type::Integer
                }
            }
            "concat" => self.concatenated(values, range),
            "struct" => Type::Struct(call.arguments.iter().zip(values).enumerate().map(field).collect()),
            "named_struct" => named_struct(&call.arguments, values),
            "map" => self.map_of(values, range),
            "map_entries" => match kind(0) {
                Type::Map(key, value) => entries("key", *key, "value", *value),
                _ => Type::Unknown,
            },
            "map_from_entries" => match kind(0) {
                Type::Array(of) => from_entries(*of),
                _ => Type::Unknown,
            },
            "arrays_zip" => zipped(&call.arguments, values),
            "from_json" => from_json(call, values),
            "extract" => extracted(values),
            "to_number" => to_number(values),
            "timestampadd" => match kind(2) {
                Type::TimestampNtz => Type::TimestampNtz,
                _ => Type::Timestamp,
            },
            "percentile" => match kind(1) {
                Type::Array(_) => Type::Array(Box::new(Type::Double)),
                _ => interval_or(&kind(0), Type::Double),
            },
            "percentile_of" => match (kind(0), kind(1)) {
                (Type::Text(_), Type::Array(_)) => Type::Array(Box::new(Type::Double)),
                (of, Type::Array(_)) => Type::Array(Box::new(of)),
                (Type::Text(_), _) => Type::Double,
                (of, _) => of,
            },
            "median" => interval_or(&kind(0), Type::Double),
            "percentile_within" => match self.values(&call.within).first() {
                Some(value) => interval_or(&value.kind, Type::Double),
                None => Type::Unknown,
            },
            "within" => self.values(&call.within).first().map_or(Type::Unknown, |value| value.kind.clone()),
            "decode" => {
                let results = values.iter().skip(2).step_by(2);
                let otherwise = values.last().filter(|_| values.len().is_multiple_of(2));
                let all = results
                    .chain(otherwise)
                    .try_fold(Type::Null, |all, value| wider(&all, &value.kind, self.spark()));
                all.unwrap_or(Type::Unknown)
            }
            "histogram" => Type::Array(Box::new(entries("x", kind(0), "y", Type::Double))),
            _ => Type::Unknown,
        }
    }

    fn map_of(&mut self, values: &[Value], range: &Range<usize>) -> Type {
        let keys: Vec<Value> = values.iter().step_by(2).cloned().collect();
        let of: Vec<Value> = values.iter().skip(1).step_by(2).cloned().collect();
        let key = self.together(&keys, range, "the keys of `map` are");
        Type::Map(Box::new(key), Box::new(self.together(&of, range, "the values of `map` are")))
    }
}

/// The number of digits that is asked for; none when it is not written out.
fn digits(values: &[Value]) -> i32 {
    match values.get(1).and_then(|value| value.constant.as_ref()) {
        Some(Constant::Whole(digits)) => i32::try_from(*digits).unwrap_or(0),
        _ => 0,
    }
}

fn interval_or(kind: &Type, otherwise: Type) -> Type {
    match kind {
        Type::Interval(_) | Type::Unknown => kind.clone(),
        _ => otherwise,
    }
}

fn sum(kind: &Type) -> Type {
    match kind {
        Type::Decimal(precision, scale) => bounded(i32::from(*precision) + 10, i32::from(*scale)),
        Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt => Type::BigInt,
        other => interval_or(other, Type::Double),
    }
}

fn average(kind: &Type) -> Type {
    match kind {
        Type::Decimal(precision, scale) => bounded(i32::from(*precision) + 4, i32::from(*scale) + 4),
        other => interval_or(other, Type::Double),
    }
}

fn rounded(kind: &Type, digits: i32) -> Type {
    match kind {
        Type::Decimal(precision, scale) => {
            let (precision, scale) = (i32::from(*precision), i32::from(*scale));
            let whole = precision - scale + 1;
            match digits {
                digits if digits < 0 => bounded(whole.max(1 - digits).min(MOST_DIGITS), 0),
                digits => bounded((whole + scale.min(digits)).min(MOST_DIGITS), scale.min(digits)),
            }
        }
        Type::Text(_) | Type::Null => Type::Double,
        other => other.clone(),
    }
}

fn ceiled(kind: &Type, digits: Option<i32>) -> Type {
    let of = |kind: &Type| as_decimal(kind).map(|(precision, scale)| bounded(precision, scale));
    match (kind, digits) {
        (Type::Unknown, _) => Type::Unknown,
        (Type::Decimal(_, 0), None) => kind.clone(),
        (Type::Decimal(precision, scale), None) => bounded(i32::from(*precision) - i32::from(*scale) + 1, 0),
        (_, None) => Type::BigInt,
        (kind, Some(digits)) => of(kind).map_or(Type::Unknown, |kind| rounded(&kind, digits)),
    }
}

/// The name and the type of an argument of `struct`.
pub(super) fn field((n, (argument, value)): (usize, (&Expr, &Value))) -> (String, Type) {
    (name_of(argument).unwrap_or_else(|| format!("col{}", n + 1)), value.kind.clone())
}

fn name_of(argument: &Expr) -> Option<String> {
    match &argument.kind {
        ExprKind::Named(_, name) | ExprKind::Field(_, name) => Some(name.text.clone()),
        ExprKind::Column(names) => names.last().map(|name| name.text.clone()),
        _ => None,
    }
}

fn named_struct(arguments: &[Expr], values: &[Value]) -> Type {
    let fields = arguments.chunks(2).zip(values.chunks(2)).map(|pair| match pair {
        ([Expr { kind: ExprKind::Literal(Literal::Text(name)), .. }, _], [_, value]) => {
            Some((name.clone(), value.kind.clone()))
        }
        _ => None,
    });
    fields.collect::<Option<_>>().map_or(Type::Unknown, Type::Struct)
}

fn entries(first: &str, one: Type, second: &str, other: Type) -> Type {
    let fields = Type::Struct(vec![(first.to_owned(), one), (second.to_owned(), other)]);
    if first == "key" { Type::Array(Box::new(fields)) } else { fields }
}

fn from_entries(of: Type) -> Type {
    match of {
        Type::Struct(fields) => match <[_; 2]>::try_from(fields) {
            Ok([(_, key), (_, value)]) => Type::Map(Box::new(key), Box::new(value)),
            Err(_) => Type::Unknown,
        },
        _ => Type::Unknown,
    }
}

fn zipped(arguments: &[Expr], values: &[Value]) -> Type {
    let fields = arguments.iter().zip(values).enumerate().map(|(n, (argument, value))| match &value.kind {
        Type::Array(of) => Some((name_of(argument).unwrap_or_else(|| n.to_string()), (**of).clone())),
        _ => None,
    });
    let fields = fields.collect::<Option<_>>().map(Type::Struct);
    Type::Array(Box::new(fields.unwrap_or(Type::Unknown)))
}

/// A type, or columns as those of a table, in a text.
fn from_json(call: &Call, values: &[Value]) -> Type {
    let Some(Constant::Text(schema)) = values.get(1).and_then(|value| value.constant.as_ref()) else {
        return Type::Unknown;
    };
    let kind = Type::parse_spark(schema).ok().filter(|_| call.name.text == "from_json");
    kind.or_else(|| Type::parse_fields(schema).map(Type::Struct)).unwrap_or(Type::Unknown)
}

/// As many digits as the format has.
fn to_number(values: &[Value]) -> Type {
    let Some(Constant::Text(format)) = values.get(1).and_then(|value| value.constant.as_ref()) else {
        return Type::Unknown;
    };
    let (whole, behind) = format.split_once(['.', 'D', 'd']).unwrap_or((format, ""));
    let digits = |text: &str| i32::try_from(text.matches(['0', '9']).count()).unwrap_or(MOST_DIGITS);
    bounded(digits(whole) + digits(behind), digits(behind))
}

/// A part of a date or a time.
fn extracted(values: &[Value]) -> Type {
    let Some(Constant::Text(part)) = values.first().and_then(|value| value.constant.as_ref()) else {
        return Type::Unknown;
    };
    match part.to_ascii_lowercase().as_str() {
        "s" | "sec" | "second" | "seconds" | "secs" => Type::Decimal(8, 6),
        _ if matches!(values.get(1).map(|value| &value.kind), Some(Type::Interval(_))) => Type::Unknown,
        _ => Type::Integer,
    }
}
