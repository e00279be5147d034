//! Reading a type by its names in SQL, Spark and the Data Catalog.

use super::ColumnType;
use crate::diagnostic::{Code, nearest};
use crate::lang::decode::LeafError;

/// What `decimal` means without digits, and the most that it may have.
const DECIMAL: (u8, u8) = (18, 0);
const MOST_DIGITS: u32 = 38;
/// The longest `char` and `varchar` of Redshift, in bytes.
const LONGEST_CHAR: u32 = 4096;
const LONGEST_TEXT: u32 = 65_535;
/// How deep types may be nested.
const DEEPEST: usize = 32;

/// The names of types that have no settings.
const PLAIN: &[(&str, ColumnType)] = &[
    ("bigint", ColumnType::BigInt),
    ("binary", ColumnType::Binary),
    ("binary varying", ColumnType::Binary),
    ("bool", ColumnType::Boolean),
    ("boolean", ColumnType::Boolean),
    ("byte", ColumnType::TinyInt),
    ("date", ColumnType::Date),
    ("double", ColumnType::Double),
    ("double precision", ColumnType::Double),
    ("float", ColumnType::Double),
    ("float4", ColumnType::Real),
    ("float8", ColumnType::Double),
    ("geography", ColumnType::Geography),
    ("geometry", ColumnType::Geometry),
    ("hllsketch", ColumnType::HllSketch),
    ("int", ColumnType::Integer),
    ("int2", ColumnType::SmallInt),
    ("int4", ColumnType::Integer),
    ("int8", ColumnType::BigInt),
    ("integer", ColumnType::Integer),
    ("long", ColumnType::BigInt),
    ("real", ColumnType::Real),
    ("short", ColumnType::SmallInt),
    ("smallint", ColumnType::SmallInt),
    ("string", ColumnType::Text(None)),
    ("super", ColumnType::Super),
    ("text", ColumnType::Text(None)),
    ("time", ColumnType::Time),
    ("time with time zone", ColumnType::TimeTz),
    ("time without time zone", ColumnType::Time),
    ("timestamp", ColumnType::Timestamp),
    ("timestamp with time zone", ColumnType::TimestampTz),
    ("timestamp without time zone", ColumnType::Timestamp),
    ("timestamp_ntz", ColumnType::Timestamp),
    ("timestamptz", ColumnType::TimestampTz),
    ("timetz", ColumnType::TimeTz),
    ("tinyint", ColumnType::TinyInt),
    ("varbinary", ColumnType::Binary),
    ("varbyte", ColumnType::Binary),
];

/// The names of types with settings in parentheses, beside those in [`PLAIN`].
const DECIMALS: &[&str] = &["dec", "decimal", "numeric"];
const CHARS: &[&str] = &["bpchar", "char", "character", "nchar"];
const TEXTS: &[&str] = &["character varying", "nvarchar", "text", "varchar"];
const BINARIES: &[&str] = &["binary varying", "varbinary", "varbyte"];
const NESTED: &[&str] = &["array", "map", "struct"];

/// Reads a type that stands in so many others.
pub(super) fn nested(text: &str, depth: usize) -> Result<ColumnType, LeafError> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    if depth > DEEPEST {
        return Err(LeafError::new(Code::InvalidType, "types are nested too deep"));
    }
    if let Some(inside) = words.strip_suffix('>')
        && let Some((name, inside)) = inside.split_once('<')
        && NESTED.contains(&name.trim())
    {
        return within(name.trim(), inside, depth);
    }
    if let Some((_, kind)) = PLAIN.iter().find(|(name, _)| *name == words) {
        return Ok(kind.clone());
    }
    let (name, settings) = match words.strip_suffix(')').and_then(|words| words.split_once('(')) {
        Some((name, settings)) => (name.trim(), Some(settings)),
        None => (words.as_str(), None),
    };
    let numbers = |settings: &str| -> Option<Vec<u32>> {
        settings.split(',').map(|number| number.trim().parse().ok()).collect()
    };
    let numbers = settings
        .map(|settings| if settings.trim() == "max" { Some(vec![LONGEST_TEXT]) } else { numbers(settings) });
    let wrong = |what: String| LeafError::new(Code::InvalidType, what);
    match (name, numbers.as_ref().map(|numbers| numbers.as_deref())) {
        (name, None) if DECIMALS.contains(&name) => Ok(ColumnType::Decimal(DECIMAL.0, DECIMAL.1)),
        (name, Some(Some([digits, more @ ..]))) if DECIMALS.contains(&name) && more.len() < 2 => {
            let scale = more.first().copied().unwrap_or(0);
            match (u8::try_from(*digits), u8::try_from(scale)) {
                (Ok(precision), Ok(small)) if (1..=MOST_DIGITS).contains(digits) && scale <= *digits => {
                    Ok(ColumnType::Decimal(precision, small))
                }
                _ => Err(wrong(format!(
                    "`{words}` has no such number of digits: at most {MOST_DIGITS}, and no more than these behind the point"
                ))),
            }
        }
        (name, None) if CHARS.contains(&name) => Ok(ColumnType::Char(1)),
        (name, Some(Some([length]))) if CHARS.contains(&name) => match length {
            1..=LONGEST_CHAR => Ok(ColumnType::Char(*length)),
            _ => Err(wrong(format!("`{words}` is no length of a char: 1 to {LONGEST_CHAR}"))),
        },
        (name, None) if TEXTS.contains(&name) => Ok(ColumnType::Text(None)),
        (name, Some(Some([length]))) if TEXTS.contains(&name) => match length {
            1..=LONGEST_TEXT => Ok(ColumnType::Text(Some(*length))),
            _ => Err(wrong(format!("`{words}` is no length of a varchar: 1 to {LONGEST_TEXT}"))),
        },
        (name, Some(Some([_]))) if BINARIES.contains(&name) => Ok(ColumnType::Binary),
        _ => Err(unknown(text, name)),
    }
}

fn unknown(text: &str, name: &str) -> LeafError {
    let names = PLAIN.iter().map(|(name, _)| *name);
    let known = names.chain([DECIMALS, CHARS, TEXTS, NESTED].concat());
    let error = LeafError::new(Code::InvalidType, format!("`{}` is no type of a column", text.trim()));
    match nearest(name, known) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(
            "write a type of SQL or of Spark, such as `bigint`, `decimal(12, 2)`, `varchar(64)`, `timestamp`, \
             `array<string>`",
        ),
    }
}

/// Reads what stands between the brackets of a nested type.
fn within(name: &str, inside: &str, depth: usize) -> Result<ColumnType, LeafError> {
    let parts = parts(inside);
    let kind = |text: &str| nested(text, depth + 1);
    match (name, parts.as_slice()) {
        ("array", [of]) => Ok(ColumnType::Array(Box::new(kind(of)?))),
        ("map", [key, value]) => Ok(ColumnType::Map(Box::new(kind(key)?), Box::new(kind(value)?))),
        ("struct", fields) => fields
            .iter()
            .map(|field| match field.split_once(':') {
                Some((name, of)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), kind(of)?)),
                _ => Err(LeafError::new(Code::InvalidType, format!("`{field}` is no field of a struct"))
                    .help("write `struct<name: type, ...>`")),
            })
            .collect::<Result<_, _>>()
            .map(ColumnType::Struct),
        _ => Err(LeafError::new(
            Code::InvalidType,
            format!("`{name}<{inside}>` has not as many types as it needs"),
        )
        .help("write `array<of>`, or `map<key, value>`")),
    }
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
