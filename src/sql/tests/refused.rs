//! What is wrong with a script, and where.

use crate::sql::*;

#[test]
fn jinja_and_terminal_commands_are_told() {
    for (text, marked) in [
        ("select 1 {% if full %} from t {% endif %}", vec!["{% if full %}"]),
        ("select 1 {# all #} from t", vec!["{# all #}"]),
        ("select '{# all #}' from t", vec!["{# all #}"]),
        ("select '{% if x %}a{% endif %}' from t", vec!["{% if x %}"]),
        ("select /* {{ x */ 1 from t where a = '\u{e9}{{ dz }}'", vec!["dz"]),
        ("select $$ {{ dz }} $$", vec!["dz"]),
        ("select '{#}' like '{%' from t", vec![]),
        ("\\set a 1\nselect 1", vec!["\\set"]),
        ("select 1 \\gset\n;", vec!["\\gset"]),
    ] {
        let script = analyse(text);
        let found: Vec<&str> = script.errors.iter().map(|error| &text[error.range.clone()]).collect();
        assert_eq!(found, marked, "{text}: {:?}", script.errors);
    }
}

#[test]
fn what_redshift_has_not_is_told() {
    for (text, marked) in [
        ("insert into mart.a select id from mart.b on conflict (id) do nothing", "on conflict"),
        ("insert into mart.a values (1) on duplicate key update a = 1", "on duplicate key"),
        ("copy mart.a to 's3://b/a/' iam_role default", "to"),
        ("drop table if exists mart.a purge", "purge"),
        ("create table mart.a as select 1 as b with no data", "with no data"),
        ("create temp table mart.a (b int)", "mart"),
        ("create temporary table if not exists mart.a as select 1 as b", "mart"),
        ("alter table mart.a rename column if exists b to c", "if exists"),
        ("insert into a select 1 from b join c on b.i = c.i on conflict do nothing", "on conflict"),
        ("create unique index i on mart.a (id)", "create unique index"),
        ("drop index i", "drop index"),
        ("delete from mart.c where id = 1 returning id", "returning"),
        ("insert into mart.d select `id`, b from mart.c", "`id`"),
        ("select * from [mart].[orders]", "[mart]"),
        ("select a.[id] from a", "[id]"),
        ("select array[1, 2] from mart.t", "array["),
        ("create table mart.t as select array[1, 2]", "array["),
        ("insert overwrite mart.e select 1", "insert overwrite"),
        ("replace into mart.e values (1)", "replace into"),
        ("create or replace table mart.e as select 1", "create or replace table"),
        ("create sequence mart.s", "create sequence"),
        ("create trigger t before insert on mart.t execute procedure p()", "create trigger"),
        ("create table mart.t (id serial, a json)", "serial"),
        ("create table mart.t (id int check (id > 0))", "check"),
        ("create table mart.t (id int) inherits (mart.u)", "inherits"),
        ("create table mart.t partition of mart.u for values in (1)", "partition of"),
        ("create table mart.t (id int) partition by range (id)", "partition by"),
        ("create table mart.t (id int) tablespace fast", "tablespace"),
        ("select distinct on (a) a, b from mart.t", "distinct on"),
        ("select 1 from mart.t where a is not distinct from b", "distinct from"),
        ("select a from mart.t except all select b from mart.t", "except all"),
        ("select a from mart.t limit 10, 20", "limit 10, 20"),
        ("select * from (values (1), (2)) v", "values"),
        ("with v as (values (1)) select * from v", "values"),
        ("select string_agg(a, ',') from mart.t", "string_agg"),
        ("select a::jsonb from mart.t", "jsonb"),
        ("select cast(max((a)) as json) from mart.t", "json"),
        ("select try_cast(a as uuid) as uuid from mart.t", "uuid"),
        ("select a::bytea from mart.t", "bytea"),
        ("create table mart.t (a int generated always as identity, b int)", "generated always"),
        ("create table mart.t (a int auto_increment)", "auto_increment"),
        ("select a from mart.t where a regexp 'x'", "regexp"),
        ("with a as (select 1 as b) insert into mart.t select b from a", "insert into"),
        ("select Array_Agg(a) from mart.t", "Array_Agg"),
        ("select a -> 'b' from mart.t", "->"),
        ("select a->>'b' from mart.t", "->>"),
        ("select 1 from mart.t where a @> b", "@>"),
        ("select regexp_matches(a, 'b') from mart.t where c = 1", "regexp_matches"),
        ("select a from mart.t order by a fetch first 5 rows only", "fetch first"),
        ("create table mart.t (a text[])", "[]"),
        ("create table mart.t (a int, exclude using gist (a with =))", "exclude"),
        ("create table mart.t (exclude int, exclude (a with =))", "exclude"),
        ("insert into mart.t (a) select a from mart.s returning *", "returning"),
        ("update mart.t set a = returning + 1 where b = 2 returning a, b", "returning"),
        ("delete from mart.t where a in (1) returning (a)", "returning"),
        ("select top 10 format(a) from mart.t", "format"),
        ("select a from mart.t where format(a) = 'x'", "format"),
        ("select pg_catalog.format('%s', a) from mart.t", "format"),
        ("select * from mart.t join regexp_split_to_table(a, 'b') on true", "regexp_split_to_table"),
        ("select a from mart.t join mart.u on overlay(a placing b from 1) = u.a", "overlay"),
        ("select array_to_string(a, ',') from mart.t, pg_class", "array_to_string"),
        ("create table mart.t as select array_to_string(nspacl, ',') from pg_namespace", "array_to_string"),
        ("select relacl::text[] from stl_query", "[]"),
        ("select string_agg(nspname, ',') from pg_namespace", "string_agg"),
        ("select a from mart.t sample (5)", "sample"),
        ("create table if not exists mart.t as select 1 as a", "if not exists"),
        ("create temp table if not exists t distkey(a) as (select 1 as a)", "if not exists"),
        ("create temp table t (a int) on commit drop", "on commit"),
        ("create view if not exists mart.v as select 1", "create view if not"),
        ("create temporary view v as select 1", "create temporary view"),
        ("vacuum analyze mart.t", "vacuum analyze"),
        ("truncate mart.a, mart.b", ","),
        ("values (1), (2)", "values"),
        ("copy mart.t from stdin csv", "from stdin"),
        ("alter table mart.t add column if not exists a int", "if not exists"),
        ("alter table mart.t drop if exists a", "if exists"),
        ("alter table mart.t add a int, add b int", ", add"),
        ("alter table mart.t alter column a set not null", "set not"),
        ("alter table mart.t alter a drop default", "drop default"),
        ("alter table mart.t modify column a bigint", "modify"),
        ("select top 5 with ties a from mart.t order by a", "with ties"),
        ("select top 10 percent a from mart.t", "top 10 percent"),
        ("select a, rank() over w from mart.t window w as (order by a)", "window w"),
        ("select a from mart.t qualify row_number() over (order by a) = 1", "qualify"),
        ("select a from mart.t with (nolock)", "with (nolock)"),
        ("select a from mart.t union distinct select a from mart.u", "union distinct"),
        ("select a from mart.t union by name select a from mart.u", "union by"),
        ("select a from mart.t except distinct select a from mart.u", "except distinct"),
        ("select a from mart.t t cross apply (select 1) x", "cross apply"),
        ("select a from mart.t t left semi join mart.u u on u.a = t.a", "semi join"),
        ("select a from mart.t where b like any ('x', 'y')", "like any"),
        ("select a + interval 1 day from mart.t", "interval 1"),
        ("select a from mart.t order by a offset 5 rows", "offset 5 rows"),
        ("select a from mart.t where a == 1", "=="),
        ("select a::string from mart.t", "string"),
        ("select cast(a as double) from mart.t", "double"),
        ("select ifnull(a, 1) from mart.t", "ifnull"),
        ("select a from mart.t where regexp_like(a, 'x')", "regexp_like"),
        ("insert into mart.t values (nextval('mart.s'))", "nextval"),
        ("insert into table mart.t select 1", "insert into table"),
        ("insert mart.t values (1)", "insert"),
        ("insert into mart.t set a = 1", "set"),
        ("update mart.t join mart.u on t.a = u.a set b = 1", "join"),
        ("update mart.t, mart.u set b = 1", ","),
        ("update mart.t set a = 1 limit 10", "limit 10"),
        ("delete t from mart.t t join mart.u u on t.a = u.a", "from"),
        ("delete from mart.t where a = 1 limit 10", "limit 10"),
        ("truncate mart.t restart identity", "restart identity"),
        ("lock table mart.t in access exclusive mode", "in access exclusive mode"),
        ("analyze table mart.t", "analyze table"),
        ("explain analyze select 1", "explain analyze"),
        ("execute immediate 'select 1'", "execute immediate"),
        ("copy into mart.t from 's3://a/'", "copy into"),
        ("describe mart.t", "describe"),
        ("desc mart.t", "desc"),
        ("declare @x int", "declare"),
        ("declare x int", "declare"),
        ("show create table mart.t", "show create table"),
        ("create materialized view if not exists mart.v as select 1", "create materialized view if not"),
        ("create or replace materialized view mart.v as select 1", "create or replace materialized"),
        ("refresh materialized view concurrently mart.v", "refresh materialized view concurrently"),
        ("create function f() returns int as $$ begin end $$ language plpgsql", "language plpgsql"),
        ("create table mart.t like mart.u", "like"),
        ("create table mart.t (a double, b int)", "double"),
        ("create table mart.t (a string)", "string"),
        ("create table mart.t (a int unsigned)", "unsigned"),
        ("create table mart.t (a int comment 'x')", "comment"),
        ("create table mart.t (a enum('x', 'y'))", "enum"),
        ("alter table mart.t add column a int first", "first"),
        ("alter table mart.t add column a varchar(10) after b", "after b"),
        ("alter table mart.t add column a int primary key", "primary"),
        ("alter table mart.t add a int not null", "not null"),
        ("alter table mart.t add (a int, b int)", "("),
        ("alter table mart.t drop column a, drop column b", ", drop"),
        ("alter table mart.t alter column a set data type bigint", "set data type"),
        ("savepoint a", "savepoint"),
        (
            "merge into a using b on a.i = b.i when matched and b.x then delete when not matched then insert values (1)",
            "matched and",
        ),
        ("merge into a using b on a.i = b.i when not matched by source then delete", "matched by source"),
        (
            "merge into a using (select 1 as i) s on a.i = s.i when matched then delete when not matched then insert \
             values (1)",
            "using (",
        ),
        (
            "merge into a as t using b on t.i = b.i when matched then delete when not matched then insert values (1)",
            "as t",
        ),
        ("merge into a t using b on t.i = b.i remove duplicates", "t"),
        ("merge into a using b on a.i = b.i when matched then delete", "merge"),
        ("merge a using b on a.i = b.i when not matched then insert values (1)", "merge"),
        ("alter table mart.t swap with mart.u", "swap with"),
        ("alter table mart.t set schema old", "set schema"),
        ("alter table mart.t cluster by (a)", "cluster by"),
        ("create table mart.t (a int) cluster by (a)", "cluster by"),
        ("create table mart.t clone mart.u", "clone"),
        ("create transient table mart.t (a int)", "create transient"),
        ("select * from mart.t sample (10)", "sample"),
        ("copy mart.t from 's3://raw/x/part-*.csv' iam_role default csv", "'s3://raw/x/part-*.csv'"),
        ("copy mart.t from 's3://raw/x/' csv", "copy"),
        ("copy mart.t (gzip) from 's3://raw/x/' iam_role default format as parquet gzip", "gzip"),
        ("copy mart.t from 's3://raw/x/' iam_role default orc ignoreheader 1", "ignoreheader"),
        ("unload ('select 1') to 's3://out/t/'", "unload"),
        ("unload ('select 1') to 's3://out/t/' iam_role default cleanpath allowoverwrite", "allowoverwrite"),
        ("unload ('select 1') to 's3://out/t/' iam_role default format parquet header", "header"),
        ("unload ('select 1') to 's3://out/t/' iam_role default json delimiter ','", "delimiter"),
        ("unload ('select a from mart.t limit 10') to 's3://out/t/' iam_role default", "limit"),
        ("unload ('select a from mart.t where b = :day') to 's3://out/t/' iam_role default", ":day"),
    ] {
        let errors = analyse(text).errors;
        let found: Vec<&str> = errors.iter().map(|error| &text[error.range.clone()]).collect();
        assert_eq!(found, [marked], "{text}: {errors:?}");
        let is_told =
            matches!(errors[0].kind, SqlErrorKind::Foreign { .. } | SqlErrorKind::NoFunction { .. });
        assert!(is_told, "{text}: {errors:?}");
    }
    for text in [
        // What is no call of a function.
        "with format (a, b) as (select 1, 2), every (c) as (select 3) select * from format, every",
        "insert into format (a, b) select 1, 2; create table mart.t (format int, encode int, primary key (format))",
        "create table format (a int, b int); create view overlay (a) as select a from mart.t; drop view overlay",
        "select * from mart.t format (a, b) cross join (select 1) every (c), mart.u as div (d)",
        "select etl.format(a), e.div(a, 2) from mart.t; drop function format(varchar); grant execute on function div(int, int) to public",
        "attach masking policy p on encode (a) to public; create table mart.t (a int references format (b))",
        // The leader node's.
        "select nspname, array_to_string(nspacl, ','), '{}'::text[], array[1, 2] from pg_namespace n join pg_catalog.pg_class c on true",
        "create or replace view mart.rights as select array_to_string(relacl, ',') from pg_class, information_schema.tables",
        "select bit_length('a'), encode('a', 'base64'); explain select array_length(proargtypes, 1) from pg_proc",
        // Columns, aliases and tables that are called like a clause elsewhere.
        "select exclude, returning, sample, conflict, clone, modify from mart.t",
        "create table mart.t (exclude int, returning int, clone int, tablespace int, b exclude)",
        "create table mart.t (a int, exclude varchar(10), money date, inherits int); create table mart.t (like json)",
        "create table tablespace (a int); create table inherits (a int); create table clone diststyle all as select 1 as a",
        "create table mart.clone (a int); create table cluster (a int); create table partition (a int)",
        "update mart.t set a = returning + 1, returning = 2 where b = 1 and returning is null",
        "delete from mart.t where returning is null; delete from mart.t where a > returning",
        "insert into mart.t select returning from mart.u; insert into mart.t select a, returning from mart.u",
        "insert into mart.t (returning) select a returning from mart.u returning where returning.a = 1",
        "select fetch first from mart.t; select t.array[0] from mart.t",
        "select * from mart.t sample (a, b)",
        "select (select 1 as json), max(a) as uuid, cast(a as int) as xml, f(a) as regexp, regexp from mart.t",
        "create table mart.t (auto_increment int, generated int, b int generated by default as identity(1, 1))",
        "alter table mart.t add if int; alter table mart.t drop column if",
        "alter table mart.t add constraint k foreign key (a, add) references mart.u (b, drop)",
        "merge into a using b on a.i = b.i and b.matched and b.x when matched then delete when not matched then insert values (b.i)",
        "select a[0], t.b[1].c, json_parse('[1]')[0], array(1, 2), \"x\"[0] from mart.t",
        "select distinct a, \"on\" from mart.t limit 10 offset 20",
        "create table mart.t (check_in date, \"check\" int, uuid varchar(36), json super, type int, index int)",
        "insert into mart.t (returning_at) select max(a) as returning_at from mart.s",
        "select count(distinct from_id) from mart.t union all select 1",
        "insert into mart.t values (1), (2)",
        "create table mart.format (encode int, every varchar(3) encode zstd)",
        "create table mart.t (like mart.u); insert into overlay (a) select f.format(a), a - b, a -5 from mart.t",
        "create table if not exists mart.t (a int default 1, b varchar(10) default 'as')",
        "alter table mart.t add column a decimal(10, 2); alter table mart.t alter distkey a, alter sortkey (a, b)",
        "alter table mart.t alter column a encode zstd, alter column b encode lzo",
        "alter table lake.t add if not exists partition (d = 1) location 's3://a/' partition (d = 2) location 's3://b/'",
        "truncate table mart.t; vacuum delete only mart.t; create or replace view mart.v as select 1",
        "declare c cursor for select 1; fetch next from c",
        "with a as (select 1 as b) delete from mart.t using a where t.b = a.b",
        "select top 5 a with_ties, percent from mart.t; select a interval_1, b union_all from mart.t offset 5",
        "select a from mart.t x qualify rank() over (order by a) = 1; select a double, string from mart.t",
        "select a from mart.t where b = 1 qualify rank() over (order by a) = 1; select (a)::double precision from mart.t",
        "create table mart.t (a double precision, double int, string varchar(3), unsigned int, comment varchar(1))",
        "alter table mart.t add column first int; alter table mart.t add after varchar(3) default 'first' not null",
        "alter table mart.t add unique (a); alter table mart.t add constraint k primary key (a)",
        "update mart.t set a = u.a from mart.u join mart.v on u.b = v.b where t.b = u.b; delete from mart.t using mart.u",
        "update mart.t x set limit_of = 1; delete from mart.t where a in (select b from mart.u join mart.v on true limit 3)",
        "desc datashare d of account '1'; declare c cursor for select 1; lock mart.t; explain verbose select 1",
        "create function f(a int) returns int stable as $$ select $1 $$ language sql",
        "select f.ifnull(a), instr from mart.t; select a like_any from mart.t where a like 'any (x)'",
        "insert into mart.t (set) values (1); insert into mart.nolock with nolock as (select 1) select * from nolock",
        "merge into a using b on a.i = b.i remove duplicates",
        "merge into a using b c on a.i = c.i when matched then update set x = case when c.x > 1 then c.x else a.x end, y = \
         c.y when not matched then insert (i, x) values (c.i, c.x)",
        "create external table lake.t (a int) partitioned by (b int) stored as parquet location 's3://x/'",
        "select sample (10) from mart.t; select 1 from mart.sample (10)",
        "copy mart.t (header) from 's3://raw/x/' iam_role default csv gzip ignoreheader 1",
        "copy mart.t from 's3://raw/x/' credentials 'aws_iam_role=arn:aws:iam::1:role/x' parquet fillrecord",
        "unload ('select * from (select a from mart.t limit 10)') to 's3://out/t/' iam_role default csv header cleanpath",
        "unload ('select a::int, ''12:30:00'' from mart.t') to 's3://out/t/' iam_role default parquet allowoverwrite",
        "create table mart.t (a binary varying(256), b character varying(3)); select a[i] as x, (b)[j] as y from mart.t",
        "select f.string_agg(a) from mart.t; select '`[a]`', \"[b]\" from mart.t",
    ] {
        assert_eq!(analyse(text).errors, [], "{text}");
    }
}

