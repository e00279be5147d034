//! Names and texts in quotes.

use crate::sql::Dialect;

/// Writes a text as a literal of Redshift's.
pub fn literal(text: &str) -> String {
    literal_of(Dialect::Redshift, text)
}

/// Writes a text as a literal of a dialect.
pub fn literal_of(dialect: Dialect, text: &str) -> String {
    format!("'{}'", in_literal_of(dialect, text))
}

/// Writes a name as a quoted identifier.
pub fn identifier(name: &str) -> String {
    let mut identifier = String::with_capacity(name.len() + 2);
    push_identifier(&mut identifier, name);
    identifier
}

fn push_identifier(text: &mut String, name: &str) {
    text.push('"');
    for (n, part) in name.split('"').enumerate() {
        if n > 0 {
            text.push_str("\"\"");
        }
        text.push_str(part);
    }
    text.push('"');
}

/// Writes a schema's table.
pub fn qualified(schema: &str, table: &str) -> String {
    let mut qualified = String::with_capacity(schema.len() + table.len() + 5);
    push_identifier(&mut qualified, schema);
    qualified.push('.');
    push_identifier(&mut qualified, table);
    qualified
}

/// Writes names as a list of identifiers.
pub fn identifiers<T: AsRef<str>>(names: &[T]) -> String {
    names.iter().map(|name| identifier(name.as_ref())).collect::<Vec<_>>().join(", ")
}

pub(super) fn in_literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "''")
}

pub(super) fn in_literal_of(dialect: Dialect, text: &str) -> String {
    match dialect {
        Dialect::Redshift => in_literal(text),
        Dialect::Athena => text.replace('\'', "''"),
    }
}
