//! Types as Spark reads them in a schema (Spark SQL Guide, "Data Types").

use super::names::quoted;
use crate::lang::columns::ColumnType;

/// Writes a type; none where Spark has none for it. A length of a text is not Spark's affair: it reads texts.
pub(super) fn spark_type(kind: &ColumnType) -> Option<String> {
    Some(match kind {
        ColumnType::Boolean => "boolean".to_owned(),
        ColumnType::TinyInt => "tinyint".to_owned(),
        ColumnType::SmallInt => "smallint".to_owned(),
        ColumnType::Integer => "int".to_owned(),
        ColumnType::BigInt => "bigint".to_owned(),
        ColumnType::Real => "float".to_owned(),
        ColumnType::Double => "double".to_owned(),
        ColumnType::Decimal(precision, scale) => format!("decimal({precision},{scale})"),
        ColumnType::Char(_) | ColumnType::Text(_) | ColumnType::Super => "string".to_owned(),
        ColumnType::Date => "date".to_owned(),
        ColumnType::Timestamp | ColumnType::TimestampTz => "timestamp".to_owned(),
        ColumnType::Binary => "binary".to_owned(),
        ColumnType::Array(of) => format!("array<{}>", spark_type(of)?),
        ColumnType::Map(key, value) => format!("map<{},{}>", spark_type(key)?, spark_type(value)?),
        ColumnType::Struct(fields) => {
            let field =
                |(name, kind): &(String, ColumnType)| Some(format!("{}:{}", quoted(name), spark_type(kind)?));
            format!("struct<{}>", fields.iter().map(field).collect::<Option<Vec<_>>>()?.join(","))
        }
        ColumnType::Time
        | ColumnType::TimeTz
        | ColumnType::Geometry
        | ColumnType::Geography
        | ColumnType::HllSketch => return None,
    })
}