#[test]
fn errors_stand_at_their_place() {
    for (text, marked, message) in [
        ("select a frm mart.t; select 1", "mart", "expected the end of the statement"),
        ("select 1;\n\nselect a, from mart.t wher x y", "from", ""),
        ("selct 1", "selct", "expected"),
        ("insert into t values (1", "1", ""),
        ("select 'abc", "'", "not closed"),
        ("select $$abc", "$$", "not closed"),
        ("select 1 /* abc", "/*", "not closed"),
        ("select $\u{20ac}", "$", "begins no text"),
        ("select $", "$", "begins no text"),
        ("unload ('select a, from t') to 's3://a/' iam_role default", "from", "expected an expression"),
        ("unload ($q$select a, from t$q$) to 's3://a/' iam_role default", "from", "expected an expression"),
        (
            "unload ('select a, from t where b = ''x''') to 's3://a/' iam_role default",
            "'select a, from t where b = ''x'''",
            "",
        ),
        ("create table t (a int) distkye (a)", "distkye", "expected an attribute"),
        ("create table t (a int) distkey (a", "(", "closes nothing"),
        ("create table t distkye (a) as select 1", "distkye", "expected an attribute"),
        ("create materialized view v auto refersh yes as select 1", "refersh", "expected an attribute"),
        ("comment on table t is ('x'", "(", "closes nothing"),
        ("explain explain select 1", "explain", "expected an SQL statement"),
        ("select $a\u{e9}$", "$a\u{e9}$", "not closed"),
        ("select * from mart.t_{{ ds_nodash }}", "{{ ds_nodash }}", ""),
        ("select * from {{ params.table }}", "{{ params.table }}", ""),
        ("select * from \"{{ ds }}\".t", "\"{{ ds }}\"", ""),
        ("select é, ü, {{ dss }} from t", "dss", ""),
        ("select '{{ dss }}' from t", "dss", ""),
    ] {
        let errors = analyse(text).errors;
        assert!(!errors.is_empty(), "{text}");
        assert_eq!(&text[errors[0].range.clone()], marked, "{text}: {errors:?}");
        if let SqlErrorKind::Syntax(found) | SqlErrorKind::NotUnderstood(found) = &errors[0].kind {
            assert!(found.contains(message), "{text}: {found}");
        }
    }
}

