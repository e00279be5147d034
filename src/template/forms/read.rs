//! Reading a date by a format, as Python's `strptime` does: its regular expressions, tried in their order.

use super::{FormatError, MONTHS, Moment, Token, WEEKDAYS, tokens};
use jiff::civil::{Date, DateTime, Time};

/// What is read, for messages.
const READ: &str = "%Y %m %d %H %M %S %f %j %b %z and the like";

/// What the codes of a format have given.
#[derive(Clone, Debug)]
struct Fields {
    year: i16,
    month: i8,
    day: i8,
    day_of_year: Option<i16>,
    hour: i8,
    hour12: Option<i8>,
    is_afternoon: Option<bool>,
    minute: i8,
    second: i8,
    micros: i32,
    offset: Option<i32>,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            year: 1900,
            month: 1,
            day: 1,
            day_of_year: None,
            hour: 0,
            hour12: None,
            is_afternoon: None,
            minute: 0,
            second: 0,
            micros: 0,
            offset: None,
        }
    }
}

/// Reads a text by a format.
pub fn read(format: &str, text: &str) -> Result<Moment, FormatError> {
    let wanted = checked(format)?;
    let wrong = |message: String| FormatError { range: None, message };
    let fields = matched(&wanted, text, Fields::default())
        .ok_or_else(|| wrong(format!("`{format}` does not read `{text}`")))?;
    fields.moment().ok_or_else(|| wrong(format!("`{text}` is no date that exists")))
}

/// Takes a format apart; refuses what nothing can be read by.
fn checked(format: &str) -> Result<Vec<Token>, FormatError> {
    let mut wanted: Vec<Token> = Vec::new();
    for token in tokens(format) {
        let (token, range) = token?;
        let wrong = |message: String| Err(FormatError { range: Some(range.clone()), message });
        if let Token::Code { code, is_unpadded } = token {
            let shown = &format[range.clone()];
            if is_unpadded || !"YymdHIMSfjpbBaAzZ%".contains(code) {
                return wrong(format!("a date is not read by `{shown}`, but by {READ}"));
            }
            if code != '%' && wanted.contains(&token) {
                return wrong(format!("`{shown}` stands twice, and a date is read by it once"));
            }
        }
        wanted.push(token);
    }
    Ok(wanted)
}

/// Matches the rest of a text against the rest of a format.
fn matched(wanted: &[Token], text: &str, fields: Fields) -> Option<Fields> {
    let Some((first, rest)) = wanted.split_first() else {
        return text.is_empty().then_some(fields);
    };
    match first {
        // A blank of the format is any blanks of the text.
        Token::Char(c) if c.is_whitespace() => {
            let behind =
                wanted.iter().take_while(|token| matches!(token, Token::Char(c) if c.is_whitespace()));
            let count = behind.count();
            let trimmed = text.trim_start();
            if trimmed.len() == text.len() { None } else { matched(&wanted[count..], trimmed, fields) }
        }
        Token::Char(c) => {
            let found = text.chars().next().filter(|found| same(*found, *c))?;
            matched(rest, &text[found.len_utf8()..], fields)
        }
        Token::Code { code, .. } => lengths(*code, text).into_iter().find_map(|length| {
            let mut fields = fields.clone();
            fields.set(*code, text.get(..length)?)?;
            matched(rest, &text[length..], fields)
        }),
    }
}

fn same(a: char, b: char) -> bool {
    a == b || a.to_lowercase().eq(b.to_lowercase())
}

/// How many bytes of a text a code may take, in the order in which they are tried.
fn lengths(code: char, text: &str) -> Vec<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let named = |names: &[&str], short: bool| {
        let name = |name: &&str| if short { name[..3].len() } else { name.len() };
        let starts = |length: usize, full: &str| {
            text.get(..length).is_some_and(|found| found.eq_ignore_ascii_case(&full[..length]))
        };
        names.iter().filter(|full| starts(name(full), full)).map(name).collect()
    };
    match code {
        'Y' => {
            if digits >= 4 {
                vec![4]
            } else {
                Vec::new()
            }
        }
        'y' => {
            if digits >= 2 {
                vec![2]
            } else {
                Vec::new()
            }
        }
        'm' | 'd' | 'H' | 'I' | 'M' | 'S' => (1..=digits.min(2)).rev().collect(),
        'j' => (1..=digits.min(3)).rev().collect(),
        'f' => (1..=digits.min(6)).rev().collect(),
        'p' => {
            if starts_with(text, "AM") || starts_with(text, "PM") {
                vec![2]
            } else {
                Vec::new()
            }
        }
        'b' => named(&MONTHS, true),
        'B' => named(&MONTHS, false),
        'a' => named(&WEEKDAYS, true),
        'A' => named(&WEEKDAYS, false),
        'Z' => {
            if starts_with(text, "UTC") || starts_with(text, "GMT") {
                vec![3]
            } else {
                Vec::new()
            }
        }
        'z' => offset_lengths(text),
        '%' => {
            if text.starts_with('%') {
                vec![1]
            } else {
                Vec::new()
            }
        }
        _ => Vec::new(),
    }
}

