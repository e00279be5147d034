//! Names in the scope of their query, of their session, and of their place in S3.

use super::{check_touched, touched};
use crate::sql::*;

#[test]
fn names_are_resolved_in_the_scope_of_their_query() {
    check_touched([
        // A WITH query is seen in its own query, behind its own place, and by those within.
        ("select * from (with t as (select * from mart.s) select * from t) x, t", "r mart.s, r public.t"),
        ("with t as (select * from t) select * from t", "r public.t"),
        ("with recursive t as (select 1 union all select * from t) select * from t", ""),
        ("with a as (select * from b), b as (select * from a) select * from b", "r public.b"),
        ("with t as (select 1) select (select max(x) from t), (select 1 from mart.t)", "r mart.t"),
        ("select * from t; with t as (select 1) select * from t; select * from t", "r public.t, r public.t"),
        ("with a as (select 1) (select * from a union select * from b) order by 1", "r public.b"),
        (
            "select * from ((select * from a) union (select * from b)) u, ((c join d using (i)) join e on true)",
            "r public.a, r public.b, r public.c, r public.d, r public.e",
        ),
        // An alias belongs to its SELECT, and is seen further right and further in.
        ("select * from mart.o o, o.items i, i.parts, parts.x y", "r mart.o"),
        ("select * from a o union select * from o.items", "r public.a, r o.items"),
        ("select (select count(*) from o.items) from mart.orders o", "r mart.orders"),
        ("select * from mart.o o where exists (select 1 from o.items i where i.a = 1)", "r mart.o"),
        ("select * from mart.baskets, mart.baskets.lines l, mart.others", "r mart.baskets, r mart.others"),
        ("select * from sales.sales, sales.targets", "r sales.sales, r sales.targets"),
        ("select * from o.items, mart.o o", "r o.items, r mart.o"),
        ("select * from mart.o as \"O\", o.items", "r mart.o"),
        ("select * from mart.o o, o.a x, x y", "r mart.o"),
        // The table that is changed is not navigated into; nor is one without an alias from a query within.
        ("update mart.t t set a = 1 from t.items i, mart.s", "w mart.t, r t.items, r mart.s"),
        (
            "update dw.sales set x = s.x from sales.stage s where s.id = dw.sales.id",
            "w dw.sales, r sales.stage",
        ),
        ("delete from dw.sales using sales.stage s where s.id = sales.id", "w dw.sales, r sales.stage"),
        (
            "merge into dw.sales using sales.stage s on sales.id = s.id when matched then delete when not matched then \
             insert values (s.id)",
            "w dw.sales, r sales.stage",
        ),
        (
            "select * from dw.sales where id not in (select id from sales.deleted)",
            "r dw.sales, r sales.deleted",
        ),
        ("select * from dw.sales, sales.items i", "r dw.sales"),
        ("unload ({{ params.query }}) to 's3://out/t/' iam_role default", "w s3://out/t/, ?"),
        // FROM is a word of functions, too.
        (
            "select trim(both ' ' from a), substring(b from 2 for 3), extract(year from c) from mart.t",
            "r mart.t",
        ),
        (
            "select case when a in (select a from mart.s) then 1 end from mart.t t join mart.u on case when t.a = u.a then true end, mart.v",
            "r mart.s, r mart.t, r mart.u, r mart.v",
        ),
        ("select a from unnest(array(1, 2)) u, f(1, (select max(id) from mart.t)) g", "r mart.t"),
        // The parser knows such an expression not.
        ("select '{{ params.table }}' from mart.t", "r mart.t"),
    ]);
    for (text, marked) in [
        ("select extract(year from {{ ds }}), trim(both 'x' from {{ params.a }}) from mart.t", None),
        ("select 1 from mart.t, {{ params.t }} x", Some("{{ params.t }}")),
        ("select 1 from mart.t join {{ params.t }} on true", Some("{{ params.t }}")),
        ("delete from {{ params.t }}", Some("{{ params.t }}")),
        ("update {{ params.t }} set a = 1", Some("{{ params.t }}")),
        ("unload ('{{ params.q }}') to 's3://out/t/' iam_role default", Some("'{{ params.q }}'")),
        ("unload ({{ params.q }}) to 's3://out/t/' iam_role default", None),
        ("unload ('select * from {{ params.t }}') to 's3://out/t/' iam_role default", Some("{{ params.t }}")),
        (
            "unload ('select * from t where a = {{ ds }} and b = ''{{ ds }}''') to 's3://out/t/' iam_role default",
            None,
        ),
        ("merge into mart.t using {{ params.t }} on true remove duplicates", Some("{{ params.t }}")),
    ] {
        let found = analyse(text).errors;
        assert_eq!(found.first().map(|error| &text[error.range.clone()]), marked, "{text}: {found:?}");
    }
    // Where the parser gives up, the tables are known all the same.
    let script = analyse(
        "insert into mart.a select count(*) filter (where x > 1) from mart.b, (select 1 from mart.c)",
    );
    assert_eq!(script.errors.len(), 1);
    let tables: Vec<_> = script.statements[0].uses.iter().map(|item| &item.target).collect();
    assert_eq!(tables.len(), 3, "{tables:?}");
}

