//! Columns that a source declares: the type of each, and whether it may be empty.
//!
//! Types are read by the names of SQL, as Redshift and Athena know them, and by those of Spark and the Data
//! Catalog (Redshift Database Developer Guide, "Data types"; Athena User Guide, "Data types in Amazon Athena").

mod read;

use super::decode::{Leaf, LeafError};
use crate::yaml::Scalar;
use read::nested;
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
mod tests;
