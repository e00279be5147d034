//! Order from Athena's SQL: its tables are those of the Data Catalog.

use super::check;

#[test]
fn what_makes_a_table_of_the_catalog_comes_before_its_queries() {
    let crawl = "crawl= {glue_crawler: {crawler: c, path: \"s3://lake/trips/\", database: raw, role: 'arn:aws:iam::111122223333:role/g'}}\nx: insert into m.x values (1)";
    check(&[
        // A crawler names its table after the folder.
        (
            &format!("query= {{athena_sql: {{sql: insert into lake.t select * from raw.trips}}}}\n{crawl}"),
            "crawl>query",
        ),
        // A name without a database is one of the step's.
        (
            &format!("query= {{athena_sql: {{database: raw, sql: select * from trips}}}}\n{crawl}"),
            "crawl>query",
        ),
        (&format!("query= {{athena_sql: {{sql: select * from trips}}}}\n{crawl}"), ""),
        // Another catalog is not ours.
        (&format!("query= {{athena_sql: {{catalog: hive, sql: select * from raw.trips}}}}\n{crawl}"), ""),
        (
            &format!(
                "query= {{athena_sql: {{catalog: hive, sql: select * from awsdatacatalog.raw.trips}}}}\n{crawl}"
            ),
            "crawl>query",
        ),
        (
            &format!("query= {{athena_sql: {{sql: show databases, reads: [raw.trips]}}}}\n{crawl}"),
            "crawl>query",
        ),
    ]);
}

#[test]
fn statements_of_iceberg_have_their_order() {
    check(&[
        (
            "read= {athena_sql: {sql: select * from lake.t for version as of 3}}\n\
             compact= {athena_sql: {sql: optimize lake.t rewrite data using bin_pack}}\n\
             merge= {athena_sql: {sql: \"merge into lake.t t using lake.s s on t.a = s.a when matched then delete\"}}\n\
             fill= {athena_sql: {sql: insert into lake.s select 1}}\n\
             make= {athena_sql: {sql: \"create table lake.s (a int) location 's3://lake/s/' tblproperties ('table_type' = 'ICEBERG')\"}}\n\
             x: insert into m.x values (1)",
            "make>fill fill>merge merge>read merge>compact",
        ),
        (
            "parts= {athena_sql: {sql: \"alter table lake.t add partition (d = '1') location 's3://lake/out/'\"}}\n\
             read= {athena_sql: {sql: select * from lake.t}}\n\
             out= {redshift_unload: {sql: select 1 as a, to: \"s3://lake/out/\"}}",
            "out>parts parts>read",
        ),
    ]);
}

#[test]
fn an_external_table_is_its_files() {
    let make = "make= {athena_sql: {sql: \"create external table lake.t (a int) partitioned by (d string) stored as parquet location 's3://lake/out/'\"}}";
    let out = "out= {redshift_unload: {sql: select 1 as a, to: \"s3://lake/out/d=1/\"}}";
    let read = "read= {athena_sql: {sql: select * from lake.t}}";
    let at_home = "read= {athena_sql: {database: lake, sql: select * from t}}";
    let repair = "repair= {athena_sql: {sql: msck repair table lake.t}}";
    let part = "part= {athena_sql: {sql: \"alter table lake.t add partition (d = '1')\"}}";
    let lake = "lake: create external schema lake from data catalog database 'lake' iam_role default";
    let spectrum = "read: insert into m.o select * from lake.t";
    let ctas = "make= {athena_sql: {sql: \"create table lake.t with (external_location = 's3://lake/out/') as select 1 a\"}}";
    let iceberg = "make= {athena_sql: {sql: \"create table lake.t (a int) location 's3://lake/out/' tblproperties ('table_type' = 'iceberg')\"}}";
    let x = "x: insert into m.x values (1)";
    let delete = "delete= {s3_delete: {path: \"s3://lake/out/\"}}";
    check(&[
        (&[read, out, make].join("\n"), "out>read make>read"),
        (&[at_home, out, make].join("\n"), "out>read make>read"),
        (&[read, repair, out, make].join("\n"), "out>repair make>repair repair>read"),
        (&[read, part, out, make].join("\n"), "out>part make>part part>read"),
        (&[spectrum, lake, out, make].join("\n"), "lake>read out>read make>read"),
        (&[ctas, delete, read, x].join("\n"), "make>read read>delete"),
        // The files of Iceberg are its own affair.
        (&[read, out, iceberg].join("\n"), "make>read"),
    ]);
}

