//! Types are read by all of their names, and those that are none told so.

use super::*;
use crate::diagnostic::Code;
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
