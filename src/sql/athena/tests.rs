//! Statements of Athena's, and what is read from them.

use super::*;
use crate::sql::{DoneTo, Target};

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
        // What is known of a table beside its rows.
        (
            "select * from \"lake\".\"t$snapshots\" s join \"lake\".\"u$partitions\" p on true where \"$path\" = 'a'",
            &["Reads lake.t", "Reads lake.u"],
        ),
        // As `SHOW CREATE TABLE` prints it.
        ("create external table `lake.t`(`a` string) location 's3://b/t/'", &["Creates lake.t"]),
        ("alter table `lake.t` add partition (d = '1')", &["Appends lake.t"]),
        ("drop table `lake.t`", &["Ends lake.t"]),
        (
            "using external function mask(c varchar) returns varchar lambda 'mask', external function f(c int) returns int \
             lambda 'f' with w as (select * from lake.s) select mask(a) from w join lake.t on true",
            &["Reads lake.s", "Reads lake.t"],
        ),
        ("table lake.t", &["Reads lake.t"]),
        ("create table lake.x as table lake.y", &["Creates lake.x", "Writes lake.x", "Reads lake.y"]),
        ("insert into lake.x (a) table lake.y", &["Appends lake.x", "Reads lake.y"]),
        ("select * from (table lake.t) union all table u", &["Reads lake.t", "Reads .u"]),
        ("with w as (table lake.t) select * from w", &["Reads lake.t"]),
        (
            "unload (table lake.t) to 's3://b/out/' with (format = 'PARQUET')",
            &["Reads lake.t", "Writes s3://b/out/"],
        ),
        ("select * from (values (1), (2)) as v (a), lake.t", &["Reads lake.t"]),
        ("show columns from t in lake; show columns in lake.u", &["Needs lake.t", "Needs lake.u"]),
        // What is prepared is known.
        (
            "prepare p from insert into lake.t select * from lake.s where d = ?; execute p using '1'; deallocate prepare p",
            &["Appends lake.t", "Reads lake.s"],
        ),
        (
            "select transform(xs, x -> x + 1), try_cast(a as double), array[1, 2][1], approx_distinct(b) from lake.t",
            &["Reads lake.t"],
        ),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

/// What statements ask for beside.
#[test]
fn what_statements_do_is_found() {
    for (text, expected) in [
        ("select * from lake.t", &[][..]),
        ("create table lake.t (a int) location 's3://b/t/'", &["MakesTable lake.t", "Reads s3://b/t/"]),
        (
            "create table lake.t (a int) location 's3://b/t/' tblproperties ('table_type' = 'ICEBERG')",
            &["MakesTable lake.t", "Writes s3://b/t/"],
        ),
        ("create table lake.t as select 1 as a", &["MakesTable lake.t", "AddsRows lake.t"]),
        ("create or replace view lake.v as select 1 as a", &["MakesTable lake.v", "AltersTable lake.v"]),
        ("create view lake.v as select 1 as a", &["MakesTable lake.v"]),
        ("insert into lake.t select 1", &["AddsRows lake.t"]),
        ("update lake.t set a = 1", &["ChangesRows lake.t"]),
        (
            "optimize lake.t rewrite data using bin_pack; vacuum lake.t",
            &["ChangesRows lake.t", "ChangesRows lake.t"],
        ),
        ("alter table lake.t add partition (d = '1') location 's3://b/x/'", &["AddsPartitions lake.t"]),
        ("msck repair table lake.t", &["AddsPartitions lake.t"]),
        ("alter table lake.t drop if exists partition (d = '1')", &["DropsPartitions lake.t"]),
        (
            "alter table lake.t partition (d = '1') set location 's3://b/x/'",
            &["AltersPartitions lake.t", "Reads s3://b/x/"],
        ),
        (
            "alter table lake.t partition (d = '1') rename to partition (d = '2')",
            &["AltersPartitions lake.t"],
        ),
        ("alter table lake.t add columns (b int)", &["AltersTable lake.t"]),
        ("drop table if exists lake.t; drop view lake.v", &["DropsTable lake.t", "DropsTable lake.v"]),
        ("create schema if not exists lake", &["MakesDatabase lake"]),
        ("drop database if exists lake cascade", &["DropsDatabase lake"]),
        ("alter database lake set dbproperties ('a' = 'b')", &["AltersDatabase lake"]),
        ("show databases", &["ListsDatabases "]),
        ("show tables in lake; show views", &["ListsTables lake", "ListsTables "]),
        (
            "prepare p from insert into lake.t values (?); execute p using 1; deallocate prepare p",
            &["PreparesStatement p", "RunsStatement p", "AddsRows lake.t", "ForgetsStatement p"],
        ),
        (
            "using external function a(x int) returns int lambda 'f', function b(x int) returns int sagemaker 'm' select a(1)",
            &["CallsFunction f", "CallsModel m"],
        ),
    ] {
        assert_eq!(done(text), expected, "{text}");
    }
}

