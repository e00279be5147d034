//! How a table that is there is not the one that is declared.

use super::input::Reader;
use crate::service::catalog::job::{RegisterTable, TableColumn};
use serde_json::{Map, Value};

/// What differs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Drift {
    /// It is another table: nothing of that can be changed in place.
    pub other: Vec<String>,
    /// Columns, and how files are read.
    pub changed: Vec<String>,
}

impl Drift {
    /// Compares the table that is there.
    pub(super) fn of(there: &Value, spec: &RegisterTable) -> Self {
        let mut drift = Self::default();
        if let Some(what) = of_another_kind(there) {
            drift.other.push(format!("it is {what}"));
            return drift;
        }
        let descriptor = &there["StorageDescriptor"];
        let location = descriptor["Location"].as_str().unwrap_or_default();
        if location.trim_end_matches('/') != spec.location.trim_end_matches('/') {
            drift.other.push(format!("its files are in {location}, not in {}", spec.location));
        }
        let (keys, wanted) = (columns(&there["PartitionKeys"]), spec.partition_by.as_slice());
        if keys != wanted {
            drift.other.push(format!("its partitions are by {}, not by {}", list(&keys), list(wanted)));
        }
        drift.changed = changed_columns(&columns(&descriptor["Columns"]), &spec.columns);
        drift.changed.extend(changed_reader(there, &Reader::of(&spec.format)));
        drift
    }
}

/// Tables that are no files alone.
fn of_another_kind(there: &Value) -> Option<&'static str> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_ascii_uppercase();
    match (text(&there["TableType"]).as_str(), text(&there["Parameters"]["table_type"]).as_str()) {
        ("VIRTUAL_VIEW", _) => Some("a view"),
        (_, "ICEBERG") => Some("a table of Iceberg, whose files and columns Iceberg keeps itself"),
        _ => None,
    }
}

/// The columns of an answer, as they are compared.
fn columns(columns: &Value) -> Vec<TableColumn> {
    let column = |column: &Value| TableColumn {
        name: column["Name"].as_str().unwrap_or_default().to_lowercase(),
        kind: normal(column["Type"].as_str().unwrap_or_default()),
    };
    columns.as_array().map(|columns| columns.iter().map(column).collect()).unwrap_or_default()
}

/// A type without blanks, in small letters, by the name that the catalog itself has for it.
fn normal(kind: &str) -> String {
    let kind: String = kind.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    if kind == "integer" { "int".to_owned() } else { kind }
}

