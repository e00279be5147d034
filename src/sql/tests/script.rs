//! A script as it is read and sent: its statements, its transaction, and that it has an end.

use crate::sql::*;

#[test]
fn a_transaction_around_a_script_is_taken_away() {
    for (text, statements, is_one) in [
        ("begin; select 1; commit", 1, true),
        ("-- nightly\nBEGIN TRANSACTION;\r\nselect 1;\r\nselect 2;\r\nEND; -- done\r\n", 2, true),
        ("start transaction isolation level serializable read write; select 1; end work", 1, true),
        ("set query_group to 'x'; set search_path to a; begin; select 1; commit /* all */ ;", 3, true),
        ("begin; select 1", 2, false),
        ("begin; select 1; rollback", 3, false),
        ("begin; select 1; commit; begin; select 2; commit", 6, false),
        ("select 1; begin; select 1; commit", 2, true),
        ("begin; select 1; commit; select 2", 2, true),
        ("begin read only; select 1; commit", 3, false),
    ] {
        let script = analyse(text);
        assert_eq!((script.statements.len(), script.transaction.is_some()), (statements, is_one), "{text}");
        assert!(script.errors.is_empty(), "{text}");
    }
}

#[test]
fn files_are_read_as_people_have_them() {
    for (text, sent) in [
        ("\u{feff}-- gr\u{f6}\u{df}e\r\nselect 1;\r\n", "select 1"),
        ("select\u{a0}a,\u{3000}b\u{200b} from\u{feff} mart.t", "select a, b  from  mart.t"),
        ("select '\u{a0}'", "select '\u{a0}'"),
        (
            "select a -- {% if full %} {{ x }}\n from t where d = '{{ ds }}'",
            "select a \n from t where d = '{{ ds }}'",
        ),
        ("select/* {# x #} */1", "select 1"),
        ("select a --\rfrom t", "select a --\rfrom t"),
        ("select $1, 'a$', $$x$$, a$b$c", "select $1, 'a$', $$x$$, a$b$c"),
    ] {
        let script = analyse(text);
        assert!(script.errors.is_empty(), "{text}: {:?}", script.errors);
        assert_eq!(script.statements[0].text, sent);
    }
}

#[test]
fn statements_say_what_they_do_to_a_transaction() {
    for (text, verb, words) in [
        ("vacuum mart.t", Verb::Alone, "vacuum"),
        ("create database d", Verb::Alone, "create database"),
        ("drop database d", Verb::Alone, "drop database"),
        ("alter database d isolation level snapshot", Verb::Alone, "isolation level"),
        ("create library l language plpythonu from 's3://a/b.zip'", Verb::Alone, "create library"),
        (
            "create external table lake.t (a int) stored as parquet location 's3://a/'",
            Verb::Alone,
            "create external table",
        ),
        ("alter table a.t append from a.s", Verb::Alone, "append from"),
        ("alter table a.t alter column c type varchar(300)", Verb::Alone, "alter column"),
        ("alter table a.t alter c type varchar(300)", Verb::Alone, "alter"),
        ("alter table a.t alter column c encode zstd", Verb::Other, ""),
        ("alter table a.t add column c int", Verb::Other, ""),
        ("alter table a.t drop column partition", Verb::Other, ""),
        (
            "alter table lake.t add if not exists partition (d = 1) location 's3://a/'",
            Verb::Alone,
            "add if not exists partition",
        ),
        ("alter table lake.t drop partition (d = 1)", Verb::Alone, "drop partition"),
        ("alter table lake.t set location 's3://a/'", Verb::Alone, "set location"),
        ("alter table lake.t set file format parquet", Verb::Alone, "set file format"),
        ("alter table lake.t set table properties ('numRows' = '1')", Verb::Alone, "set table properties"),
        ("alter table lake.t add partition field day(d)", Verb::Alone, "add partition field"),
        (
            "alter table lake.t replace partition field d with month(d)",
            Verb::Alone,
            "replace partition field",
        ),
        ("create table lake.t (a int) using iceberg location 's3://a/'", Verb::Alone, "using iceberg"),
        ("create table lake.t using iceberg as select 1 as a", Verb::Alone, "using iceberg"),
        ("alter datashare d set publicaccessible true", Verb::Alone, "set publicaccessible"),
        ("alter datashare d add schema mart", Verb::Other, ""),
        ("copy a.t from 's3://a/' iam_role default job create j", Verb::Alone, "job create"),
        ("copy job drop j", Verb::Alone, "copy job drop"),
        ("grant select on external table lake.t to iam_role 'r'", Verb::Alone, "grant"),
        ("truncate a.t", Verb::Commits, "truncate"),
        ("rollback", Verb::TransactionControl, "rollback"),
        ("drop table a.t", Verb::Other, ""),
        ("select 1", Verb::Query, ""),
        ("with x as (select 1) insert into a.t select * from x", Verb::Other, ""),
    ] {
        let script = analyse(text);
        let statement = &script.statements[0];
        assert_eq!((statement.verb, statement.words.0.as_str()), (verb, words), "{text}");
    }
}

