//! Data: what tasks read, write and create, and what is known of it.

use crate::columns::Type;
use crate::service::place::Place;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a plan knows of its data, beside where it is. Data of which nothing more is known is not in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataCatalog(BTreeMap<Place, Facts>);

/// What is known of some data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// The format of its files: `csv`, `json`, `parquet`, `orc`, `avro`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<&'static str>,
    /// The columns by whose values its files lie in folders.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub partition_by: Vec<String>,
    /// Its columns in their order; empty when they are not declared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
}

/// A column of which the type is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub r#type: Type,
    /// It may have no value.
    pub nullable: bool,
}

impl DataCatalog {
    /// Adds what is known of some data. What is known already stays.
    pub fn learn(&mut self, data: Place, facts: Facts) {
        let Facts { format, partition_by, columns } = facts;
        if format.is_none() && partition_by.is_empty() && columns.is_empty() {
            return;
        }
        let known = self.0.entry(data).or_default();
        known.format = known.format.or(format);
        if known.partition_by.is_empty() {
            known.partition_by = partition_by;
        }
        if known.columns.is_empty() {
            known.columns = columns;
        }
    }

    /// Returns what is known of some data.
    pub fn get(&self, data: &Place) -> Option<&Facts> {
        self.0.get(data)
    }

    /// Returns all data of which something is known.
    pub fn iter(&self) -> impl Iterator<Item = (&Place, &Facts)> {
        self.0.iter()
    }
}
