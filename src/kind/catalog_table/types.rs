//! Types as the Data Catalog writes them (Athena User Guide, "Data types in Amazon Athena").

use crate::lang::columns::ColumnType;

/// The longest `char` of Hive's.
const LONGEST_CHAR: u32 = 255;

/// Writes a type; why it has none for it otherwise.
pub(super) fn catalog_type(kind: &ColumnType) -> Result<String, String> {
    let none = || Err(format!("the Data Catalog has no type `{kind}`"));
    Ok(match kind {
        ColumnType::Boolean => "boolean".to_owned(),
        ColumnType::TinyInt => "tinyint".to_owned(),
        ColumnType::SmallInt => "smallint".to_owned(),
        ColumnType::Integer => "int".to_owned(),
        ColumnType::BigInt => "bigint".to_owned(),
        ColumnType::Real => "float".to_owned(),
        ColumnType::Double => "double".to_owned(),
        ColumnType::Decimal(precision, scale) => format!("decimal({precision},{scale})"),
        ColumnType::Char(length) if *length > LONGEST_CHAR => {
            return Err(format!("a `char` has at most {LONGEST_CHAR} characters in the Data Catalog"));
        }
        ColumnType::Char(length) => format!("char({length})"),
        ColumnType::Text(None) => "string".to_owned(),
        ColumnType::Text(Some(length)) => format!("varchar({length})"),
        ColumnType::Date => "date".to_owned(),
        ColumnType::Timestamp => "timestamp".to_owned(),
        ColumnType::Binary => "binary".to_owned(),
        ColumnType::Array(of) => format!("array<{}>", catalog_type(of)?),
        ColumnType::Map(key, value) => format!("map<{},{}>", catalog_type(key)?, catalog_type(value)?),
        ColumnType::Struct(fields) => {
            let field = |(name, kind): &(String, ColumnType)| {
                Ok(format!("{}:{}", name.to_lowercase(), catalog_type(kind)?))
            };
            let fields: Result<Vec<String>, String> = fields.iter().map(field).collect();
            format!("struct<{}>", fields?.join(","))
        }
        ColumnType::Time
        | ColumnType::TimeTz
        | ColumnType::TimestampTz
        | ColumnType::Super
        | ColumnType::Geometry
        | ColumnType::Geography
        | ColumnType::HllSketch => return none(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_names_of_the_catalog() {
        for (kind, expected) in [
            ("integer", Ok("int")),
            ("real", Ok("float")),
            ("double precision", Ok("double")),
            ("decimal(12, 2)", Ok("decimal(12,2)")),
            ("text", Ok("string")),
            ("varchar(9)", Ok("varchar(9)")),
            ("char(255)", Ok("char(255)")),
            ("char(256)", Err("a `char` has at most 255 characters in the Data Catalog")),
            ("array<struct<A: int, b: map<string, date>>>", Ok("array<struct<a:int,b:map<string,date>>>")),
            ("array<timetz>", Err("the Data Catalog has no type `timetz`")),
            ("super", Err("the Data Catalog has no type `super`")),
        ] {
            let kind = ColumnType::parse(kind).unwrap();
            assert_eq!(catalog_type(&kind).as_deref(), expected.map_err(str::to_owned).as_ref().copied());
        }
    }
}
