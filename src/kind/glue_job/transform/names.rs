//! Names of columns in expressions of Spark SQL.

use crate::lang::python::is_identifier;

/// Words that are no names of columns where they stand bare in an expression of Spark SQL.
const WORDS: &[&str] = &[
    "all",
    "and",
    "anti",
    "any",
    "array",
    "as",
    "between",
    "case",
    "cast",
    "cross",
    "current_date",
    "current_timestamp",
    "current_user",
    "date",
    "distinct",
    "else",
    "end",
    "except",
    "exists",
    "false",
    "from",
    "full",
    "group",
    "having",
    "in",
    "inner",
    "intersect",
    "interval",
    "is",
    "join",
    "lateral",
    "left",
    "like",
    "minus",
    "natural",
    "not",
    "null",
    "on",
    "or",
    "order",
    "outer",
    "right",
    "select",
    "semi",
    "struct",
    "then",
    "timestamp",
    "true",
    "union",
    "user",
    "using",
    "values",
    "when",
    "where",
    "with",
];

/// Writes the name of a column as Spark reads names: a dot in it would be a field of a column.
pub(super) fn quoted(name: &str) -> String {
    if is_identifier(name) && !WORDS.contains(&name.to_lowercase().as_str()) {
        return name.to_owned();
    }
    format!("`{}`", name.replace('`', "``"))
}

/// Writes a string of Spark SQL.
pub(super) fn string(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_are_quoted_where_they_must_be() {
        for (name, expected) in
            [("a_1", "a_1"), ("a.b", "`a.b`"), ("é`", "`é```"), ("Order", "`Order`"), ("1a", "`1a`")]
        {
            assert_eq!(quoted(name), expected);
        }
    }
}
