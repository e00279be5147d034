//! Numbers that are written out, and the digits of decimals (Spark's `DecimalType` and `DecimalPrecision`).

use super::kind::Type;

/// The most digits that a decimal has.
pub(super) const MOST_DIGITS: i32 = 38;
/// The digits behind the point that are kept when there are too many in all.
const KEPT_SCALE: i32 = 6;

/// The type of a number with a point or an exponent, by its text without its suffix.
pub(super) fn decimal_of(digits: &str) -> Option<Type> {
    let (whole, behind) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{behind}");
    let scale = i32::try_from(behind.len()).ok()?;
    let precision = i32::try_from(all.trim_start_matches('0').len()).ok()?.max(1).max(scale);
    (precision <= MOST_DIGITS).then(|| bounded(precision, scale))
}

/// The type of a whole number without a suffix.
pub(super) fn whole(value: i128) -> Type {
    match value {
        value if i32::try_from(value).is_ok() => Type::Integer,
        value if i64::try_from(value).is_ok() => Type::BigInt,
        value => bounded(digits(value), 0),
    }
}

/// How many digits a whole number has.
pub(super) fn digits(value: i128) -> i32 {
    i32::try_from(value.unsigned_abs().to_string().len()).unwrap_or(MOST_DIGITS)
}

/// A decimal with no more digits than there can be.
pub(super) fn bounded(precision: i32, scale: i32) -> Type {
    let within = |n: i32| u8::try_from(n.clamp(0, MOST_DIGITS)).unwrap_or(0);
    Type::Decimal(within(precision).max(1), within(scale))
}

/// A decimal that gives up digits behind the point, but not the first six, when it would have too many.
pub(super) fn adjusted(precision: i32, scale: i32) -> Type {
    if precision <= MOST_DIGITS {
        return bounded(precision, scale);
    }
    let whole = precision - scale;
    bounded(MOST_DIGITS, (MOST_DIGITS - whole).max(scale.min(KEPT_SCALE)))
}

/// The digits of the decimal that holds all values of a type.
pub(super) fn as_decimal(kind: &Type) -> Option<(i32, i32)> {
    Some(match kind {
        Type::TinyInt => (3, 0),
        Type::SmallInt => (5, 0),
        Type::Integer => (10, 0),
        Type::BigInt => (20, 0),
        Type::Real => (14, 7),
        Type::Double => (30, 15),
        Type::Decimal(precision, scale) => (i32::from(*precision), i32::from(*scale)),
        _ => return None,
    })
}
