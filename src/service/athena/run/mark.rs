//! The key in the text of a statement: a comment in its first line.
//!
//! Athena has two parsers. That of queries and of what writes takes comments, and so does Hive's for `CREATE` as long as
//! they begin with `--`; what changes and maintains tables is refused with one.

use super::LONGEST_STATEMENT;
use crate::exec::outcome::Failure;

/// What the first line begins with.
const MARK: &str = "-- dagc:";

/// How many bytes a line with a key may have.
const LONGEST_MARK: usize = 100;

/// First words of statements that take a comment before them.
const TAKING: &[&str] =
    &["select", "with", "values", "table", "insert", "merge", "update", "delete", "create", "unload"];

/// Says whether a comment may stand before a statement.
pub(super) fn takes_comment(sql: &str) -> bool {
    let sql = sql.trim_start();
    let end = sql.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(sql.len());
    let word = &sql[..end];
    sql.starts_with('(') || TAKING.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Puts a key before a statement.
pub(super) fn marked(sql: &str, key: &str) -> String {
    format!("{MARK}{key}\n{sql}")
}

/// Finds the key before a statement.
pub(super) fn key(sql: &str) -> Option<&str> {
    Some(sql.strip_prefix(MARK)?.lines().next()?.trim_end())
}

/// Says what Athena would refuse, in plainer words.
pub(super) fn validate(sql: &str) -> Result<(), Failure> {
    let bytes = sql.len() + LONGEST_MARK;
    if bytes <= LONGEST_STATEMENT {
        return Ok(());
    }
    Err(Failure::for_good(format!(
        "a statement has {} bytes, and Athena takes {LONGEST_STATEMENT}, of which {LONGEST_MARK} are for its key",
        sql.len()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_again() {
        let sql = marked("select 1", "abc-0-def");
        assert_eq!((key(&sql), sql.lines().nth(1)), (Some("abc-0-def"), Some("select 1")));
        assert_eq!(key("-- dagc:a-1-b\r\nselect 1"), Some("a-1-b"));
        for other in ["", "select 1", "-- another\nselect 1", "select 1 -- dagc:a"] {
            assert_eq!(key(other), None, "{other}");
        }
    }

    #[test]
    fn what_takes_no_comment_has_none() {
        for sql in ["select 1", "(select 1)", " WITH a as (select 1) select 1", "create table t as select 1"]
        {
            assert!(takes_comment(sql), "{sql}");
        }
        for sql in [
            "vacuum t",
            "OPTIMIZE t rewrite data using bin_pack",
            "alter table t add columns (a int)",
            "msck repair table t",
            "",
            "selection",
        ] {
            assert!(!takes_comment(sql), "{sql}");
        }
    }
}
