//! Types as Spark reads them in a schema (Spark SQL Guide, "Data Types").

use super::names::quoted;
use crate::columns::Type;

/// Writes a type; none where Spark has none for it. A length of a text is not Spark's affair: it reads texts.
pub(super) fn spark_type(kind: &Type) -> Option<String> {
    Some(match kind {
        Type::Boolean => "boolean".to_owned(),
        Type::TinyInt => "tinyint".to_owned(),
        Type::SmallInt => "smallint".to_owned(),
        Type::Integer => "int".to_owned(),
        Type::BigInt => "bigint".to_owned(),
        Type::Real => "float".to_owned(),
        Type::Double => "double".to_owned(),
        Type::Decimal(precision, scale) => format!("decimal({precision},{scale})"),
        Type::Char(_) | Type::Text(_) | Type::Super => "string".to_owned(),
        Type::Date => "date".to_owned(),
        Type::Timestamp | Type::TimestampTz => "timestamp".to_owned(),
        Type::TimestampNtz => "timestamp_ntz".to_owned(),
        Type::Binary => "binary".to_owned(),
        Type::Array(of) => format!("array<{}>", spark_type(of)?),
        Type::Map(key, value) => format!("map<{},{}>", spark_type(key)?, spark_type(value)?),
        Type::Struct(fields) => {
            let field =
                |(name, kind): &(String, Type)| Some(format!("{}:{}", quoted(name), spark_type(kind)?));
            format!("struct<{}>", fields.iter().map(field).collect::<Option<Vec<_>>>()?.join(","))
        }
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
