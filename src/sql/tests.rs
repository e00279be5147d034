//! What scripts touch, as tables.

mod names;
mod procedure;
mod refused;
mod script;

use super::*;

/// Writes what a script touches: `c` creates, `l` alters, `a` appends, `w` writes, `e` empties, `r` reads, `n`
/// needs, `x` ends.
fn touched(text: &str) -> String {
    let script = analyse(text);
    if !script.errors.is_empty() {
        return format!("{:?}", script.errors);
    }
    let name = |item: &Use| {
        let access = match item.access {
            Access::Creates => "c",
            Access::Alters => "l",
            Access::Appends => "a",
            Access::Writes => "w",
            Access::Empties => "e",
            Access::Reads => "r",
            Access::Needs => "n",
            Access::Ends => "x",
        };
        match &item.target {
            Target::Table { database: None, schema, table } => {
                // The place is the place of the name, or of the literal that holds it.
                let marked = text[item.range.clone()].to_lowercase();
                assert!(marked.contains(table.as_str()), "{marked} is not {table}");
                format!("{access} {schema}.{table}")
            }
            Target::Table { database: Some(database), schema, table } => {
                format!("{access} {database}.{schema}.{table}")
            }
            Target::Prefix(path) => format!("{access} {path}"),
        }
    };
    let touched = |statement: &SqlStatement| {
        // What a procedure touches, the project tells.
        let calls = statement.loose.as_deref().is_some_and(|loose| loose.calls.is_some());
        let hidden = (statement.hidden || calls).then(|| "?".to_owned());
        statement.uses.iter().map(name).chain(hidden).collect::<Vec<_>>()
    };
    script.statements.iter().flat_map(touched).collect::<Vec<_>>().join(", ")
}

