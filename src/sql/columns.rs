//! Which columns a query gives, where its text names each of them.

use super::cursor::Cursor;
use super::scan::{Kind, Token, scan};
use std::ops::Range;

/// Names the columns of a query, in lower case; nothing where it does not name all of them: `*`, `a + 1`.
pub fn column_names(query: &str) -> Option<Vec<String>> {
    let (tokens, errors) = scan(query);
    let significant: Vec<&Token> = tokens.iter().filter(|token| token.kind != Kind::Comment).collect();
    let cursor = Cursor { script: query, tokens: &significant };
    if !errors.is_empty() {
        return None;
    }
    selected(&cursor, 0)?.into_iter().map(|item| column(&cursor, item)).collect()
}

/// The columns of the query that begins there, as it writes them.
pub(super) fn selected(cursor: &Cursor<'_>, at: usize) -> Option<Vec<Range<usize>>> {
    const ENDS: &[&str] = &[
        "from",
        "where",
        "group",
        "having",
        "qualify",
        "order",
        "limit",
        "union",
        "intersect",
        "except",
        "minus",
    ];
    if !cursor.any(at, &["select", "with"]) {
        return None;
    }
    let select = cursor.find(at, &["select"])?;
    let from = cursor.skip(select + 1, &["all", "distinct"]);
    let from = if cursor.is(from, "top") { cursor.skip(from + 2, &["all", "distinct"]) } else { from };
    let end = cursor.find(from, ENDS).unwrap_or(cursor.tokens.len());
    Some(cursor.items(from..end))
}

/// Words that are values, and not names of columns.
const VALUES: &[&str] = &[
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "end",
    "false",
    "null",
    "sysdate",
    "true",
];

/// The name of one column: behind `AS`, or behind the value as an alias, or the last part of a name.
pub(super) fn column(cursor: &Cursor<'_>, item: Range<usize>) -> Option<String> {
    let last = item.end.checked_sub(1).filter(|last| item.contains(last))?;
    let name = cursor.one_name(last).filter(|_| !cursor.any(last, VALUES));
    if last > item.start && cursor.is(last - 1, "as") {
        return cursor.one_name(last);
    }
    let is_whole = |end: usize| cursor.name(item.start).is_some_and(|(_, behind)| behind == end);
    let is_alias = last > item.start
        && (is_whole(last) || cursor.is(last - 1, ")") || cursor.is(last - 1, "end"))
        && !cursor.any(last, &["notnull", "isnull"]);
    name.filter(|_| is_alias || is_whole(item.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_where_each_has_a_name() {
        for (query, expected) in [
            ("select a, t.B, \"C\" from t", Some("a b c")),
            (
                "select a as x, count(*) n, sum(b) as \"Total\", case when a then 1 end kind, b c from t",
                Some("x n total kind c"),
            ),
            ("with q as (select z from t) select distinct a from q union select b from r", Some("a")),
            ("select top 10 a, max(b, (select c, d from e)) as m", Some("a m")),
            ("select *, a from t", None),
            ("select t.* from t", None),
            ("select a, count(*) from t", None),
            ("select a::int from t", None),
            ("select a is null from t", None),
            ("select a isnull from t", None),
            ("select sysdate from t", None),
            ("select from t", None),
            ("(select a from t)", None),
            ("select 'a", None),
            ("", None),
        ] {
            let found = column_names(query).map(|names| names.join(" "));
            assert_eq!(found.as_deref(), expected, "{query}");
        }
    }
}