#[test]
fn statements_are_split() {
    let script =
        analyse("select ';'; -- a;\n/* ; /* ; */ */ begin;\ncreate procedure p() as $a$ ; $a$;truncate t ;");
    let texts: Vec<&str> = script.statements.iter().map(|statement| statement.text.as_str()).collect();
    assert_eq!(texts, ["select ';'", "begin", "create procedure p() as $a$ ; $a$", "truncate t"]);
    let verbs: Vec<Verb> = script.statements.iter().map(|statement| statement.verb).collect();
    assert_eq!(verbs, [Verb::Query, Verb::TransactionControl, Verb::Other, Verb::Commits]);
    let cut = analyse("select 1 -- {{ ds }}\n, 2 -- stays\n, 3");
    assert_eq!(cut.statements[0].text, "select 1 \n, 2 -- stays\n, 3");
}

#[test]
fn deep_and_long_statements_have_an_end() {
    let deep = format!("select {}1{} from mart.t", "(".repeat(5_000), ")".repeat(5_000));
    let nested = format!("select * from {}mart.t{}", "(select * from ".repeat(5_000), ") x".repeat(5_000));
    let long = format!("select {}1 from mart.t", "1 + ".repeat(200_000));
    let chain = format!("select {}1 from mart.t", "1 + ".repeat(9_990));
    let wide = format!("insert into mart.t values {}(1)", "(1), ".repeat(100_000));
    let explained = "explain ".repeat(50_000);
    let unloads =
        (0..2_000).fold("select 1".to_owned(), |inner, n| format!("unload ($a{n}$ {inner} $a{n}$) to 'x'"));
    let withs = (0..90).fold("select 1".to_owned(), |inner, _| format!("with a as ({inner}), b c select 1"));
    let procedures = (0..2_000)
        .fold("begin end".to_owned(), |inner, n| format!("create procedure p() as $a{n}$ {inner} $a{n}$"));
    let casts = format!("select {}1 from mart.t", "a as json) ".repeat(30_000));
    let calls = format!("select {}1 from mart.t", "format(".repeat(30_000));
    let ifs = format!("create procedure p() as $$ {} $$", "if case ( for ".repeat(30_000));
    for text in [procedures, casts, calls, ifs] {
        analyse(&text);
    }
    let brackets = "[".repeat(100_000);
    let trims = "trim(".repeat(19_000 / 2);
    // Each name is looked for among all queries that can be seen from there.
    let queries = (1..100_000).map(|n| format!("q{n} as (select * from q{})", n - 1)).collect::<Vec<_>>();
    let queries = format!("with q0 as (select 1), {} select * from q1", queries.join(", "));
    for text in [explained, unloads, withs, brackets, trims, queries] {
        analyse(&text);
    }
    for (text, is_hidden) in [(deep, true), (nested, true), (long, false), (chain, false), (wide, false)] {
        let script = analyse(&text);
        assert_eq!(script.errors, [], "{}", &text[..40]);
        assert_eq!(script.statements[0].hidden, is_hidden, "{}", &text[..40]);
    }
}

proptest::proptest! {
    #[test]
    fn any_script_is_read(text in r#"(\PC|[ \n]|'|"|\$|\{\{|\}\}|\{%|%\}|\{#|#\}|--|/\*|\*/|\$\$|;|\(|\)|\[|\]|\.|,|`|\\|select |from |insert into |create table |as |with |merge into |using |unload |copy |alter table |object_transform|trim|extract|keep|ds|\u{20ac}){0,60}"#) {
        let script = analyse(&text);
        let ranges = script.errors.iter().map(|error| &error.range);
        let uses = script.statements.iter().flat_map(|statement| &statement.uses).map(|item| &item.range);
        let words = script.statements.iter().map(|statement| &statement.words.1);
        let whole = script.statements.iter().map(|statement| &statement.range);
        for range in ranges.chain(uses).chain(words).chain(whole).chain(&script.transaction) {
            proptest::prop_assert!(text.get(range.clone()).is_some(), "{range:?}");
        }
        // What is sent later is a template without mistakes.
        if script.errors.is_empty() {
            for statement in &script.statements {
                proptest::prop_assert!(crate::template::Template::parse(&statement.text).is_ok());
            }
        }
    }
}