fn done(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for statement in analyse(text).statements {
        let Some(asked) = statement.asked else { continue };
        for (deed, to) in &asked.deeds {
            let name = match to {
                DoneTo::Table(n) => match &statement.uses[*n].target {
                    Target::Table { schema, table, .. } => format!("{schema}.{table}"),
                    Target::Prefix(path) => path.clone(),
                },
                DoneTo::Database(name) | DoneTo::Other(name) => name.clone(),
            };
            found.push(format!("{deed:?} {name}"));
        }
        found.extend(asked.place.map(|(access, path)| format!("{access:?} {path}")));
    }
    found
}

/// Of what others have prepared nothing is known.
#[test]
fn what_is_hidden_is_known() {
    for (text, expected) in [
        ("execute p", vec![true]),
        ("prepare p from select 1; execute p", vec![false, false]),
        ("prepare q from select 1; execute p", vec![false, true]),
        ("execute p; prepare p from select 1", vec![true, false]),
        ("execute immediate 'select 1'", vec![true]),
        ("using external function f(x int) returns int lambda 'f' select f(1)", vec![false]),
    ] {
        let hidden: Vec<bool> = analyse(text).statements.iter().map(|statement| statement.hidden).collect();
        assert_eq!(hidden, expected, "{text}");
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
    for text in [
        "begin; commit",
        "truncate table t",
        "insert overwrite t select 1",
        "copy t from 's3://b/'",
        "use lake",
        "set session a = 1",
        "create table a like b",
        "describe input p",
        "drop table lake.t, lake.u",
        "drop view if exists lake.t, lake.u",
        "create table lake.x (a int)",
        "create table if not exists x (a int) location 's3://b/x/'",
        "create table x with (format = 'FOO') as select 1 a",
        "unload (select 1) to 's3://b/x/' with (format = 'XLSX')",
        "merge into lake.x using lake.y on x.a = y.a",
        "select * from `lake`.`x`",
        "insert into lake.x select a from `y`",
        "select getdate()",
        "select nvl(a, 2), 1 from lake.x",
        "select a::int from lake.x",
        "select * from lake.x qualify row_number() over (order by a) = 1",
        "select a from 'x'",
        "select a from lake.x join 'y' on true",
    ] {
        assert!(
            analyse(text).errors.iter().all(|error| matches!(error.kind, SqlErrorKind::Foreign { .. })),
            "{text}"
        );
        assert!(!analyse(text).errors.is_empty(), "{text}");
    }
    for text in [
        "create table lake.x (a int) location 's3://b/x/' tblproperties ('table_type' = 'ICEBERG')",
        "create external table `lake`.`x` (a int) location 's3://b/x/'",
        "create table x with (format = 'parquet', write_compression = 'snappy') as select 1 a",
        "select trim(both from 'x'), extract(day from date '2026-01-01'), a is distinct from 'x' from lake.x",
        "with len (a) as (select 1) select a as len from len",
        "select * from (select 1) len(a)",
        "using external function nvl(a int) returns int lambda 'f' select nvl(1)",
        "alter table `x` add columns (`a` int)",
        "select qualify from lake.x",
        "insert into lake.t values 1, 2",
        "select a from (values 1, 2) t(a)",
        "select a from lake.x cross join (values (1, 2), (3, 4)) as t(a, b)",
    ] {
        assert_eq!(analyse(text).errors, [], "{text}");
    }
    for text in ["select (1", "select 'a", "select `a"] {
        assert!(matches!(analyse(text).errors[0].kind, SqlErrorKind::Syntax(_)), "{text}");
    }
    assert_eq!(analyse("select * from {{ params.t }}").errors[0].kind, SqlErrorKind::HoleInName);
}

#[test]
fn what_no_table_of_athena_can_be_is_told() {
    for (text, expected) in [
        ("create external table lake.t (a int)", "LOCATION"),
        ("create external table lake.t (a varchar) location 's3://b/t/'", "varchar"),
        ("create external table lake.t (a int, b array<char>) location 's3://b/t/'", "char"),
        ("create external table lake.t (a int) partitioned by (d varchar) location 's3://b/t/'", "varchar"),
        ("create external table lake.t (a text comment 'x', b int) location 's3://b/t/'", "`text`"),
        ("create external table lake.t (s struct<a:int,b:json>) location 's3://b/t/'", "`json`"),
        (
            "create external table lake.t (a int, D string) partitioned by (d string) location 's3://b/'",
            "`d`",
        ),
        (
            "create table lake.t (a smallint) location 's3://b/' tblproperties ('table_type' = 'ICEBERG')",
            "Iceberg",
        ),
        ("create table lake.t with (partitioned_by = array['d']) as select d, a from s", "`d`"),
        ("create table lake.t with (partitioned_by = array['d', 'h']) as select a, h, d from s", "`d`, `h`"),
        ("create table lake.t with (partitioned_by = array['d', 'h']) as select h from s", "`d`, `h`"),
        (
            "create table lake.t with (partitioned_by = array['d']) as with w as (select 1 d) select d, 2 as e from w",
            "`d`",
        ),
        ("create table lake.t as select a, count(*) from s group by a", "no name"),
        ("create view lake.v as select a, 1 from s", "no name"),
        (
            "create table lake.t with (table_type = 'ICEBERG', format = 'PARQUET') as select 1 as a",
            "is_external",
        ),
        (
            "create table lake.t with (table_type = 'ICEBERG', is_external = false, partitioned_by = array['d']) as select 1 as d",
            "partitioning",
        ),
    ] {
        let told: Vec<String> =
            analyse(text).errors.iter().map(|error| format!("{:?}", error.kind)).collect();
        assert!(matches!(told.as_slice(), [one] if one.contains(expected)), "{text}: {told:?}");
    }
    for text in [
        "create external table t (a varchar(10), m map<string,int>, s struct<d:string,x:array<int>>, p decimal(10, 2)) partitioned by (d string) stored as parquet location 's3://b/t/'",
        "create external table t (text string, s struct<json:string>, varchar int) location 's3://b/t/'",
        "create external table t (a int) {{ params.tail }}",
        "create table t (a int, d date) partitioned by (d, bucket(4, a)) location 's3://b/' tblproperties ('table_type' = 'ICEBERG')",
        "create table t with (partitioned_by = array['d']) as select *, d from s",
        "create table t with (partitioned_by = array['c', 'd']) as select *, d from s",
        "create table t with (partitioned_by = array['d']) as select s.* from s",
        "create table t with (partitioned_by = array['D']) as select a, s.d from s union all select b, c from r",
        "create table t with (partitioned_by = array['{{ params.d }}']) as select d, a from s",
        "create table t with (table_type = 'ICEBERG', is_external = false, partitioning = array['month(d)']) as select d, a from s",
        "create view v (a, b) as select 1, count(*) from s",
        "create view v as select (a), x.y, cast(a as int) b, '1' c, b[1] d, {{ params.column }} from s",
        "create table t as values (1)",
    ] {
        assert_eq!(analyse(text).errors, [], "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in r#"(\PC|[ \n]|'|"|`|\{\{ ds \}\}|--|;|\(|\)|select |from |for timestamp as of |interval |create table |create external table t \(a |partitioned_by = array\['d'\] |partitioned by \(|varchar |struct<|as |with |unload \(|alter table t add partition |explain |prepare p from |using external function f(a int) returns int lambda 'f' |table |execute p |merge into |delete from ){0,30}"#) {
        let script = analyse(&text);
        for error in &script.errors {
            proptest::prop_assert!(text.get(error.range.clone()).is_some());
        }
    }
}
