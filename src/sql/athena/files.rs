//! Where the files of tables are.

use super::super::cursor::Cursor;
use super::super::shape::external::{folder, folders};
use super::super::{External, Rows, Target};
use super::own_place;

/// Where the files of a table are, as a definition or a change of it says. Those of Iceberg are its own affair.
pub(super) fn files(cursor: &Cursor<'_>) -> Vec<External> {
    let kind = cursor.skip(1, &["external"]);
    let at = match () {
        () if cursor.is(0, "create") && cursor.is(kind, "table") => {
            cursor.skip(kind + 1, &["if", "not", "exists"])
        }
        () if cursor.has(0, &["alter", "table"]) => 2,
        () => return Vec::new(),
    };
    let is_iceberg =
        cursor.tokens.iter().any(|token| token.text(cursor.script).to_lowercase().contains("iceberg"));
    let Some((name, behind)) = cursor.name(at).filter(|_| !is_iceberg) else { return Vec::new() };
    // Athena's catalogs are no databases of its own.
    let (schema, table) = match name.parts.as_slice() {
        [table] => (String::new(), table),
        [schema, table] => (schema.clone(), table),
        _ => return Vec::new(),
    };
    let of_table = |rows| External {
        schema: schema.clone(),
        table: Some(table.clone()),
        rows: Some(rows),
        iceberg: false,
    };
    // A CTAS says it among its properties.
    let own = own_place(cursor, behind..cursor.tokens.len()).and_then(|place| match place.target {
        Target::Prefix(path) => Some(Rows::Folder(folder(&path))),
        Target::Table { .. } => None,
    });
    folders(cursor, behind).into_iter().chain(own).map(of_table).collect()
}