fn list(columns: &[TableColumn]) -> String {
    if columns.is_empty() {
        return "nothing".to_owned();
    }
    let text = |column: &TableColumn| format!("`{} {}`", column.name, column.kind);
    columns.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn changed_columns(there: &[TableColumn], wanted: &[TableColumn]) -> Vec<String> {
    let mut changed = Vec::new();
    for column in wanted {
        match there.iter().find(|other| other.name == column.name) {
            None => changed.push(format!("it has no column `{} {}`", column.name, column.kind)),
            Some(other) if other.kind != column.kind => {
                changed.push(format!("its column `{}` is {}, not {}", column.name, other.kind, column.kind));
            }
            Some(_) => {}
        }
    }
    let more = there.iter().filter(|other| wanted.iter().all(|column| column.name != other.name));
    changed.extend(more.map(|other| format!("it has a column `{} {}`, too", other.name, other.kind)));
    if changed.is_empty() && there != wanted {
        changed.push(format!("its columns are in another order: {}", list(there)));
    }
    changed
}

fn changed_reader(there: &Value, wanted: &Reader) -> Vec<String> {
    let descriptor = &there["StorageDescriptor"];
    let serde = &descriptor["SerdeInfo"];
    let mut changed = Vec::new();
    for (what, found, wanted) in [
        ("format", &descriptor["InputFormat"], wanted.input),
        ("reader", &serde["SerializationLibrary"], wanted.library),
    ] {
        let found = found.as_str().unwrap_or("none");
        if found != wanted {
            changed.push(format!("its {what} is {found}, not {wanted}"));
        }
    }
    if changed.is_empty() {
        changed.extend(changed_settings(&serde["Parameters"], &wanted.settings));
        changed.extend(changed_settings(&there["Parameters"], &wanted.parameters));
    }
    changed
}

/// Settings that are another one; what the catalog has beside is none of ours. Who has said none has said the same of
/// what does nothing but name the format.
fn changed_settings(there: &Value, wanted: &Map<String, Value>) -> Vec<String> {
    let says_little = |name: &str| matches!(name, "classification" | "serialization.format");
    let differs =
        |(name, value): &(&String, &Value)| !says_little(name) && there.get(name.as_str()) != Some(value);
    let told = |(name, value): (&String, &Value)| match there.get(name) {
        Some(found) => format!("its `{name}` is {found}, not {value}"),
        None => format!("it has no `{name}`, and it should be {value}"),
    };
    wanted.iter().filter(differs).map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::super::input;
    use super::super::tests::spec;
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_made_does_not_differ() {
        for format in [
            json!({ "type": "parquet" }),
            json!({ "type": "orc" }),
            json!({ "type": "json" }),
            json!({ "type": "csv", "header": 1, "delimiter": ",", "quote": "\"" }),
            json!({ "type": "csv", "header": 0, "delimiter": ",", "null": "NA" }),
        ] {
            let spec =
                spec(&json!({ "format": format, "partition_by": [{ "name": "dt", "type": "string" }] }));
            assert_eq!(Drift::of(&input::table(&spec), &spec), Drift::default());
        }
    }

    #[test]
    fn what_differs_is_told() {
        let two = json!([{ "name": "id", "type": "bigint" }, { "name": "n", "type": "decimal(12,2)" }]);
        let spec = spec(&json!({ "columns": two, "partition_by": [{ "name": "dt", "type": "string" }] }));
        let there = input::table(&spec);
        let changed = |path: &str, value: Value| {
            let mut there = there.clone();
            *there.pointer_mut(path).unwrap() = value;
            Drift::of(&there, &spec)
        };
        let column = |name: &str, kind: &str| json!({ "Name": name, "Type": kind });
        let columns = "/StorageDescriptor/Columns";
        // As others write it.
        let same = json!([column("ID", "BIGINT"), column("n", "decimal(12, 2)")]);
        assert_eq!(changed(columns, same), Drift::default());
        for (value, expected) in [
            (json!([column("id", "bigint")]), "it has no column `n decimal(12,2)`"),
            (
                json!([column("id", "int"), column("n", "decimal(12,2)")]),
                "its column `id` is int, not bigint",
            ),
            (
                json!([column("id", "bigint"), column("n", "decimal(12,2)"), column("x", "date")]),
                "it has a column `x date`, too",
            ),
            (
                json!([column("n", "decimal(12,2)"), column("id", "bigint")]),
                "its columns are in another order: `n decimal(12,2)`, `id bigint`",
            ),
        ] {
            assert_eq!(changed(columns, value).changed, [expected]);
        }
        let library = changed("/StorageDescriptor/SerdeInfo/SerializationLibrary", json!("x"));
        assert!(library.changed[0].starts_with("its reader is x, not "), "{library:?}");
        for (path, value, expected) in [
            (
                "/StorageDescriptor/Location",
                json!("s3://b/"),
                "its files are in s3://b/, not in s3://raw/sales/",
            ),
            ("/PartitionKeys", json!([]), "its partitions are by nothing, not by `dt string`"),
            ("/TableType", json!("VIRTUAL_VIEW"), "it is a view"),
            (
                "/Parameters",
                json!({ "table_type": "iceberg" }),
                "it is a table of Iceberg, whose files and columns Iceberg keeps itself",
            ),
        ] {
            assert_eq!(changed(path, value).other, [expected]);
        }
    }
}
