//! What is in the query of a materialized view and decides whether Redshift keeps its rows: clauses, functions.
//!
//! From the Redshift Database Developer Guide, "CREATE MATERIALIZED VIEW", limitations, and "REFRESH MATERIALIZED VIEW",
//! which calls functions of the date and `RANDOM` mutable.

use super::cursor::Cursor;
use super::scan::{Kind, Token, scan};
use std::ops::Range;

/// What a query has; the places are bytes of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The first clause of the query itself that sorts or cuts its rows, in upper case.
    pub clause: Option<(&'static str, Range<usize>)>,
    /// The functions that it calls: their names with what stands before the dot, in lower case.
    pub functions: Vec<(String, Range<usize>)>,
    /// The first function whose value changes while the rows do not, in upper case.
    pub mutable: Option<(String, Range<usize>)>,
    /// Where the statement says `AUTO REFRESH YES`.
    pub refreshes_itself: Option<Range<usize>>,
}

/// Words that sort and cut rows, and what they are called.
const CLAUSES: [(&str, &str); 3] = [("order", "ORDER BY"), ("limit", "LIMIT"), ("offset", "OFFSET")];

/// Functions that give another value each time, and those of them that are written without parentheses.
const MUTABLE: &[&str] = &["getdate", "now", "random", "timeofday"];
const MUTABLE_WORDS: &[&str] = &["current_date", "current_timestamp", "sysdate"];

/// Reads the query of a materialized view: that of the statement that makes it, or a text that is nothing else.
pub fn kept(text: &str) -> Kept {
    let (tokens, _) = scan(text);
    let significant: Vec<&Token> = tokens.iter().filter(|token| token.kind != Kind::Comment).collect();
    let whole = Cursor { script: text, tokens: &significant };
    let start = begin(&whole);
    let query = Cursor { tokens: significant.get(start..).unwrap_or_default(), ..whole };
    let place = |n: usize, m: usize| query.tokens[n].range.start..query.tokens[m].range.end;
    let functions = functions(&query);
    let is_mutable = |n: &usize| {
        let is_called = query.any(*n, MUTABLE) && query.is(n + 1, "(");
        (is_called || query.any(*n, MUTABLE_WORDS)) && !(*n > 0 && query.is(n - 1, "."))
    };
    let mutable = (0..query.tokens.len()).find(is_mutable);
    let itself = whole.find(0, &["auto"]).filter(|at| *at < start && whole.has(at + 1, &["refresh", "yes"]));
    Kept {
        clause: clause(&query),
        functions: functions.into_iter().map(|(name, n, m)| (name, place(n, m))).collect(),
        mutable: mutable.map(|n| (query.tokens[n].text(text).to_uppercase(), place(n, n))),
        refreshes_itself: itself.map(|at| significant[at].range.start..significant[at + 2].range.end),
    }
}

/// Where the query begins: behind the `AS` of a statement that makes a view.
fn begin(cursor: &Cursor<'_>) -> usize {
    if !cursor.is(0, "create") {
        return 0;
    }
    let is_query = |at: &usize| cursor.any(at + 1, &["select", "with"]) || cursor.is(at + 1, "(");
    let mut words = std::iter::successors(cursor.find(1, &["as"]), |at| cursor.find(at + 1, &["as"]));
    words.find(is_query).map_or(cursor.tokens.len(), |at| at + 1)
}

/// The first clause that sorts or cuts the rows of a query, and not those of one within it. Parentheses around the whole
/// change nothing.
fn clause(query: &Cursor<'_>) -> Option<(&'static str, Range<usize>)> {
    let mut inner = *query;
    while inner.is(0, "(") && inner.close(0).is_some_and(|close| close + 1 == inner.tokens.len()) {
        inner.tokens = &inner.tokens[1..inner.tokens.len() - 1];
    }
    let at = inner.find(0, &CLAUSES.map(|(word, _)| word))?;
    let (_, name) = CLAUSES.iter().find(|(word, _)| inner.is(at, word))?;
    Some((*name, inner.tokens[at].range.clone()))
}

/// The names with a parenthesis behind them, with their first and last tokens.
fn functions(query: &Cursor<'_>) -> Vec<(String, usize, usize)> {
    let called = (1..query.tokens.len()).filter(|open| query.is(*open, "("));
    let named = called.filter_map(|open| {
        let last = open - 1;
        let name = query.one_name(last)?;
        if last < 2 || !query.is(last - 1, ".") {
            return Some((name, last, last));
        }
        let schema = query.one_name(last - 2)?;
        Some((format!("{schema}.{name}"), last - 2, last))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_a_view_is_read() {
        for (text, clause, functions, mutable) in [
            ("select a from t order by a limit 3", "ORDER BY", "", ""),
            ("create materialized view v sortkey (a) as (select a from t limit 3)", "LIMIT", "", ""),
            ("create materialized view v as ((select a from t) offset 3)", "OFFSET", "", ""),
            ("select a from (select a from t order by a limit 3) u", "", "from", ""),
            ("select row_number() over (order by a) from t", "", "row_number over", ""),
            ("select Mart.F(a), g (b) from t", "", "mart.f g", ""),
            ("create materialized view v as select a from t where d < getdate()", "", "getdate", "GETDATE"),
            ("with x as (select sysdate) select * from x", "", "as", "SYSDATE"),
            ("select t.sysdate, current_user from t", "", "", ""),
            ("create materialized view v", "", "", ""),
            ("", "", "", ""),
        ] {
            let kept = kept(text);
            assert_eq!(kept.clause.map_or("", |(name, _)| name), clause, "{text}");
            let names: Vec<&str> = kept.functions.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names.join(" "), functions, "{text}");
            assert_eq!(kept.mutable.map(|(name, _)| name).unwrap_or_default(), mutable, "{text}");
        }
        let itself = |text: &str| kept(text).refreshes_itself.map(|range| text[range].to_owned());
        let made = "create materialized view v auto refresh yes as select a from t";
        assert_eq!(itself(made).as_deref(), Some("auto refresh yes"));
        assert_eq!(itself("create materialized view v auto refresh no as select a from t"), None);
    }
}