#[test]
fn what_is_prepared_is_made_before_it_is_run() {
    let x = "x: insert into m.x values (1)";
    let prepare = "prepare= {athena_sql: {sql: prepare p from insert into lake.t select * from lake.s}}";
    let execute = "execute= {athena_sql: {sql: execute p, writes: [lake.t], reads: [lake.s]}}";
    let read = "read= {athena_sql: {sql: select * from lake.t}}";
    let fill = "fill= {athena_sql: {sql: insert into lake.s select 1}}";
    check(&[(&[execute, read, prepare, fill, x].join("\n"), "prepare>execute fill>execute execute>read")]);
}

#[test]
fn a_database_is_made_before_its_tables_and_dropped_behind_them() {
    let x = "x: insert into m.x values (1)";
    let fill = "fill= {athena_sql: {sql: create table lake.t as select 1 as a}}";
    let read = "read= {athena_sql: {sql: select * from lake.t}}";
    let make = "make= {athena_sql: {sql: create database if not exists lake}}";
    let drop = "drop= {athena_sql: {sql: drop database lake cascade}}";
    check(&[
        (&[fill, read, make, x].join("\n"), "make>fill fill>read"),
        (&[fill, read, make, drop, x].join("\n"), "make>fill fill>read read>drop"),
        // It begins it.
        (&[drop, make, fill, read, x].join("\n"), "drop>make make>fill fill>read"),
    ]);
}

/// A check with Athena gates as one with Redshift does.
#[test]
fn a_check_of_a_table_of_the_catalog_comes_before_its_readers() {
    let fill = "fill= {athena_sql: {sql: insert into lake.t select 1}}\n\
                read= {athena_sql: {sql: select * from lake.t}}\nx: insert into m.x values (1)";
    let of = |of: &str, more: &str| {
        format!(
            "{fill}\ncheck= {{sql_check: {{of: {of}, engine: athena, {more}expect: [{{rows: \">= 1\"}}]}}}}"
        )
    };
    check(&[
        (&of("fill", ""), "fill>check check>read"),
        (&of("lake.t", ""), "fill>check check>read"),
        (&of("fill", "blocks: false, "), "fill>read fill>check"),
        // A query of the user's own reads in Athena's words.
        (
            &format!(
                "{fill}\nfew= {{sql_check: {{engine: athena, expect: [{{sql: select * from lake.t for version as of 3}}]}}}}"
            ),
            "fill>read fill>few",
        ),
    ]);
}

/// What Spectrum reads is what Athena has made.
#[test]
fn redshift_reads_the_tables_of_the_catalog() {
    check(&[(
        "load: insert into mart.t select * from awsdatacatalog.lake.t\n\
         make= {athena_sql: {sql: insert into lake.t select 1}}",
        "make>load",
    )]);
}

/// What is known of a table comes after what writes it, and so does what functions and prepared statements read.
#[test]
fn what_is_hidden_in_a_query_has_its_order() {
    check(&[(
        "look= {athena_sql: {sql: 'select * from \"lake\".\"t$snapshots\"'}}\n\
         mask= {athena_sql: {sql: \"using external function f(a int) returns int lambda 'f' select f(a) from lake.t\"}}\n\
         copy= {athena_sql: {sql: create table lake.u as table lake.t}}\n\
         kept= {athena_sql: {sql: prepare p from insert into lake.v select * from lake.u; execute p}}\n\
         fill= {athena_sql: {sql: insert into lake.t select 1}}\n\
         make= {athena_sql: {sql: \"create external table `lake.t` (a int) location 's3://lake/t/'\"}}\n\
         x: insert into m.x values (1)",
        "make>fill fill>look fill>mask fill>copy copy>kept",
    )]);
}
