//! What a statement does beside touching data: to the catalog, to services that it calls.

use super::Access;
use serde::{Deserialize, Serialize};

/// What a statement of Athena's does to something that is known by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Makes a table or a view.
    MakesTable,
    /// Changes what the catalog knows of a table: its columns, its properties, the query of a view.
    AltersTable,
    /// Adds rows to a table.
    AddsRows,
    /// Changes rows of a table, or writes its files anew.
    ChangesRows,
    /// Adds partitions to a table.
    AddsPartitions,
    /// Changes partitions of a table: where they are, what they are called.
    AltersPartitions,
    /// Takes partitions of a table away.
    DropsPartitions,
    /// Takes a table or a view away.
    DropsTable,
    /// Lists the tables of a database.
    ListsTables,
    /// Makes a database.
    MakesDatabase,
    /// Changes a database.
    AltersDatabase,
    /// Takes a database away, perhaps with its tables.
    DropsDatabase,
    /// Lists all databases.
    ListsDatabases,
    /// Calls a function of Lambda's.
    CallsFunction,
    /// Calls a model of `SageMaker`'s.
    CallsModel,
    /// Keeps a statement in the workgroup.
    PreparesStatement,
    /// Runs one that the workgroup keeps.
    RunsStatement,
    /// Has the workgroup forget one.
    ForgetsStatement,
}

impl Deed {
    /// All that may be done to a table.
    pub const TO_TABLES: &'static [Self] = &[
        Self::MakesTable,
        Self::AltersTable,
        Self::AddsRows,
        Self::ChangesRows,
        Self::AddsPartitions,
        Self::AltersPartitions,
        Self::DropsPartitions,
        Self::DropsTable,
    ];

    /// All that is done.
    pub const ALL: &'static [Self] = &[
        Self::MakesTable,
        Self::AltersTable,
        Self::AddsRows,
        Self::ChangesRows,
        Self::AddsPartitions,
        Self::AltersPartitions,
        Self::DropsPartitions,
        Self::DropsTable,
        Self::ListsTables,
        Self::MakesDatabase,
        Self::AltersDatabase,
        Self::DropsDatabase,
        Self::ListsDatabases,
        Self::CallsFunction,
        Self::CallsModel,
        Self::PreparesStatement,
        Self::RunsStatement,
        Self::ForgetsStatement,
    ];
}

/// What something is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DoneTo {
    /// A table, by the index of its use.
    Table(usize),
    /// A database; of the step's own the name is empty.
    Database(String),
    /// Something of another service, by its name.
    Other(String),
}

/// What a statement asks for that its uses do not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// What it does, and to what.
    pub deeds: Vec<(Deed, DoneTo)>,
    /// A place in S3 that it looks at or fills without a use of it: that of a table that it makes.
    pub place: Option<(Access, String)>,
}
