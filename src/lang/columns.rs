//! Columns that a source declares: the type of each, and whether it may be empty.
//!
//! Types are read by the names of SQL, as Redshift and Athena know them, and by those of Spark and the Data
//! Catalog (Redshift Database Developer Guide, "Data types"; Athena User Guide, "Data types in Amazon Athena").

use super::decode::{Leaf, LeafError};
use crate::diagnostic::{Code, nearest};
use crate::yaml::Scalar;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// A declared column: `bigint not null`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its type.
    pub kind: ColumnType,
    /// It may have no value.
    pub is_nullable: bool,
}

/// The type of a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnType {
    /// `boolean`
    Boolean,
    /// `tinyint`: 8 bits; Redshift has none.
    TinyInt,
    /// `smallint`: 16 bits.
    SmallInt,
    /// `integer`: 32 bits.
    Integer,
    /// `bigint`: 64 bits.
    BigInt,
    /// `real`: 32 bits.
    Real,
    /// `double precision`: 64 bits.
    Double,
    /// `decimal(precision, scale)`: so many digits in all, and behind the point.
    Decimal(u8, u8),
    /// `char(length)`: bytes in Redshift.
    Char(u32),
    /// `varchar(length)`: bytes in Redshift; without a length as long as the system allows.
    Text(Option<u32>),
    /// `date`
    Date,
    /// `time`, without a time zone.
    Time,
    /// `timetz`
    TimeTz,
    /// `timestamp`, without a time zone.
    Timestamp,
    /// `timestamptz`
    TimestampTz,
    /// `varbyte`
    Binary,
    /// `super`: any JSON.
    Super,
    /// `geometry`
    Geometry,
    /// `geography`
    Geography,
    /// `hllsketch`
    HllSketch,
    /// `array<of>`
    Array(Box<ColumnType>),
    /// `map<key, value>`
    Map(Box<ColumnType>, Box<ColumnType>),
    /// `struct<name: type, ...>`
    Struct(Vec<(String, ColumnType)>),
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

impl ColumnType {
    /// Reads a type.
    ///
    /// # Errors
    /// When it is none, in words for the user.
    pub fn parse(text: &str) -> Result<Self, LeafError> {
        nested(text, 0)
    }
}

impl std::fmt::Display for ColumnType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::TinyInt => f.write_str("tinyint"),
            Self::SmallInt => f.write_str("smallint"),
            Self::Integer => f.write_str("integer"),
            Self::BigInt => f.write_str("bigint"),
            Self::Real => f.write_str("real"),
            Self::Double => f.write_str("double precision"),
            Self::Decimal(precision, scale) => write!(f, "decimal({precision}, {scale})"),
            Self::Char(length) => write!(f, "char({length})"),
            Self::Text(None) => f.write_str("varchar"),
            Self::Text(Some(length)) => write!(f, "varchar({length})"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::TimeTz => f.write_str("timetz"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::TimestampTz => f.write_str("timestamptz"),
            Self::Binary => f.write_str("varbyte"),
            Self::Super => f.write_str("super"),
            Self::Geometry => f.write_str("geometry"),
            Self::Geography => f.write_str("geography"),
            Self::HllSketch => f.write_str("hllsketch"),
            Self::Array(of) => write!(f, "array<{of}>"),
            Self::Map(key, value) => write!(f, "map<{key}, {value}>"),
            Self::Struct(fields) => {
                f.write_str("struct<")?;
                for (n, (name, kind)) in fields.iter().enumerate() {
                    write!(f, "{}{name}: {kind}", if n > 0 { ", " } else { "" })?;
                }
                f.write_str(">")
            }
        }
    }
}

impl Serialize for ColumnType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads a type that stands in so many others.
fn nested(text: &str, depth: usize) -> Result<ColumnType, LeafError> {
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

impl Leaf for Column {
    const EXPECTED: &'static str = "a type such as `bigint`, or `bigint not null`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = scalar.text.trim();
        let words: Vec<&str> = text.split_whitespace().collect();
        let ends = |end: &[&str]| {
            let at = words.len().checked_sub(end.len())?;
            let is_end = words[at..].iter().zip(end).all(|(word, end)| word.eq_ignore_ascii_case(end));
            is_end.then(|| words[..at].join(" "))
        };
        let (kind, is_nullable) = match (ends(&["not", "null"]), ends(&["null"])) {
            (Some(kind), _) => (kind, false),
            (None, Some(kind)) => (kind, true),
            (None, None) => (text.to_owned(), true),
        };
        Ok(Self { kind: ColumnType::parse(&kind)?, is_nullable })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "examples": ["bigint", "decimal(12, 2) not null", "varchar(64)", "timestamp"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Style;

    #[test]
    fn types_are_read_and_written() {
        for (text, expected) in [
            ("bigint", "bigint"),
            ("INT8", "bigint"),
            ("double  precision", "double precision"),
            ("numeric(12,2)", "decimal(12, 2)"),
            ("DECIMAL( 38 )", "decimal(38, 0)"),
            ("decimal", "decimal(18, 0)"),
            ("character varying(20)", "varchar(20)"),
            ("varchar(max)", "varchar(65535)"),
            ("text", "varchar"),
            ("char", "char(1)"),
            ("timestamp without time zone", "timestamp"),
            ("varbyte(64)", "varbyte"),
            (
                "array<struct<a: int, b:map<string,decimal(3,1)>>>",
                "array<struct<a: integer, b: map<varchar, decimal(3, 1)>>>",
            ),
        ] {
            let kind = ColumnType::parse(text).unwrap();
            assert_eq!(kind.to_string(), expected);
            assert_eq!(ColumnType::parse(expected).unwrap(), kind);
        }
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for text in [
            "",
            "bigit",
            "decimal(39)",
            "decimal(3, 4)",
            "decimal(1,2,3)",
            "varchar(0)",
            "varchar(70000)",
            "char(x)",
            "int(4)",
            "array<>",
            "array<int, int>",
            "map<int>",
            "struct<>",
            "struct<a>",
            "array<int",
            "date)",
            "<>",
            "(",
            "not null",
        ] {
            assert_eq!(ColumnType::parse(text).unwrap_err().code, Code::InvalidType, "{text}");
        }
        assert!(ColumnType::parse(&format!("{}int{}", "array<".repeat(40), ">".repeat(40))).is_err());
    }

    #[test]
    fn a_column_may_say_that_it_is_never_empty() {
        for (text, kind, is_nullable) in [
            ("bigint not null", ColumnType::BigInt, false),
            ("bigint NOT  NULL", ColumnType::BigInt, false),
            ("bigint null", ColumnType::BigInt, true),
            ("bigint", ColumnType::BigInt, true),
        ] {
            let scalar = Scalar { text: text.to_owned(), style: Style::Plain, expanded: false };
            let column = Column::leaf(&scalar).unwrap();
            assert_eq!(column, Column { kind, is_nullable });
        }
    }
}
