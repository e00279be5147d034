//! Forms of dates, as Python writes and reads them: `strftime` and `strptime` in the C locale.
//!
//! Takes a format and a [`Moment`] or a text; gives the text or the moment. Only what is the same on every
//! worker is taken: nothing of the locale's own, nothing of the machine's time zone. From Python's documentation
//! of `datetime`, "Format Codes", and its `_strptime.py`.

mod read;

pub use read::read;

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, tz::TimeZone};
use std::fmt::Write as _;
use std::ops::Range;

/// A date with its time, and how far it is from UTC when that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    at: DateTime,
    /// Seconds east of UTC.
    offset: Option<i32>,
    /// What the time zone is called then; empty when none is known.
    zone: String,
}

impl Moment {
    /// Makes one of an instant, by the clock of a time zone.
    pub fn new(instant: Timestamp, zone: &TimeZone) -> Self {
        let info = zone.to_offset_info(instant);
        Self {
            at: zone.to_datetime(instant),
            offset: Some(info.offset().seconds()),
            zone: info.abbreviation().to_owned(),
        }
    }

    /// Returns its day.
    pub fn date(&self) -> Date {
        self.at.date()
    }

    /// Writes it as Python's `isoformat` does.
    pub fn iso(&self) -> String {
        let micros = self.at.subsec_nanosecond() / 1_000;
        let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
        let mut offset = self.offset.map(offset).unwrap_or_default();
        for colon in [5, 3] {
            if offset.len() > colon {
                offset.insert(colon, ':');
            }
        }
        format!("{}{fraction}{offset}", self.at.strftime("%Y-%m-%dT%H:%M:%S"))
    }
}

/// Why a format cannot be written, or a text not be read by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatError {
    /// The bytes of the format that are wrong; none where the text is.
    pub range: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
}

/// What can be written, for messages.
const WRITTEN: &str = "%Y %m %d %H %M %S and the like";

/// A piece of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Char(char),
    /// A code; `-` before it takes its padding away.
    Code {
        code: char,
        is_unpadded: bool,
    },
}

/// Takes a format apart.
fn tokens(format: &str) -> impl Iterator<Item = Result<(Token, Range<usize>), FormatError>> + '_ {
    let mut chars = format.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, c) = chars.next()?;
        if c != '%' {
            return Some(Ok((Token::Char(c), start..start + c.len_utf8())));
        }
        let is_unpadded = chars.next_if(|(_, next)| *next == '-').is_some();
        Some(match chars.next() {
            Some((at, code)) => Ok((Token::Code { code, is_unpadded }, start..at + code.len_utf8())),
            None => Err(FormatError {
                range: Some(start..format.len()),
                message: "`%` has nothing behind it; `%%` is a percent sign".to_owned(),
            }),
        })
    })
}

/// Writes a moment.
pub fn write(format: &str, moment: &Moment) -> Result<String, FormatError> {
    let mut out = String::new();
    for token in tokens(format) {
        match token? {
            (Token::Char(c), _) => out.push(c),
            (Token::Code { code, is_unpadded }, range) => {
                write_code(code, is_unpadded, moment, &mut out).ok_or_else(|| FormatError {
                    message: format!(
                        "a date is not written with `{}`, but with {WRITTEN}",
                        &format[range.clone()]
                    ),
                    range: Some(range),
                })?;
            }
        }
    }
    Ok(out)
}

/// Writes one code; `None` for one that is not known.
fn write_code(code: char, is_unpadded: bool, moment: &Moment, out: &mut String) -> Option<()> {
    let at = &moment.at;
    // A fraction has no padding that could be taken away; machines differ in what they make of it.
    if is_unpadded && code == 'f' {
        return None;
    }
    if let Some((value, width, fill)) = number(code, at) {
        let _ = match (is_unpadded, fill) {
            (true, _) => write!(out, "{value}"),
            (false, Fill::Zeros) => write!(out, "{value:0width$}"),
            (false, Fill::Blanks) => write!(out, "{value:width$}"),
        };
        return Some(());
    }
    if is_unpadded {
        return None;
    }
    let composed = match code {
        'F' => "%Y-%m-%d",
        'T' | 'X' => "%H:%M:%S",
        'D' | 'x' => "%m/%d/%y",
        'R' => "%H:%M",
        'c' => "%a %b %e %H:%M:%S %Y",
        'r' => "%I:%M:%S %p",
        _ => "",
    };
    if !composed.is_empty() {
        out.push_str(&write(composed, moment).ok()?);
        return Some(());
    }
    let weekday = usize::try_from(at.weekday().to_sunday_zero_offset()).ok()?;
    let month = usize::try_from(at.month() - 1).ok()?;
    match code {
        'a' => out.push_str(&WEEKDAYS[weekday][..3]),
        'A' => out.push_str(WEEKDAYS[weekday]),
        'b' | 'h' => out.push_str(&MONTHS[month][..3]),
        'B' => out.push_str(MONTHS[month]),
        'p' => out.push_str(if at.hour() < 12 { "AM" } else { "PM" }),
        'P' => out.push_str(if at.hour() < 12 { "am" } else { "pm" }),
        'z' => out.push_str(&moment.offset.map(offset).unwrap_or_default()),
        'Z' => out.push_str(&moment.zone),
        'n' => out.push('\n'),
        't' => out.push('\t'),
        '%' => out.push('%'),
        _ => return None,
    }
    Some(())
}

#[derive(Clone, Copy)]
enum Fill {
    Zeros,
    Blanks,
}

/// Returns the number that a code stands for, its width and what fills it.
fn number(code: char, at: &DateTime) -> Option<(i64, usize, Fill)> {
    let date = at.date();
    let iso = date.iso_week_date();
    let hour12 = i64::from((at.hour() + 11) % 12 + 1);
    let day = i64::from(date.day_of_year());
    let sunday = i64::from(at.weekday().to_sunday_zero_offset());
    let monday = i64::from(at.weekday().to_monday_zero_offset());
    let zeros = |value: i64, width| Some((value, width, Fill::Zeros));
    match code {
        'Y' => zeros(at.year().into(), 4),
        'G' => zeros(iso.year().into(), 4),
        'C' => zeros(i64::from(at.year()) / 100, 2),
        'y' => zeros(i64::from(at.year()) % 100, 2),
        'g' => zeros(i64::from(iso.year()) % 100, 2),
        'm' => zeros(at.month().into(), 2),
        'd' => zeros(at.day().into(), 2),
        'e' => Some((at.day().into(), 2, Fill::Blanks)),
        'H' => zeros(at.hour().into(), 2),
        'k' => Some((at.hour().into(), 2, Fill::Blanks)),
        'I' => zeros(hour12, 2),
        'l' => Some((hour12, 2, Fill::Blanks)),
        'M' => zeros(at.minute().into(), 2),
        'S' => zeros(at.second().into(), 2),
        'f' => zeros(i64::from(at.subsec_nanosecond()) / 1_000, 6),
        'j' => zeros(day, 3),
        'u' => zeros(monday + 1, 1),
        'w' => zeros(sunday, 1),
        'U' => zeros((day + 6 - sunday) / 7, 2),
        'W' => zeros((day + 6 - monday) / 7, 2),
        'V' => zeros(iso.week().into(), 2),
        _ => None,
    }
}

fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.abs();
    let rest = match seconds % 60 {
        0 => String::new(),
        rest => format!("{rest:02}"),
    };
    format!("{sign}{:02}{:02}{rest}", seconds / 3600, seconds / 60 % 60)
}

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[cfg(test)]
mod tests;
