//! Types as the Data Catalog writes them (Athena User Guide, "Data types in Amazon Athena").

use crate::columns::Type;

/// The longest `char` of Hive's.
const LONGEST_CHAR: u32 = 255;

/// Writes a type, by the names that Spark has, too; why the catalog has none for it otherwise.
pub(super) fn catalog_type(kind: &Type) -> Result<String, String> {
    Ok(match kind {
        Type::Char(length) if *length > LONGEST_CHAR => {
            return Err(format!("a `char` has at most {LONGEST_CHAR} characters in the Data Catalog"));
        }
        Type::Timestamp | Type::TimestampNtz => "timestamp".to_owned(),
        Type::Array(of) => format!("array<{}>", catalog_type(of)?),
        Type::Map(key, value) => format!("map<{},{}>", catalog_type(key)?, catalog_type(value)?),
        Type::Struct(fields) => {
            let field = |(name, kind): &(String, Type)| {
                Ok(format!("{}:{}", name.to_lowercase(), catalog_type(kind)?))
            };
            let fields: Result<Vec<String>, String> = fields.iter().map(field).collect();
            format!("struct<{}>", fields?.join(","))
        }
        Type::Boolean
        | Type::TinyInt
        | Type::SmallInt
        | Type::Integer
        | Type::BigInt
        | Type::Real
        | Type::Double
        | Type::Decimal(..)
        | Type::Char(_)
        | Type::Text(_)
        | Type::Date
        | Type::Binary => kind.simple_string(),
        Type::Time
        | Type::TimeTz
        | Type::TimestampTz
        | Type::Super
        | Type::Geometry
        | Type::Geography
        | Type::HllSketch
        | Type::Interval(_)
        | Type::Null
        | Type::Unknown => return Err(format!("the Data Catalog has no type `{kind}`")),
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
            let kind = Type::parse(kind).unwrap();
            assert_eq!(catalog_type(&kind).as_deref(), expected.map_err(str::to_owned).as_ref().copied());
        }
    }
}
