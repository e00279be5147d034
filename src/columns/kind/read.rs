//! Reading a type by its names in SQL, Spark and the Data Catalog.

use super::{Interval, Type, TypeError, Unit};
use crate::diagnostic::nearest;

/// Whose names are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// Those of all systems, for declared columns; where they differ, Redshift's.
    Declared,
    /// Those of all systems; where they differ, Spark's.
    Spark,
}

/// What `decimal` means without digits, and the most that it may have.
const DECIMAL: (u8, u8) = (18, 0);
const MOST_DIGITS: u32 = 38;
/// The longest `char` and `varchar` of Redshift, in bytes.
const LONGEST_CHAR: u32 = 4096;
const LONGEST_TEXT: u32 = 65_535;
/// How deep types may be nested.
const DEEPEST: usize = 32;

/// The names of types that have no settings.
const PLAIN: &[(&str, Type)] = &[
    ("bigint", Type::BigInt),
    ("binary", Type::Binary),
    ("binary varying", Type::Binary),
    ("bool", Type::Boolean),
    ("boolean", Type::Boolean),
    ("byte", Type::TinyInt),
    ("date", Type::Date),
    ("double", Type::Double),
    ("double precision", Type::Double),
    ("float", Type::Double),
    ("float4", Type::Real),
    ("float8", Type::Double),
    ("geography", Type::Geography),
    ("geometry", Type::Geometry),
    ("hllsketch", Type::HllSketch),
    ("int", Type::Integer),
    ("int2", Type::SmallInt),
    ("int4", Type::Integer),
    ("int8", Type::BigInt),
    ("integer", Type::Integer),
    ("long", Type::BigInt),
    ("real", Type::Real),
    ("short", Type::SmallInt),
    ("smallint", Type::SmallInt),
    ("string", Type::Text(None)),
    ("super", Type::Super),
    ("text", Type::Text(None)),
    ("time", Type::Time),
    ("time with time zone", Type::TimeTz),
    ("time without time zone", Type::Time),
    ("timestamp", Type::Timestamp),
    ("timestamp with time zone", Type::TimestampTz),
    ("timestamp without time zone", Type::Timestamp),
    ("timestamp_ntz", Type::TimestampNtz),
    ("timestamptz", Type::TimestampTz),
    ("timetz", Type::TimeTz),
    ("tinyint", Type::TinyInt),
    ("varbinary", Type::Binary),
    ("varbyte", Type::Binary),
];

/// The names that Spark has for itself, or means other types by.
const OF_SPARK: &[(&str, Type)] = &[
    ("dec", Type::Decimal(10, 0)),
    ("decimal", Type::Decimal(10, 0)),
    ("float", Type::Real),
    ("interval", Type::Interval(Interval::Calendar)),
    ("numeric", Type::Decimal(10, 0)),
    ("timestamp_ltz", Type::Timestamp),
    ("void", Type::Null),
];

/// The names of types with settings in parentheses, beside those in [`PLAIN`].
const DECIMALS: &[&str] = &["dec", "decimal", "numeric"];
const CHARS: &[&str] = &["bpchar", "char", "character", "nchar"];
const TEXTS: &[&str] = &["character varying", "nvarchar", "text", "varchar"];
const BINARIES: &[&str] = &["binary varying", "varbinary", "varbyte"];
const NESTED: &[&str] = &["array", "map", "struct"];

/// Reads a type that stands in so many others.
pub(super) fn nested(text: &str, names: Names, depth: usize) -> Result<Type, TypeError> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = words.to_ascii_lowercase();
    if depth > DEEPEST {
        return Err(TypeError { message: "types are nested too deep".to_owned(), help: None });
    }
    if let Some(inside) = words.strip_suffix('>')
        && let Some((name, inside)) = inside.split_once('<')
        && NESTED.iter().any(|known| known.eq_ignore_ascii_case(name.trim()))
    {
        return within(&name.trim().to_ascii_lowercase(), inside, names, depth);
    }
    if names == Names::Spark
        && let Some(kind) = of_spark(&lower)
    {
        return Ok(kind);
    }
    if let Some((_, kind)) = PLAIN.iter().find(|(name, _)| *name == lower) {
        return Ok(kind.clone());
    }
    let (name, settings) = match lower.strip_suffix(')').and_then(|words| words.split_once('(')) {
        Some((name, settings)) => (name.trim(), Some(settings)),
        None => (lower.as_str(), None),
    };
    with_settings(&lower, name, settings).unwrap_or_else(|| Err(unknown(text, name)))
}

/// A type that Spark alone knows by this name.
fn of_spark(lower: &str) -> Option<Type> {
    if let Some((_, kind)) = OF_SPARK.iter().find(|(name, _)| *name == lower) {
        return Some(kind.clone());
    }
    let units = lower.strip_prefix("interval ")?;
    let (from, to) = units.split_once(" to ").unwrap_or((units, units));
    Some(Type::Interval(Interval::between(Unit::parse(from)?, Unit::parse(to)?)))
}

