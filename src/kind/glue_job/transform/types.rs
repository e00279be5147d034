//! Types as Spark reads them in a schema (Spark SQL Guide, "Data Types").

use super::names::quoted;
use crate::columns::Type;

/// Writes a type; none where Spark has none for it. A length of a text is not Spark's affair: it reads texts.
pub(super) fn spark_type(kind: &Type) -> Option<String> {
    Some(match kind {
        Type::Char(_) | Type::Text(_) | Type::Super => Type::STRING.simple_string(),
        Type::TimestampTz => Type::Timestamp.simple_string(),
        Type::Array(of) => format!("array<{}>", spark_type(of)?),
        Type::Map(key, value) => format!("map<{},{}>", spark_type(key)?, spark_type(value)?),
        Type::Struct(fields) => {
            let field =
                |(name, kind): &(String, Type)| Some(format!("{}:{}", quoted(name), spark_type(kind)?));
            format!("struct<{}>", fields.iter().map(field).collect::<Option<Vec<_>>>()?.join(","))
        }
        Type::Boolean
        | Type::TinyInt
        | Type::SmallInt
        | Type::Integer
        | Type::BigInt
        | Type::Real
        | Type::Double
        | Type::Decimal(..)
        | Type::Date
        | Type::Timestamp
        | Type::TimestampNtz
        | Type::Binary => kind.simple_string(),
        Type::Time
        | Type::TimeTz
        | Type::Geometry
        | Type::Geography
        | Type::HllSketch
        | Type::Interval(_)
        | Type::Null
        | Type::Unknown => return None,
    })
}
