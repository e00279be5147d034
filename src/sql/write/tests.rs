//! What SQL becomes whatever the values are.

use super::*;

#[test]
fn parameters_are_what_stands_between_the_tokens() {
    for (text, expected) in [
        ("select :a, :b_1 from t where x = :a", &["a", "b_1"][..]),
        ("select x::int, ':a', \":b\" -- :c\n/* :d */ from t", &[]),
        ("select a.b[1:2], :é", &["é"]),
        ("select 'it''s :a' || :b", &["b"]),
    ] {
        assert_eq!(parameters(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
    }
}

#[test]
fn empty_values_stand_in_the_text() {
    let text = "select :a, ':a', :ab, :a::date from t -- :a";
    let expected = "select '', ':a', :ab, ''::date from t -- :a";
    assert_eq!(without_empty(text, |name| name == "a"), expected);
}

#[test]
fn names_and_texts_are_quoted() {
    assert_eq!(literal(r"it's a \ "), r"'it''s a \\ '");
    assert_eq!(identifier(r#"a"b"#), r#""a""b""#);
    assert_eq!(qualified("mart", "flights"), r#""mart"."flights""#);
    assert_eq!(identifiers(&["a", "b"]), r#""a", "b""#);
}

#[test]
fn the_end_of_a_text_stands_in_something() {
    for (text, place) in [
        ("select ", Place::Code),
        ("select 'a", Place::Literal),
        ("select 'a''", Place::Literal),
        ("select 'a'", Place::Code),
        (r"select 'a\'", Place::Literal),
        (r"select 'a\\'", Place::Code),
        ("select \"a'", Place::Identifier),
        ("select 1 - ", Place::Code),
        ("select 1 -- it's", Place::LineComment),
        ("select 1 -- it's\n", Place::Code),
        ("select 1 -- it's\r", Place::Code),
        ("/* a /* b */ '", Place::BlockComment),
        ("/* a /* b */ */ '", Place::Literal),
        ("/*/ '", Place::BlockComment),
        ("a / * '", Place::Literal),
        // What stands open between dollar signs ends with them.
        ("do $$ it's $$ ", Place::Code),
        ("do $$ it's $$ '", Place::Literal),
        ("do $a$ it's $$ $b$ ", Place::Literal),
        ("do $a$ it's $$ $b$ $a$ ", Place::Code),
        ("do $a$ -- it's $a$ ", Place::Code),
        ("select a$b$ + 'c", Place::Literal),
        ("select $1, $2 'c", Place::Literal),
        ("select '$$', ", Place::Code),
    ] {
        let mut whole = Scanner::default();
        whole.read(text);
        assert_eq!(whole.place(), place, "{text}");
        let mut pieces = Scanner::default();
        text.chars().for_each(|c| pieces.read(&c.to_string()));
        assert_eq!(pieces.place(), place, "{text}");
    }
}

#[test]
fn no_value_ends_a_text_between_dollar_signs() {
    let values = |text: &str| RunValues { run_id: text.to_owned(), ..RunValues::default() };
    let filled = |text: &str, value: &str| render(&Template::parse(text).unwrap(), &values(value));
    let ends = |text: &str, value: &str| filled(text, value) == Err(Unfilled::EndsText("run_id".to_owned()));
    for (text, value) in [
        ("do $$ select {{ run_id }} $$; drop table t", "$$; drop table u; --"),
        ("do $$ select {{ run_id }} $$", "$$; drop table u; select $$"),
        ("do $$ select '{{ run_id }}' $$", "a$$b"),
        ("do $$ select 1 -- {{ run_id }}\n $$", "$$"),
        ("do $$ select \"{{ run_id }}\" $$", "$$"),
        ("do $a$ select {{ run_id }} $a$", "$a$"),
        // It takes two, and one of them is the user's.
        ("do $a$ select '{{ run_id }}$ ' $a$", "$a"),
        ("do $$ select '{{ run_id }}$ ' $$", "a$"),
    ] {
        assert!(ends(text, value), "{text}: {:?}", filled(text, value));
    }
    for (text, value, expected) in [
        ("do $$ select {{ run_id }} $$", "a$b", "do $$ select 'a$b' $$"),
        ("do $a$ select {{ run_id }} $a$", "$$", "do $a$ select '$$' $a$"),
        ("select {{ run_id }}, '{{ run_id }}'", "$$", "select '$$', '$$'"),
        ("do $$ it's $$; select {{ run_id }}", "it's", "do $$ it's $$; select 'it''s'"),
    ] {
        assert_eq!(filled(text, value).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn no_value_ends_a_quote() {
    let values = RunValues {
        run_id: "it's".to_owned(),
        logical_date: Some("2026-01-31T00:00:00Z".parse().unwrap()),
        params: serde_json::json!({
            "n": 3, "below": -3, "yes": true, "slash": "\\", "quote": "a\"b", "comment": "*/ drop\n x",
        })
        .as_object()
        .unwrap()
        .clone(),
        ..RunValues::default()
    };
    for (text, expected) in [
        ("day = {{ ds }}", "day = '2026-01-31'"),
        ("day = '{{ ds }} 00:00'", "day = '2026-01-31 00:00'"),
        ("limit {{ params.n }} {{ params.yes }}", "limit 3 true"),
        ("x = '{{ params.n }}'", "x = '3'"),
        ("x -{{ params.below }}", "x -(-3)"),
        ("x = {{ run_id }} or y = '{{ run_id }}'", "x = 'it''s' or y = 'it''s'"),
        ("x = '{{ params.slash }}' -- '", r"x = '\\' -- '"),
        (
            "unload ('select * from t where a = ''{{ run_id }}'' and b = {{ ds }} limit {{ params.n }}') \
             to 's3://x/{{ ds }}/' iam_role '{{ run_id }}'",
            "unload ('select * from t where a = ''it''''s'' and b = ''2026-01-31'' limit 3') \
             to 's3://x/2026-01-31/' iam_role 'it''s'",
        ),
        (
            r"UNLOAD( 'select \'{{ run_id }}\', {{ run_id }}') to ''",
            r"UNLOAD( 'select \'it''''s\', ''it''''s''') to ''",
        ),
        (
            "unload ($$ select '{{ run_id }}', {{ run_id }} $$) to 's3://{{ ds }}/'",
            "unload ($$ select 'it''s', 'it''s' $$) to 's3://2026-01-31/'",
        ),
        (r#"select "{{ params.quote }}""#, r#"select "a""b""#),
        ("-- {{ params.comment }}\nx", "-- */ drop  x\nx"),
        ("/* {{ params.comment }} */", "/* * / drop\n x */"),
    ] {
        let statement = Template::parse(text).unwrap();
        assert_eq!(render(&statement, &values).unwrap(), expected);
    }
}

proptest::proptest! {
    #[test]
    fn a_literal_is_one_literal(text in ".*") {
        let written = literal(&text);
        let mut scanner = Scanner::default();
        scanner.read(&written[..written.len() - 1]);
        proptest::prop_assert_eq!(scanner.place(), Place::Literal);
        scanner.read("'");
        proptest::prop_assert_eq!(scanner.place(), Place::Code);
    }
}