fn starts_with(text: &str, wanted: &str) -> bool {
    text.get(..wanted.len()).is_some_and(|found| found.eq_ignore_ascii_case(wanted))
}

/// `+0100`, `+01:00`, with seconds, or `Z`.
fn offset_lengths(text: &str) -> Vec<usize> {
    if starts_with(text, "Z") {
        return vec![1];
    }
    let is_shaped = |length: &usize| {
        text.get(..*length).is_some_and(|found| {
            found.bytes().enumerate().all(|(n, byte)| match (n, length) {
                (0, _) => matches!(byte, b'+' | b'-'),
                (3, 6 | 9) | (6, 9) => byte == b':',
                _ => byte.is_ascii_digit(),
            })
        })
    };
    [9, 7, 6, 5].into_iter().filter(is_shaped).collect()
}

impl Fields {
    /// Takes what a code has matched; `None` when it is out of range.
    fn set(&mut self, code: char, text: &str) -> Option<()> {
        let within = |range: std::ops::RangeInclusive<i32>| {
            text.parse::<i32>().ok().filter(|value| range.contains(value))
        };
        let small = |range| within(range).and_then(|value| i8::try_from(value).ok());
        let position = |names: &[&str]| {
            names.iter().position(|name| starts_with(name, &text[..3])).and_then(|n| i8::try_from(n + 1).ok())
        };
        match code {
            'Y' => self.year = i16::try_from(within(1..=9999)?).ok()?,
            'y' => {
                let year = within(0..=99)?;
                self.year = i16::try_from(if year < 69 { 2000 + year } else { 1900 + year }).ok()?;
            }
            'm' => self.month = small(1..=12)?,
            'd' => self.day = small(1..=31)?,
            'H' => self.hour = small(0..=23)?,
            'I' => self.hour12 = Some(small(1..=12)?),
            'M' => self.minute = small(0..=59)?,
            'S' => self.second = small(0..=59)?,
            'f' => self.micros = format!("{text:0<6}").parse().ok()?,
            'j' => self.day_of_year = Some(i16::try_from(within(1..=366)?).ok()?),
            'p' => self.is_afternoon = Some(text.eq_ignore_ascii_case("PM")),
            'b' | 'B' => self.month = position(&MONTHS)?,
            'z' => self.offset = Some(offset(text)?),
            _ => {}
        }
        Some(())
    }

    fn moment(self) -> Option<Moment> {
        let hour = match (self.hour12, self.is_afternoon) {
            (Some(hour), Some(true)) => hour % 12 + 12,
            (Some(hour), _) => hour % 12,
            (None, _) => self.hour,
        };
        let date = match self.day_of_year {
            Some(day) => {
                Date::new(self.year, 1, 1).ok()?.checked_add(jiff::Span::new().days(day - 1)).ok()?
            }
            None => Date::new(self.year, self.month, self.day).ok()?,
        };
        let time = Time::new(hour, self.minute, self.second, self.micros * 1_000).ok()?;
        let zone = match self.offset {
            None => String::new(),
            Some(0) => "UTC".to_owned(),
            Some(seconds) => {
                let text = super::offset(seconds);
                format!("UTC{}:{}", &text[..3], &text[3..5])
            }
        };
        Some(Moment { at: DateTime::from_parts(date, time), offset: self.offset, zone })
    }
}

fn offset(text: &str) -> Option<i32> {
    if text.eq_ignore_ascii_case("Z") {
        return Some(0);
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number = |range: std::ops::Range<usize>| digits.get(range).map_or(Some(0), |text| text.parse().ok());
    let (hours, minutes, seconds): (i32, i32, i32) = (number(0..2)?, number(2..4)?, number(4..6)?);
    let all = hours * 3600 + minutes * 60 + seconds;
    // Python's offsets are shorter than a day.
    let is_real = minutes < 60 && seconds < 60 && all < 24 * 3600;
    is_real.then_some(if text.starts_with('-') { -all } else { all })
}
