//! Cron expressions: what Airflow's `croniter` and a careful reader both understand.
//!
//! Takes an expression of five fields; says what is wrong with it and where. Lists, ranges, steps, names of
//! months and days, `L` for the last day of the month, `FRI#2` for the second Friday and `L5` for the last one; a
//! range may run over the end, as `22-4` and `fri-mon`. Of what `croniter` takes beyond that nothing is let
//! through, such as a field for seconds. Nor is a day that no month has, of which Airflow finds no next one when it
//! schedules the DAG.

use std::ops::{Range, RangeInclusive};

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronError {
    /// The bytes that are wrong; all of the expression when absent.
    pub range: Option<Range<usize>>,
    /// Why, behind "is no cron expression: ".
    pub message: String,
}

/// One of the five fields.
struct Field {
    what: &'static str,
    values: RangeInclusive<u32>,
    /// The names of its values, the first of them that of the smallest one.
    names: &'static [&'static str],
}

const DAY_OF_MONTH: usize = 2;
const MONTH: usize = 3;
const DAY_OF_WEEK: usize = 4;

const FIELDS: [Field; 5] = [
    Field { what: "minute", values: 0..=59, names: &[] },
    Field { what: "hour", values: 0..=23, names: &[] },
    Field { what: "day of month", values: 1..=31, names: &[] },
    Field {
        what: "month",
        values: 1..=12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    // Sunday is 0 and 7.
    Field { what: "day of week", values: 0..=7, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/// The days of the longest form of each month.
const DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Checks an expression.
pub fn check(expression: &str) -> Result<(), CronError> {
    let fields: Vec<(usize, &str)> = words(expression).collect();
    if fields.len() != FIELDS.len() {
        let message = format!("it has {} fields, not {}", fields.len(), FIELDS.len());
        return Err(CronError { range: None, message });
    }
    let mut values: Vec<Vec<u32>> = Vec::with_capacity(FIELDS.len());
    for (n, (start, text)) in fields.iter().enumerate() {
        values.push(field(n, text).map_err(|(range, message)| CronError {
            range: Some(start + range.start..start + range.end),
            message,
        })?);
    }
    let is_star = |n: usize| matches!(fields[n].1, "*" | "?");
    if fields[DAY_OF_WEEK].1.split(',').any(is_nth) && !is_star(DAY_OF_MONTH) {
        let (start, text) = fields[DAY_OF_MONTH];
        let message = "a week of the month and a day of the month may never fall together".to_owned();
        return Err(CronError { range: Some(start..start + text.len()), message });
    }
    let longest = values[MONTH].iter().map(|month| DAYS[*month as usize - 1]).max().unwrap_or(31);
    // A day of the week beside it does not help: `croniter` gives up before it looks at weekdays.
    if values[DAY_OF_MONTH].iter().all(|day| *day > longest) {
        let (start, text) = fields[DAY_OF_MONTH];
        let message = format!("no month that it names has a day {text}, so that it never comes");
        return Err(CronError { range: Some(start..start + text.len()), message });
    }
    Ok(())
}

/// The words of a text with their places.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().scan(0, move |at, word| {
        let start = *at + text[*at..].find(word)?;
        *at = start + word.len();
        Some((start, word))
    })
}

type Wrong = (Range<usize>, String);

/// Returns the values of a field.
fn field(n: usize, text: &str) -> Result<Vec<u32>, Wrong> {
    let Field { what, values, .. } = &FIELDS[n];
    if text == "?" && matches!(n, DAY_OF_MONTH | DAY_OF_WEEK) {
        return Ok(values.clone().collect());
    }
    let has_nth = n == DAY_OF_WEEK && text.split(',').any(is_nth);
    if let (true, Some(other)) = (has_nth, text.split(',').find(|item| !is_nth(item))) {
        let message = format!("the {what} has `{other}` beside a week of the month: all have one, or none");
        return Err((0..text.len(), message));
    }
    let mut values = Vec::new();
    let mut at = 0;
    for item in text.split(',') {
        values.extend(item_values(n, item).map_err(|message| (at..at + item.len().max(1), message))?);
        at += item.len() + 1;
    }
    Ok(values)
}

fn item_values(n: usize, item: &str) -> Result<Vec<u32>, String> {
    let Field { what, values, .. } = &FIELDS[n];
    let (low, high) = (*values.start(), *values.end());
    if item.is_empty() {
        return Err(format!("there is nothing between the commas of the {what}"));
    }
    match n {
        DAY_OF_MONTH if item.eq_ignore_ascii_case("l") => return Ok(vec![DAYS[1]]),
        DAY_OF_WEEK if is_nth(item) => return nth_day(item),
        _ => {}
    }
    let (span, step) = match item.split_once('/') {
        Some((span, step)) => (span, Some(step_value(n, step)?)),
        None => (item, None),
    };
    let (first, last) = match (span, span.split_once('-')) {
        ("*", _) => (low, high),
        (_, Some((first, last))) => (value(n, first)?, value(n, last)?),
        (one, None) => {
            let first = value(n, one)?;
            (first, if step.is_some() { high } else { first })
        }
    };
    let step = step.unwrap_or(1);
    if first > last {
        return Ok((first..=high).chain(low..=last).step_by(step).collect());
    }
    Ok((first..=last).step_by(step).collect())
}