/// Reads a type that may have numbers in parentheses; nothing when it is none such.
fn with_settings(words: &str, name: &str, settings: Option<&str>) -> Option<Result<Type, TypeError>> {
    let numbers = match settings.map(str::trim) {
        None => None,
        Some("max") => Some(vec![LONGEST_TEXT]),
        Some(settings) => {
            Some(settings.split(',').map(|number| number.trim().parse().ok()).collect::<Option<Vec<u32>>>()?)
        }
    };
    let length = |name: &str, longest: u32, kind: fn(u32) -> Type, length: u32| match length {
        0 => Err(no_length(words, name, longest)),
        length if length > longest => Err(no_length(words, name, longest)),
        length => Ok(kind(length)),
    };
    Some(match (name, numbers.as_deref()) {
        (name, None) if DECIMALS.contains(&name) => Ok(Type::Decimal(DECIMAL.0, DECIMAL.1)),
        (name, Some([digits])) if DECIMALS.contains(&name) => decimal(words, *digits, 0),
        (name, Some([digits, scale])) if DECIMALS.contains(&name) => decimal(words, *digits, *scale),
        (name, None) if CHARS.contains(&name) => Ok(Type::Char(1)),
        (name, Some([number])) if CHARS.contains(&name) => length("char", LONGEST_CHAR, Type::Char, *number),
        (name, None) if TEXTS.contains(&name) => Ok(Type::Text(None)),
        (name, Some([number])) if TEXTS.contains(&name) => {
            length("varchar", LONGEST_TEXT, |length| Type::Text(Some(length)), *number)
        }
        (name, Some([_])) if BINARIES.contains(&name) => Ok(Type::Binary),
        _ => return None,
    })
}

fn decimal(words: &str, digits: u32, scale: u32) -> Result<Type, TypeError> {
    match (u8::try_from(digits), u8::try_from(scale)) {
        (Ok(precision), Ok(small)) if (1..=MOST_DIGITS).contains(&digits) && scale <= digits => {
            Ok(Type::Decimal(precision, small))
        }
        _ => Err(wrong(format!(
            "`{words}` has no such number of digits: at most {MOST_DIGITS}, and no more than these behind the point"
        ))),
    }
}

fn no_length(words: &str, name: &str, longest: u32) -> TypeError {
    wrong(format!("`{words}` is no length of a {name}: 1 to {longest}"))
}

fn wrong(message: String) -> TypeError {
    TypeError { message, help: None }
}

fn unknown(text: &str, name: &str) -> TypeError {
    let names = PLAIN.iter().map(|(name, _)| *name);
    let known = names.chain([DECIMALS, CHARS, TEXTS, NESTED].concat());
    let help = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write a type of SQL or of Spark, such as `bigint`, `decimal(12, 2)`, `varchar(64)`, `timestamp`, \
                 `array<string>`"
            .to_owned(),
    };
    TypeError { message: format!("`{}` is no type of a column", text.trim()), help: Some(help) }
}

/// Reads what stands between the brackets of a nested type.
fn within(name: &str, inside: &str, names: Names, depth: usize) -> Result<Type, TypeError> {
    let parts = parts(inside);
    let kind = |text: &str| nested(text, names, depth + 1);
    match (name, parts.as_slice()) {
        ("array", [of]) => Ok(Type::Array(Box::new(kind(of)?))),
        ("map", [key, value]) => Ok(Type::Map(Box::new(kind(key)?), Box::new(kind(value)?))),
        ("struct", fields) => fields
            .iter()
            .map(|text| match field(text, names) {
                Some((name, of)) => Ok((name, kind(of)?)),
                None => Err(TypeError {
                    message: format!("`{text}` is no field of a struct"),
                    help: Some("write `struct<name: type, ...>`".to_owned()),
                }),
            })
            .collect::<Result<_, _>>()
            .map(Type::Struct),
        _ => Err(TypeError {
            message: format!("`{name}<{inside}>` has not as many types as it needs"),
            help: Some("write `array<of>`, or `map<key, value>`".to_owned()),
        }),
    }
}

/// The name and the type of a field: `name: type`, and in Spark `name type`, too.
fn field(text: &str, names: Names) -> Option<(String, &str)> {
    let split = match names {
        Names::Declared => text.split_once(':'),
        Names::Spark => text.trim().split_once([':', ' ']),
    };
    let (name, kind) = split.filter(|(name, _)| !name.trim().is_empty())?;
    let name = name.trim().trim_matches('`');
    Some((if names == Names::Spark { name.to_owned() } else { name.to_lowercase() }, kind))
}

/// The columns of a table as Spark writes them: `a int, b string`.
pub(super) fn fields(text: &str) -> Option<Vec<(String, Type)>> {
    let field = |text| {
        let (name, kind) = field(text, Names::Spark)?;
        Some((name, nested(kind, Names::Spark, 0).ok()?))
    };
    parts(text).into_iter().map(field).collect()
}

/// Splits at the commas that stand in no brackets.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '<' | '(' => depth += 1,
            '>' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
