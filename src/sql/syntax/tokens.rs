//! Our tokens as the parser's, so that a text is cut once.
//!
//! Takes what nearly all SQL is made of. Where the parser's own tokenizer might cut otherwise (prefixes of
//! literals, escapes, rare operators), it is asked: [`of_parser`] gives nothing.

use crate::sql::clean::{Seen, fill_holes};
use crate::sql::scan::{Kind, Token};
use sqlparser::keywords::{ALL_KEYWORDS, ALL_KEYWORDS_INDEX, Keyword};
use sqlparser::tokenizer::{self, Location, Span, TokenWithSpan, Whitespace, Word};
use std::collections::HashMap;
use std::sync::LazyLock;

/// No keyword is longer.
const LONGEST: usize = 64;

/// The parser's keywords.
static KEYWORDS: LazyLock<HashMap<&'static [u8], Keyword, foldhash::fast::RandomState>> =
    LazyLock::new(|| {
        ALL_KEYWORDS.iter().map(|word| word.as_bytes()).zip(ALL_KEYWORDS_INDEX.to_vec()).collect()
    });

/// Makes the parser's tokens of those of a statement; their places are bytes of one line. `None` when the parser
/// has to cut the text itself.
pub(super) fn of_parser(script: &str, tokens: &[&Token], seen: &[Seen]) -> Option<Vec<TokenWithSpan>> {
    let mut cut = Cut { script, tokens, seen, made: Vec::with_capacity(tokens.len()) };
    let mut at = 0;
    while at < tokens.len() {
        at = cut.next(at)?;
    }
    Some(cut.made)
}

struct Cut<'a> {
    script: &'a str,
    tokens: &'a [&'a Token],
    seen: &'a [Seen],
    made: Vec<TokenWithSpan>,
}

impl<'a> Cut<'a> {
    /// Makes a token of the one at an index, or of several; gives the index behind.
    fn next(&mut self, at: usize) -> Option<usize> {
        let token = self.tokens[at];
        let text = token.text(self.script);
        // A prefix of a literal, or two quotes in one.
        if self.joined(at).is_some_and(|next| matches!(next.kind, Kind::Text | Kind::Hole))
            && !matches!(token.kind, Kind::Symbol)
        {
            return None;
        }
        let made = match (self.seen[at], token.kind) {
            (Seen::Nothing, _) => return Some(at + 1),
            (Seen::One, _) => tokenizer::Token::Number("1".to_owned(), false),
            (Seen::Renamed, _) => word(format!("{}_", &text[..text.len() - 1])),
            (Seen::AsItIs, Kind::Word) if text.starts_with('#') && !is_temporary(text) => return None,
            (Seen::AsItIs, Kind::Word) => word(text.to_owned()),
            (Seen::AsItIs, Kind::Name) => name(text)?,
            (Seen::AsItIs, Kind::Hole) => {
                tokenizer::Token::SingleQuotedString("x".repeat(text.len().saturating_sub(2)))
            }
            (Seen::AsItIs, Kind::Text) => {
                self.line_before(at);
                literal(text)?
            }
            (Seen::AsItIs, Kind::Number) => {
                let is_whole = self.joined(at).is_none_or(|next| next.kind == Kind::Symbol);
                let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
                    && text.bytes().filter(|byte| *byte == b'.').count() < 2;
                if !is_whole || !is_plain {
                    return None;
                }
                tokenizer::Token::Number(text.to_owned(), false)
            }
            (Seen::AsItIs, Kind::Symbol) => {
                let (symbol, behind) = self.symbol(at)?;
                self.push(at, behind - 1, symbol);
                return Some(behind);
            }
            (Seen::AsItIs, Kind::Comment) => return None,
        };
        self.push(at, at, made);
        Some(at + 1)
    }

    fn push(&mut self, first: usize, last: usize, token: tokenizer::Token) {
        let start = self.tokens[0].range.start;
        let place = |byte: usize| Location::new(1, (byte - start + 1) as u64);
        let range = self.tokens[first].range.start..self.tokens[last].range.end;
        self.made.push(TokenWithSpan { token, span: Span::new(place(range.start), place(range.end)) });
    }

