//! What statements are about.

use super::*;

#[test]
fn statements_say_what_they_are_about() {
    let told = |text: &str, dialect| {
        let said = about(text, dialect).into_iter();
        said.map(|one| format!("{:?} {:?} {}", one.does, one.what, one.name)).collect::<Vec<_>>().join(", ")
    };
    for (text, expected) in [
        ("create schema if not exists Stage", "Makes Schema stage"),
        ("CREATE EXTERNAL SCHEMA lake from data catalog", "Makes Schema lake"),
        ("create schema authorization etl", ""),
        ("drop schema if exists a, b cascade", "Drops Schema a, Drops Schema b"),
        ("alter schema stage_new rename to stage", "Drops Schema stage_new, Makes Schema stage"),
        ("alter schema m2 owner to u", "Uses Schema m2"),
        (
            "alter default privileges in schema a, b grant select on tables to x",
            "Uses Schema a, Uses Schema b, Uses Principal x",
        ),
        ("comment on schema a is 'x'", "Uses Schema a"),
        ("create or replace procedure etl.load(a int) as $$ $$", "Makes Routine etl.load"),
        ("create function f (int) returns int stable as $$ $$", "Makes Routine f"),
        ("drop function mart.f(int, int)", "Drops Routine mart.f"),
        ("alter procedure etl.q() rename to r", "Drops Routine etl.q, Makes Routine etl.r"),
        (
            "grant select on all tables in schema mart, stage to group bi",
            "Covers Schema mart, Covers Schema stage, Uses Principal group bi",
        ),
        ("revoke all on all tables in schema mart from x", "Covers Schema mart, Uses Principal x"),
        (
            "grant execute on all functions in schema mart to x",
            "Uses Schema mart, Covers Routine mart, Uses Principal x",
        ),
        (
            "revoke all on all procedures in schema a, b from x",
            "Uses Schema a, Uses Schema b, Covers Routine a, Covers Routine b, Uses Principal x",
        ),
        ("grant usage on database d to x", "Uses Database d, Uses Principal x"),
        ("create user bob password disable", "Makes Principal bob"),
        ("create role etl", "Makes Principal role etl"),
        ("create group bi with user a, b", "Makes Principal group bi, Uses Principal a, Uses Principal b"),
        ("alter group bi add user a", "Uses Principal group bi, Uses Principal a"),
        ("drop user if exists bob", "Drops Principal bob"),
        (
            "grant role etl, ops to role r with admin option",
            "Uses Principal role etl, Uses Principal role ops, Uses Principal role r",
        ),
        (
            "grant select on mart.t to bob, group bi, public with grant option",
            "Uses Principal bob, Uses Principal group bi",
        ),
        (
            "create model m from t target a function mart.f iam_role default",
            "Makes Model m, Makes Routine mart.f",
        ),
        ("drop model if exists m", "Drops Model m"),
        ("drop database if exists d", "Drops Database d"),
        ("create external schema s from redshift database 'd' schema 'x'", "Makes Schema s, Uses Database d"),
        ("grant usage on schema mart to x", "Uses Schema mart, Uses Principal x"),
        ("create rls policy pol with (a int) using (a > 1)", "Makes Policy pol"),
        ("attach masking policy pol on mart.t(a) to public", "Uses Policy pol"),
        ("drop rls policy if exists pol", "Drops Policy pol"),
        ("create datashare sh", "Makes Datashare sh"),
        ("alter datashare sh add schema mart", "Uses Datashare sh"),
        ("grant usage on datashare sh to account '1'", "Uses Datashare sh"),
        ("create database d from datashare sh of account '1'", "Makes Database d, Uses Datashare sh"),
        ("create table schema.t (a int)", ""),
        ("select 1", ""),
        ("create", ""),
    ] {
        assert_eq!(told(text, Dialect::Redshift), expected, "{text}");
    }
    for (text, expected) in [
        ("create database if not exists `Lake`", "Makes CatalogDatabase lake"),
        ("drop schema lake cascade", "Drops CatalogDatabase lake"),
        ("alter database lake set dbproperties ('a' = 'b')", "Uses CatalogDatabase lake"),
        ("prepare p from select 1", "Makes Prepared p"),
        ("execute p using 1", "Uses Prepared p"),
        ("execute immediate 'select 1'", ""),
        ("deallocate prepare p", "Drops Prepared p"),
        ("create table lake.t (a int)", ""),
    ] {
        assert_eq!(told(text, Dialect::Athena), expected, "{text}");
    }
}
