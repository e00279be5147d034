//! Statements of Athena's, and what is read from them.

use super::*;
use crate::sql::Target;

fn told(text: &str) -> Vec<String> {
    let script = analyse(text);
    assert_eq!(script.errors, [], "{text}");
    let uses = script.statements.iter().flat_map(|statement| &statement.uses);
    uses.map(|item| match &item.target {
        Target::Table { database, schema, table } => {
            let catalog = database.as_ref().map(|name| format!("{name}/")).unwrap_or_default();
            format!("{:?} {catalog}{schema}.{table}", item.access)
        }
        Target::Prefix(path) => format!("{:?} {path}", item.access),
    })
    .collect()
}

#[test]
fn what_statements_touch_is_found() {
    for (text, expected) in [
        (
            "select * from lake.a join b using (id) where x in (select y from lake.c)",
            &["Reads lake.a", "Reads .b", "Reads lake.c"][..],
        ),
        ("with w as (select 1 from a) select * from w, other.db.t", &["Reads .a", "Reads other/db.t"]),
        ("insert into lake.t select * from lake.s", &["Appends lake.t", "Reads lake.s"]),
        ("insert into t (a, b) values (1, 'C:\\')", &["Appends .t"]),
        (
            "create table lake.t with (format = 'PARQUET', external_location = 's3://b/x/', partitioned_by = array['d']) as select * from s",
            &["Creates lake.t", "Writes lake.t", "Writes s3://b/x/", "Reads .s"],
        ),
        (
            "create table if not exists t (a int) location 's3://b/t/' tblproperties ('table_type' = 'ICEBERG')",
            &["Creates .t"],
        ),
        (
            "create external table `lake`.`t` (`a` string) partitioned by (`d` string) stored as parquet location 's3://b/t/'",
            &["Creates lake.t"],
        ),
        (
            "create or replace view lake.v as select * from lake.t",
            &["Creates lake.v", "Writes lake.v", "Reads lake.t"],
        ),
        (
            "merge into lake.t t using (select * from lake.s) s on t.id = s.id when matched then update set a = s.a when not matched then insert (id, a) values (s.id, s.a)",
            &["Writes lake.t", "Reads lake.s"],
        ),
        ("update lake.t set a = 1 where b = 2", &["Writes lake.t"]),
        ("delete from lake.t where d < date '2026-01-01'", &["Writes lake.t"]),
        ("delete from lake.t", &["Empties lake.t"]),
        ("optimize lake.t rewrite data using bin_pack where d = '{{ ds }}'", &["Reads lake.t"]),
        ("vacuum lake.t", &["Reads lake.t"]),
        ("msck repair table lake.t", &["Appends lake.t"]),
        (
            "alter table lake.t add if not exists partition (d = '{{ ds }}') location 's3://b/t/d={{ ds }}/'",
            &["Appends lake.t", "Reads s3://b/t/d={{ ds }}/"],
        ),
        ("alter table lake.t drop partition (d = '1')", &["Writes lake.t"]),
        ("alter table lake.t set tblproperties ('a' = 'b')", &["Alters lake.t"]),
        (
            "unload (select * from lake.t) to 's3://b/out/' with (format = 'PARQUET')",
            &["Reads lake.t", "Writes s3://b/out/"],
        ),
        ("drop table if exists lake.t", &["Ends lake.t"]),
        (
            "show partitions lake.t; describe lake.t; show databases; create database if not exists x",
            &["Needs lake.t", "Needs lake.t"],
        ),
        ("explain select * from lake.t", &["Reads lake.t"]),
        (
            "select * from lake.t for timestamp as of timestamp '2026-01-01 00:00:00 UTC' a join lake.s for version as of 42 on a.id = s.id",
            &["Reads lake.t", "Reads lake.s"],
        ),
        (
            "select * from lake.t for timestamp as of (current_timestamp - interval '1' day)",
            &["Reads lake.t"],
        ),
        (
            "select * from lake.t for timestamp as of current_timestamp - interval '1' day where a = 1",
            &["Reads lake.t"],
        ),
        (
            "select * from lake.t for timestamp as of from_iso8601_timestamp('{{ ds }}'), lake.s",
            &["Reads lake.t", "Reads lake.s"],
        ),
        ("select a, x from lake.t cross join unnest(xs) as u (x) -- it's\n", &["Reads lake.t"]),
        (
            "select transform(xs, x -> x + 1), try_cast(a as double), array[1, 2][1], approx_distinct(b) from lake.t",
            &["Reads lake.t"],
        ),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_understood_is_told_once() {
    let script = analyse("select from where; select from from; fly away");
    let kinds: Vec<&SqlErrorKind> = script.errors.iter().map(|error| &error.kind).collect();
    assert!(matches!(kinds.as_slice(), [SqlErrorKind::NotUnderstood(_)]), "{kinds:?}");
    assert_eq!(script.statements.len(), 3);
}

#[test]
fn what_athena_has_not_is_told() {
    for text in ["begin; commit", "truncate table t", "insert overwrite t select 1", "copy t from 's3://b/'"]
    {
        assert!(
            analyse(text).errors.iter().all(|error| matches!(error.kind, SqlErrorKind::Foreign { .. })),
            "{text}"
        );
        assert!(!analyse(text).errors.is_empty(), "{text}");
    }
    for text in ["select (1", "select 'a", "select `a"] {
        assert!(matches!(analyse(text).errors[0].kind, SqlErrorKind::Syntax(_)), "{text}");
    }
    assert_eq!(analyse("select * from {{ params.t }}").errors[0].kind, SqlErrorKind::HoleInName);
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in r#"(\PC|[ \n]|'|"|`|\{\{ ds \}\}|--|;|\(|\)|select |from |for timestamp as of |interval |create table |as |with |unload \(|alter table t add partition |explain |merge into |delete from ){0,30}"#) {
        let script = analyse(&text);
        for error in &script.errors {
            proptest::prop_assert!(text.get(error.range.clone()).is_some());
        }
    }
}