    /// The next token when it stands right behind this one.
    fn joined(&self, at: usize) -> Option<&'a Token> {
        let next = self.tokens.get(at + 1).filter(|_| self.seen[at + 1] != Seen::Nothing)?;
        (next.range.start == self.tokens[at].range.end).then_some(*next)
    }

    /// Two literals on lines of their own are one: the only place where the parser looks at blanks.
    fn line_before(&mut self, at: usize) {
        let is_literal =
            |token: &TokenWithSpan| matches!(token.token, tokenizer::Token::SingleQuotedString(_));
        if at > 0 && self.made.last().is_some_and(is_literal) {
            let before = (0..at).rev().find(|n| self.seen[*n] != Seen::Nothing).unwrap_or_default();
            let gap = &self.script[self.tokens[before].range.end..self.tokens[at].range.start];
            if gap.contains('\n') {
                self.push(at, at, tokenizer::Token::Whitespace(Whitespace::Newline));
            }
        }
    }

    /// Reads a symbol, or an operator of two; gives the index behind it.
    fn symbol(&self, at: usize) -> Option<(tokenizer::Token, usize)> {
        use tokenizer::Token::{
            Comma, Div, DoubleColon, Eq, Gt, GtEq, LBracket, LParen, Lt, LtEq, Minus, Mod, Mul, Neq, Period,
            Plus, RBracket, RParen, StringConcat,
        };
        let next = self.joined(at);
        let is_symbol = |token: &&Token| token.kind == Kind::Symbol;
        let character = |token: &Token| token.text(self.script);
        let one = match character(self.tokens[at]) {
            "(" => LParen,
            ")" => RParen,
            "," => Comma,
            "]" => RBracket,
            "[" if next.is_some_and(|next| next.kind == Kind::Number) => LBracket,
            "." => match next {
                None => Period,
                Some(_) if self.seen[at + 1] == Seen::One => return None,
                Some(next) if next.kind == Kind::Name || character(next) == "*" => Period,
                Some(next) if next.kind == Kind::Word && !character(next).starts_with('_') => Period,
                Some(_) => return None,
            },
            first => {
                let second = next.filter(is_symbol).map(character);
                let second = second.filter(|second| !matches!(*second, "(" | ")" | "," | "." | "[" | "]"));
                let two = match (first, second) {
                    ("+", None) => return Some((Plus, at + 1)),
                    ("-", None) => return Some((Minus, at + 1)),
                    ("*", None) => return Some((Mul, at + 1)),
                    ("/", None) => return Some((Div, at + 1)),
                    ("%", None) => return Some((Mod, at + 1)),
                    ("=", None) => return Some((Eq, at + 1)),
                    ("<", None) => return Some((Lt, at + 1)),
                    (">", None) => return Some((Gt, at + 1)),
                    (":", Some(":")) => DoubleColon,
                    ("<", Some(">")) | ("!", Some("=")) => Neq,
                    ("<", Some("=")) => LtEq,
                    (">", Some("=")) => GtEq,
                    ("|", Some("|")) => StringConcat,
                    _ => return None,
                };
                // Three may be another operator.
                let third = self.joined(at + 1).filter(is_symbol).map(character);
                let is_two = third.is_none_or(|third| matches!(third, "(" | ")" | "," | "."));
                return is_two.then_some((two, at + 2));
            }
        };
        Some((one, at + 1))
    }
}

/// Says whether a word that begins with `#` is the name of a temporary table, and no operator.
fn is_temporary(text: &str) -> bool {
    text[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

fn word(value: String) -> tokenizer::Token {
    let mut upper = [0_u8; LONGEST];
    let keyword = upper.get_mut(..value.len()).and_then(|upper| {
        upper.copy_from_slice(value.as_bytes());
        upper.make_ascii_uppercase();
        KEYWORDS.get(&*upper).copied()
    });
    tokenizer::Token::Word(Word { value, quote_style: None, keyword: keyword.unwrap_or(Keyword::NoKeyword) })
}

fn name(text: &str) -> Option<tokenizer::Token> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let value = if inner.contains('"') { inner.replace("\"\"", "\"") } else { inner.to_owned() };
    Some(tokenizer::Token::Word(Word { value, quote_style: Some('"'), keyword: Keyword::NoKeyword }))
}

/// A literal without escapes; holes in it are filled.
fn literal(text: &str) -> Option<tokenizer::Token> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut value = inner.to_owned();
    if inner.contains("{{") {
        let mut bytes = value.into_bytes();
        fill_holes(&mut bytes, inner);
        value = String::from_utf8(bytes).ok()?;
    }
    (!value.contains(['\\', '\''])).then_some(tokenizer::Token::SingleQuotedString(value))
}

#[cfg(test)]
mod tests {
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
        let seen = clean::seen(text, &tokens);
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
        let is_line =
            |token: &TokenWithSpan| token.token == tokenizer::Token::Whitespace(Whitespace::Newline);
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
}
