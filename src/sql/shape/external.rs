//! What lies in S3: external schemas and tables, their partitions, tables of Iceberg.

use crate::sql::cursor::{Cursor, Name};
use crate::sql::scan::Kind;
use crate::sql::{Access, External, Rows};

/// Reads `CREATE EXTERNAL SCHEMA`; its name stands at `at`.
pub(super) fn schema(cursor: &Cursor<'_>, at: usize) -> Option<Vec<External>> {
    let schema = cursor.one_name(at)?;
    let catalog = cursor.has(at + 1, &["from", "data", "catalog"]);
    let database = cursor.find(at + 1, &["database"]).filter(|_| catalog);
    let name = database.and_then(|at| cursor.literal(at + 1)).filter(|name| !name.contains("{{"));
    let rows = name.map(|name| Rows::Database(name.to_lowercase()));
    Some(vec![External { schema, table: None, rows, iceberg: false }])
}

/// Reads what a statement says of an external table from a token on: it is one, and its rows are there.
pub(super) fn table(cursor: &Cursor<'_>, name: &Name, from: usize, iceberg: bool) -> Option<Vec<External>> {
    let [schema, table] = name.parts.as_slice() else { return None };
    let external = |rows| External { schema: schema.clone(), table: Some(table.clone()), rows, iceberg };
    let folders = folders(cursor, from);
    Some(if folders.is_empty() {
        vec![external(None)]
    } else {
        folders.into_iter().map(|folder| external(Some(folder))).collect()
    })
}

/// The places that an `ALTER TABLE` gives to a table: `ADD PARTITION ... LOCATION`, `SET LOCATION`.
pub(super) fn places(cursor: &Cursor<'_>, name: &Name, from: usize) -> Option<Vec<External>> {
    let is_told = cursor.any(from, &["add", "partition", "set"]) && !folders(cursor, from).is_empty();
    is_told.then(|| table(cursor, name, from, false)).flatten()
}

/// What an `ALTER TABLE` does to the rows that are read: new partitions add some, a new place has others.
pub(super) fn altered(cursor: &Cursor<'_>, at: usize) -> Access {
    let partition = cursor.skip(at, &["add", "if", "not", "exists"]);
    match () {
        () if cursor.is(at, "add") && cursor.has(partition, &["partition", "("]) => Access::Appends,
        () if cursor.any(at, &["set", "partition"]) && !folders(cursor, at).is_empty() => Access::Writes,
        () => Access::Alters,
    }
}

/// The folders behind each `LOCATION`. What stands there is a prefix, and a folder for all that it means.
pub(in crate::sql) fn folders(cursor: &Cursor<'_>, from: usize) -> Vec<Rows> {
    let told = (from..cursor.tokens.len()).filter(|n| cursor.is(*n, "location"));
    let text = told.filter(|n| cursor.tokens.get(n + 1).is_some_and(|next| next.kind == Kind::Text));
    let paths = text.filter_map(|n| cursor.literal(n + 1).filter(|path| path.starts_with("s3://")));
    paths.map(|path| Rows::Folder(folder(path))).collect()
}

/// Writes a place as a folder.
pub(in crate::sql) fn folder(path: &str) -> String {
    format!("{}/", path.trim_end_matches('/'))
}