/// Compares what scripts touch with what they should, and shows all that differ.
fn check_touched<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let wrong: Vec<String> = rows
        .into_iter()
        .map(|(text, expected)| (text, touched(text), expected))
        .filter(|(_, found, expected)| found != expected)
        .map(|(text, found, expected)| format!("{text}\n  found:    {found}\n  expected: {expected}\n"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn statements_of_the_guide_are_known() {
    let file = include_str!("tests/statements.sql");
    let rows: Vec<(&str, &str)> = file
        .lines()
        .zip(file.lines().skip(1))
        .filter_map(|(statement, expected)| Some((statement, expected.strip_prefix("-- =>")?.trim())))
        .collect();
    assert!(rows.len() > 120, "{}", rows.len());
    check_touched(rows);
}

#[test]
fn statements_touch_tables() {
    let rows = [
        ("select * from mart.flights f join mart.planes p on p.id = f.id", "r mart.flights, r mart.planes"),
        ("select a from T", "r public.t"),
        ("with x as (select * from a.b) select * from x, a.c", "r a.b, r a.c"),
        ("insert into mart.t (a) select a from mart.s", "a mart.t, r mart.s"),
        ("insert into mart.t values (1, {{ ds }})", "a mart.t"),
        ("insert into mart.t with x as (select 1) select * from x", "a mart.t"),
        ("insert into mart.t (with x as (select * from mart.s) select * from x)", "a mart.t, r mart.s"),
        (
            "insert into mart.t ((with x as (select * from mart.s) select * from x) union all (select * from mart.r))",
            "a mart.t, r mart.s, r mart.r",
        ),
        (
            "insert into mart.t (a, b) (with x as (select * from mart.s) select a, b from x)",
            "a mart.t, r mart.s",
        ),
        ("insert into mart.t (select a from mart.s order by a limit 1)", "a mart.t, r mart.s"),
        (
            "create table mart.t as (with x as (select * from mart.s) select * from x)",
            "c mart.t, w mart.t, r mart.s",
        ),
        (
            "create table mart.t (a) distkey (a) as ((with x as (select * from mart.s) select a from x))",
            "c mart.t, w mart.t, r mart.s",
        ),
        (
            "create view mart.v (a) as (with x as (select * from mart.s) select * from x) with no schema binding",
            "c mart.v, w mart.v, r mart.s",
        ),
        (
            "create materialized view mart.v as (with x as (select * from mart.s) select * from x)",
            "c mart.v, w mart.v, r mart.s",
        ),
        (
            "select * into mart.t from (with x as (select * from mart.s) select * from x) y",
            "c mart.t, w mart.t, r mart.s",
        ),
        ("select 1 from mart.a join mart.b on a.start = b.end_at, mart.c", "r mart.a, r mart.b, r mart.c"),
        ("select 1 from mart.a join mart.b on a.values = b.set, mart.c", "r mart.a, r mart.b, r mart.c"),
        ("update mart.t set a = s.a from mart.s s where s.id = t.id", "w mart.t, r mart.s"),
        ("delete from mart.t using mart.s where t.id = s.id", "w mart.t, r mart.s"),
        ("delete mart.t where a = 1", "w mart.t"),
        ("delete mart.t", "e mart.t"),
        ("delete from mart.t", "e mart.t"),
        ("delete from mart.t where true", "e mart.t"),
        ("delete from mart.t where 1 = 1", "e mart.t"),
        ("delete from mart.t where 1 = 2", "w mart.t"),
        ("delete from mart.t where a = 1 and b = 1", "w mart.t"),
        ("with x as (select * from mart.s) delete from mart.t using x where t.a = x.a", "r mart.s, w mart.t"),
        ("truncate table mart.t", "e mart.t"),
        ("truncate mart.t", "e mart.t"),
        (
            "merge into mart.t using mart.s on t.id = s.id when matched then update set a = s.a \
             when not matched then insert values (s.id, s.a)",
            "w mart.t, r mart.s",
        ),
        ("merge into mart.t using mart.s on t.id = s.id remove duplicates", "w mart.t, r mart.s"),
        ("create table if not exists mart.t (a int)", "c mart.t"),
        (
            "create table mart.t (id bigint identity(0, 1) encode az64 not null distkey sortkey, \
             g bigint generated by default as identity(1, 1), n varchar(max) encode zstd collate \
             case_insensitive, s super, h hllsketch, v varbyte(10), primary key (id)) backup no diststyle key \
             distkey (id) compound sortkey (id, n)",
            "c mart.t",
        ),
        ("create table mart.t (a int) diststyle even sortkey auto encode auto", "c mart.t"),
        ("create table mart.t (like mart.s including defaults)", "c mart.t, n mart.s"),
        (
            "create table mart.t (a int references mart.s (id), foreign key (b) references mart.r)",
            "c mart.t, n mart.s, n mart.r",
        ),
        ("alter table mart.t add foreign key (a) references mart.s (id)", "l mart.t, n mart.s"),
        (
            "create table mart.t distkey(a) sortkey(a, b) as select a, b from mart.s",
            "c mart.t, w mart.t, r mart.s",
        ),
        (
            "create or replace view mart.v as select * from mart.s with no schema binding",
            "c mart.v, w mart.v, r mart.s",
        ),
        (
            "create materialized view mart.v diststyle key distkey(a) sortkey(a) auto refresh yes as \
             select a, count(*) from mart.s group by a",
            "c mart.v, w mart.v, r mart.s",
        ),
        ("create materialized view mart.v as select a from mart.s", "c mart.v, w mart.v, r mart.s"),
        ("refresh materialized view mart.v", "a mart.v"),
        ("drop table if exists mart.a, mart.b cascade", "x mart.a, x mart.b"),
        ("alter table mart.t add column b int encode lzo", "l mart.t"),
        ("alter table mart.t append from mart.s", "a mart.t, r mart.s, e mart.s"),
        ("alter table mart.t_new rename to t", "n mart.t_new, x mart.t_new, c mart.t, w mart.t"),
        ("alter table mart.t rename column a to b", "l mart.t"),
        ("alter table mart.t owner to etl", "n mart.t"),
        (
            "copy mart.t (a, b) from 's3://raw/x/dt={{ ds }}/' iam_role default format as parquet",
            "a mart.t, r s3://raw/x/dt={{ ds }}/",
        ),
        (
            "unload ('select * from mart.t where a = ''x''') to 's3://out/t/' iam_role default parquet",
            "r mart.t, w s3://out/t/",
        ),
        ("unload ($$ select * from mart.t $$) to 's3://out/t/' iam_role default", "r mart.t, w s3://out/t/"),
        (
            "create temp table s as select * from mart.s; insert into mart.t select * from s",
            "r mart.s, a mart.t",
        ),
        ("create table #s (a int); insert into #s select 1; insert into a.t select * from #s", "a a.t"),
        ("select * into mart.t from mart.s", "c mart.t, w mart.t, r mart.s"),
        ("select * into temp t from mart.s; select * from t", "r mart.s"),
        ("select * from svv_tables, information_schema.columns, pg_catalog.pg_class, stl_query", ""),
        ("select o.id, i.sku from mart.orders o, o.items i", "r mart.orders"),
        ("select * from dev.mart.t", "r dev.mart.t"),
        ("select approximate count(distinct a) from mart.t", "r mart.t"),
        (
            "analyze mart.t; vacuum full mart.t; grant select on mart.t to group g",
            "n mart.t, n mart.t, n mart.t",
        ),
        ("call etl.load('{{ ds }}'); set query_group to 'x'; show tables from schema a.b", "?"),
        ("explain select * from mart.t", "r mart.t"),
        ("create external schema lake from data catalog database 'raw' iam_role default", ""),
        ("create external table lake.t (a int) stored as parquet location 's3://a/b'", "c lake.t"),
        ("create or replace procedure p() as $$ begin delete from x; end; $$ language plpgsql", ""),
        ("-- only a comment; {{ nonsense }}\n;;", ""),
        ("insert into \"Mart\".\"T\" select 'it\\'s; ''fine''' -- done\n", "a mart.t"),
        (
            "select top 10 a, listagg(b, ',') within group (order by b), dateadd(day, -1, getdate()) \
             from mart.t where c ~ 'x' and d::date between '{{ ds }}' and {{ macros.ds_add(ds, 1) }} \
             group by 1 having count(*) > :minimum qualify row_number() over (partition by a order by b) = 1",
            "r mart.t",
        ),
        ("select a from mart.t minus select a from mart.s", "r mart.t, r mart.s"),
        ("select * from (select a, b from mart.t) pivot (sum(b) for a in ('x', 'y'))", "r mart.t"),
        ("select c.a[0].b from mart.t c where c.a is not null limit {{ params.n }}", "r mart.t"),
        (
            "with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) \
             select interval '1 day', n from r",
            "",
        ),
        ("select * exclude (a) from mart.t", "r mart.t"),
        ("update mart.t set d = '{{ macros.ds_format(ds, '%Y-%m-%d', '%Y') }}'", "w mart.t"),
        (
            "select date_trunc('month', a)::timestamptz, nvl2(b, 1, 0), a at time zone 'UTC' from mart.t",
            "r mart.t",
        ),
        (
            "select ratio_to_report(a) over (partition by b), lag(a, 1) ignore nulls over (order by b) from mart.t",
            "r mart.t",
        ),
        (
            "select a, b from mart.t where (a, b) in (select a, b from mart.s) and a ilike '%x%' escape '^'",
            "r mart.t, r mart.s",
        ),
        (
            "select a similar to 'x', extract(epoch from b), b - interval '3 days', sysdate, current_date from mart.t",
            "r mart.t",
        ),
        ("select count(*) from mart.t group by grouping sets ((a), ()), rollup (b)", "r mart.t"),
        (
            "select json_parse(a), json_extract_path_text(b, 'c', true), a::super, cast(a as varchar(max)) from mart.t",
            "r mart.t",
        ),
        (
            "select percentile_cont(0.5) within group (order by a) from mart.t tablesample bernoulli (10)",
            "r mart.t",
        ),
        (
            "select convert(integer, a), a || b, a <> b, a != b, not a, decode(a, 1, 'x', 'y') from mart.t",
            "r mart.t",
        ),
        (
            "select a from mart.t union all (select a from mart.s order by a limit 1) except select 1",
            "r mart.t, r mart.s",
        ),
        ("select * from mart.t t, mart.s s where t.id = s.id(+) and |/ t.a > @ -1", "r mart.t, r mart.s"),
        ("select e'\\n', E'a', u&'\\0441', ||/ 27 from mart.t", "r mart.t"),
        ("insert into mart.t default values", "a mart.t"),
        (
            "comment on table mart.t is 'x'; lock mart.t; create schema if not exists mart",
            "n mart.t, n mart.t",
        ),
    ];
    check_touched(rows);
}