fn step_value(n: usize, text: &str) -> Result<usize, String> {
    let Field { what, values, .. } = &FIELDS[n];
    match text.parse::<usize>() {
        Ok(step) if (1..=*values.end() as usize).contains(&step) => Ok(step),
        _ => Err(format!("`{text}` is no step of the {what}: 1 to {}", values.end())),
    }
}

fn value(n: usize, text: &str) -> Result<u32, String> {
    let Field { what, values, names } = &FIELDS[n];
    let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
    let number = match named {
        Some(index) => u32::try_from(index).ok().map(|index| index + values.start()),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        None => None,
    };
    number.filter(|number| values.contains(number)).ok_or_else(|| {
        let or_name = names.first().map_or_else(String::new, |name| format!(", or a name such as `{name}`"));
        format!("`{text}` is no {what}: {} to {}{or_name}", values.start(), values.end())
    })
}

/// Says whether it is one day of the week in each month.
fn is_nth(item: &str) -> bool {
    item.contains('#') || last_day(item).is_some()
}

/// `L5` is the last Friday of the month.
fn last_day(item: &str) -> Option<&str> {
    let day = item.strip_prefix(['L', 'l'])?;
    day.starts_with(|c: char| c.is_ascii_digit()).then_some(day)
}

/// `FRI#2` is the second Friday of the month.
fn nth_day(item: &str) -> Result<Vec<u32>, String> {
    if let Some(day) = last_day(item) {
        return Ok(vec![value(DAY_OF_WEEK, day)?]);
    }
    let (day, which) = item.split_once('#').unwrap_or((item, ""));
    let day = value(DAY_OF_WEEK, day)?;
    match which {
        "1" | "2" | "3" | "4" | "5" => Ok(vec![day]),
        _ => Err(format!("`#{which}` is no week of a month: 1 to 5")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_checked() {
        for good in [
            "15 3 * * *",
            "*/5 * * * *",
            "0 9-17/2 * jan,Jul MON-FRI",
            "0 0 L * *",
            "0 0 * * 5#2",
            "0 0 * * fri#1,mon#3",
            "0/15 * * * *",
            "0 22-4 * * *",
            "0 0 28-3 nov-feb *",
            "0 0 * * fri-sun",
            "0 0 * * 6-0,7-1",
            "0 0 * * L5",
            "0 0 * * 5#2,l0",
            "0 0 31 dec-feb *",
            "05 03 01 01 7",
            "0 0 29 2 *",
            "0 0 31 2,3 1",
            "0 0 29 2 */2",
            "0 0 ? * 1",
            " 0   0 1,15 * ? ",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (wrong, marked, why) in [
            ("0 0 * *", None, "4 fields"),
            ("0 0 0 * * *", None, "6 fields"),
            ("", None, "0 fields"),
            ("60 0 * * *", Some("60"), "0 to 59"),
            ("0 24 * * *", Some("24"), "no hour"),
            ("0 0 0 * *", Some("0"), "no day of month"),
            ("0 0 * 13 *", Some("13"), "a name such as `jan`"),
            ("0 0 * * 8", Some("8"), "0 to 7"),
            ("0 0 * * 1,friday", Some("friday"), "no day of week"),
            ("0 50-10 * * *", Some("50-10"), "no hour"),
            ("*/0 * * * *", Some("*/0"), "no step"),
            ("*/90 * * * *", Some("*/90"), "1 to 59"),
            ("0 0 1, * *", Some(" "), "between the commas"),
            ("0 0 15W * *", Some("15W"), "no day of month"),
            ("0 0 * * L8", Some("L8"), "no day of week"),
            ("0 0 * * Lfri", Some("Lfri"), "no day of week"),
            ("0 0 * * L5,1", Some("L5,1"), "beside a week"),
            ("0 0 15 * L5", Some("15"), "never fall together"),
            ("0 0 * * 5#6", Some("5#6"), "no week"),
            ("0 0 * * 5#2,1", Some("5#2,1"), "beside a week"),
            ("0 0 ?,3 * *", Some("?"), "no day of month"),
            ("0 0 1 * 5#2", Some("1"), "never fall together"),
            ("0 0 31 2,4 *", Some("31"), "never comes"),
            ("0 0 30,31 feb *", Some("30,31"), "never comes"),
            ("0 0 31 4 1-5", Some("31"), "never comes"),
            ("0 0 31 2 */2", Some("31"), "never comes"),
            ("0 0 * * +1", Some("+1"), "no day of week"),
            ("0 0 * * -1", Some("-1"), "no day of week"),
        ] {
            let error = check(wrong).unwrap_err();
            assert!(error.message.contains(why), "{wrong}: {}", error.message);
            assert_eq!(error.range.map(|range| &wrong[range]), marked, "{wrong}");
        }
    }
}
