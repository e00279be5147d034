//! Where data is that services read and write.

use crate::lang::value::TableName;
use serde::{Deserialize, Serialize, Serializer};

/// Where data is. As tasks and steps tell it, a prefix is a text with its holes as they are written:
/// `s3://raw/flights/dt={{ ds }}/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(from = "Written<P, String>")]
pub enum Place<P = String> {
    /// A prefix in S3.
    Prefix(P),
    /// A table in Redshift.
    Table {
        /// The connection's name.
        connection: String,
        /// The table.
        name: TableName,
    },
    /// A table of the Data Catalog.
    CatalogTable(TableName),
    /// A table of a database that a Glue connection reaches.
    Database {
        /// The connection's name.
        connection: String,
        /// The table, as the database calls it.
        table: String,
    },
}

/// A place as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Written<P, T> {
    Prefix { path: P },
    Redshift { connection: T, schema: T, table: T },
    Catalog { database: T, table: T },
    Jdbc { connection: T, table: T },
}

impl<P: Serialize> Serialize for Place<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Prefix(path) => Written::Prefix { path },
            Self::Table { connection, name } => {
                Written::Redshift { connection, schema: &name.schema, table: &name.table }
            }
            Self::CatalogTable(name) => Written::Catalog { database: &name.schema, table: &name.table },
            Self::Database { connection, table } => Written::Jdbc { connection, table },
        }
        .serialize(serializer)
    }
}

impl<P> From<Written<P, String>> for Place<P> {
    fn from(written: Written<P, String>) -> Self {
        match written {
            Written::Prefix { path } => Self::Prefix(path),
            Written::Redshift { connection, schema, table } => {
                Self::Table { connection, name: TableName { schema, table } }
            }
            Written::Catalog { database, table } => Self::CatalogTable(TableName { schema: database, table }),
            Written::Jdbc { connection, table } => Self::Database { connection, table },
        }
    }
}

impl<P: std::fmt::Display> std::fmt::Display for Place<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Prefix(path) => path.fmt(f),
            Self::Table { connection, name } => write!(f, "{connection}:{name}"),
            Self::CatalogTable(name) => write!(f, "catalog:{name}"),
            Self::Database { connection, table } => write!(f, "jdbc:{connection}:{table}"),
        }
    }
}
