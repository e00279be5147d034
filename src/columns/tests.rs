//! Types and findings of expressions, as data.

use super::*;
use FindingKind::UnknownColumn;

fn schema() -> Schema {
    let column = |(name, kind): (&str, &str)| Column::new(name, Type::parse_spark(kind).unwrap());
    let columns = [
        ("n", "int"),
        ("big", "bigint"),
        ("d", "double"),
        ("price", "decimal(10,2)"),
        ("s", "string"),
        ("day", "date"),
        ("at", "timestamp"),
        ("is_late", "boolean"),
        ("list", "array<int>"),
        ("by_name", "map<string,double>"),
        ("inner", "struct<a:int,b:array<struct<c:string>>>"),
    ];
    Schema::closed(columns.map(column).to_vec())
}

fn check(text: &str, clause: Clause, spark: Spark) -> Typed {
    let schema = schema();
    typed(text, &Scope { schema: &schema, clause, grouped: &["n".to_owned()], spark })
}

#[test]
fn operators_give_types() {
    for (text, expected) in [
        ("5/2", "double"),
        ("n div 2", "bigint"),
        ("price * 2", "decimal(12,2)"),
        ("price / price", "decimal(23,13)"),
        ("price + n", "decimal(13,2)"),
        ("s + 1", "double"),
        ("day - date'2024-01-01'", "interval day"),
        ("at + interval 1 month", "timestamp"),
        ("day + interval 2 hours", "timestamp"),
        ("n = '1' or not is_late", "boolean"),
        ("case when n > 1 then n else big end", "bigint"),
        ("case s when 'a' then 1.5 end", "decimal(2,1)"),
        ("inner.b.c", "array<string>"),
        ("cast(`inner`.a as string) || 'x'", "string"),
        ("-n * 1L", "bigint"),
        ("a.b", "unknown"),
        ("5D", "double"),
        ("1e3", "double"),
        ("cast(s as struct<a: array<map<string, int>>>)", "struct<a:array<map<string,int>>>"),
        ("interval '1 2' day to hour", "interval day to hour"),
        ("interval 1 year 2 months", "interval year to month"),
        ("null", "void"),
    ] {
        assert_eq!(check(text, Clause::Select, Spark::V3_5).kind.simple_string(), expected, "{text}");
    }
}

/// What stands at a finding's place, and what it is.
fn found(typed: &Typed, text: &str) -> Vec<(String, FindingKind)> {
    typed.findings.iter().map(|finding| (text[finding.range.clone()].to_owned(), finding.kind)).collect()
}

#[test]
fn findings_stand_at_their_places() {
    use FindingKind::{
        Differs, LossyCast, RefusedCast, SilentCast, Syntax, UnknownColumn, UnknownField, WrongType,
    };
    for (text, place, kind) in [
        ("pryce + 1", "pryce", UnknownColumn),
        ("n + list", "n + list", WrongType),
        ("not n", "n", WrongType),
        ("is_late and day", "day", WrongType),
        ("n = list", "n = list", WrongType),
        ("n = s", "n = s", SilentCast),
        ("cast(n as date)", "date", RefusedCast),
        ("cast(d as int)", "cast(d as int)", LossyCast),
        ("cast(s as int)", "cast(s as int)", Differs(Chance::Possible)),
        ("cast('abc' as int)", "cast('abc' as int)", Differs(Chance::Certain)),
        (
            "1 + cast('12' as int) / 0",
            "1 + cast('12' as int) / 0".get(4..).unwrap(),
            Differs(Chance::Certain),
        ),
        ("n / d", "n / d", Differs(Chance::Possible)),
        ("inner.z", "z", UnknownField),
        ("n +", "", Syntax),
        ("n ? 1", "?", Syntax),
        ("'abc", "'abc", Syntax),
        ("case when is_late then 1", "", Syntax),
        ("cast(n as itn)", "itn", Syntax),
        ("2147483647 + 1", "2147483647 + 1", Differs(Chance::Certain)),
        ("'o''neil'", "'o''neil'", Differs(Chance::Certain)),
    ] {
        let typed = check(text, Clause::Select, Spark::V3_5);
        assert!(found(&typed, text).contains(&(place.to_owned(), kind)), "{text}: {:?}", typed.findings);
    }
}