/// Redshift reserves few of the words that other databases have as keywords.
#[test]
fn words_of_other_databases_are_names() {
    let words = [
        "anti",
        "asof",
        "cluster",
        "conflict",
        "connect",
        "distribute",
        "exclude",
        "exists",
        "fetch",
        "filter",
        "format",
        "global",
        "lateral",
        "output",
        "prewhere",
        "returning",
        "sample",
        "semi",
        "settings",
        "sort",
        "start",
        "trim",
        "values",
        "window",
    ];
    for word in words {
        for (text, expected) in [
            ("select *, a.W from mart.a where W is null and a.W > 1 order by W, 1", "r mart.a"),
            ("select case when W = 1 then W end as W, max(W) from mart.a group by W", "r mart.a"),
            ("update mart.a set W = 1 where W = 2", "w mart.a"),
            ("insert into mart.W (W, b) select W, 1 from mart.a", "a mart.W, r mart.a"),
            ("create table mart.W (b int, W varchar(10) not null)", "c mart.W"),
            ("alter table mart.a rename column W to b", "l mart.a"),
            ("select * from mart.W as W join mart.b on W.a = b.a, mart.c", "r mart.W, r mart.b, r mart.c"),
        ] {
            let text = text.replace('W', word);
            assert_eq!(touched(&text), expected.replace('W', word), "{text}");
        }
    }
    for word in words
        .into_iter()
        .filter(|word| !["exclude", "exists", "lateral", "trim", "values", "window"].contains(word))
    {
        let text = format!("select * from mart.a {word}, {word}.items i where {word}.x = 1");
        assert_eq!(touched(&text), "r mart.a", "{text}");
    }
}

#[test]
fn names_are_resolved_in_their_session() {
    check_touched([
        ("set search_path to stage, public; insert into t select * from mart.s", "a stage.t, r mart.s"),
        (
            "set search_path = '$user', \"Stage\"; select * from t; reset search_path; select * from t",
            "r stage.t, r public.t",
        ),
        ("set session search_path to 'stage'; select * from t", "r stage.t"),
        (
            "create table public.stl_log (a int); select * from public.stl_log",
            "c public.stl_log, r public.stl_log",
        ),
        ("set search_path to {{ params.schema }}; select * from t, mart.s", "r mart.s, ?"),
        ("use shared; select * from mart.t; select * from dev.mart.t", "r shared.mart.t, r dev.mart.t"),
        // A temporary table hides another one from where it is made until it is dropped.
        (
            "select * from t; create temp table t (a int); insert into t select 1; select * from t; drop table t; select * from t",
            "r public.t, r public.t",
        ),
        (
            "create temp table t as select * from t; insert into mart.t select * from t",
            "r public.t, a mart.t",
        ),
        (
            "create temp table a (x int); alter table a rename to b; insert into b select * from a",
            "r public.a",
        ),
        (
            "create temp table t (a int); unload ('select * from t join mart.s using (a)') to 's3://out/t' iam_role default",
            "r mart.s, w s3://out/t",
        ),
        ("prepare p as insert into mart.t select 1; execute p; execute q", "a mart.t, ?"),
    ]);
}

