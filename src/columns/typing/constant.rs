//! Values that are known before anything runs, so that it is known whether a cast of them fails.

use crate::columns::kind::Type;
use crate::columns::number;

/// A value that is written out, or is computed of such values.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    /// `NULL`
    Null,
    /// A whole number.
    Whole(i128),
    /// A number with a point.
    Number(f64),
    /// A text.
    Text(String),
}

impl Constant {
    /// Says whether it is a number, and nought.
    pub(super) fn is_zero(&self) -> Option<bool> {
        match self {
            Self::Null => None,
            Self::Whole(value) => Some(*value == 0),
            Self::Number(value) => Some(*value == 0.0),
            Self::Text(text) => text.trim().parse::<f64>().ok().map(|value| value == 0.0),
        }
    }
}

/// The largest whole number of a type.
pub(super) fn most(kind: &Type) -> Option<i128> {
    Some(match kind {
        Type::TinyInt => i8::MAX.into(),
        Type::SmallInt => i16::MAX.into(),
        Type::Integer => i32::MAX.into(),
        Type::BigInt => i64::MAX.into(),
        _ => return None,
    })
}

/// Says whether a whole number is of a type; nothing for types of other values.
pub(super) fn is_within(value: i128, kind: &Type) -> Option<bool> {
    most(kind).map(|most| (-most - 1..=most).contains(&value))
}

/// Says whether a value is cast to a type in ANSI mode as without it; nothing when that is not known.
pub(super) fn casts(value: &Constant, to: &Type) -> Option<bool> {
    match (value, to) {
        (Constant::Null, _) => Some(true),
        (Constant::Whole(value), Type::Decimal(precision, scale)) => {
            Some(*value == 0 || number::digits(*value) <= i32::from(*precision) - i32::from(*scale))
        }
        (Constant::Whole(value), to) => is_within(*value, to),
        (Constant::Number(value), to) => {
            let most = most(to)?;
            #[expect(clippy::cast_precision_loss, reason = "the limits are far from what is asked")]
            let most = most as f64;
            Some(value.is_finite() && value.abs() <= most)
        }
        (Constant::Text(text), to) => text_casts(text.trim(), to),
    }
}

fn text_casts(text: &str, to: &Type) -> Option<bool> {
    match to {
        Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt => {
            let is_whole = is_digits(text.trim_start_matches(['+', '-']));
            Some(is_whole && text.parse().ok().and_then(|value| is_within(value, to)).unwrap_or(false))
        }
        Type::Real | Type::Double => Some(text.trim_end_matches(['d', 'D', 'f', 'F']).parse::<f64>().is_ok()),
        Type::Decimal(precision, scale) => {
            let value = text.parse::<f64>().ok();
            let digits = i32::from(*precision) - i32::from(*scale);
            Some(value.is_some_and(|value| value.is_finite() && value.abs() < 10_f64.powi(digits)))
        }
        Type::Boolean => {
            const WORDS: &[&str] = &["t", "true", "y", "yes", "1", "f", "false", "n", "no", "0"];
            Some(WORDS.contains(&text.to_lowercase().as_str()))
        }
        Type::Date => date_casts(text),
        Type::Timestamp | Type::TimestampNtz => date_casts(text).filter(|_| !text.is_empty()),
        _ => None,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())
}

/// `2024`, `2024-2`, `2024-2-3`, and what stands behind a blank or a `T`, which is not looked at.
fn date_casts(text: &str) -> Option<bool> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split('-').collect();
    if parts.len() > 3 || parts[0].len() < 4 || !parts.iter().all(|part| is_digits(part)) {
        // Such as `10:30`, which is a time of today.
        let may_be =
            date.starts_with(['+', '-', '1', '2']) && time.is_none() || date.contains(':') || date.is_empty();
        return (!may_be || date.is_empty()).then_some(false);
    }
    let number = |n: usize| parts.get(n).map_or(Some(1_i16), |part| part.parse().ok());
    let (year, month, day) = (number(0)?, number(1)?, number(2)?);
    let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    Some(date.is_ok())
}