#[test]
fn functions_are_held_to_what_they_take() {
    use FindingKind::{
        Differs, Misplaced, NotGrouped, NotKnown, NotYet, RefusedCast, Surprise, UnknownFunction, WrongCount,
        WrongType,
    };
    for (clause, text, place, kind) in [
        (Clause::Select, "uper(s)", "uper", UnknownFunction),
        (Clause::Select, "my_own(n)", "my_own", NotKnown),
        (Clause::Select, "substring(s)", "substring", WrongCount),
        (Clause::Select, "current_date(1)", "current_date", WrongCount),
        (Clause::Select, "upper(list)", "list", WrongType),
        (Clause::Select, "year(n)", "n", WrongType),
        (Clause::Select, "transform(list, x -> y)", "y", UnknownColumn),
        (Clause::Select, "transform(list, (a, b, c) -> a)", "(a, b, c) -> a", WrongCount),
        (Clause::Select, "filter(list, x -> x + 1)", "x + 1", WrongType),
        (Clause::Select, "1 + sum(n)", "sum", Misplaced),
        (Clause::Filter, "count(*) > 1", "count", Misplaced),
        (Clause::Filter, "row_number() over (order by n) = 1", "row_number", Misplaced),
        (Clause::Filter, "explode(list)", "explode", Misplaced),
        (Clause::Select, "rank()", "rank", Misplaced),
        (Clause::Select, "s + *", "*", Misplaced),
        (Clause::Select, "x -> 1", "x -> 1", Misplaced),
        (Clause::Aggregate, "max(sum(big))", "sum", Misplaced),
        (Clause::Aggregate, "sum(big) + big", "big", NotGrouped),
        (Clause::Select, "listagg(s) over ()", "listagg", NotYet),
        (Clause::Select, "s::int", "s::int", NotYet),
        (Clause::Select, "element_at(list, 3)", "element_at(list, 3)", Differs(Chance::Possible)),
        (Clause::Select, "to_date(s)", "to_date(s)", Differs(Chance::Possible)),
        (Clause::Select, "int(s)", "int(s)", Differs(Chance::Possible)),
        (Clause::Select, "date_add(s, 1)", "s", Differs(Chance::Possible)),
        (Clause::Select, "coalesce(s, n)", "s", Differs(Chance::Possible)),
        (Clause::Select, "pmod(n, 0)", "pmod(n, 0)", Differs(Chance::Certain)),
        (Clause::Select, "array(1)[1]", "array(1)[1]", Differs(Chance::Certain)),
        (Clause::Select, "cast(day as int)", "int", Differs(Chance::Certain)),
        (Clause::Select, "try_cast(day as int)", "int", RefusedCast),
        (Clause::Select, "n / 2", "n / 2", Surprise),
    ] {
        let typed = check(text, clause, Spark::V3_5);
        assert!(found(&typed, text).contains(&(place.to_owned(), kind)), "{text}: {:?}", typed.findings);
    }
}

#[test]
fn what_is_right_is_let_through() {
    for text in [
        "price * 1.2",
        "cast('12' as int) + 1",
        "n / 2",
        "s like 'a%' and s not in ('a', 'b')",
        "day between date'2024-01-01' and '2024-12-31'",
        "case when is_late then 'late' else s end",
        "try_cast(s as int)",
        "{{ params.n }} + 1",
        "inner.a is not null",
        "row_number() over (partition by s order by day desc) = 1",
        "sum(n) over (partition by s)",
        "transform(list, (x, i) -> x + i + n)",
        "aggregate(list, 0, (total, x) -> total + x)",
        "anything(n, s)",
        "explode(list)",
        "array(1, 2)[1]",
        "coalesce(s, 'none')",
        "struct(*)",
        "(select max(x) from t where y = (1))",
        "`n` > 1 -- and nothing else",
    ] {
        let found = check(text, Clause::Select, Spark::V3_5).findings;
        assert!(found.iter().all(|finding| finding.kind.weight() == Weight::Note), "{text}: {found:?}");
    }
}

#[test]
fn an_open_schema_has_any_column() {
    let schema = Schema::open();
    let scope = Scope { schema: &schema, clause: Clause::Filter, grouped: &[], spark: Spark::V3_5 };
    let found = typed("anything > 1", &scope);
    assert_eq!((found.kind, found.findings), (Type::Boolean, Vec::new()));
    assert!(found.columns.contains("anything"));
}

#[test]
fn columns_of_two_tables_are_told_apart() {
    let of = |table: &str| Column { of: Some(table.to_owned()), ..Column::new("id", Type::BigInt) };
    let schema = Schema::closed(vec![of("left"), of("right")]);
    let scope = Scope { schema: &schema, clause: Clause::Filter, grouped: &[], spark: Spark::V3_5 };
    assert!(typed("left.id = right.id", &scope).findings.is_empty());
    assert_eq!(typed("id = 1", &scope).findings[0].kind, FindingKind::AmbiguousColumn);
    assert_eq!(typed("left.no = 1", &scope).findings[0].kind, FindingKind::UnknownColumn);
}

#[test]
fn deep_nesting_is_no_error() {
    for text in [
        format!("{}n{}", "(".repeat(5000), ")".repeat(5000)),
        format!("n{}", " + n".repeat(5000)),
        format!("{}n", "- ".repeat(5000)),
        format!("n{}", "[0]".repeat(5000)),
        format!("{}n", "not ".repeat(5000)),
        format!("n{}", " is null".repeat(5000)),
    ] {
        assert!(
            !check(&text, Clause::Select, Spark::V3_5).is_wrong() || text.contains("isnull"),
            "{}",
            &text[..30]
        );
    }
}