/// Which of its names only the project can tell, and what goes along with what is dropped.
#[test]
fn what_is_loose_is_told() {
    let told = |text: &str| -> Vec<String> {
        let script = analyse(text);
        let loose = script.statements.iter().filter_map(|statement| statement.loose.as_deref());
        let told = loose.map(|loose| {
            let names: Vec<&str> = loose.names.iter().map(|range| &text[range.clone()]).collect();
            let schemas = (names.join(" "), loose.schemas.join(" "), loose.dropped.join(" "), loose.cascades);
            format!("{}|{}|{}|{}", schemas.0, schemas.1, schemas.2, schemas.3)
        });
        told.collect()
    };
    for (text, expected) in [
        ("set search_path to a, b; insert into t select * from u, c.v", &["t u|b||false"][..]),
        // What the script has made itself is where it was made.
        (
            "set search_path to a, b; create table t (a int); insert into t select 1; drop table t; select 1 from t",
            &["t|b||false"],
        ),
        // The query that a table is made of does not see it.
        ("set search_path to a, b; create table t as select * from t; select * from t", &["t|b||false"]),
        ("set search_path to a; select * from t", &[]),
        ("set search_path to a, {{ params.b }}; select * from t", &[]),
        ("drop schema if exists a, b cascade", &["||a b|true"]),
        ("drop schema a", &[]),
        ("drop table a.t cascade", &["|||true"]),
        ("drop table a.t", &[]),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
    assert!(analyse("set search_path to a, {{ params.b }}; select * from t").statements[1].hidden);
}

/// What the text of a procedure touches: as [`touched`] writes it, with `!` before what it calls.
#[test]
fn procedures_are_read() {
    let touches = |body: &str| -> String {
        let script = analyse(&format!(
            "create or replace procedure etl.p(day in date) as $x$ {body} $x$ language plpgsql"
        ));
        assert!(
            script.errors.is_empty() || body.starts_with(';') || !body.contains("end"),
            "{body}: {:?}",
            script.errors
        );
        let [procedure] = script.procedures.as_slice() else { panic!("{body}") };
        assert_eq!((procedure.schema.as_str(), procedure.name.as_str()), ("etl", "p"));
        let uses = procedure.uses.iter().map(|item| match &item.target {
            Target::Table { schema, table, .. } => {
                format!("{:?} {schema}.{table}", item.access).to_lowercase()
            }
            Target::Prefix(path) => format!("{:?} {path}", item.access).to_lowercase(),
        });
        let calls =
            procedure.calls.iter().map(|called| format!("!{}.{}", called.schemas.join(","), called.name));
        let hidden = procedure.hidden.then(|| "?".to_owned());
        uses.chain(calls).chain(hidden).collect::<Vec<_>>().join(", ")
    };
    for (body, expected) in [
        ("begin insert into mart.t select * from mart.s where d = day; end;", "appends mart.t, reads mart.s"),
        (
            "declare n int := (select max(a) from mart.a); c cursor for select * from mart.b; begin \
             select count(*) into n from mart.c; n := n + 1; open c; fetch c into n; close c; end;",
            "reads mart.a, reads mart.b, reads mart.c",
        ),
        (
            "begin if n > 0 and exists (select 1 from mart.a) then delete from mart.t; elsif n = 1 then truncate mart.u; \
             else update mart.v set a = case when b then 1 else 2 end from mart.w; end if; end;",
            "reads mart.a, empties mart.t, empties mart.u, writes mart.v, reads mart.w",
        ),
        (
            "<<l>> begin for r in select a from mart.a loop insert into mart.t values (r.a); exit when n = 1; end loop; \
             while (select count(*) from mart.b) > 0 loop commit; end loop; exception when others then raise info 'from x'; end;",
            "reads mart.a, appends mart.t, reads mart.b",
        ),
        (
            "begin create temp table s as select * from mart.a; insert into mart.t select * from s; drop table s; end;",
            "reads mart.a, appends mart.t",
        ),
        ("begin set search_path to stage; insert into t select 1; end;", "appends stage.t"),
        (
            "begin -- insert into x;\n execute 'insert into mart.t select 1'; call etl.q(1); call r(); end;",
            "!etl.q, !public.r, ?",
        ),
        (
            "begin copy mart.t from 's3://raw/x/' iam_role default csv; end;",
            "appends mart.t, reads s3://raw/x/",
        ),
        (
            "begin case n when 1 then insert into mart.a select 1; else null; end case; return; end",
            "appends mart.a",
        ),
        ("begin", ""),
        ("; ( ;; if case when loop end then", ""),
    ] {
        assert_eq!(touches(body), expected, "{body}");
    }
    assert_eq!(
        analyse("create procedure p() as 'begin end' language plpgsql; create procedure $$ $$").procedures,
        []
    );
    assert_eq!(
        analyse("set search_path to etl; create procedure p() as $$ begin end $$").procedures[0].schema,
        "etl"
    );
}

#[test]
fn external_tables_are_known_by_their_places() {
    let places = |text: &str| -> Vec<String> {
        let named = |one: External| {
            let rows = match one.rows {
                Some(Rows::Folder(path) | Rows::Database(path)) => path,
                None => "-".to_owned(),
            };
            format!("{} {} {rows} {}", one.schema, one.table.unwrap_or_default(), one.iceberg)
        };
        analyse(text).external.into_iter().map(named).collect()
    };
    for (text, expected) in [
        (
            "create external schema if not exists lake from data catalog database 'Raw' iam_role default create external database if not exists",
            &["lake  raw false"][..],
        ),
        ("create external schema lake from data catalog iam_role default", &["lake  - false"]),
        ("create external schema ops from postgres database 'app' uri 'x'", &["ops  - false"]),
        (
            "create external table lake.t (location int) stored as parquet location 's3://a/t'",
            &["lake t s3://a/t/ false"],
        ),
        (
            "create external table lake.t stored as parquet location 's3://a/t/' as select 1 as a",
            &["lake t s3://a/t/ false"],
        ),
        (
            "alter table lake.t add partition (d = 1) location 's3://a/1/' partition (d = 2) location 's3://a/2/'",
            &["lake t s3://a/1/ false", "lake t s3://a/2/ false"],
        ),
        ("alter table lake.t set location 's3://a/3/'", &["lake t s3://a/3/ false"]),
        ("create table lake.t (a int) using iceberg location 's3://a/i/'", &["lake t s3://a/i/ true"]),
        ("alter table mart.t add column location varchar(10)", &[]),
    ] {
        assert_eq!(places(text), expected, "{text}");
    }
}
