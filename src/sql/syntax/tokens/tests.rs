//! Tokens as the parser sees them.

use super::*;
use crate::sql::clean;
use crate::sql::scan::scan;
use sqlparser::dialect::RedshiftSqlDialect;
use sqlparser::tokenizer::Tokenizer;

/// A line or a column, from 0.
fn index(number: u64) -> usize {
    usize::try_from(number).unwrap() - 1
}

/// Cuts a text in both ways; `None` when the parser has to do it.
fn both(text: &str) -> Option<[Vec<(usize, usize, tokenizer::Token)>; 2]> {
    let (tokens, errors) = scan(text);
    let tokens: Vec<&Token> = tokens.iter().filter(|token| token.kind != Kind::Comment).collect();
    let seen = clean::seen(text, &tokens, crate::sql::Dialect::Redshift);
    let ours = of_parser(text, &tokens, &seen).filter(|_| errors.is_empty() && !tokens.is_empty())?;
    let cleaned = clean::clean(text, &tokens, &seen);
    // All on one line, except where a line matters.
    let theirs = Tokenizer::new(&RedshiftSqlDialect {}, &cleaned).tokenize_with_location().unwrap();
    let byte = |location: Location| {
        let lines = cleaned.split_inclusive('\n').take(index(location.line));
        let start: usize = lines.map(str::len).sum();
        let line = &cleaned[start..];
        let column = line.char_indices().nth(index(location.column));
        start + column.map_or(line.len(), |(at, _)| at)
    };
    let is_blank = |token: &TokenWithSpan| matches!(token.token, tokenizer::Token::Whitespace(_));
    let ours = ours.into_iter().filter(|token| !is_blank(token)).map(|token| {
        let [start, end] = [token.span.start, token.span.end].map(|place| index(place.column));
        (start, end, token.token)
    });
    let theirs = theirs.into_iter().filter(|token| !is_blank(token));
    let theirs = theirs.map(|token| (byte(token.span.start), byte(token.span.end), token.token));
    Some([ours.collect(), theirs.collect()])
}

#[test]
fn usual_sql_is_cut_as_the_parser_cuts_it() {
    for text in [
        "select a.b, \"A\"\"b\".\"c\" from mart.t as t where d >= '{{ ds }}' and e <> 1.5 and f != 2",
        "insert into t values (1, 'x', null), (-1, '\u{e9}', true)",
        "select a || b, c::date, (d)::int / 2 % 3, - 4 from t",
        "select trim(a, 'x'), extract(ms from a), count(*), t.*, a[0].b[12] from gr\u{f6}\u{df}e -- x\n, s",
        "create table t (a int distkey, b varchar(64) encode zstd) sortkey (a)",
        "select {{ params.x }}, grouping sets (a, b) from #temp group by 1 having a <= 2 or b = 3",
    ] {
        let [ours, theirs] = both(text).expect(text);
        // A function's name and a number in another's place are as long as what they stand for.
        let theirs: Vec<_> = theirs.into_iter().map(|(start, _, token)| (start, token)).collect();
        let ours: Vec<_> = ours.into_iter().map(|(start, _, token)| (start, token)).collect();
        assert_eq!(ours, theirs, "{text}");
    }
}

#[test]
fn all_keywords_are_known() {
    for word in ALL_KEYWORDS {
        for word in [word.to_lowercase(), (*word).to_owned(), format!("{word}s")] {
            assert_eq!(super::word(word.clone()), tokenizer::Token::make_word(&word, None));
        }
    }
}

#[test]
fn what_is_rare_is_left_to_the_parser() {
    for text in [
        "select n'x'",
        "select x{{ ds }}",
        "select 'a''b'",
        "select 'a\\'b'",
        "select 1e5",
        "select 1.2.3",
        "select .5",
        "select a._b",
        "select :a",
        "select a ->> b",
        "select a =-1",
        "select $$x$$",
        "select \u{20ac}",
        "select a[b]",
        "select 1_000",
        "select a <=> b",
        "select ~ 1",
    ] {
        assert!(both(text).is_none(), "{text}");
    }
}

#[test]
fn literals_on_two_lines_are_one() {
    let (tokens, _) = scan("'a' 'b'\n'c'");
    let tokens: Vec<&Token> = tokens.iter().collect();
    let made = of_parser("'a' 'b'\n'c'", &tokens, &[Seen::AsItIs; 3]).unwrap();
    let is_line = |token: &TokenWithSpan| token.token == tokenizer::Token::Whitespace(Whitespace::Newline);
    assert_eq!(made.iter().map(is_line).collect::<Vec<_>>(), [false, false, true, false]);
}

proptest::proptest! {
    #[test]
    fn any_sql_is_cut_as_the_parser_cuts_it(text in r#"(\PC|[ \n]|'|"|\{\{ ds \}\}|--|;|\(|\)|\[|\]|\.|,|\\|[0-9]|[a-z_#$]{1,3}|[<>=!|&:+*/%^~-]|select |from |create table |trim\(|extract\(|grouping sets|encode |[eEnNxXbBuU]'|''){0,40}"#) {
        if let Some([ours, theirs]) = both(&text) {
            let starts = |tokens: Vec<(usize, usize, tokenizer::Token)>| -> Vec<_> {
                tokens.into_iter().map(|(start, _, token)| (start, token)).collect()
            };
            proptest::prop_assert_eq!(starts(ours), starts(theirs));
        }
    }
}
