//! Data that sources and steps stand for.

use crate::lang::columns::Column;
use crate::lang::decode::Map;
use crate::lang::source::{Format, JdbcSpec, SourceSpec, StoredSpec};
use crate::lang::value::TableName;
use crate::plan::Place;
use crate::template::Template;
use crate::text::Spanned;
use std::borrow::Cow;

/// What a name, a path or a table stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Data<'a> {
    /// Files in S3.
    Files {
        /// The prefix, or a pattern.
        path: Cow<'a, Template>,
        /// The folder of all partitions, where the path is that of one run's.
        whole: Option<Cow<'a, Template>>,
        /// Their format, where it is known.
        format: Option<&'a Format>,
        /// Their columns, where they are known.
        columns: Option<&'a Map<Spanned<Column>>>,
    },
    /// A table of the Data Catalog.
    Catalog(CatalogTable<'a>),
    /// A table of Redshift.
    Table {
        /// The connection's name.
        connection: String,
        /// The table.
        name: TableName,
    },
    /// A table of a database that a Glue connection reaches.
    Jdbc {
        /// How it is read.
        spec: &'a JdbcSpec,
        /// Its columns, where they are known.
        columns: Option<&'a Map<Spanned<Column>>>,
    },
}

/// A table of the Data Catalog.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogTable<'a> {
    /// Its name.
    pub name: TableName,
    /// It is said to be one of Iceberg.
    pub is_iceberg: bool,
    /// Its columns, where they are known.
    pub columns: Option<&'a Map<Spanned<Column>>>,
}

impl From<TableName> for CatalogTable<'_> {
    fn from(name: TableName) -> Self {
        Self { name, is_iceberg: false, columns: None }
    }
}

impl<'a> Data<'a> {
    /// A table of the Data Catalog of which only the name is known.
    pub fn catalog(name: TableName) -> Self {
        Self::Catalog(name.into())
    }

    /// Files of which only the place is known.
    pub fn path(path: &'a Template) -> Self {
        Self::Files { path: Cow::Borrowed(path), whole: None, format: None, columns: None }
    }

    /// Returns what a source stands for. `None` when it says too little, which has its own rule.
    pub fn of_source(source: &'a SourceSpec) -> Option<Self> {
        if let (Some(spec), None, None) = (&source.jdbc, &source.path, &source.table) {
            return Some(Self::Jdbc { spec, columns: source.columns.as_ref() });
        }
        match (&source.path, &source.table, &source.r#in) {
            (Some(path), None, _) => Some(Self::Files {
                path: Cow::Borrowed(&path.value.0),
                whole: None,
                format: source.format.as_ref().and_then(StoredSpec::files),
                columns: source.columns.as_ref(),
            }),
            (None, Some(table), None) => {
                let is_iceberg = source.format.as_ref().is_some_and(|format| format.iceberg().is_some());
                let columns = source.columns.as_ref().filter(|_| is_iceberg);
                Some(Self::Catalog(CatalogTable { name: table.value.clone(), is_iceberg, columns }))
            }
            (None, Some(table), Some(connection)) => {
                Some(Self::Table { connection: connection.value.clone(), name: table.value.clone() })
            }
            (Some(_), Some(_), _) | (None, None, _) => None,
        }
    }

    /// Returns it as what tasks read and write.
    pub fn dataset(&self) -> Place {
        match self {
            Self::Files { path, .. } => Place::Prefix(path.to_string()),
            Self::Catalog(table) => Place::CatalogTable(table.name.clone()),
            Self::Table { connection, name } => {
                Place::Table { connection: connection.clone(), name: name.clone() }
            }
            Self::Jdbc { spec, .. } => in_database(spec),
        }
    }

    /// Becomes what tasks read and write.
    pub fn into_dataset(self) -> Place {
        match self {
            Self::Files { path, .. } => Place::Prefix(path.to_string()),
            Self::Catalog(table) => Place::CatalogTable(table.name),
            Self::Table { connection, name } => Place::Table { connection, name },
            Self::Jdbc { spec, .. } => in_database(spec),
        }
    }

    /// Says whether it may lie there without a step that makes it.
    pub fn may_lie_there(&self) -> bool {
        match self {
            Self::Files { .. } | Self::Catalog(_) | Self::Jdbc { .. } => true,
            Self::Table { .. } => false,
        }
    }

    /// Names what it is, with its article, for a message.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Files { .. } => "files in S3",
            Self::Catalog(_) => "a table of the Data Catalog",
            Self::Table { .. } => "a table of Redshift",
            Self::Jdbc { .. } => "a table of another database",
        }
    }
}

fn in_database(spec: &JdbcSpec) -> Place {
    Place::Database { connection: spec.connection.value.clone(), table: spec.table.value.clone() }
}
