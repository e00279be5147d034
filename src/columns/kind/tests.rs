//! Types are read by all of their names, and those that are none told so.

use super::*;

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
        let kind = Type::parse(text).unwrap();
        assert_eq!(kind.to_string(), expected);
        assert_eq!(Type::parse(expected).unwrap(), kind);
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
        assert!(Type::parse(text).is_err(), "{text}");
    }
    assert!(Type::parse(&format!("{}int{}", "array<".repeat(40), ">".repeat(40))).is_err());
}

#[test]
fn types_are_written_as_spark_writes_them() {
    for (text, expected) in [
        ("float", "float"),
        ("DECIMAL", "decimal(10,0)"),
        ("interval day to second", "interval day to second"),
        ("interval year", "interval year"),
        ("struct<A: int, b string>", "struct<A:int,b:string>"),
        ("map<string, array<double>>", "map<string,array<double>>"),
        ("timestamp_ltz", "timestamp"),
        ("varchar(3)", "varchar(3)"),
        ("binary", "binary"),
        ("void", "void"),
    ] {
        assert_eq!(Type::parse_spark(text).unwrap().simple_string(), expected);
    }
}
