//! The tables of a replication, and what has become of their rows.

#![expect(clippy::struct_field_names, reason = "DMS repeats the name of a thing in those of its members")]

use serde::Deserialize;

/// How many tables that are in error are named.
const MOST_NAMED: usize = 5;

/// What the tables of a replication say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tables {
    /// How many are in error, or have rows that are.
    pub errored: u64,
    /// Some of these, with what is wrong.
    pub worst: Vec<String>,
    pub full_load_rows: u64,
    pub inserts: u64,
    pub updates: u64,
    pub deletes: u64,
}

impl Tables {
    /// Counts a table with those before it.
    pub(super) fn add(&mut self, table: &Table) {
        self.full_load_rows += table.full_load_rows;
        self.inserts += table.inserts;
        self.updates += table.updates;
        self.deletes += table.deletes;
        let Some(why) = table.wrong() else { return };
        self.errored += 1;
        if self.worst.len() < MOST_NAMED {
            self.worst.push(format!("{}.{} ({why})", table.schema_name, table.table_name));
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TaskTables {
    pub table_statistics: Vec<Table>,
    pub marker: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ReplicationTables {
    pub replication_table_statistics: Vec<Table>,
    pub marker: Option<String>,
}

/// A table, and what has become of its rows.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Table {
    pub schema_name: String,
    pub table_name: String,
    pub inserts: u64,
    pub updates: u64,
    pub deletes: u64,
    pub full_load_rows: u64,
    pub full_load_error_rows: u64,
    pub table_state: String,
    pub validation_state: String,
    pub validation_failed_records: u64,
}

impl Table {
    /// Says what is wrong with it. What was not validated, or not yet, is not.
    pub(super) fn wrong(&self) -> Option<String> {
        if matches!(self.table_state.as_str(), "Table error" | "Table cancelled" | "Table does not exist") {
            return Some(self.table_state.clone());
        }
        if self.full_load_error_rows > 0 {
            return Some(format!("{} rows not loaded", self.full_load_error_rows));
        }
        if self.validation_failed_records > 0 {
            return Some(format!("{} rows failed validation", self.validation_failed_records));
        }
        let has_failed = ["Mismatched records", "Suspended records", "Table error", "Error"];
        has_failed.contains(&self.validation_state.as_str()).then(|| self.validation_state.clone())
    }
}