#[test]
fn what_no_database_takes_is_told_from_what_the_parser_does_not_know() {
    for (text, is_sure) in [
        ("select count(*) filter (where a > 1) from mart.t", false),
        ("select a frm mart.t; select 1", false),
        ("select (a from mart.t", true),
        ("select a[1) from mart.t", true),
        ("selct 1", true),
        ("select 'abc", true),
    ] {
        let errors = analyse(text).errors;
        assert_eq!(matches!(errors[0].kind, SqlErrorKind::Syntax(_)), is_sure, "{text}");
    }
}

#[test]
fn what_can_never_run_is_told() {
    for (text, marked) in [
        ("create table mart.t (a int, b int, A int)", "A"),
        ("create table mart.t (a int) distkey(b)", "b"),
        ("create table mart.t (a int) compound sortkey (a, b)", "b"),
        ("create table mart.t (a int distkey, b int distkey)", "distkey"),
        ("create table mart.t (a int) diststyle even distkey(a)", "distkey"),
        ("create table mart.t (a int encode foo)", "foo"),
        ("create table mart.t (a varchar(100000))", "100000"),
        ("create table mart.t (a character varying(65536))", "65536"),
        ("create temp table t (a char(5000))", "5000"),
        ("create table mart.t (a decimal(50, 2))", "50"),
        ("insert into mart.t (a, b) values (1, 2), (3)", "(3)"),
        ("insert into mart.t (a) values (f(1, 2), 3)", "(f(1, 2), 3)"),
    ] {
        let errors = analyse(text).errors;
        let [error] = errors.as_slice() else { panic!("{text}: {errors:?}") };
        assert!(matches!(error.kind, SqlErrorKind::Refused(_)), "{text}: {error:?}");
        assert_eq!(&text[error.range.clone()], marked, "{text}");
    }
    for text in [
        "create table mart.t (a int encode az64 distkey, b varchar(max), primary key (a), unique (b)) sortkey auto",
        "create table mart.t (a char varying(5000), \"B\" numeric(38, 10)) diststyle key distkey(a) sortkey (a, b) encode auto",
        "create table mart.t (like mart.u) sortkey (x)",
        "create table mart.t (a, b) distkey(a) as select 1, 2",
        "create table mart.t (a int identity(1, 1), a2 bigint default f(1, 2)) diststyle all",
        "insert into mart.t (a, b) values (1, f(2, 3)), ({{ params.row }}), (default, 2)",
        "insert into mart.t (a, b) select 1, 2",
        "create external table ext.t (a varchar(10), b struct<c:int,d:int>) partitioned by (d char(8)) location 's3://b/t/'",
    ] {
        assert_eq!(analyse(text).errors, [], "{text}");
    }
}
