//! Order through what stands for other data: views, external tables, schemas of a search path, crawlers, files that
//! say which files there are.

use super::{Written, check, codes, compiled};
use dagc::plan::{Job, Work};

/// The assets that start the last of some pipelines.
fn starts(pipelines: &[Written<'_>]) -> String {
    let (files, compiled) = compiled(pipelines);
    let found = compiled.diagnostics.clone().into_sorted();
    assert!(found.is_empty(), "{}", dagc::ui::human::render(&found, &files.sources, false));
    let plan = compiled.plans[0].pipelines.last().unwrap();
    let dagc::plan::DagSchedule::Assets(assets) = &plan.dag.schedule else { return "none".to_owned() };
    assets.join(" ").replace("redshift://dev/d/", "")
}

const LOAD: &str = "load= {redshift_copy: {from: raw, table: m.t, mode: replace}}";

#[test]
fn a_view_joins_pipelines_as_its_tables_do() {
    let read = ("z", "", "r: insert into o.t select * from m.v");
    for view in [
        "view: create view m.v as select * from m.t",
        "view: create or replace view m.v as select * from m.t with no schema binding",
        "view: create view m.w as select * from m.t; create view m.v as select * from m.w",
    ] {
        // Nobody starts who makes the view.
        let pipelines = [("a", "\"@daily\"", LOAD), ("v", "none", view), read];
        assert_eq!(starts(&pipelines), "m/t", "{view}");
        // It is started by the same data: then both are waited for.
        let pipelines = [("a", "\"@daily\"", LOAD), ("v", "", view), read];
        assert!(starts(&pipelines).starts_with("m/t m/v"), "{view}");
        // Both in one.
        let both = format!("{LOAD}\n{view}");
        assert!(starts(&[("a", "\"@daily\"", &both), read]).starts_with("m/t"), "{view}");
    }
}

#[test]
fn a_drop_takes_the_views_along() {
    let make = "make: create table m.t as select 1 as a\nview: create view m.v as select * from m.t";
    check(&[
        (
            &format!("{make}\ndrop: drop table m.t cascade\nread: insert into m.u select * from m.v"),
            "make>view view>read read>drop",
        ),
        (
            &format!(
                "{make}\ndrop: drop table m.t cascade\nfill: <drop> insert into m.w values (1)\nread: insert into m.u select a \
                 from m.v join m.w using (a)"
            ),
            "used-after-drop m.v",
        ),
        // A late-binding view stays, and has nothing to read any more.
        (
            "make: create table m.t as select 1 as a\nview: create view m.v as select * from m.t with no schema \
             binding\ndrop: drop table m.t cascade\nfill: <drop> insert into m.w values (1)\nread: insert into m.u select a from \
             m.v join m.w using (a)",
            "used-after-drop m.v",
        ),
        // The view is made anew, in the same step or in another one.
        (
            "make: drop table if exists m.t cascade; create table m.t as select 1 as a; create view m.v as select * from \
             m.t\nread: insert into m.u select * from m.v",
            "make>read",
        ),
        (
            "make: drop table if exists m.t cascade; create table m.t as select 1 as a\nview: create view m.v as select * from \
             m.t\nread: insert into m.u select * from m.v",
            "make>view view>read",
        ),
        // A schema with all that is in it.
        (
            "make: create table s.t as select 1 as a\nclean: drop schema s cascade\nread: insert into m.u select * from s.t",
            "make>read read>clean",
        ),
        (
            "clean: drop schema if exists s cascade; create schema s\nmake: create table s.t as select 1 as a\nread: insert into \
             m.u select * from s.t",
            "clean>make make>read",
        ),
    ]);
    // Its own ledger goes with the schema.
    let load = "load= {redshift_copy: {from: raw, table: s.t, mode: append}}";
    assert_eq!(codes(&[("a", "none", &format!("{load}\nclean: drop schema s cascade"))]), [""; 0]);
    // The views of another pipeline.
    let pipelines: &[Written<'_>] = &[
        ("a", "\"@daily\"", "make: drop table if exists m.t cascade; create table m.t as select 1 as a"),
        ("v", "\"@hourly\"", "view: create view m.v as select * from m.t"),
        ("z", "\"@hourly\"", "read: insert into m.u select * from m.v"),
    ];
    let found = codes(pipelines);
    assert!(
        found
            .iter()
            .any(|one| one.starts_with("used-after-drop: `a.make` drops wh:m.v, which `z.read` uses")),
        "{found:?}"
    );
}

#[test]
fn external_tables_are_their_files_or_the_catalogs() {
    let glue = "job= {glue_job: {job: j, write: {path: \"s3://lake/sales/\", format: parquet}}}";
    let table = "ddl= {redshift_sql: {transaction: false, sql: \"create external table lake.sales (a int) stored as parquet \
                 location 's3://lake/sales/'\"}}";
    let read = "read: insert into m.u select * from lake.sales";
    let made = "made= {spectrum_schema: {schema: lake, database: Raw, role: default}}";
    let fill = "fill= {athena_sql: {sql: insert into raw.sales select 1}}";
    check(&[(&format!("{read}\n{made}\n{fill}"), "made>read fill>read")]);
    let table_of = "made= {catalog_table: {table: raw.Sales, path: \"s3://lake/sales/\", format: parquet, columns: {a: int}}}";
    let query = "ask= {athena_sql: {sql: select * from raw.sales}}";
    let other = "other: insert into m.u values (1)";
    check(&[(&format!("{query}\n{table_of}\n{glue}\n{other}"), "job>made made>ask")]);
    let schema = "ddl: create external schema lake from data catalog database 'raw' iam_role default";
    check(&[
        (&format!("{table}\n{read}\n{glue}"), "ddl>read job>read"),
        (
            &format!(
                "{table}\n{read}\nunload: unload ('select * from ext.t') to 's3://lake/sales/' iam_role default allowoverwrite"
            ),
            "ddl>read unload>read",
        ),
        // Who adds a partition, and who writes its files.
        (
            &format!(
                "{table}\n{read}\nadd= {{redshift_sql: {{transaction: false, sql: \"alter table lake.sales add partition (d = 1) \
                 location 's3://other/d=1/'\"}}}}\njob= {{glue_job: {{job: j, write: {{path: \"s3://other/d=1/\"}}}}}}"
            ),
            "ddl>add add>read job>read",
        ),
        // Who inserts into it writes the files.
        (
            &format!(
                "{table}\nfill= {{redshift_sql: {{transaction: false, sql: insert into lake.sales select * from ext.t}}}}\nload= \
                      {{redshift_copy: {{path: \"s3://lake/sales/\", format: parquet, table: m.t, mode: replace}}}}"
            ),
            "ddl>fill fill>load",
        ),
        // The crawler of its files finds the new partitions.
        (
            &format!(
                "{table}\n{read}\ncrawl= {{glue_crawler: {{crawler: c, role: \"arn:aws:iam::111122223333:role/r\", path: \"s3://lake/sales/\", database: other}}}}"
            ),
            "ddl>crawl crawl>read",
        ),
        // A schema of the Data Catalog.
        (
            &format!("{schema}\n{read}\njob= {{glue_job: {{job: j, write: {{table: raw.sales}}}}}}"),
            "ddl>read job>read",
        ),
        (
            &format!(
                "{schema}\n{read}\ncrawl= {{glue_crawler: {{crawler: c, role: \"arn:aws:iam::111122223333:role/r\", path: \"s3://lake/sales/\", database: raw}}}}"
            ),
            "ddl>read crawl>read",
        ),
        (
            "read: insert into m.u select * from awsdatacatalog.raw.sales\njob= {glue_job: {job: j, write: {table: raw.sales}}}",
            "job>read",
        ),
    ]);
    let made = ("a", "\"@daily\"", glue);
    let reader = format!("{table}\n{read}");
    assert_eq!(starts(&[made, ("z", "", &reader)]), "s3://lake/sales");
}

#[test]
fn a_search_path_finds_the_table_that_the_project_has() {
    let read = "read: set search_path to m, n; insert into o.u select * from t";
    check(&[
        (&format!("{read}\nmake: create table n.t as select 1 as a"), "make>read"),
        (&format!("{read}\nmake: create table m.t as select 1 as a"), "make>read"),
        // In both: it is read after both.
        (
            &format!(
                "{read}\none: create table m.t as select 1 as a\ntwo: create table n.t as select 1 as a"
            ),
            "one>read two>read",
        ),
        (
            "ddl: create table if not exists n.fact (a int); create table if not exists m.tmp (a int)\nload: set search_path = m, \
             n; insert into fact select 1\nread: insert into o.u select * from n.fact",
            "ddl>load load>read",
        ),
        // The old name says where the new one is.
        (
            "make: create table n.t as select 1 as a\nrename: set search_path = m, n; alter table t rename to v\nread: insert into \
             o.u select * from n.v",
            "make>rename rename>read",
        ),
        // What is changed has to be one table.
        (
            "one: create table m.t (a int)\ntwo: create table n.t (a int)\nfill: set search_path = m, n; insert into t select 1",
            "sql-hidden-tables t",
        ),
        ("fill: set search_path = m, n; insert into t select 1", "sql-hidden-tables t"),
        (
            "make: set search_path = m, n; create table t (a int); insert into t select 1\nread: insert into o.u select * from m.t",
            "make>read",
        ),
    ]);
}

#[test]
fn what_stands_in_sql_is_what_keys_begin_with() {
    let unload = |to: &str| {
        format!("unload: unload ('select * from ext.t') to '{to}' iam_role default manifest allowoverwrite")
    };
    let copy = |from: &str| {
        format!("copy= {{redshift_sql: {{reads: [], sql: \"copy m.t from '{from}' iam_role default\"}}}}")
    };
    check(&[
        (&format!("{}\n{}", copy("s3://out/t_manifest"), unload("s3://out/t_")), "unload>copy"),
        (
            &format!(
                "load= {{redshift_copy: {{path: \"s3://out/t_0*\", format: csv, table: m.t, mode: replace}}}}\n{}",
                unload("s3://out/t_")
            ),
            "unload>load",
        ),
        (
            &format!(
                "{}\njob= {{glue_job: {{job: j, write: {{path: \"s3://out/trips_old/\"}}}}}}",
                copy("s3://out/trips")
            ),
            "job>copy",
        ),
        (
            &format!(
                "{}\njob= {{glue_job: {{job: j, write: {{path: \"s3://out/trips_old/\"}}}}}}",
                copy("s3://out/trips/")
            ),
            "",
        ),
        // Where a source waits for the files, SQL that reads them waits, too.
        (
            &format!(
                "{}\nload= {{redshift_copy: {{from: waited, table: m.u, mode: replace}}}}",
                copy("s3://wait/in/part-")
            ),
            "wait_waited>copy wait_waited>load",
        ),
    ]);
}

#[test]
fn files_that_say_what_is_there_are_read() {
    check(&[
        (
            "load= {redshift_copy: {from: waited, table: m.t, mode: replace}}\nmark= {bash: {command: echo, writes: \
             [\"s3://wait/in/DONE\"]}}",
            "mark>wait_waited wait_waited>load",
        ),
        (
            "load= {redshift_copy: {path: \"s3://inn/x/\", format: {json: {path: \"s3://conf/p.json\"}}, table: m.t, mode: \
             replace}}\nconf= {bash: {command: echo, writes: [\"s3://conf/p.json\"]}}",
            "conf>load",
        ),
        (
            "copy: copy m.t from 's3://inn/x/' iam_role default json 's3://conf/p.json'\nconf= {bash: {command: echo, writes: \
             [\"s3://conf/p.json\"]}}",
            "conf>copy",
        ),
    ]);
}

#[test]
fn a_crawler_over_several_steps_gives_all_that_they_write() {
    let steps = "job= {each: {c: [de, fr]}, glue_job: {job: \"j_${each.c}\", write: {path: \"s3://lake/${each.c}/\", format: \
                 parquet}}}\ncrawl= {glue_crawler: {crawler: c, role: \"arn:aws:iam::111122223333:role/r\", from: job, database: raw}}\n";
    let load = format!("{steps}load= {{redshift_copy: {{from: crawl, table: m.t, mode: replace}}}}");
    assert_eq!(
        codes(&[("a", "none", &load)]),
        ["unknown-reference: step `crawl` gives 2 things, and step `load` takes one"]
    );
    let job = format!("{steps}use= {{glue_job: {{job: k, from: crawl}}}}");
    let (_, compiled) = compiled(&[("a", "none", &job)]);
    let work = &compiled.plans[0].pipelines[0].tasks().last().unwrap().work;
    let Work::Job(Job::RunGlueJob(run)) = work else { panic!("{work:?}") };
    let read: Vec<String> = run.inputs.iter().map(|input| input.place.to_string()).collect();
    assert_eq!(read, ["catalog:raw.de", "catalog:raw.fr"]);
}

#[test]
fn what_is_written_beside_data_comes_before_its_readers_and_a_marker_where_it_says() {
    let out = "out= {redshift_unload: {sql: select 1 as a, to: s3://lake/out/, format: csv}}";
    let load = "load= {redshift_copy: {from: out, table: m.t, mode: replace}}";
    let put = |after: &str, name: &str| format!("put= {{{after}s3_put: {{to: s3://lake/out/{name}}}}}");
    check(&[
        (&format!("{load}\n{}\n{out}", put("after: out, ", "m.json")), "out>put put>load"),
        (&format!("{out}\n{}", put("", "m.json")), "multiple-writers s3://lake/out/m.json"),
        // A marker is no data of its folder.
        (&format!("{load}\n{}\n{out}", put("after: out, ", "_DONE")), "out>load out>put"),
        (&format!("{out}\n{load}\n{}", put("after: load, ", "_DONE")), "out>load load>put"),
    ]);
}

#[test]
fn what_is_removed_is_no_more_used() {
    let load = "load= {redshift_copy: {path: \"s3://lake/tmp/{{ ds }}/\", format: parquet, table: m.t, mode: replace}}";
    let export = "export= {redshift_unload: {sql: select 1 as n, to: \"s3://lake/tmp/{{ ds }}/\"}}";
    let tidy = |at: &str| format!("tidy= {{s3_delete: {{path: \"{at}\"}}}}");
    check(&[
        (&format!("{export}\n{load}\n{}", tidy("s3://lake/tmp/{{ ds }}/")), "export>load load>tidy"),
        (&format!("{export}\n{load}\ntidy= {{s3_delete: {{from: export}}}}"), "export>load load>tidy"),
        // A folder above, a folder below, another day's.
        (&format!("{load}\n{export}\n{}", tidy("s3://lake/tmp/")), "export>load load>tidy"),
        (&format!("{load}\n{export}\n{}", tidy("s3://lake/tmp/{{ ds }}/part/")), "export>load load>tidy"),
        (
            &format!("{load}\n{export}\n{}", tidy("s3://lake/tmp/{{ macros.ds_add(ds, -30) }}/")),
            "export>load load>tidy",
        ),
        (&format!("{load}\n{export}\n{}", tidy("s3://lake/tmp_old/")), "export>load"),
        // Before all who write it, it clears the place.
        (&format!("{}\n{load}\n{export}", tidy("s3://lake/tmp/{{ ds }}/")), "tidy>export export>load"),
        // Read only.
        (&format!("{}\n{load}", tidy("s3://lake/tmp/")), "load>tidy"),
        (
            &format!(
                "{}\nuse= {{redshift_copy: {{from: waited, table: m.w, mode: replace}}}}",
                tidy("s3://wait/in/")
            ),
            "wait_waited>use use>tidy",
        ),
    ]);
}

/// Another pipeline may remove what is written here.
#[test]
fn removing_is_no_writing_beside_another_pipeline() {
    let export = "export= {redshift_unload: {sql: select 1 as n, to: \"s3://lake/tmp/{{ ds }}/\"}}";
    let tidy = "tidy= {s3_delete: {path: \"s3://lake/tmp/\"}}";
    for pipelines in [
        [("a", "\"@daily\"", export), ("b", "\"@daily\"", tidy)],
        [("a", "\"@daily\"", tidy), ("b", "\"@daily\"", export)],
    ] {
        assert_eq!(codes(&pipelines), [""; 0], "{pipelines:?}");
    }
}

#[test]
fn rights_on_all_routines_come_after_those_that_are_made_there() {
    let routines = "p: create procedure mart.p() as $$ begin null; end $$ language plpgsql\nf: create or replace function mart.f (int) returns int immutable as $$ select $1 $$ language sql\no: create procedure other.o() as $$ begin null; end $$ language plpgsql";
    check(&[
        (&format!("g: grant execute on all functions in schema mart to u\n{routines}"), "p>g f>g"),
        (&format!("g: revoke all on all procedures in schema mart, other from u\n{routines}"), "p>g f>g o>g"),
        (
            &format!(
                "g: grant execute on all functions in schema mart to u\ns: create schema mart\n{routines}"
            ),
            "s>p s>f p>g f>g",
        ),
        // One that is made without a schema is made in `public`.
        (
            "g: grant execute on all procedures in schema public to u\np: create procedure p() as $$ begin null; end $$ language \
             plpgsql",
            "p>g",
        ),
        // A call of a routine that has the schema's name is none of all of them.
        ("g: grant select on all tables in schema mart to u\nt: create table mart.t (a int)", "t>g"),
    ]);
}

#[test]
fn a_database_of_a_datashare_is_made_before_its_readers_and_dropped_behind_them() {
    let share = "share: create database shared from datashare s of namespace 'x'";
    let read = "read: insert into m.t select a from shared.public.x";
    check(&[
        (&format!("{read}\n{share}"), "share>read"),
        (&format!("{share}\ndrop: drop database shared\n{read}"), "share>read read>drop"),
        (&format!("grant: grant usage on database shared to u\n{share}"), "share>grant"),
        (
            &format!(
                "ext: create external schema e from redshift database 'shared' schema 'public'\n{share}"
            ),
            "share>ext",
        ),
        (&format!("use: use shared; insert into d.m.t select a from public.x\n{share}"), "share>use"),
        (&format!("read: insert into m.t select a from other.public.x\n{share}"), ""),
    ]);
}

#[test]
fn a_renamed_procedure_touches_what_it_did_before() {
    let make = "make: create procedure m.p() as $$ begin insert into m.t select * from ext.t; end $$ language plpgsql";
    let rename = "rename: alter procedure m.p() rename to q";
    check(&[
        (
            &format!("read: insert into m.u select * from m.t\ncall: call m.q()\n{make}\n{rename}"),
            "make>rename rename>call call>read",
        ),
        // The old one is put aside.
        (&format!("{rename}\n{make}\ncall: call m.p()"), "rename>make make>call"),
    ]);
}

#[test]
fn a_policy_comes_after_the_tables_that_it_looks_up() {
    check(&[
        (
            "p: create rls policy pol with (a int) using (a in (select a from m.allowed))\nat: attach rls policy pol on m.t to \
             public\nmk: create table m.t (a int); create table m.allowed (a int)",
            "mk>p p>at",
        ),
        ("p: create rls policy pol with (a int) using (a > 1)\nmk: create table m.allowed (a int)", ""),
    ]);
}

#[test]
fn a_view_of_athena_is_its_tables() {
    let fill = "fill= {athena_sql: {sql: insert into lake.t select 1}}";
    let view = "view= {athena_sql: {sql: create or replace view lake.v as select * from lake.t}}";
    let read = "read= {athena_sql: {sql: insert into lake.u select * from lake.v}}";
    let redshift = "x: insert into m.x values (1)";
    check(&[(&format!("{read}\n{view}\n{fill}\n{redshift}"), "fill>view view>read")]);
    let (_, compiled) = compiled(&[("a", "\"@daily\"", fill), ("v", "none", view), ("z", "", read)]);
    let plan = compiled.plans[0].pipelines.last().unwrap();
    let dagc::plan::DagSchedule::Assets(assets) = &plan.dag.schedule else { panic!("{:?}", plan.dag) };
    assert_eq!(assets.join(" "), "glue://dev/lake/t");
}

#[test]
fn users_roles_and_models_are_made_before_their_use_and_dropped_behind_it() {
    let model = "m: create model m.m from (select * from ext.t) target a function m.pred iam_role default settings (s3_bucket 'b')";
    let predict = "use: insert into m.o select m.pred(a) from ext.t";
    check(&[
        (
            "g: grant usage on schema m to bob\ngr: grant role etl to bob\nu: create user bob password disable\nr: create role etl",
            "u>g u>gr r>gr",
        ),
        ("drop: drop group bi\ng: revoke select on all tables in schema m from group bi", "g>drop"),
        (&format!("{predict}\n{model}"), "m>use"),
        (&format!("{model}\ndrop: drop model m.m\n{predict}"), "m>use use>drop"),
    ]);
}

#[test]
fn a_schema_that_takes_anothers_place_is_made_before() {
    check(&[
        (
            "read: insert into m.o select * from stage.t\nswap: alter schema stage_new rename to stage\nmake: create schema \
             stage_new; create table stage_new.t as select 1 as a",
            "make>swap swap>read",
        ),
        // The old one is put aside.
        (
            "aside: alter schema stage rename to stage_old\nmake: create schema stage; create table stage.t as select 1 as a\nread: \
             insert into m.o select * from stage.t",
            "aside>make make>read",
        ),
    ]);
}
