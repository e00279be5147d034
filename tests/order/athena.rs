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
