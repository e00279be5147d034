//! The type of a column, of a value and of an expression.

mod read;

use serde::{Serialize, Serializer};
use std::fmt;

/// The type of a column, by the names of Redshift, Athena, Spark and the Data Catalog alike.
///
/// `Display` writes it by the names of SQL, [`Type::simple_string`] by those of Spark.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
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
    /// `timestamp`: without a time zone in Redshift, an instant in Spark.
    Timestamp,
    /// `timestamptz`
    TimestampTz,
    /// `timestamp_ntz` of Spark: without a time zone.
    TimestampNtz,
    /// An interval of Spark.
    Interval(Interval),
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
    Array(Box<Type>),
    /// `map<key, value>`
    Map(Box<Type>, Box<Type>),
    /// `struct<name: type, ...>`
    Struct(Vec<(String, Type)>),
    /// The type of `NULL`, which is of every type.
    Null,
    /// Nothing is known of it.
    Unknown,
}

/// The interval types of Spark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interval {
    /// Months, days and microseconds in one value.
    Calendar,
    /// Of years and months, from one unit to another.
    Months(Unit, Unit),
    /// Of days and shorter, from one unit to another.
    Days(Unit, Unit),
}

/// The units of intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// `year`
    Year,
    /// `month`
    Month,
    /// `day`
    Day,
    /// `hour`
    Hour,
    /// `minute`
    Minute,
    /// `second`
    Second,
}

impl Interval {
    /// The interval that has both of these units and what is between them.
    pub fn between(one: Unit, other: Unit) -> Self {
        let (from, to) = (one.min(other), one.max(other));
        match (from <= Unit::Month, to <= Unit::Month) {
            (true, true) => Self::Months(from, to),
            (false, false) => Self::Days(from, to),
            _ => Self::Calendar,
        }
    }

    /// The interval that has the units of both.
    #[must_use]
    pub fn wider(self, other: Self) -> Self {
        match (self, other) {
            (Self::Months(a, b), Self::Months(c, d)) | (Self::Days(a, b), Self::Days(c, d)) => {
                Self::between(a.min(c), b.max(d))
            }
            _ => Self::Calendar,
        }
    }
}

impl Unit {
    /// Reads a unit, alone or in plural; a week is days, what is shorter than a second seconds.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        Some(match word.strip_suffix('s').unwrap_or(&word) {
            "year" => Self::Year,
            "month" => Self::Month,
            "day" | "week" => Self::Day,
            "hour" => Self::Hour,
            "minute" => Self::Minute,
            "second" | "millisecond" | "microsecond" => Self::Second,
            _ => return None,
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Calendar => f.write_str("interval"),
            Self::Months(from, to) | Self::Days(from, to) if from == to => {
                write!(f, "interval {}", from.name())
            }
            Self::Months(from, to) | Self::Days(from, to) => {
                write!(f, "interval {} to {}", from.name(), to.name())
            }
        }
    }
}

/// Why a text is no type, in words for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeError {
    /// What is wrong.
    pub message: String,
    /// The cure.
    pub help: Option<String>,
}

impl Type {
    /// Text of any length: Spark's `string`.
    pub const STRING: Self = Self::Text(None);

    /// Reads a type of a declared column.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, TypeError> {
        read::nested(text, read::Names::Declared, 0)
    }

    /// Reads a type as Spark's SQL has it: `float` has 32 bits, `decimal` 10 digits.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse_spark(text: &str) -> Result<Self, TypeError> {
        read::nested(text, read::Names::Spark, 0)
    }

    /// Reads columns as Spark writes those of a table: `a int, b string`.
    pub fn parse_fields(text: &str) -> Option<Vec<(String, Self)>> {
        read::fields(text)
    }

    /// The type that a column has in Spark when it is read there: texts of all lengths are strings.
    #[must_use]
    pub fn in_spark(&self) -> Self {
        match self {
            Self::Text(_) | Self::Char(_) => Self::STRING,
            Self::TimestampTz => Self::Timestamp,
            Self::Time | Self::TimeTz | Self::Super | Self::Geometry | Self::Geography | Self::HllSketch => {
                Self::Unknown
            }
            Self::Array(of) => Self::Array(Box::new(of.in_spark())),
            Self::Map(key, value) => Self::Map(Box::new(key.in_spark()), Box::new(value.in_spark())),
            Self::Struct(fields) => {
                Self::Struct(fields.iter().map(|(name, kind)| (name.clone(), kind.in_spark())).collect())
            }
            other => other.clone(),
        }
    }

    /// The type as Spark writes it: `simpleString` of its `DataType`.
    pub fn simple_string(&self) -> String {
        match self {
            Self::Integer => "int".to_owned(),
            Self::Real => "float".to_owned(),
            Self::Double => "double".to_owned(),
            Self::Decimal(precision, scale) => format!("decimal({precision},{scale})"),
            Self::Text(None) => "string".to_owned(),
            Self::Binary => "binary".to_owned(),
            Self::Array(of) => format!("array<{}>", of.simple_string()),
            Self::Map(key, value) => format!("map<{},{}>", key.simple_string(), value.simple_string()),
            Self::Struct(fields) => {
                let fields = fields.iter().map(|(name, kind)| format!("{name}:{}", kind.simple_string()));
                format!("struct<{}>", fields.collect::<Vec<_>>().join(","))
            }
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
            Self::TimestampNtz => f.write_str("timestamp_ntz"),
            Self::Interval(interval) => interval.fmt(f),
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
            Self::Null => f.write_str("void"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests;
